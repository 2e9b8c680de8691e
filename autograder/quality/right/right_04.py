"""Right answers to 04-ewc in many styles: each must get every point, every time."""

import copy
from collections import defaultdict

import torch
from torch import nn
from torch.func import functional_call, grad, jacrev, vmap
from torch.nn.functional import cross_entropy, nll_loss

RIGHT = defaultdict(list)


def right(function):
    """Enters the function for the exercise that it is named after, up to a number."""
    RIGHT[function.__name__.rstrip("0123456789").rstrip("_")].append(function)
    return function


def linear_layers(model):
    return [(name, m) for name, m in model.named_modules() if isinstance(m, nn.Linear)]


# sample_gradients


@right
def sample_gradients_1(model, x, y):
    parameters = {n: p.detach() for n, p in model.named_parameters()}

    def log_p(parameters, row, label):
        return (
            functional_call(model, parameters, row[None])
            .log_softmax(1)[0]
            .gather(0, label[None])[0]
        )

    return vmap(grad(log_p), (None, 0, 0), chunk_size=3)(parameters, x, y)


@right
def sample_gradients_2(model, x, y):
    """One row after another, with torch.autograd.grad."""
    names = [n for n, _ in model.named_parameters()]
    rows = []
    for row, label in zip(x, y):
        value = model(row.unsqueeze(0)).log_softmax(dim=1)[0, label]
        rows.append(torch.autograd.grad(value, list(model.parameters())))
    return {n: torch.stack([g[k] for g in rows]).detach() for k, n in enumerate(names)}


@right
def sample_gradients_3(model, x, y):
    """On a copy of the model, whose .grad is nobody's business."""
    twin, found = copy.deepcopy(model), defaultdict(list)
    for k in range(len(x)):
        twin.zero_grad()
        (-cross_entropy(twin(x[k : k + 1]), y[k : k + 1])).backward()
        for n, p in twin.named_parameters():
            found[n].append(p.grad.clone())
    return {n: torch.stack(gradients) for n, gradients in found.items()}


@right
def sample_gradients_4(model, x, y):
    """The closed form for linear layers, by hooks."""
    inputs, outputs = {}, {}

    def keep(name):
        def hook(module, given, output):
            inputs[name], outputs[name] = given[0].detach(), output

        return hook

    handles = [m.register_forward_hook(keep(n)) for n, m in linear_layers(model)]
    log_p = model(x).log_softmax(dim=1)[torch.arange(len(y)), y].sum()
    for handle in handles:
        handle.remove()
    deltas = dict(zip(outputs, torch.autograd.grad(log_p, list(outputs.values()))))
    found = {}
    for n, delta in deltas.items():
        found[f"{n}.weight"] = torch.einsum("no,ni->noi", delta, inputs[n])
        found[f"{n}.bias"] = delta
    return {n: found[n] for n, _ in model.named_parameters()}


@right
def sample_gradients_5(model, x, y):
    """All rows' Jacobian at once."""
    parameters = {n: p.detach().clone() for n, p in model.named_parameters()}

    def log_p(parameters):
        return -nll_loss(
            functional_call(model, parameters, (x,)).log_softmax(1), y, reduction="none"
        )

    return {n: g.detach() for n, g in jacrev(log_p)(parameters).items()}


@right
def sample_gradients_6(model, x, y):
    """One backward pass for all rows, with a batch of unit vectors."""
    log_p = model(x).log_softmax(dim=1).gather(1, y.unsqueeze(1)).squeeze(1)
    units = torch.eye(len(x), dtype=x.dtype)
    parameters = list(model.parameters())
    found = torch.autograd.grad(log_p, parameters, units, is_grads_batched=True)
    return {n: g.detach() for (n, _), g in zip(model.named_parameters(), found)}


@right
def sample_gradients_7(model, x, y):
    """Saves `.grad`, goes on with plain backward, and puts it back."""
    before = [p.grad for p in model.parameters()]
    result = {n: x.new_zeros(len(x), *p.shape) for n, p in model.named_parameters()}
    for i in range(len(x)):
        for p in model.parameters():
            p.grad = None
        (model(x[i : i + 1]).log_softmax(1)[0, y[i]]).backward()
        for n, p in model.named_parameters():
            result[n][i] = p.grad
    for p, g in zip(model.parameters(), before):
        p.grad = g
    return result


