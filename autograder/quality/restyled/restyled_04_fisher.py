"""The mistakes of `fisher_diagonal` in its squares and weights, written in another style."""

import copy

import torch
from torch.func import functional_call, jacrev, vmap
from torch.nn import functional as F

from autograder.quality.restyled.again import Assigned

again = Assigned("04-ewc")


def names_of(model):
    return [n for n, _ in model.named_parameters()]


def gradient(value, model):
    """Of one number, by name."""
    grads = torch.autograd.grad(value, list(model.parameters()), retain_graph=True)
    return dict(zip(names_of(model), grads))


def zeros(model):
    return {n: torch.zeros_like(p).detach() for n, p in model.named_parameters()}


@again("batch-mean-squared")
def _(model, x):
    mode = model.training
    model.eval()
    logits = model(x)
    loss = F.cross_entropy(logits, logits.argmax(dim=1))
    fisher = {n: g**2 for n, g in gradient(loss, model).items()}
    model.train(mode)
    return fisher


@again("batch-mean-squared-times-n")
def _(model, x):
    mode = model.training
    model.eval()
    log_p, _ = model(x).log_softmax(dim=1).max(dim=1)
    grads = gradient(log_p.sum(), model)
    model.train(mode)
    return {n: g.square() / len(x) for n, g in grads.items()}


@again("class-gradients-averaged-over-rows")
def _(model, x):
    mode = model.training
    model.eval()
    fisher = zeros(model)
    log_p = F.log_softmax(model(x), dim=1)
    for column in log_p.unbind(dim=1):
        weight = column.detach().exp().mean()
        for n, g in gradient(column.mean(), model).items():
            fisher[n] += weight * g**2
    model.train(mode)
    return fisher


@again("argmax-label")
def _(model, x):
    mode = model.training
    model.eval()
    fisher = zeros(model)
    for row in x:
        best = model(row[None]).log_softmax(1).max()
        for n, g in gradient(best, model).items():
            fisher[n] += g**2 / len(x)
    model.train(mode)
    return fisher


@again("argmax-weighted")
def _(model, x):
    mode = model.training
    model.eval()
    fisher = zeros(model)
    for row in x:
        log_p = model(row.unsqueeze(0)).squeeze(0).log_softmax(dim=0)
        c = torch.argmax(log_p)
        for n, g in gradient(log_p[c], model).items():
            fisher[n] = fisher[n] + log_p[c].exp().item() * g.pow(2)
    model.train(mode)
    return {n: f / x.shape[0] for n, f in fisher.items()}


@again("sampled-label")
def _(model, x):
    mode = model.training
    model.eval()
    fisher = zeros(model)
    for row in x:
        logits = model(row.unsqueeze(0))
        label = torch.distributions.Categorical(logits=logits.detach()).sample()
        for n, g in gradient(F.cross_entropy(logits, label), model).items():
            fisher[n] += g**2 / len(x)
    model.train(mode)
    return fisher


@again("classes-not-weighted")
def _(model, x):
    mode = model.training
    model.eval()
    weights = {n: p.detach() for n, p in model.named_parameters()}

    def log_p(w, row):
        return functional_call(model, w, (row[None],)).log_softmax(1)[0]

    jacobians = vmap(jacrev(log_p), in_dims=(None, 0))(weights, x)
    model.train(mode)
    return {n: (j**2).sum(dim=1).mean(dim=0) for n, j in jacobians.items()}


@again("classes-averaged")
def _(model, x):
    mode = model.training
    model.eval()
    fisher = zeros(model)
    for row in x:
        log_p = model(row[None]).log_softmax(1)[0]
        squares = [{n: g**2 for n, g in gradient(v, model).items()} for v in log_p]
        for n in fisher:
            fisher[n] += torch.stack([s[n] for s in squares]).mean(dim=0)
    model.train(mode)
    return {n: f / len(x) for n, f in fisher.items()}


@again("probability-squared")
def _(model, x):
    mode = model.training
    model.eval()
    fisher = zeros(model)
    for row in x:
        log_p = model(row[None]).log_softmax(1).squeeze(0)
        for value, p in zip(log_p, log_p.exp().tolist()):
            for n, g in gradient(p * value, model).items():
                fisher[n] += g * g
    model.train(mode)
    return {n: f / len(x) for n, f in fisher.items()}


