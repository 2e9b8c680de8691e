"""Right answers to 04-ewc in many styles: each must get every point, every time."""

import copy
from collections import defaultdict
from functools import partial

import torch
from torch import nn
from torch.func import functional_call, grad, jacrev, vmap
from torch.nn.functional import cross_entropy, nll_loss
from torch.nn.utils import parameters_to_vector
from torch.utils.data import DataLoader, TensorDataset

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


@right
def sample_gradients_8(model, x, y):
    """The Jacobian by torch.autograd.functional."""
    names, parameters = zip(*model.named_parameters())

    def log_p(*values):
        log_p = functional_call(model, dict(zip(names, values)), (x,)).log_softmax(1)
        return log_p[range(len(x)), y.tolist()]

    own = tuple(p.detach() for p in parameters)
    return dict(zip(names, torch.autograd.functional.jacobian(log_p, own)))


@right
def sample_gradients_9(model, x, y):
    """A copy of the weights for each row, and one backward pass."""
    copies = {
        n: p.detach().expand(len(x), *p.shape).clone().requires_grad_()
        for n, p in model.named_parameters()
    }
    logits = vmap(lambda q, row: functional_call(model, q, (row,)))(copies, x)
    losses = cross_entropy(logits, y, reduction="sum")
    found = torch.autograd.grad(losses, list(copies.values()))
    return {n: -g for n, g in zip(copies, found)}


@right
def sample_gradients_10(model, x, y):
    """In double precision on a copy, the last row first, cast back."""
    twin = copy.deepcopy(model).double()
    rows = []
    for i in reversed(range(len(x))):
        log_p = twin(x[[i]].double()).log_softmax(1)[0, y[i]]
        rows.insert(0, torch.autograd.grad(log_p, list(twin.parameters())))
    pairs = zip(model.named_parameters(), zip(*rows))
    return {n: torch.stack(g).to(p.dtype) for (n, p), g in pairs}


@right
@torch.no_grad()
def sample_gradients_11(model, x, y):
    """The logarithm of the softmax, by `torch.func`, which does not mind `no_grad`."""
    parameters = {n: p.detach() for n, p in model.named_parameters()}

    def log_p(q, row, label):
        return functional_call(model, q, (row[None],)).softmax(1)[0].gather(0, label[None]).log()[0]

    return vmap(grad(log_p), (None, 0, 0))(parameters, x, y)


@right
def sample_gradients_12(model, x, y):
    """Gradients caught by hooks on the tensors of a copy."""
    twin, caught = copy.deepcopy(model), defaultdict(list)
    for n, p in twin.named_parameters():
        p.register_hook(lambda g, n=n: caught[n].append(g.clone()))
    for row, label in zip(x, y):
        twin(row).log_softmax(0)[label].backward()
    return {n: torch.stack(caught[n]) for n in reversed(list(caught))}


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


@right
def empirical_fisher_5(model, x, y):
    """A running mean."""
    twin, mean = copy.deepcopy(model).eval(), {}
    for i in range(len(x)):
        for n, g in sample_gradients_2(twin, x[i : i + 1], y[i : i + 1]).items():
            mean[n] = g[0] ** 2 if i == 0 else mean[n] + (g[0] ** 2 - mean[n]) / (i + 1)
    return mean


@right
def empirical_fisher_6(model, x, y):
    """Dropout of a copy set to 0; the last batch first."""
    twin = copy.deepcopy(model)
    for m in twin.modules():
        if isinstance(m, nn.Dropout):
            m.p = 0.0
    total = defaultdict(float)
    for rows in torch.arange(len(x)).flip(0).split(37):
        for n, g in sample_gradients_4(twin, x[rows], y[rows]).items():
            total[n] = total[n] + torch.linalg.vector_norm(g, dim=0) ** 2
    return {n: t / len(x) for n, t in total.items()}


@right
def empirical_fisher_7(model, x, y):
    """One long vector; rows by a DataLoader, which draws a number that counts for nothing."""
    mode = model.training
    model.eval()
    total = 0
    for row, label in DataLoader(TensorDataset(x, y)):
        loss = cross_entropy(model(row), label)
        g = parameters_to_vector(torch.autograd.grad(loss, list(model.parameters())))
        total = total + g * g
    model.train(mode)
    parts = (total / len(x)).split([p.numel() for p in model.parameters()])
    return {n: part.view_as(p) for (n, p), part in zip(model.named_parameters(), parts)}


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


