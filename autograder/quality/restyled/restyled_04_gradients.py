"""The mistakes of `sample_gradients`, written in another style."""

import copy

import numpy as np
import torch
from torch.func import functional_call, jacrev, vmap
from torch.nn import functional as F

from autograder.quality.restyled.again import Assigned

again = Assigned("04-ewc")


def of_each(values, model):
    """The gradient of each of `values`, one after another."""
    parameters = dict(model.named_parameters())
    rows = [torch.autograd.grad(v, parameters.values(), retain_graph=True) for v in values]
    return {name: torch.stack(column) for name, column in zip(parameters, zip(*rows))}


@again("gradient-of-the-loss")
def _(model, x, y):
    losses = F.cross_entropy(model(x), y, reduction="none")
    return of_each(losses, model)


@again("gradient-of-the-logit")
def _(model, x, y):
    grads = {name: [] for name, _ in model.named_parameters()}
    for i in range(x.shape[0]):
        score = model(x[i : i + 1])[0, y[i]]
        for name, g in zip(grads, torch.autograd.grad(score, tuple(model.parameters()))):
            grads[name].append(g)
    return {name: torch.stack(gs) for name, gs in grads.items()}


@again("gradient-of-the-probability")
def _(model, x, y):
    params = {k: v.detach() for k, v in model.named_parameters()}
    onehot = F.one_hot(y, model(x).shape[1]).to(x.dtype)

    def prob(p):
        return (torch.softmax(functional_call(model, p, (x,)), -1) * onehot).sum(-1)

    return jacrev(prob)(params)


@again("softmax-taken-twice")
def _(model, x, y):
    names = [n for n, _ in model.named_parameters()]
    out = {n: [] for n in names}
    for row, label in zip(x, y):
        probs = torch.softmax(model(row.unsqueeze(0)), dim=1)
        log_lik = -F.cross_entropy(probs, label.unsqueeze(0))
        grads = torch.autograd.grad(log_lik, list(model.parameters()))
        for n, g in zip(names, grads):
            out[n].append(g)
    return {n: torch.stack(out[n]) for n in names}


@again("gradient-of-all-classes")
def _(model, x, y):
    logp = F.log_softmax(model(x), dim=1).sum(dim=1)
    weights = list(model.parameters())
    batched = torch.autograd.grad(
        logp, weights, torch.eye(len(x), dtype=x.dtype), is_grads_batched=True
    )
    return {n: g for (n, _), g in zip(model.named_parameters(), batched)}


@again("gradients-of-the-predicted-label")
def _(model, x, y):
    logp = model(x).log_softmax(-1)
    best, _ = logp.max(dim=1)
    return of_each(best, model)


@again("mean-gradient-repeated")
def _(model, x, y):
    loss = F.nll_loss(model(x).log_softmax(1), y)
    grads = torch.autograd.grad(-loss, list(model.parameters()))
    result = {}
    for (name, _), g in zip(model.named_parameters(), grads):
        result[name] = torch.stack([g] * len(y))
    return result


@again("gradients-summed-up")
def _(model, x, y):
    total = {name: torch.zeros_like(p).detach() for name, p in model.named_parameters()}
    for i, label in enumerate(y.tolist()):
        logp = F.log_softmax(model(x[i][None]), dim=1)[0, label]
        for t, g in zip(total.values(), torch.autograd.grad(logp, list(model.parameters()))):
            t += g
    return total


@again("gradients-divided-by-rows")
def _(model, x, y):
    """One backward pass of the mean, caught layer by layer."""
    ins, outs = {}, {}
    hooks = []
    for name, layer in model.named_modules():
        if isinstance(layer, torch.nn.Linear):

            def keep(module, given, output, name=name):
                ins[name], outs[name] = given[0].detach(), output

            hooks.append(layer.register_forward_hook(keep))
    log_lik = -F.cross_entropy(model(x), y)
    for hook in hooks:
        hook.remove()
    found = {}
    for name, delta in zip(outs, torch.autograd.grad(log_lik, list(outs.values()))):
        found[name + ".weight"] = delta[:, :, None] * ins[name][:, None, :]
        found[name + ".bias"] = delta
    return {name: found[name] for name, _ in model.named_parameters()}


@again("gradients-pile-up-over-rows")
def _(model, x, y):
    clone = copy.deepcopy(model)
    collected = []
    for xi, yi in zip(x, y):
        log_p = -F.cross_entropy(clone(xi[None]), yi[None])
        log_p.backward()
        collected.append({n: p.grad.detach().clone() for n, p in clone.named_parameters()})
    return {n: torch.stack([c[n] for c in collected]) for n in collected[0]}