# empirical_fisher


@right
def empirical_fisher_1(model, x, y):
    mode = model.training
    model.eval()
    gradients = sample_gradients_1(model, x, y)
    model.train(mode)
    return {n: (g**2).mean(0) for n, g in gradients.items()}


@right
def empirical_fisher_2(model, x, y):
    """Adds up row by row; the average of squares, never the square of an average."""
    mode = model.training
    model.train(False)
    total = {n: torch.zeros_like(p) for n, p in model.named_parameters()}
    for row, label in zip(x, y):
        loss = cross_entropy(model(row[None]), label[None])
        for t, g in zip(total.values(), torch.autograd.grad(loss, list(model.parameters()))):
            t += g.square()
    model.train(mode)
    return {n: t / x.shape[0] for n, t in total.items()}


@right
def empirical_fisher_3(model, x, y):
    """On a copy in evaluation mode; the model itself is never touched."""
    twin = copy.deepcopy(model).eval()
    parts = [sample_gradients_5(twin, a, b) for a, b in zip(x.split(100), y.split(100))]
    return {
        n: sum((part[n] ** 2).sum(dim=0) for part in parts) / len(y)
        for n, _ in model.named_parameters()
    }


@right
def empirical_fisher_4(model, x, y):
    """A weighted mean of the means of chunks."""
    modes = [(m, m.training) for m in model.modules()]
    model.eval()
    try:
        result = {n: torch.zeros_like(p) for n, p in model.named_parameters()}
        for start in range(0, len(x), 64):
            gradients = sample_gradients_4(model, x[start : start + 64], y[start : start + 64])
            share = min(64, len(x) - start) / len(x)
            for n in result:
                result[n] += share * gradients[n].pow(2).mean(dim=0)
    finally:
        for m, training in modes:
            m.training = training
    return result


# fisher_diagonal


@right
def fisher_diagonal_1(model, x):
    mode = model.training
    model.eval()
    with torch.no_grad():
        p = model(x).softmax(dim=1)
    total = {n: torch.zeros_like(w) for n, w in model.named_parameters()}
    for c in range(p.shape[1]):
        gradients = sample_gradients_1(model, x, torch.full((len(x),), c))
        for n in total:
            total[n] += torch.einsum("n,n...->...", p[:, c], gradients[n] ** 2)
    model.train(mode)
    return {n: t / len(x) for n, t in total.items()}


@right
def fisher_diagonal_2(model, x):
    """Two plain loops, over rows and classes."""
    mode = model.training
    model.eval()
    fisher = {n: torch.zeros_like(p) for n, p in model.named_parameters()}
    for row in x:
        log_p = model(row.unsqueeze(0)).log_softmax(dim=-1).squeeze(0)
        for c, value in enumerate(log_p):
            gradients = torch.autograd.grad(
                value, list(model.parameters()), retain_graph=c + 1 < len(log_p)
            )
            weight = value.detach().exp()
            for f, g in zip(fisher.values(), gradients):
                f += weight * g**2 / len(x)
    model.train(mode)
    return fisher


@right
def fisher_diagonal_3(model, x):
    """The Jacobian of the log-probabilities of one row, over rows by vmap."""
    twin = copy.deepcopy(model).eval()
    parameters = {n: p.detach() for n, p in twin.named_parameters()}

    def log_p(parameters, row):
        return functional_call(twin, parameters, (row[None],)).log_softmax(1)[0]

    total = dict.fromkeys(parameters, 0)
    for rows in x.split(50):
        p = vmap(log_p, (None, 0))(parameters, rows).exp()
        for n, j in vmap(jacrev(log_p), (None, 0))(parameters, rows).items():
            total[n] = total[n] + torch.einsum("nc,nc...->...", p, j.square())
    return {n: t / len(x) for n, t in total.items()}


