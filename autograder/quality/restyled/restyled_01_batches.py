"""The mistakes of `train_epochs` in cutting the rows into batches, in another style."""

import numpy as np
import torch
import torch.nn.functional as F

from autograder.quality.restyled.again import Assigned

again = Assigned("01-forgetting")


def step(model, optimizer, x, y):
    """Right."""
    optimizer.zero_grad()
    loss = F.nll_loss(F.log_softmax(model(x), dim=1), y)
    loss.backward()
    optimizer.step()
    return loss.item()


def epochs_of(model, optimizer, x, y, orders, cut):
    """Right, for rows in these ``orders``; ``cut`` makes lists of rows of an order."""
    history = []
    for order in orders:
        total = 0.0
        for rows in cut(order):
            total += step(model, optimizer, x[rows], y[rows]) * len(rows)
        history.append(total / len(x))
    return history


def random_orders(n, epochs, generator):
    """Right: one after another, as lists."""
    for _ in range(epochs):
        yield torch.rand(n, generator=generator).argsort().tolist()


@again("last-batch-dropped")
def _(model, optimizer, x, y, epochs, batch_size, generator):
    history = []
    for _ in range(epochs):
        order = torch.randperm(len(x), generator=generator)
        total, seen = 0.0, 0
        for k in range(len(x) // batch_size):
            rows = order[k * batch_size : (k + 1) * batch_size]
            total += step(model, optimizer, x[rows], y[rows]) * len(rows)
            seen += len(rows)
        history.append(total / max(seen, 1))
    return history


@again("one-step-an-epoch")
def _(model, optimizer, x, y, epochs, batch_size, generator):
    history = []
    for _ in range(epochs):
        optimizer.zero_grad()
        total = 0.0
        for rows in torch.randperm(len(x), generator=generator).split(batch_size):
            loss = F.cross_entropy(model(x[rows]), y[rows], reduction="sum") / len(x)
            loss.backward()
            total += loss.item()
        optimizer.step()
        history.append(total)
    return history


@again("loop-ends-one-batch-early")
def _(model, optimizer, x, y, epochs, batch_size, generator):
    def cut(order):
        starts = range(0, len(order) - batch_size, batch_size)
        return [order[start : start + batch_size] for start in starts]

    return epochs_of(model, optimizer, x, y, random_orders(len(x), epochs, generator), cut)


@again("empty-batch-at-the-end")
def _(model, optimizer, x, y, epochs, batch_size, generator):
    def cut(order):
        for k in range(len(order) // batch_size + 1):
            yield order[k * batch_size : (k + 1) * batch_size]

    return epochs_of(model, optimizer, x, y, random_orders(len(x), epochs, generator), cut)


@again("that-many-batches")
def _(model, optimizer, x, y, epochs, batch_size, generator):
    def cut(order):
        size = -(-len(order) // batch_size)
        return [order[k : k + size] for k in range(0, len(order), size)]

    return epochs_of(model, optimizer, x, y, random_orders(len(x), epochs, generator), cut)


@again("batches-of-other-sizes")
def _(model, optimizer, x, y, epochs, batch_size, generator):
    def cut(order):
        return np.array_split(np.array(order), int(np.ceil(len(order) / batch_size)))

    return epochs_of(model, optimizer, x, y, random_orders(len(x), epochs, generator), cut)