@again("averaged-before-squaring")
def _(model, x):
    mode = model.training
    model.eval()
    fisher = zeros(model)
    for row in x:
        log_p = model(row[None]).log_softmax(dim=1)
        expected = (log_p.exp().detach() * log_p).sum()
        for n, g in gradient(expected, model).items():
            fisher[n] += g**2 / len(x)
    model.train(mode)
    return fisher


@again("all-classes-in-one-gradient")
def _(model, x):
    mode = model.training
    model.eval()
    sums = (F.log_softmax(model(row), dim=-1).sum() for row in x.split(1))
    squares = [{n: g**2 for n, g in gradient(s, model).items()} for s in sums]
    model.train(mode)
    return {n: sum(s[n] for s in squares) / len(x) for n in names_of(model)}


@again("gradients-of-logits")
def _(model, x):
    mode = model.training
    model.eval()
    weights = {n: p.detach() for n, p in model.named_parameters()}

    def logits(w):
        return functional_call(model, w, (x,))

    p = logits(weights).softmax(dim=1)
    jacobians = jacrev(logits)(weights)
    model.train(mode)
    return {n: torch.einsum("nc,nc...->...", p, j**2) / len(x) for n, j in jacobians.items()}


@again("gradients-of-probabilities")
def _(model, x):
    mode = model.training
    model.eval()
    fisher = zeros(model)
    for row in x:
        for p in torch.softmax(model(row[None])[0], dim=0):
            for n, g in gradient(p, model).items():
                fisher[n] += p.item() * g**2
    model.train(mode)
    return {n: f / len(x) for n, f in fisher.items()}


@again("probability-not-detached")
def _(model, x):
    mode = model.training
    model.eval()
    fisher = zeros(model)
    for row in x.split(1):
        log_p = F.log_softmax(model(row), dim=1).flatten()
        for term in torch.exp(log_p) * log_p:
            for n, g in gradient(term, model).items():
                fisher[n] += g**2 / len(x)
    model.train(mode)
    return fisher


@again("gradient-of-the-entropy")
def _(model, x):
    mode = model.training
    model.eval()
    fisher = zeros(model)
    for row in x:
        entropy = torch.distributions.Categorical(logits=model(row[None])).entropy()
        for n, g in gradient(entropy.sum(), model).items():
            fisher[n] += g**2 / len(x)
    model.train(mode)
    return fisher


@again("divided-by-classes")
def _(model, x):
    return every_class(model, x, lambda log_p: log_p.exp() / len(log_p))


def every_class(model, x, weigh, classes=None):
    """Weighted squares by plain loops, in evaluation mode."""
    mode = model.training
    model.eval()
    fisher = zeros(model)
    for row in x:
        log_p = model(row[None]).log_softmax(1)[0]
        weights = weigh(log_p.detach())
        for c in range(len(log_p))[:classes]:
            for n, g in gradient(log_p[c], model).items():
                fisher[n] += weights[c] * g**2
    model.train(mode)
    return {n: f / len(x) for n, f in fisher.items()}


@again("classes-missing")
def _(model, x):
    return every_class(model, x, torch.exp, classes=-1)


@again("probability-averaged-over-rows")
def _(model, x):
    mode = model.training
    model.eval()
    mean = model(x).softmax(1).mean(0).detach()
    model.train(mode)
    return every_class(model, x, lambda log_p: mean)


@again("softmax-over-rows")
def _(model, x):
    mode = model.training
    model.eval()
    rows = iter(F.softmax(model(x), 0).detach())
    model.train(mode)
    return every_class(model, x, lambda log_p: next(rows))


@again("weighted-by-no-probability")
def _(model, x):
    return every_class(model, x, lambda log_p: log_p)


@again("absolute-values")
def _(model, x):
    mode = model.training
    model.eval()
    fisher = zeros(model)
    for row in x:
        for value in model(row[None])[0].log_softmax(0):
            for n, g in gradient(value, model).items():
                fisher[n] += value.exp().item() * torch.abs(g) / len(x)
    model.train(mode)
    return fisher


@again("gradients-pile-up")
def _(model, x):
    twin = copy.deepcopy(model).eval()
    fisher = zeros(model)
    for row in x:
        twin.zero_grad()
        log_p = twin(row[None]).log_softmax(1)[0]
        for value in log_p:
            value.backward(retain_graph=True)
            for n, p in twin.named_parameters():
                fisher[n] += value.exp().item() * p.grad**2 / len(x)
    return fisher