@right
def fisher_diagonal_4(model, x):
    """The closed form: squared deltas times squared activations."""
    mode = model.training
    model.eval()
    kept = {}
    handles = [
        m.register_forward_hook(lambda m, i, o, n=n: kept.update({n: (i[0].detach(), o)}))
        for n, m in linear_layers(model)
    ]
    log_p = model(x).log_softmax(1)
    for handle in handles:
        handle.remove()
    model.train(mode)
    fisher = {n: torch.zeros_like(p).detach() for n, p in model.named_parameters()}
    outputs = [o for _, o in kept.values()]
    for c in range(log_p.shape[1]):
        deltas = torch.autograd.grad(log_p[:, c].sum(), outputs, retain_graph=True)
        p = log_p[:, c : c + 1].detach().exp()
        for (n, (a, _)), d in zip(kept.items(), deltas):
            fisher[n + ".weight"] += (p * d**2).T @ a**2 / len(x)
            fisher[n + ".bias"] += (p * d**2).sum(0) / len(x)
    return fisher


@right
def fisher_diagonal_5(model, x):
    """From the Jacobian J of the logits: p-weighted squares of J_c minus its mean under p."""
    mode = model.training
    model.eval()
    names = [n for n, _ in model.named_parameters()]
    result = [torch.zeros_like(p) for p in model.parameters()]
    for row in x:
        logits = model(row[None])[0]
        p = logits.softmax(0).detach()
        rows = [torch.autograd.grad(z, list(model.parameters()), retain_graph=True) for z in logits]
        for k, f in enumerate(result):
            j = torch.stack([r[k] for r in rows])
            mean = torch.tensordot(p, j, dims=1)
            f += torch.tensordot(p, (j - mean) ** 2, dims=1)
    model.train(mode)
    return {n: f.detach() / len(x) for n, f in zip(names, result)}


# ewc_penalty


@right
def ewc_penalty_1(model, anchor, fisher):
    return sum((fisher[n] * (p - anchor[n]) ** 2).sum() for n, p in model.named_parameters()) / 2


@right
def ewc_penalty_2(model, anchor, fisher):
    total = torch.zeros((), dtype=next(model.parameters()).dtype)
    for n, p in model.named_parameters():
        total = total + 0.5 * torch.sum(fisher[n] * torch.square(p - anchor[n]))
    return total


@right
def ewc_penalty_3(model, anchor, fisher):
    names = list(anchor)
    own = dict(model.named_parameters())
    theta, star, f = (torch.cat([d[n].flatten() for n in names]) for d in (own, anchor, fisher))
    return (f * (theta - star)) @ (theta - star) / 2


@right
def ewc_penalty_4(model, anchor, fisher):
    """The distance scaled by the root of the importance, then the plain squared norm."""
    parts = [(fisher[n].sqrt() * (p - anchor[n])).flatten() for n, p in model.named_parameters()]
    return torch.cat(parts).pow(2).sum().div(2)


# merge_fisher


@right
def merge_fisher_1(old, new, decay):
    return {n: decay * old[n] + new[n] for n in new}


@right
def merge_fisher_2(old, new, decay):
    return {n: torch.add(new[n], old[n], alpha=decay) for n in old}


@right
def merge_fisher_3(old, new, decay):
    merged = copy.deepcopy(old)
    for n, f in merged.items():
        f.mul_(decay).add_(new[n])
    return merged


@right
def merge_fisher_4(old, new, decay):
    return {n: torch.from_numpy(decay * a.numpy() + new[n].numpy()) for n, a in old.items()}


# train_with_ewc


def snapshot(model):
    return {n: p.detach().clone() for n, p in model.named_parameters()}


@right
def train_with_ewc_1(model, tasks, train_on, strength):
    earlier = []
    for task in tasks:

        def penalty(m):
            return strength * sum(ewc_penalty_1(m, a, f) for a, f in earlier)

        train_on(model, task.x_train, task.y_train, penalty if earlier else None)
        earlier.append((snapshot(model), fisher_diagonal_1(model, task.x_train)))


@right
def train_with_ewc_2(model, tasks, train_on, strength):
    """A penalty that is zero at first, and the same function all along."""
    anchors, fishers = [], []

    def penalty(m):
        total = torch.zeros(())
        for anchor, fisher in zip(anchors, fishers):
            total = total + ewc_penalty_2(m, anchor, fisher)
        return strength * total

    for task in tasks:
        train_on(model, task.x_train, task.y_train, penalty=penalty)
        fishers.append(fisher_diagonal_4(model, task.x_train))
        anchors.append(snapshot(model))


