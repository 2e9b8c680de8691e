"""The mistakes of `ewc_penalty`, written in another style."""

import torch
from torch.nn.utils import parameters_to_vector

from autograder.quality.restyled.again import Assigned

again = Assigned("04-ewc")


def flat(model, *dicts):
    """Each dict as one long vector, in the order of the parameters."""
    names = [n for n, _ in model.named_parameters()]
    return [torch.cat([d[n].reshape(-1) for n in names]) for d in dicts]


@again("ewc-no-half")
def _(model, anchor, fisher):
    star, importance = flat(model, anchor, fisher)
    theta = parameters_to_vector(model.parameters())
    return torch.dot(importance, (theta - star) ** 2)


@again("fisher-squared-again")
def _(model, anchor, fisher):
    penalty = 0.0
    for name, param in model.named_parameters():
        delta = param - anchor[name]
        penalty = penalty + 0.5 * (fisher[name].pow(2) * delta.pow(2)).sum()
    return penalty


@again("fisher-to-the-half")
def _(model, anchor, fisher):
    star, importance = flat(model, anchor, fisher)
    theta = parameters_to_vector(model.parameters())
    return 0.5 * torch.sum(torch.sqrt(importance) * torch.square(theta - star))


@again("fisher-ignored")
def _(model, anchor, fisher):
    distances = []
    for name, p in model.named_parameters():
        distances.append(torch.norm(p - anchor[name]) ** 2)
    return 0.5 * sum(distances)


@again("fisher-averaged-in-penalty")
def _(model, anchor, fisher):
    total = 0
    for name, p in model.named_parameters():
        importance = fisher[name].sum() / fisher[name].numel()
        total += importance * torch.sum((p - anchor[name]) ** 2) / 2
    return total


@again("fisher-divides")
def _(model, anchor, fisher):
    total = 0.0
    for name, p in model.named_parameters():
        total = total + ((p - anchor[name]).square() / fisher[name]).sum()
    return total / 2


@again("ewc-distance-not-squared")
def _(model, anchor, fisher):
    star, importance = flat(model, anchor, fisher)
    theta = parameters_to_vector(model.parameters())
    return 0.5 * importance @ torch.abs(theta - star)


@again("ewc-pulls-to-zero")
def _(model, anchor, fisher):
    parts = [torch.einsum("...,...,...->", fisher[n], p, p) for n, p in model.named_parameters()]
    return torch.stack(parts).sum() / 2


@again("ewc-compared-with-itself")
def _(model, anchor, fisher):
    now = dict(model.named_parameters())
    loss = 0
    for name, p in model.named_parameters():
        loss = loss + (fisher[name] * (p - now[name]) ** 2).sum()
    return 0.5 * loss


@again("ewc-mean-over-entries")
def _(model, anchor, fisher):
    penalty = 0
    for n, p in model.named_parameters():
        penalty += torch.mean(fisher[n] * torch.pow(p - anchor[n], 2))
    return 0.5 * penalty


@again("ewc-without-biases")
def _(model, anchor, fisher):
    penalty = 0
    for n, p in model.named_parameters():
        if p.dim() < 2:
            continue
        penalty = penalty + 0.5 * (fisher[n] * (p - anchor[n]) ** 2).sum()
    return penalty


@again("ewc-without-gradient")
def _(model, anchor, fisher):
    total = torch.zeros((), dtype=next(model.parameters()).dtype)
    for n, p in model.named_parameters():
        total += 0.5 * (fisher[n] * (p.data - anchor[n]) ** 2).sum()
    return total


@again("ewc-as-number")
def _(model, anchor, fisher):
    penalty = 0.0
    for n, p in model.named_parameters():
        penalty += float((fisher[n] * (p - anchor[n]) ** 2).sum())
    return penalty / 2


@again("ewc-last-parameter-only")
def _(model, anchor, fisher):
    for n, p in model.named_parameters():
        penalty = fisher[n] * (p - anchor[n]).pow(2)
        penalty = 0.5 * penalty.sum()
        return penalty


@again("ewc-vector")
def _(model, anchor, fisher):
    penalties = []
    for n, p in model.named_parameters():
        penalties.append(0.5 * torch.sum(fisher[n] * (p - anchor[n]) ** 2))
    return penalties


@again("ewc-fisher-changed")
def _(model, anchor, fisher):
    total = 0
    for n, p in model.named_parameters():
        fisher[n] *= (p - anchor[n]) ** 2
        total = total + fisher[n].sum() / 2
    return total


@again("ewc-half-twice")
def _(model, anchor, fisher):
    loss = 0
    for n, p in model.named_parameters():
        loss = loss + 0.5 * (fisher[n] * (p - anchor[n]) ** 2).sum()
    return 0.5 * loss


@again("ewc-wrong-sign")
def _(model, anchor, fisher):
    loss = 0
    for n, p in model.named_parameters():
        loss = loss - (fisher[n] * (p - anchor[n]) ** 2).sum()
    return loss / 2


@again("ewc-rooted")
def _(model, anchor, fisher):
    star, importance = flat(model, anchor, fisher)
    theta = parameters_to_vector(model.parameters())
    return torch.linalg.norm(importance.sqrt() * (theta - star)) / 2


@again("ewc-summed-before-squaring")
def _(model, anchor, fisher):
    loss = 0
    for n, p in model.named_parameters():
        loss = loss + torch.pow((fisher[n] * (p - anchor[n])).sum(), 2)
    return loss / 2


@again("ewc-difference-of-squares")
def _(model, anchor, fisher):
    star, importance = flat(model, anchor, fisher)
    theta = parameters_to_vector(model.parameters())
    return 0.5 * importance @ (theta.square() - star.square())


@again("fisher-scaled-in-penalty")
def _(model, anchor, fisher):
    star, importance = flat(model, anchor, fisher)
    theta = parameters_to_vector(model.parameters())
    return (importance / importance.max() * (theta - star) ** 2).sum() / 2


@again("ewc-by-order-not-by-name")
def _(model, anchor, fisher):
    theta = parameters_to_vector(model.parameters())
    star = parameters_to_vector(anchor.values())
    return 0.5 * (parameters_to_vector(fisher.values()) * (theta - star) ** 2).sum()


@again("ewc-backward-inside")
def _(model, anchor, fisher):
    loss = 0
    for n, p in model.named_parameters():
        term = 0.5 * (fisher[n] * (p - anchor[n]) ** 2).sum()
        term.backward(retain_graph=True)
        loss = loss + term
    return loss


@again("ewc-in-float32")
def _(model, anchor, fisher):
    terms = [(fisher[n] * (p - anchor[n]) ** 2).float().sum() for n, p in model.named_parameters()]
    return torch.stack(terms).sum() / 2
