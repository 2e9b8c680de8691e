"""The mistakes of `train_step`, written in another style."""

import torch
import torch.nn as nn
import torch.nn.functional as F

from autograder.quality.restyled.again import Assigned

again = Assigned("01-forgetting")


def mean_nll(model, x, y):
    log_probabilities = F.log_softmax(model(x), dim=1)
    return -log_probabilities[torch.arange(len(y)), y].mean()


@again("no-zero-grad")
def _(model, optimizer, x, y):
    parameters = list(model.parameters())
    loss = mean_nll(model, x, y)
    for p, g in zip(parameters, torch.autograd.grad(loss, parameters)):
        p.grad = g if p.grad is None else p.grad + g
    optimizer.step()
    return float(loss)


@again("zero-grad-after-step")
def _(model, optimizer, x, y):
    loss = nn.CrossEntropyLoss()(model(x), y)
    loss.backward()
    optimizer.step()
    for p in model.parameters():
        p.grad = None
    return float(loss.detach())


@again("step-without-gradients")
def _(model, optimizer, x, y):
    optimizer.zero_grad()
    loss = mean_nll(model, x, y)
    loss.backward()
    return loss.item()


@again("gradients-zeroed-before-step")
def _(model, optimizer, x, y):
    loss = nn.CrossEntropyLoss()(model(x), y)
    loss.backward()
    for p in model.parameters():
        p.grad.zero_()
    optimizer.step()
    return float(loss)


@again("step-before-backward")
def _(model, optimizer, x, y):
    loss = F.nll_loss(model(x).log_softmax(-1), y)
    value = float(loss)
    optimizer.step()
    optimizer.zero_grad()
    loss.backward()
    return value


@again("stale-gradients")
def _(model, optimizer, x, y):
    optimizer.step()
    parameters = list(model.parameters())
    loss = mean_nll(model, x, y)
    gradients = torch.autograd.grad(loss, parameters)
    for p, g in zip(parameters, gradients):
        p.grad = g
    return loss.item()


@again("softmax-before-loss")
def _(model, optimizer, x, y):
    probabilities = torch.exp(F.log_softmax(model(x), dim=-1))
    loss = nn.CrossEntropyLoss()(probabilities, y)
    model.zero_grad()
    loss.backward()
    optimizer.step()
    return float(loss)


@again("logits-as-log-probabilities")
def _(model, optimizer, x, y):
    optimizer.zero_grad()
    own = model(x).gather(1, y[:, None])
    loss = -own.mean()
    loss.backward()
    optimizer.step()
    return loss.item()


@again("squared-error")
def _(model, optimizer, x, y):
    out = model(x)
    target = torch.zeros_like(out).scatter_(1, y[:, None], 1.0)
    loss = torch.mean((out - target) ** 2)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return float(loss)


@again("sum-instead-of-mean")
def _(model, optimizer, x, y):
    optimizer.zero_grad()
    total = 0.0
    for row, label in zip(x, y):
        loss = F.cross_entropy(model(row[None]), label[None])
        loss.backward()
        total += loss.item()
    optimizer.step()
    return total


@again("loss-times-batch-size")
def _(model, optimizer, x, y):
    optimizer.zero_grad()
    losses = F.cross_entropy(model(x), y, reduction="none")
    losses.mean().backward()
    optimizer.step()
    return losses.sum().item()


@again("loss-after-step")
def _(model, optimizer, x, y):
    criterion = nn.CrossEntropyLoss()
    optimizer.zero_grad()
    criterion(model(x), y).backward()
    optimizer.step()
    after = criterion(model(x), y)
    return after.item()


@again("live-loss")
def _(model, optimizer, x, y):
    def closure():
        optimizer.zero_grad()
        loss = mean_nll(model, x, y)
        loss.backward()
        return loss

    return optimizer.step(closure)


@again("own-gradient-descent")
def _(model, optimizer, x, y):
    lr = optimizer.param_groups[0]["lr"]
    weights = list(model.parameters())
    loss = mean_nll(model, x, y)
    for w, g in zip(weights, torch.autograd.grad(loss, weights)):
        w.data = w.data - lr * g
    return float(loss)


@again("new-optimizer-each-step")
def _(model, optimizer, x, y):
    settings = {k: v for k, v in optimizer.param_groups[0].items() if k in optimizer.defaults}
    fresh = type(optimizer)(model.parameters(), **settings)
    fresh.zero_grad()
    loss = F.cross_entropy(model(x), y)
    loss.backward()
    fresh.step()
    return float(loss)


@again("trained-in-evaluation-mode")
def _(model, optimizer, x, y):
    model.train(False)
    optimizer.zero_grad()
    loss = F.nll_loss(F.log_softmax(model(x), dim=1), y)
    loss.backward()
    optimizer.step()
    return float(loss)


@again("step-on-the-sum")
def _(model, optimizer, x, y):
    optimizer.zero_grad()
    losses = F.cross_entropy(model(x), y, reduction="none")
    losses.sum().backward()
    optimizer.step()
    return losses.detach().mean()


@again("mean-divided-again")
def _(model, optimizer, x, y):
    optimizer.zero_grad()
    loss = F.nll_loss(F.log_softmax(model(x), dim=1), y).div(y.numel())
    loss.backward()
    optimizer.step()
    return loss.item()


@again("mean-over-classes-too")
def _(model, optimizer, x, y):
    optimizer.zero_grad()
    logits = model(x)
    targets = torch.zeros_like(logits)
    targets[range(len(y)), y] = 1.0
    each = -targets * F.log_softmax(logits, dim=-1)
    loss = each.sum() / each.numel()
    loss.backward()
    optimizer.step()
    return loss.item()


@again("softmax-over-rows")
def _(model, optimizer, x, y):
    optimizer.zero_grad()
    logits = model(x)
    shares = logits.exp() / logits.exp().sum(0)
    loss = -torch.log(shares[torch.arange(len(y)), y]).mean()
    loss.backward()
    optimizer.step()
    return loss.item()


@again("step-for-each-row")
def _(model, optimizer, x, y):
    total = 0.0
    for row, label in zip(x, y):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(row.unsqueeze(0)), label.unsqueeze(0))
        loss.backward()
        optimizer.step()
        total += loss.item()
    return total / y.shape[0]


@again("one-row-fails")
def _(model, optimizer, x, y):
    logits = torch.squeeze(model(x))
    log_p = torch.log_softmax(logits, dim=1)
    loss = -log_p.gather(1, y[:, None]).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


@again("loss-without-gradients")
def _(model, optimizer, x, y):
    optimizer.zero_grad()
    loss = F.cross_entropy(model(x).detach(), y)
    loss.backward()
    optimizer.step()
    return float(loss)


@again("no-gradient-there-yet")
def _(model, optimizer, x, y):
    for group in optimizer.param_groups:
        for p in group["params"]:
            p.grad.mul_(0)
    loss = F.cross_entropy(model(x), y)
    loss.backward()
    optimizer.step()
    return float(loss)


@again("step-leaves-evaluation-mode")
def _(model, optimizer, x, y):
    optimizer.zero_grad()
    loss = F.cross_entropy(model(x), y)
    loss.backward()
    optimizer.step()
    model.train(False)
    with torch.no_grad():
        print("now", F.cross_entropy(model(x), y).item())
    return loss.item()


@again("batch-made-float32")
def _(model, optimizer, x, y):
    x = torch.tensor(x.tolist())
    optimizer.zero_grad()
    loss = F.cross_entropy(model(x), y)
    loss.backward()
    optimizer.step()
    return loss.item()
