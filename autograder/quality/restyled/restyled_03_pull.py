"""The mistakes of `l2_penalty` beside its value, written in another style."""

import torch
from torch.nn.utils import parameters_to_vector

from autograder.quality.restyled.again import Assigned

again = Assigned("03-l2")


def stretched(model, anchor):
    """Where the model is and where the anchor is, as two long vectors."""
    pairs = [(p.reshape(-1), anchor[name].reshape(-1)) for name, p in model.named_parameters()]
    return tuple(torch.cat(vectors) for vectors in zip(*pairs, strict=True))


@again("penalty-without-gradient")
def _(model, anchor):
    theta, start = stretched(model, anchor)
    value = 0.5 * ((theta - start) ** 2).sum()
    return torch.tensor(value.item(), dtype=theta.dtype, requires_grad=True)


@again("half-of-the-gradient")
def _(model, anchor):
    theta, start = stretched(model, anchor)
    return 0.5 * torch.dot(theta - start, theta.detach() - start)


@again("penalty-as-a-float")
def _(model, anchor):
    penalty = 0.0
    for name, weight in model.named_parameters():
        penalty += 0.5 * float(((weight - anchor[name]) ** 2).sum())
    return penalty


@again("backward-inside")
def _(model, anchor):
    penalty = 0
    for name, weight in model.named_parameters():
        part = 0.5 * (weight - anchor[name]).square().sum()
        part.backward()
        penalty = penalty + part
    return penalty


@again("penalty-clears-gradients")
def _(model, anchor):
    penalty = 0
    for name, weight in model.named_parameters():
        weight.grad = None
        penalty = penalty + 0.5 * (weight - anchor[name]).square().sum()
    return penalty


@again("penalty-sets-the-mode")
def _(model, anchor):
    model.train(False)
    theta, start = stretched(model, anchor)
    return 0.5 * (theta - start).square().sum()


@again("penalty-freezes-the-model")
def _(model, anchor):
    penalty = 0
    for name, weight in model.named_parameters():
        weight.requires_grad = False
        penalty = penalty + 0.5 * (weight - anchor[name]).square().sum()
    return penalty


@again("vector-of-one-entry")
def _(model, anchor):
    theta, start = stretched(model, anchor)
    return 0.5 * (theta - start).square().sum(dim=0, keepdim=True)


@again("one-number-per-parameter")
def _(model, anchor):
    return [0.5 * ((p - anchor[name]) ** 2).sum() for name, p in model.named_parameters()]


@again("summed-in-float32")
def _(model, anchor):
    penalty = torch.tensor(0.0)
    for name, weight in model.named_parameters():
        penalty += 0.5 * (weight - anchor[name]).square().sum()
    return penalty


@again("anchor-overwritten")
def _(model, anchor):
    penalty = 0
    for name, weight in model.named_parameters():
        gap = anchor[name]
        gap -= weight
        gap **= 2
        penalty = penalty + 0.5 * gap.sum()
    return penalty


@again("parameters-overwritten")
def _(model, anchor):
    with torch.no_grad():
        for name, weight in model.named_parameters():
            weight -= anchor[name]
    theta = parameters_to_vector(model.parameters())
    return 0.5 * theta.dot(theta)


@again("anchor-used-up")
def _(model, anchor):
    penalty = 0
    while anchor:
        name, start = anchor.popitem()
        penalty = penalty + 0.5 * (model.get_parameter(name) - start).pow(2).sum()
    return penalty
