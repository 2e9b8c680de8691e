"""The mistakes of `l2_penalty`, written in another style."""

import torch
from torch.nn.functional import l1_loss, mse_loss
from torch.nn.utils import parameters_to_vector

from autograder.quality.restyled.again import Assigned

again = Assigned("03-l2")


def flat(tensors):
    return torch.cat([t.reshape(-1) for t in tensors])


def stretched(model, anchor):
    """Where the model is and where the anchor is, as two long vectors."""
    here, there = zip(*((p, anchor[n]) for n, p in model.named_parameters()), strict=True)
    return flat(here), flat(there)


@again("pulled-to-zero")
def _(model, anchor):
    theta = parameters_to_vector(model.parameters())
    return 0.5 * theta @ theta


@again("compared-with-itself")
def _(model, anchor):
    anchor = model.state_dict()
    theta, start = stretched(model, anchor)
    return 0.5 * (theta - start).dot(theta - start)


@again("mean-over-all-entries")
def _(model, anchor):
    total, count = 0, 0
    for name, weight in model.named_parameters():
        total = total + (weight - anchor[name]).pow(2).sum()
        count += weight.numel()
    return 0.5 * total / count


@again("mean-over-each-tensor")
def _(model, anchor):
    loss = 0
    for name, weight in model.named_parameters():
        loss = loss + 0.5 * mse_loss(weight, anchor[name])
    return loss


@again("no-half")
def _(model, anchor):
    return sum(
        mse_loss(weight, anchor[name], reduction="sum") for name, weight in model.named_parameters()
    )


@again("half-of-each-difference")
def _(model, anchor):
    theta, start = stretched(model, anchor)
    return torch.square(0.5 * (theta - start)).sum()


@again("norm")
def _(model, anchor):
    theta, start = stretched(model, anchor)
    return torch.linalg.vector_norm(theta - start)


@again("half-of-the-norm")
def _(model, anchor):
    return 0.5 * torch.dist(*stretched(model, anchor))


@again("sum-of-norms")
def _(model, anchor):
    penalty = 0
    for name, weight in model.named_parameters():
        penalty = penalty + torch.norm(weight - anchor[name], p=2)
    return 0.5 * penalty


@again("root-and-square")
def _(model, anchor):
    penalty = 0
    for name, weight in model.named_parameters():
        distance = torch.sum((weight - anchor[name]) ** 2) ** 0.5
        penalty = penalty + 0.5 * distance * distance
    return penalty


@again("absolute-differences")
def _(model, anchor):
    theta, start = stretched(model, anchor)
    return 0.5 * l1_loss(theta, start, reduction="sum")


@again("square-of-the-sum")
def _(model, anchor):
    difference = 0
    for name, weight in model.named_parameters():
        difference = difference + torch.sum(weight - anchor[name])
    return 0.5 * difference**2


@again("anchor-added")
def _(model, anchor):
    theta, start = stretched(model, anchor)
    return 0.5 * torch.sum((theta + start) ** 2)


@again("negative-penalty")
def _(model, anchor):
    penalty = 0
    for name, weight in model.named_parameters():
        penalty = penalty - 0.5 * mse_loss(weight, anchor[name], reduction="sum")
    return penalty


@again("difference-of-squares")
def _(model, anchor):
    theta, start = stretched(model, anchor)
    return 0.5 * (torch.dot(theta, theta) - torch.dot(start, start))


@again("not-squared")
def _(model, anchor):
    theta, start = stretched(model, anchor)
    return 0.5 * torch.sum(theta - start)


@again("biases-left-out")
def _(model, anchor):
    penalty = 0
    for path, layer in model.named_modules():
        if isinstance(layer, torch.nn.Linear):
            name = f"{path}.weight" if path else "weight"
            penalty = penalty + (layer.weight - anchor[name]).square().sum()
    return 0.5 * penalty


@again("mean-over-the-parameters")
def _(model, anchor):
    penalty, count = 0, 0
    for name, weight in model.named_parameters():
        penalty = penalty + mse_loss(weight, anchor[name], reduction="sum")
        count += 1
    return 0.5 * penalty / count


@again("layers-counted-again")
def _(model, anchor):
    penalty = 0
    for path, module in model.named_modules():
        for name, weight in module.named_parameters(prefix=path):
            penalty = penalty + 0.5 * (weight - anchor[name]).square().sum()
    return penalty


@again("last-parameter-only")
def _(model, anchor):
    for name, weight in model.named_parameters():
        gap = weight - anchor[name]
        penalty = torch.sum(gap * gap)
    return 0.5 * penalty


@again("first-parameter-only")
def _(model, anchor):
    penalty = 0
    for name, weight in model.named_parameters():
        penalty = penalty + torch.sum((weight - anchor[name]) ** 2)
        return 0.5 * penalty


@again("paired-by-position")
def _(model, anchor):
    theta = parameters_to_vector(model.parameters())
    start = torch.cat([tensor.flatten() for tensor in anchor.values()])
    return (theta - start).pow(2).sum() / 2