@right
def fisher_diagonal_6(model, x):
    """Every row as often as there are classes."""
    mode = model.training
    model.eval()
    with torch.inference_mode():
        p = model(x).softmax(1)
    classes = p.shape[1]
    labels = torch.arange(classes).repeat(len(x))
    gradients = sample_gradients_4(model, x.repeat_interleave(classes, 0), labels)
    model.train(mode)
    return {n: torch.tensordot(p.flatten().clone(), g**2, 1) / len(x) for n, g in gradients.items()}


@right
def fisher_diagonal_7(model, x):
    """The root of p, a constant, goes into the value that is differentiated; in float64."""
    twin = copy.deepcopy(model).eval().double()
    total = defaultdict(float)
    for (row,) in DataLoader(TensorDataset(x.double())):
        log_p = twin(row).log_softmax(1)[0]
        for value in log_p * log_p.detach().exp().sqrt():
            grads = torch.autograd.grad(value, list(twin.parameters()), retain_graph=True)
            for (n, p), g in zip(model.named_parameters(), grads):
                total[n] = total[n] + (g**2).to(p.dtype) / len(x)
    return dict(total)


@right
def fisher_diagonal_8(model, x):
    """J^T (diag p - p p^T) J of the Jacobian of the logits."""
    twin = copy.deepcopy(model).eval()
    total = {n: torch.zeros_like(p).detach() for n, p in model.named_parameters()}
    parameters = {n: p.detach() for n, p in twin.named_parameters()}
    for row in x.split(1):
        p = twin(row)[0].softmax(0).detach()
        found = jacrev(lambda q: functional_call(twin, q, (row,))[0])(parameters)
        for n, j in found.items():
            j = j.flatten(1)
            total[n] += (j * ((p.diag() - p.outer(p)) @ j)).sum(0).view_as(total[n]) / len(x)
    return total


@right
def fisher_diagonal_9(model, x):
    """Plain `backward` on the model itself: its `.grad` is free."""
    mode = model.training
    model.eval()
    total = {n: torch.zeros_like(p, requires_grad=False) for n, p in model.named_parameters()}
    for row in x:
        log_p = model(row).log_softmax(0)
        for value in log_p:
            model.zero_grad()
            value.backward(retain_graph=True)
            for n, p in model.named_parameters():
                total[n] += p.grad.square() * value.exp().item() / x.size(0)
    model.train(mode)
    return total


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


@right
def ewc_penalty_5(model, anchor, fisher):
    """With a derivative of its own."""

    class Quadratic(torch.autograd.Function):
        @staticmethod
        def forward(ctx, f, a, t):
            ctx.save_for_backward(f, t - a)
            return 0.5 * (f * (t - a) ** 2).sum()

        @staticmethod
        def backward(ctx, g):
            f, d = ctx.saved_tensors
            return None, None, g * f * d

    return sum(Quadratic.apply(fisher[n], anchor[n], p) for n, p in model.named_parameters())


@right
def ewc_penalty_6(model, anchor, fisher):
    """The square multiplied out, in double precision."""
    total = 0.0
    for n, p in model.named_parameters():
        t, a, f = (v.double() for v in (p, anchor[n], fisher[n]))
        total = total + (f * (t * t - 2 * t * a + a * a)).sum()
    return (total * 0.5).to(p.dtype)


@right
def ewc_penalty_7(model, anchor, fisher):
    """The sums of all parameters, stacked."""
    own = dict(model.named_parameters())
    sums = [
        torch.einsum("i,i->", fisher[n].flatten(), (own[n] - anchor[n]).flatten().square())
        for n in sorted(anchor)
    ]
    return 0.5 * torch.stack(sums).sum()


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


@right
def merge_fisher_5(old, new, decay):
    """For a decay of 0 the new tensors themselves, in a dict of its own."""
    if decay == 0:
        return dict(new)
    return {n: (1 + decay) * torch.lerp(f, old[n], decay / (1 + decay)) for n, f in new.items()}


@right
def merge_fisher_6(old, new, decay):
    both = {n: torch.stack([old[n], new[n]]) for n in old.keys() & new.keys()}
    return {n: torch.tensordot(f.new_tensor([decay, 1.0]), f, dims=1) for n, f in both.items()}


@right
def merge_fisher_7(old, new, decay):
    merged = copy.deepcopy(new)
    for n in merged:
        merged[n] += decay * old[n]
    return merged


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


@right
def train_with_ewc_5(model, tasks, train_on, strength):
    """The task before is looked at when the next begins; the anchor is a whole network."""
    held, before = [], None
    for task in tasks:
        if before is not None:
            frozen = copy.deepcopy(model).requires_grad_(False)
            held.append((dict(frozen.named_parameters()), fisher_diagonal_4(model, before.x_train)))
        now = held[:]
        train_on(
            model,
            task.x_train,
            task.y_train,
            *(
                [lambda m, now=now: strength * sum(ewc_penalty_1(m, *one) for one in now)]
                if now
                else []
            ),
        )
        before = task


