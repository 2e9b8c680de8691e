"""The mistakes of `train_step_with_penalty` in how the step is made, in another style."""

import copy

import torch
from torch import nn
from torch.nn import functional as F

from autograder.quality.restyled.again import Assigned

again = Assigned("03-l2")
criterion = nn.CrossEntropyLoss()


def likelihood_loss(model, x, y):
    """Mean cross-entropy."""
    return F.nll_loss(F.log_softmax(model(x), dim=-1), y)


def backward_and_step(optimizer, total):
    optimizer.zero_grad(set_to_none=False)
    total.backward()
    optimizer.step()


@again("no-zero-grad")
def _(model, optimizer, x, y, penalty, strength):
    loss = criterion(model(x), y)
    extra = strength * penalty(model)
    loss.backward()
    extra.backward()
    optimizer.step()
    return loss.item() + extra.item()


@again("zero-grad-after-step")
def _(model, optimizer, x, y, penalty, strength):
    total = torch.add(likelihood_loss(model, x, y), penalty(model), alpha=strength)
    value = float(total.detach())
    total.backward()
    optimizer.step()
    for weight in model.parameters():
        weight.grad = None
    return value


@again("step-without-gradients")
def _(model, optimizer, x, y, penalty, strength):
    optimizer.zero_grad()
    total = criterion(model(x), y) + penalty(model) * strength
    optimizer.step()
    total.backward()
    return total.detach().item()


@again("infinite-gradients-left")
def _(model, optimizer, x, y, penalty, strength):
    for weight in model.parameters():
        if weight.grad is not None:
            weight.grad -= weight.grad.clone()
    total = likelihood_loss(model, x, y) + strength * penalty(model)
    total.backward()
    optimizer.step()
    return float(total)


@again("two-steps")
def _(model, optimizer, x, y, penalty, strength):
    loss, extra = criterion(model(x), y), strength * penalty(model)
    for part in (loss, extra):
        optimizer.zero_grad()
        part.backward()
        optimizer.step()
    return loss.item() + extra.item()


@again("stepped-twice")
def _(model, optimizer, x, y, penalty, strength):
    optimizer.zero_grad()
    loss, extra = likelihood_loss(model, x, y), strength * penalty(model)
    loss.backward()
    extra.backward()
    for _part in (loss, extra):
        optimizer.step()
    return loss.item() + extra.item()


@again("gradients-clipped")
def _(model, optimizer, x, y, penalty, strength):
    total = likelihood_loss(model, x, y) + strength * penalty(model)
    weights = list(model.parameters())
    slopes = torch.autograd.grad(total, weights)
    length = torch.cat([slope.flatten() for slope in slopes]).norm()
    for weight, slope in zip(weights, slopes, strict=True):
        weight.grad = slope * min(1.0, 1.0 / float(length))
    optimizer.step()
    return total.item()


@again("cleared-between")
def _(model, optimizer, x, y, penalty, strength):
    loss, extra = criterion(model(x), y), strength * penalty(model)
    for part in (loss, extra):
        model.zero_grad()
        part.backward()
    optimizer.step()
    return (loss + extra).item()


@again("total-after-step")
def _(model, optimizer, x, y, penalty, strength):
    def total():
        return likelihood_loss(model, x, y) + strength * penalty(model)

    backward_and_step(optimizer, total())
    return total().item()


@again("live-total")
def _(model, optimizer, x, y, penalty, strength):
    optimizer.zero_grad()
    total = likelihood_loss(model, x, y)
    total = total + strength * penalty(model)
    total.backward()
    optimizer.step()
    return total


@again("own-gradient-descent")
def _(model, optimizer, x, y, penalty, strength):
    rate = optimizer.param_groups[0]["lr"]
    model.zero_grad()
    total = criterion(model(x), y) + strength * penalty(model)
    total.backward()
    for weight in model.parameters():
        weight.data = weight.data - rate * weight.grad
    return total.item()


@again("new-optimizer-each-step")
def _(model, optimizer, x, y, penalty, strength):
    fresh = optimizer.__class__(model.parameters(), lr=optimizer.param_groups[0]["lr"])
    total = criterion(model(x), y) + strength * penalty(model)
    backward_and_step(fresh, total)
    return total.item()


@again("trained-in-evaluation-mode")
def _(model, optimizer, x, y, penalty, strength):
    model.eval()
    logits = model(x)
    model.train()
    total = criterion(logits, y) + strength * penalty(model)
    backward_and_step(optimizer, total)
    return total.item()


@again("penalty-of-a-copy")
def _(model, optimizer, x, y, penalty, strength):
    twin = copy.deepcopy(model)
    twin.load_state_dict(model.state_dict())
    twin.requires_grad_(False)
    total = likelihood_loss(model, x, y) + strength * penalty(twin)
    backward_and_step(optimizer, total)
    return total.item()
