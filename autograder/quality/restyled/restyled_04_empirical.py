"""The mistakes of `empirical_fisher` in its squares, written in another style."""

import torch
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


@again("empirical-batch-mean-squared")
def _(model, x, y):
    was_training = model.training
    model.eval()
    loss = F.cross_entropy(model(x), y)
    grads = torch.autograd.grad(loss, list(model.parameters()))
    model.train(was_training)
    return {n: g.pow(2) for (n, _), g in zip(model.named_parameters(), grads)}


@again("empirical-batch-mean-squared-times-n")
def _(model, x, y):
    """The square of the summed loss, over n: the same as n times the square of the mean."""
    mode = model.training
    model.eval()
    fisher = {}
    total = F.cross_entropy(model(x), y, reduction="sum")
    for (name, _), g in zip(
        model.named_parameters(), torch.autograd.grad(total, [*model.parameters()])
    ):
        fisher[name] = g * g / x.size(0)
    model.train(mode)
    return fisher


@again("empirical-gradients-pile-up")
def _(model, x, y):
    mode, before = model.training, [p.grad for p in model.parameters()]
    model.eval()
    for p in model.parameters():
        p.grad = None
    fisher = {n: torch.zeros_like(p) for n, p in model.named_parameters()}
    for i in range(len(x)):
        F.cross_entropy(model(x[i : i + 1]), y[i : i + 1]).backward()
        for n, p in model.named_parameters():
            fisher[n] += p.grad**2 / len(x)
    for p, g in zip(model.parameters(), before):
        p.grad = g
    model.train(mode)
    return fisher


@again("exact-instead-of-empirical")
def _(model, x, y):
    mode = model.training
    model.eval()
    fisher = {n: torch.zeros_like(p) for n, p in model.named_parameters()}
    for row in x:
        log_p = model(row[None]).log_softmax(1)[0]
        for value in log_p:
            grads = torch.autograd.grad(value, list(model.parameters()), retain_graph=True)
            for f, g in zip(fisher.values(), grads):
                f += value.detach().exp() * g**2
    model.train(mode)
    return {n: f / len(x) for n, f in fisher.items()}


@again("empirical-at-the-predicted-label")
def _(model, x, y):
    mode = model.training
    model.eval()
    sums = [torch.zeros_like(p) for p in model.parameters()]
    for row in x:
        logits = model(row.unsqueeze(0))
        nll = F.cross_entropy(logits, logits.argmax(dim=1))
        grads = torch.autograd.grad(nll, list(model.parameters()))
        sums = [s + g.square() for s, g in zip(sums, grads)]
    model.train(mode)
    return {n: s / x.shape[0] for (n, _), s in zip(model.named_parameters(), sums)}


@again("empirical-weighted")
def _(model, x, y):
    mode = model.training
    model.eval()
    fisher = {n: torch.zeros_like(p) for n, p in model.named_parameters()}
    for row, label in zip(x, y):
        log_p = F.log_softmax(model(row[None]), dim=1)[0, label]
        grads = torch.autograd.grad(log_p, list(model.parameters()))
        for n, g in zip(fisher, grads):
            fisher[n] += log_p.exp().item() * g**2
    model.train(mode)
    return {n: f / len(y) for n, f in fisher.items()}


@again("empirical-not-squared")
def _(model, x, y):
    mode = model.training
    model.eval()
    mean = log_likelihoods(model, x, y).mean()
    grads = torch.autograd.grad(mean, list(model.parameters()))
    model.train(mode)
    return {n: g for (n, _), g in zip(model.named_parameters(), grads)}


@again("empirical-absolute-values")
def _(model, x, y):
    mode = model.training
    model.train(False)
    result = {n: p.detach() * 0 for n, p in model.named_parameters()}
    for one in log_likelihoods(model, x, y):
        grads = torch.autograd.grad(one, list(model.parameters()), retain_graph=True)
        for n, g in zip(result, grads):
            result[n] = result[n] + torch.abs(g) / len(x)
    model.train(mode)
    return result


@again("empirical-variance")
def _(model, x, y):
    mode = model.training
    model.eval()
    grads = jacobian(log_likelihoods(model, x, y), model)
    model.train(mode)
    return {n: torch.var(g, dim=0) for n, g in grads.items()}


@again("empirical-at-drawn-labels")
def _(model, x, y):
    mode = model.training
    model.eval()
    drawn = torch.distributions.Categorical(logits=model(x).detach()).sample()
    grads = jacobian(log_likelihoods(model, x, drawn), model)
    model.train(mode)
    return {n: (g**2).mean(0) for n, g in grads.items()}


@again("empirical-of-logits")
def _(model, x, y):
    mode = model.training
    model.eval()
    grads = jacobian(model(x).gather(1, y[:, None]).squeeze(1), model)
    model.train(mode)
    return {n: (g**2).sum(0) / len(x) for n, g in grads.items()}


@again("empirical-of-probabilities")
def _(model, x, y):
    mode = model.training
    model.eval()
    grads = jacobian(log_likelihoods(model, x, y).exp(), model)
    model.train(mode)
    return {n: (g**2).mean(0) for n, g in grads.items()}


@again("empirical-all-classes-in-one-gradient")
def _(model, x, y):
    mode = model.training
    model.eval()
    grads = jacobian(model(x).log_softmax(1).sum(1), model)
    model.train(mode)
    return {n: torch.square(g).mean(0) for n, g in grads.items()}