@right
def train_with_ewc_6(model, tasks, train_on, strength):
    """A chain of penalties, each with the one before in it."""

    def learn(penalty, tasks):
        if not tasks:
            return
        task, *rest = tasks
        train_on(model, x=task.x_train, y=task.y_train, penalty=penalty)
        anchor, fisher = snapshot(model), fisher_diagonal_4(model, task.x_train)
        more = partial(lambda a, f, m: strength * ewc_penalty_2(m, a, f), anchor, fisher)
        learn(lambda m: (penalty(m) if penalty else 0.0) + more(m), rest)

    learn(None, list(tasks))


class Memory(nn.Module):
    """A penalty that is an object; it gives a plain 0.0 as long as nothing is held."""

    def __init__(self, strength):
        super().__init__()
        self.strength, self.held = strength, []

    def forward(self, model):
        return self.strength * sum((ewc_penalty_3(model, *one) for one in self.held), 0.0)


@right
def train_with_ewc_7(model, tasks, train_on, strength):
    memory = Memory(strength)
    for number, task in enumerate(tasks):
        train_on(model, task.x_train.clone(), task.y_train.clone(), memory)
        if number + 1 < len(tasks):
            memory.held.append((snapshot(model), fisher_diagonal_4(model, task.x_train)))


@right
def train_with_ewc_8(model, tasks, train_on, strength):
    """One quadratic about the weighted mean of the anchors, and what is left over."""
    weight, center, rest = {}, {}, 0.0
    for task in tasks:

        def penalty(m):
            half = sum((f * (m.get_parameter(n) - center[n]) ** 2).sum() for n, f in weight.items())
            return strength * (half + rest) / 2

        train_on(model, task.x_train, task.y_train, penalty if weight else None)
        for n, f in fisher_diagonal_4(model, task.x_train).items():
            a = model.get_parameter(n).detach().clone()
            old, mean = weight.get(n, torch.zeros_like(f)), center.get(n, a)
            total = old + f
            share = torch.where(total > 0, f / total, 0.0)
            rest = rest + (old * share * (mean - a) ** 2).sum()
            weight[n], center[n] = total, mean + share * (a - mean)


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


@right
def train_with_online_ewc_5(model, tasks, train_on, strength, decay, fisher=None):
    """One task after another, by recursion; the last Fisher is never needed."""
    if not tasks:
        return
    task, *rest = tasks
    anchor = snapshot(model)
    penalty = (lambda m: strength * ewc_penalty_1(m, anchor, fisher)) if fisher else None
    train_on(model, task.x_train, task.y_train, penalty)
    if rest:
        new = fisher_diagonal_4(model, task.x_train)
        merged = merge_fisher_1(fisher, new, decay) if fisher else new
        train_with_online_ewc_5(model, rest, train_on, strength, decay, merged)


@right
def train_with_online_ewc_6(model, tasks, train_on, strength, decay):
    """Own tensors, overwritten in place; the penalty is a plain 0.0 at first."""
    fisher = [torch.zeros_like(p).detach() for p in model.parameters()]
    anchor = [p.detach().clone() for p in model.parameters()]
    seen = []

    def penalty(m):
        if not seen:
            return 0.0
        triples = zip(fisher, anchor, m.parameters())
        return strength / 2 * sum((f * (p - a) ** 2).sum() for f, a, p in triples)

    for task in tasks:
        train_on(model, task.x_train, task.y_train, penalty=penalty)
        new = fisher_diagonal_4(model, task.x_train)
        for f, a, (n, p) in zip(fisher, anchor, model.named_parameters()):
            f.mul_(decay).add_(new[n])
            a.copy_(p.detach())
        seen.append(task.name)


@right
def train_with_online_ewc_7(model, tasks, train_on, strength, decay):
    """A generator that takes tasks and gives penalties."""

    def penalties():
        fisher = penalty = None
        while True:
            task = yield penalty
            new = fisher_diagonal_4(model, task.x_train)
            fisher = merge_fisher_2(fisher, new, decay) if fisher else new
            penalty = partial(
                lambda a, f, m: strength * ewc_penalty_2(m, a, f), snapshot(model), fisher
            )

    states = penalties()
    penalty = next(states)
    for task in tasks:
        train_on(model, task.x_train, task.y_train, penalty)
        penalty = states.send(task)
