"""The mistakes of `empirical_fisher` in rows, mode and size, written in another style."""

import torch
from torch.func import functional_call, jacrev
from torch.nn import functional as F

from autograder.quality.restyled.again import Assigned

again = Assigned("04-ewc")


def log_likelihoods(model, x, y):
    """For every row log p(y_i | x_i)."""
    return -F.cross_entropy(model(x), y, reduction="none")


def jacobian(values, model):
    """Row i is the gradient of `values[i]`, for each parameter."""
    units = torch.eye(len(values), dtype=values.dtype)
    weights = list(model.parameters())
    found = torch.autograd.grad(values, weights, units, is_grads_batched=True)
    return dict(zip([n for n, _ in model.named_parameters()], found))


@again("empirical-summed")
def _(model, x, y):
    mode = model.training
    model.eval()
    grads = jacobian(log_likelihoods(model, x, y), model)
    model.train(mode)
    return {n: torch.einsum("n...,n...->...", g, g) for n, g in grads.items()}


@again("empirical-in-training-mode")
def _(model, x, y):
    fisher = {n: torch.zeros_like(p) for n, p in model.named_parameters()}
    for row, label in zip(x, y):
        log_p = model(row[None]).log_softmax(1)[0, label]
        for f, g in zip(fisher.values(), torch.autograd.grad(log_p, list(model.parameters()))):
            f += g**2
    return {n: f / len(x) for n, f in fisher.items()}


@again("empirical-leaves-evaluation-mode")
def _(model, x, y):
    model.eval()
    weights = {n: p.detach() for n, p in model.named_parameters()}

    def log_p(w):
        return functional_call(model, w, (x,)).log_softmax(1)[torch.arange(len(x)), y]

    return {n: j.square().mean(0) for n, j in jacrev(log_p)(weights).items()}


@again("empirical-first-rows-only")
def _(model, x, y):
    mode = model.training
    model.eval()
    for xb, yb in zip(x.split(100), y.split(100)):
        grads = jacobian(log_likelihoods(model, xb, yb), model)
        fisher = {n: (g**2).sum(0) / len(xb) for n, g in grads.items()}
        model.train(mode)
        return fisher


@again("empirical-still-live")
def _(model, x, y):
    mode = model.training
    model.eval()
    fisher = dict.fromkeys([n for n, _ in model.named_parameters()], 0)
    for row, label in zip(x, y):
        log_p = model(row[None]).log_softmax(1)[0, label]
        grads = torch.autograd.grad(log_p, list(model.parameters()), create_graph=True)
        for n, g in zip(fisher, grads):
            fisher[n] = fisher[n] + g**2 / len(x)
    model.train(mode)
    return fisher


def squares(model, x, y):
    """The squared gradients of all rows, in evaluation mode, one after another."""
    mode = model.training
    model.eval()
    found = {n: [] for n, _ in model.named_parameters()}
    for row, label in zip(x, y):
        log_p = -F.cross_entropy(model(row[None]), label[None])
        for n, g in zip(found, torch.autograd.grad(log_p, list(model.parameters()))):
            found[n].append(g**2)
    model.train(mode)
    return {n: torch.stack(g) for n, g in found.items()}


@again("empirical-last-rows-dropped")
def _(model, x, y):
    size = 32 if len(x) > 32 else 1
    total = {n: torch.zeros_like(p) for n, p in model.named_parameters()}
    for k in range(len(x) // size):
        batch = slice(k * size, (k + 1) * size)
        for n, g in squares(model, x[batch], y[batch]).items():
            total[n] += g.sum(0)
    return {n: t.detach() / len(x) for n, t in total.items()}


@again("empirical-of-the-last-batch-only")
def _(model, x, y):
    for xb, yb in zip(x.split(100), y.split(100)):
        fisher = {n: g.sum(0) / len(x) for n, g in squares(model, xb, yb).items()}
    return fisher


@again("empirical-divided-by-batches")
def _(model, x, y):
    fisher = {n: 0 for n, _ in model.named_parameters()}
    for xb, yb in zip(x.split(64), y.split(64)):
        for n, g in squares(model, xb, yb).items():
            fisher[n] = fisher[n] + g.mean(0)
    return fisher


@again("empirical-divided-by-rows-twice")
def _(model, x, y):
    return {n: g.sum(0) / len(x) ** 2 for n, g in squares(model, x, y).items()}


@again("empirical-halved")
def _(model, x, y):
    return {n: 0.5 * g.mean(0) for n, g in squares(model, x, y).items()}


@again("empirical-rooted")
def _(model, x, y):
    return {n: g.mean(0) ** 0.5 for n, g in squares(model, x, y).items()}


@again("empirical-scaled-to-one")
def _(model, x, y):
    fisher = {n: g.mean(0) for n, g in squares(model, x, y).items()}
    top = torch.cat([f.flatten() for f in fisher.values()]).max()
    return {n: f / top for n, f in fisher.items()}


@again("empirical-not-averaged")
def _(model, x, y):
    return squares(model, x, y)


@again("empirical-one-number-a-parameter")
def _(model, x, y):
    return {n: g.sum() / g.numel() for n, g in squares(model, x, y).items()}


@again("empirical-averaged-over-an-axis")
def _(model, x, y):
    return {
        n: g.mean(dim=(0, 1)) if g.ndim > 2 else g.mean(0) for n, g in squares(model, x, y).items()
    }


@again("empirical-leaves-training-mode")
def _(model, x, y):
    try:
        return {n: g.mean(0) for n, g in squares(model, x, y).items()}
    finally:
        model.train()


@again("empirical-without-biases")
def _(model, x, y):
    found = squares(model, x, y)
    return {n: found[n].mean(0) for n, p in model.named_parameters() if p.dim() == 2}


@again("empirical-in-float32")
def _(model, x, y):
    fisher = {n: torch.zeros(p.shape) for n, p in model.named_parameters()}
    for n, g in squares(model, x, y).items():
        fisher[n] += g.mean(0)
    return fisher


@again("empirical-divided-by-one-row-more")
def _(model, x, y):
    count, total = 1, {n: 0 for n, _ in model.named_parameters()}
    for k in range(len(x)):
        for n, g in squares(model, x[k : k + 1], y[k : k + 1]).items():
            total[n] = total[n] + g[0]
        count += 1
    return {n: t / count for n, t in total.items()}