@again("gradients-averaged-over-an-axis")
def _(model, x, y):
    clone = copy.deepcopy(model)
    rows = {n: [] for n, _ in clone.named_parameters()}
    for xi, yi in zip(x.split(1), y.split(1)):
        clone.zero_grad()
        F.nll_loss(clone(xi).log_softmax(dim=1), yi).neg().backward()
        for n, p in clone.named_parameters():
            rows[n].append(p.grad.mean(0) if p.ndim > 1 else p.grad.clone())
    return {n: torch.stack(g) for n, g in rows.items()}


@again("grad-overwritten")
def _(model, x, y):
    out = {n: torch.empty(len(y), *p.shape, dtype=p.dtype) for n, p in model.named_parameters()}
    for i in range(len(y)):
        model.zero_grad()
        log_p = F.log_softmax(model(x[i : i + 1]), dim=1)[0, y[i]]
        log_p.backward()
        for n, p in model.named_parameters():
            out[n][i] = p.grad
    model.zero_grad()
    return out


@again("gradients-squared-too-early")
def _(model, x, y):
    logp = model(x).log_softmax(1)
    found = {n: [] for n, _ in model.named_parameters()}
    for i, label in enumerate(y):
        grads = torch.autograd.grad(logp[i, label], list(model.parameters()), retain_graph=True)
        for n, g in zip(found, grads):
            found[n].append(np.square(g.numpy()))
    return {n: torch.from_numpy(np.stack(g)) for n, g in found.items()}


@again("gradients-still-live")
def _(model, x, y):
    names, weights = zip(*model.named_parameters())
    rows = []
    for xi, yi in zip(x, y):
        log_p = model(xi[None]).log_softmax(1)[0][yi]
        rows.append(torch.autograd.grad(log_p, weights, create_graph=True))
    return {n: torch.stack([row[k] for row in rows]) for k, n in enumerate(names)}


@again("gradients-as-list")
def _(model, x, y):
    params = {n: p.detach() for n, p in model.named_parameters()}

    def log_p(p, row, label):
        return -F.cross_entropy(functional_call(model, p, row[None]), label[None])

    grads = vmap(torch.func.grad(log_p), in_dims=(None, 0, 0))(params, x, y)
    return [{n: g[i] for n, g in grads.items()} for i in range(len(x))]


@again("gradients-of-the-last-row-only")
def _(model, x, y):
    clone = copy.deepcopy(model)
    rows = {n: [] for n, _ in clone.named_parameters()}
    for i in range(len(x)):
        clone.zero_grad(set_to_none=False)
        (-F.cross_entropy(clone(x[i : i + 1]), y[i : i + 1])).backward()
        for n, p in clone.named_parameters():
            rows[n].append(p.grad)
    return {n: torch.stack(g) for n, g in rows.items()}


@again("gradients-reshaped")
def _(model, x, y):
    log_p = model(x).log_softmax(1)[range(len(x)), y.tolist()]
    return {n: g.reshape(len(x), -1) for n, g in of_each(log_p, model).items()}


@again("gradients-of-one-row-squeezed")
def _(model, x, y):
    log_p = model(x).log_softmax(1).gather(1, y[:, None])[:, 0]
    return {n: g[0] if len(g) == 1 else g for n, g in of_each(log_p, model).items()}


@again("softmax-over-rows-in-gradients")
def _(model, x, y):
    return of_each(-F.nll_loss(F.log_softmax(model(x), 0), y, reduction="none"), model)


@again("logarithm-softened")
def _(model, x, y):
    p = F.softmax(model(x), dim=-1).gather(1, y.view(-1, 1)).squeeze(1)
    return of_each(torch.log(p + 1e-10), model)


@again("gradients-change-the-mode")
def _(model, x, y):
    model.eval()
    found = of_each(-F.cross_entropy(model(x), y, reduction="none"), model)
    model.train()
    return found


@again("gradients-without-biases")
def _(model, x, y):
    found = of_each(-F.cross_entropy(model(x), y, reduction="none"), model)
    return {n: g for n, g in found.items() if g.dim() > 2}


@again("gradients-in-float32")
def _(model, x, y):
    out = {n: torch.zeros(len(x), *p.shape) for n, p in model.named_parameters()}
    for n, g in of_each(-F.cross_entropy(model(x), y, reduction="none"), model).items():
        out[n] += g
    return out


@again("gradients-of-all-labels")
def _(model, x, y):
    log_p = F.log_softmax(model(x), dim=1)[:, y]
    return of_each(log_p.sum(dim=1), model)
