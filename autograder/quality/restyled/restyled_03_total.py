"""The mistakes of `train_step_with_penalty` in its total, written in another style."""

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


@again("penalty-left-out")
def _(model, optimizer, x, y, penalty, strength):
    loss = likelihood_loss(model, x, y)
    backward_and_step(optimizer, loss)
    return float(loss)


@again("penalty-in-the-result-only")
def _(model, optimizer, x, y, penalty, strength):
    optimizer.zero_grad()
    loss = criterion(model(x), y)
    loss.backward()
    with torch.no_grad():
        loss += strength * penalty(model)
    optimizer.step()
    return loss.item()


@again("penalty-in-the-step-only")
def _(model, optimizer, x, y, penalty, strength):
    loss = likelihood_loss(model, x, y)
    extra = penalty(model).mul(strength)
    optimizer.zero_grad()
    loss.backward()
    extra.backward()
    optimizer.step()
    return float(loss.detach())


@again("strength-not-in-the-result")
def _(model, optimizer, x, y, penalty, strength):
    optimizer.zero_grad()
    likelihood_loss(model, x, y).backward()
    (strength * penalty(model)).backward()
    with torch.no_grad():
        value = likelihood_loss(model, x, y) + penalty(model)
    optimizer.step()
    return value.item()


@again("penalty-of-your-own")
def _(model, optimizer, x, y, penalty, strength):
    theta = nn.utils.parameters_to_vector(model.parameters())
    total = criterion(model(x), y) + 0.5 * strength * theta.dot(theta)
    backward_and_step(optimizer, total)
    return total.item()


@again("penalty-halved-again")
def _(model, optimizer, x, y, penalty, strength):
    total = torch.add(likelihood_loss(model, x, y), penalty(model), alpha=0.5 * strength)
    backward_and_step(optimizer, total)
    return total.item()


@again("cross-entropy-left-out")
def _(model, optimizer, x, y, penalty, strength):
    total = likelihood_loss(model, x, y)
    total = strength * penalty(model)
    backward_and_step(optimizer, total)
    return total.item()


@again("strength-left-out")
def _(model, optimizer, x, y, penalty, strength):
    total = likelihood_loss(model, x, y)
    total = total + penalty(model)
    backward_and_step(optimizer, total)
    return total.item()


@again("strength-twice")
def _(model, optimizer, x, y, penalty, strength):
    extra = strength * penalty(model)
    total = criterion(model(x), y) + strength * extra
    backward_and_step(optimizer, total)
    return total.item()


@again("strength-on-everything")
def _(model, optimizer, x, y, penalty, strength):
    total = likelihood_loss(model, x, y) + penalty(model)
    total = total * strength
    backward_and_step(optimizer, total)
    return total.item()


@again("strength-on-cross-entropy")
def _(model, optimizer, x, y, penalty, strength):
    total = torch.add(penalty(model), likelihood_loss(model, x, y), alpha=strength)
    backward_and_step(optimizer, total)
    return total.item()


@again("weighted-average")
def _(model, optimizer, x, y, penalty, strength):
    total = torch.lerp(criterion(model(x), y), penalty(model), strength)
    backward_and_step(optimizer, total)
    return total.item()


@again("penalty-subtracted")
def _(model, optimizer, x, y, penalty, strength):
    log_likelihood = -likelihood_loss(model, x, y)
    total = -(log_likelihood + strength * penalty(model))
    backward_and_step(optimizer, total)
    return total.item()


@again("penalty-over-batch-size")
def _(model, optimizer, x, y, penalty, strength):
    total = criterion(model(x), y) * x.shape[0] + strength * penalty(model)
    total = total / x.shape[0]
    backward_and_step(optimizer, total)
    return total.item()


@again("penalty-once-a-row")
def _(model, optimizer, x, y, penalty, strength):
    total = criterion(model(x), y)
    for _row in x:
        total = total + strength * penalty(model)
    backward_and_step(optimizer, total)
    return total.item()


@again("sum-instead-of-mean")
def _(model, optimizer, x, y, penalty, strength):
    chosen = model(x).log_softmax(dim=1)[torch.arange(len(y)), y]
    total = -chosen.sum() + strength * penalty(model)
    backward_and_step(optimizer, total)
    return total.item()


@again("cross-entropy-over-batch-size")
def _(model, optimizer, x, y, penalty, strength):
    total = strength * penalty(model)
    for row, label in zip(model(x).log_softmax(dim=1), y, strict=True):
        total = total - row[label] / len(x) ** 2
    backward_and_step(optimizer, total)
    return total.item()


@again("log-left-out")
def _(model, optimizer, x, y, penalty, strength):
    probabilities = nn.Softmax(dim=1)(model(x))
    total = nn.NLLLoss()(probabilities, y) + strength * penalty(model)
    backward_and_step(optimizer, total)
    return total.item()


@again("softmax-before-loss")
def _(model, optimizer, x, y, penalty, strength):
    probabilities = nn.Softmax(dim=1)(model(x))
    total = criterion(probabilities, y) + strength * penalty(model)
    backward_and_step(optimizer, total)
    return total.item()