@right
def train_with_ewc_3(model, tasks, train_on, strength):
    """Quadratics add up to one: with the sum of Fishers, their weighted anchor and a constant."""
    f, fa, faa = None, None, None
    for k, task in enumerate(tasks):

        def penalty(m, f=f, fa=fa, faa=faa):
            return (
                0.5
                * strength
                * sum((f[n] * p**2 - 2 * fa[n] * p + faa[n]).sum() for n, p in m.named_parameters())
            )

        train_on(model, task.x_train, task.y_train, penalty if k else None)
        a, new = snapshot(model), fisher_diagonal_3(model, task.x_train)
        terms = [new, {n: new[n] * a[n] for n in a}, {n: new[n] * a[n] ** 2 for n in a}]
        if k:
            terms = [{n: s[n] + t[n] for n in a} for s, t in zip((f, fa, faa), terms)]
        f, fa, faa = terms


@right
def train_with_ewc_4(model, tasks, train_on, strength):
    """A list of closures, each with its own anchor; rows in another order."""
    penalties = []
    for task in tasks:
        order = torch.arange(len(task.y_train)).flip(0)
        own = list(penalties)
        total = (lambda m, own=own: sum(one(m) for one in own)) if own else None
        train_on(model, task.x_train[order], task.y_train[order], total)
        anchor, fisher = snapshot(model), fisher_diagonal_2(model, task.x_train)
        penalties.append(lambda m, a=anchor, f=fisher: strength * ewc_penalty_4(m, a, f))


# train_with_online_ewc


@right
def train_with_online_ewc_1(model, tasks, train_on, strength, decay):
    fisher = anchor = None
    for task in tasks:
        if fisher is None:
            train_on(model, task.x_train, task.y_train)
            fisher = fisher_diagonal_1(model, task.x_train)
        else:
            a, f = anchor, fisher
            train_on(
                model,
                task.x_train,
                task.y_train,
                lambda m, a=a, f=f: strength * ewc_penalty_1(m, a, f),
            )
            fisher = merge_fisher_1(fisher, fisher_diagonal_1(model, task.x_train), decay)
        anchor = snapshot(model)


@right
def train_with_online_ewc_2(model, tasks, train_on, strength, decay):
    """Starts from a Fisher of zeros."""
    fisher = {n: torch.zeros_like(p).detach() for n, p in model.named_parameters()}
    anchor = snapshot(model)

    def penalty(m):
        return strength * ewc_penalty_2(m, anchor, fisher)

    for task in tasks:
        train_on(model, task.x_train, task.y_train, penalty)
        fisher = merge_fisher_2(fisher, fisher_diagonal_5(model, task.x_train), decay)
        anchor = snapshot(model)


@right
def train_with_online_ewc_3(model, tasks, train_on, strength, decay):
    """Keeps all Fishers and weighs them by powers of decay."""
    fishers, anchor = [], None
    for k, task in enumerate(tasks):
        faded = {
            n: sum(decay ** (k - 1 - j) * f[n] for j, f in enumerate(fishers)) for n in anchor or ()
        }
        penalty = (lambda m, a=anchor, f=faded: ewc_penalty_3(m, a, f) * strength) if k else None
        train_on(model, task.x_train, task.y_train, penalty)
        fishers.append(fisher_diagonal_4(model, task.x_train))
        anchor = snapshot(model)


@right
def train_with_online_ewc_4(model, tasks, train_on, strength, decay):
    """The strength goes into the Fisher, in place on own tensors."""
    held, anchor = {}, {}
    for task in tasks:
        first = not held
        train_on(
            model,
            task.x_train,
            task.y_train,
            None if first else (lambda m: ewc_penalty_4(m, anchor, held)),
        )
        for n, f in fisher_diagonal_3(model, task.x_train).items():
            held[n] = f * strength if first else held[n].mul_(decay).add_(strength * f)
        anchor.update(snapshot(model))
