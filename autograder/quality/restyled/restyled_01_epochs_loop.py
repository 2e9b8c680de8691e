"""The mistakes around the loop of `train_epochs`, written in another style."""

import numpy as np
import torch
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

from autograder.quality.restyled.again import Assigned

again = Assigned("01-forgetting")


def step(model, optimizer, x, y):
    """Right."""
    optimizer.zero_grad()
    loss = F.nll_loss(F.log_softmax(model(x), dim=1), y)
    loss.backward()
    optimizer.step()
    return loss.item()


def loader(x, y, batch_size, generator):
    """Batches in a fresh order whenever they are asked for."""
    return DataLoader(TensorDataset(x, y), batch_size, shuffle=True, generator=generator)


@again("x-and-y-shuffled-apart")
def _(model, optimizer, x, y, epochs, batch_size, generator):
    history = []
    for _ in range(epochs):
        order = torch.randperm(len(x), generator=generator)
        shuffled = x[order]
        total = 0.0
        for k in range(0, len(x), batch_size):
            rows, labels = shuffled[k : k + batch_size], y[k : k + batch_size]
            total += step(model, optimizer, rows, labels) * len(labels)
        history.append(total / len(x))
    return history


@again("shuffle-repeated")
def _(model, optimizer, x, y, epochs, batch_size, generator):
    perm = torch.randperm(len(x), generator=generator)
    order = torch.arange(len(x))
    history = []
    for _ in range(epochs):
        order = order[perm]
        total = 0.0
        for rows in order.split(batch_size):
            total += step(model, optimizer, x[rows], y[rows]) * len(rows)
        history.append(total / len(x))
    return history


@again("shuffled-in-place")
def _(model, optimizer, x, y, epochs, batch_size, generator):
    history = []
    for _ in range(epochs):
        order = torch.randperm(len(x), generator=generator)
        x[:], y[:] = x[order], y[order]
        total = 0.0
        for a, b in zip(x.split(batch_size), y.split(batch_size)):
            total += step(model, optimizer, a, b) * len(b)
        history.append(total / len(x))
    return history


@again("only-batches-shuffled")
def _(model, optimizer, x, y, epochs, batch_size, generator):
    starts = torch.arange(0, len(x), batch_size)
    history = []
    for _ in range(epochs):
        total = 0.0
        for k in torch.randperm(len(starts), generator=generator):
            rows = slice(int(starts[k]), int(starts[k]) + batch_size)
            total += step(model, optimizer, x[rows], y[rows]) * len(y[rows])
        history.append(total / len(x))
    return history


@again("gradients-cleared-once-an-epoch")
def _(model, optimizer, x, y, epochs, batch_size, generator):
    history = []
    for _ in range(epochs):
        for p in model.parameters():
            p.grad = None
        losses = []
        for a, b in loader(x, y, batch_size, generator):
            each = F.cross_entropy(model(a), b, reduction="none")
            each.mean().backward()
            optimizer.step()
            losses += each.tolist()
        history.append(sum(losses) / len(losses))
    return history


@again("loss-after-the-epoch")
def _(model, optimizer, x, y, epochs, batch_size, generator):
    history = []
    for _ in range(epochs):
        for a, b in loader(x, y, batch_size, generator):
            step(model, optimizer, a, b)
        with torch.no_grad():
            total = sum(
                F.cross_entropy(model(a), b, reduction="sum").item()
                for a, b in zip(x.split(batch_size), y.split(batch_size))
            )
        history.append(total / len(x))
    return history


@again("one-loss-per-batch")
def _(model, optimizer, x, y, epochs, batch_size, generator):
    history = []
    for _ in range(epochs):
        for a, b in loader(x, y, batch_size, generator):
            history.append(step(model, optimizer, a, b))
    return history


@again("last-epochs-loss-only")
def _(model, optimizer, x, y, epochs, batch_size, generator):
    for _ in range(epochs):
        total = 0.0
        for a, b in loader(x, y, batch_size, generator):
            total += step(model, optimizer, a, b) * len(b)
        mean = total / len(x)
    return mean


@again("total-not-reset")
def _(model, optimizer, x, y, epochs, batch_size, generator):
    history = np.zeros(epochs)
    total = 0.0
    for epoch in range(epochs):
        for a, b in loader(x, y, batch_size, generator):
            total += step(model, optimizer, a, b) * len(b)
        history[epoch] = total / len(x)
    return history.tolist()


@again("loss-before-the-epoch")
def _(model, optimizer, x, y, epochs, batch_size, generator):
    history = []
    for _ in range(epochs):
        history.append(F.cross_entropy(model(x), y).item())
        for rows in torch.randperm(len(x), generator=generator).split(batch_size):
            step(model, optimizer, x[rows], y[rows])
    return history


@again("returned-after-one-epoch")
def _(model, optimizer, x, y, epochs, batch_size, generator):
    history = []
    for _ in range(epochs):
        total = 0.0
        for rows in torch.randperm(len(x), generator=generator).split(batch_size):
            total += step(model, optimizer, x[rows], y[rows]) * len(rows)
        history.append(total / len(x))
        return history


@again("new-optimizer-each-epoch")
def _(model, optimizer, x, y, epochs, batch_size, generator):
    history = []
    for _ in range(epochs):
        group = optimizer.param_groups[0]
        own = torch.optim.SGD(model.parameters(), lr=group["lr"], momentum=group["momentum"])
        total = 0.0
        for rows in torch.randperm(len(x), generator=generator).split(batch_size):
            total += step(model, own, x[rows], y[rows]) * len(rows)
        history.append(total / len(x))
    return history


@again("last-batch-counted-full")
def _(model, optimizer, x, y, epochs, batch_size, generator):
    history = []
    for _ in range(epochs):
        total = 0.0
        for rows in torch.randperm(len(x), generator=generator).split(batch_size):
            optimizer.zero_grad()
            losses = F.cross_entropy(model(x[rows]), y[rows], reduction="none")
            (losses / batch_size).sum().backward()
            optimizer.step()
            total += losses.sum().item()
        history.append(total / len(x))
    return history


@again("epochs-leave-evaluation-mode")
def _(model, optimizer, x, y, epochs, batch_size, generator):
    history = []
    for _ in range(epochs):
        model.train()
        total = 0.0
        for rows in torch.randperm(len(x), generator=generator).split(batch_size):
            total += step(model, optimizer, x[rows], y[rows]) * len(rows)
        history.append(total / len(x))
        model.eval()
        print("right so far:", (model(x).argmax(dim=1) == y).float().mean().item())
    return history


@again("gradients-of-an-epoch-in-one-step")
def _(model, optimizer, x, y, epochs, batch_size, generator):
    history = []
    for _ in range(epochs):
        total = 0.0
        for rows in torch.randperm(len(x), generator=generator).split(batch_size):
            loss = F.cross_entropy(model(x[rows]), y[rows])
            loss.backward()
            total += loss.item() * len(rows)
        optimizer.step()
        optimizer.zero_grad()
        history.append(total / len(x))
    return history


@again("one-epoch-missing")
def _(model, optimizer, x, y, epochs, batch_size, generator):
    history = []
    for _ in range(1, epochs):
        total = 0.0
        for a, b in loader(x, y, batch_size, generator):
            total += step(model, optimizer, a, b) * len(b)
        history.append(total / len(x))
    return history
