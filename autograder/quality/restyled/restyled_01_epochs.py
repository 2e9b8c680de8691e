"""The mistakes of `train_epochs`, written in another style: its own loop each time."""

import numpy as np
import torch
import torch.nn.functional as F
from torch.utils.data import BatchSampler, DataLoader, TensorDataset

from autograder.quality.restyled.again import Assigned

again = Assigned("01-forgetting")


def step(model, optimizer, x, y):
    """Right."""
    optimizer.zero_grad()
    loss = F.nll_loss(F.log_softmax(model(x), dim=1), y)
    loss.backward()
    optimizer.step()
    return loss.item()


def loader(x, y, batch_size, generator, **options):
    """Batches in a fresh order whenever they are asked for."""
    return DataLoader(TensorDataset(x, y), batch_size, True, generator=generator, **options)


@again("never-shuffled")
def _(model, optimizer, x, y, epochs, batch_size, generator):
    history = []
    for _ in range(epochs):
        total = 0.0
        for a, b in DataLoader(TensorDataset(x, y), batch_size=batch_size):
            total += step(model, optimizer, a, b) * len(b)
        history.append(total / len(x))
    return history


@again("shuffled-once")
def _(model, optimizer, x, y, epochs, batch_size, generator):
    perm = torch.randperm(len(x), generator=generator)
    x, y = x[perm], y[perm]
    history = []
    for _ in range(epochs):
        total = 0.0
        for start in range(0, len(x), batch_size):
            end = start + batch_size
            total += step(model, optimizer, x[start:end], y[start:end]) * len(x[start:end])
        history.append(total / len(x))
    return history


@again("generator-seeded-again")
def _(model, optimizer, x, y, epochs, batch_size, generator):
    history = []
    for _ in range(epochs):
        generator.manual_seed(42)
        total = 0.0
        for a, b in loader(x, y, batch_size, generator):
            total += step(model, optimizer, a, b) * len(b)
        history.append(total / len(x))
    return history


@again("generator-rewound")
def _(model, optimizer, x, y, epochs, batch_size, generator):
    history = []
    for _ in range(epochs):
        own = torch.Generator()
        own.manual_seed(generator.initial_seed())
        order = torch.rand(len(x), generator=own).argsort()
        losses = [step(model, optimizer, x[o], y[o]) * len(o) for o in order.split(batch_size)]
        history.append(sum(losses) / len(x))
    return history


@again("global-random-state")
def _(model, optimizer, x, y, epochs, batch_size, generator):
    history = []
    for _ in range(epochs):
        order = np.random.permutation(len(x))
        total = 0.0
        for start in range(0, len(x), batch_size):
            rows = torch.from_numpy(order[start : start + batch_size])
            total += step(model, optimizer, x[rows], y[rows]) * len(rows)
        history.append(total / len(x))
    return history


@again("drawn-with-replacement")
def _(model, optimizer, x, y, epochs, batch_size, generator):
    n = len(x)
    history = []
    for _ in range(epochs):
        total = 0.0
        for start in range(0, n, batch_size):
            size = min(batch_size, n - start)
            rows = torch.multinomial(torch.ones(n), size, replacement=True, generator=generator)
            total += step(model, optimizer, x[rows], y[rows]) * size
        history.append(total / n)
    return history


@again("mean-over-batches")
def _(model, optimizer, x, y, epochs, batch_size, generator):
    history = []
    for _ in range(epochs):
        losses = [step(model, optimizer, a, b) for a, b in loader(x, y, batch_size, generator)]
        history.append(float(np.mean(losses)))
    return history


@again("every-batch-counted-full")
def _(model, optimizer, x, y, epochs, batch_size, generator):
    history = []
    for _ in range(epochs):
        total = 0.0
        for a, b in loader(x, y, batch_size, generator):
            total += step(model, optimizer, a, b) * batch_size
        history.append(total / x.shape[0])
    return history


@again("divided-by-full-batches")
def _(model, optimizer, x, y, epochs, batch_size, generator):
    full = max(1, len(x) // batch_size)
    history = []
    for _ in range(epochs):
        total = 0.0
        for a, b in loader(x, y, batch_size, generator):
            total += step(model, optimizer, a, b) * b.numel()
        history.append(total / (full * batch_size))
    return history


@again("batch-means-over-examples")
def _(model, optimizer, x, y, epochs, batch_size, generator):
    history = []
    for _ in range(epochs):
        running = 0.0
        sampler = torch.randperm(len(x), generator=generator).tolist()
        for rows in BatchSampler(sampler, batch_size, drop_last=False):
            running += step(model, optimizer, x[rows], y[rows])
        history.append(running / len(x))
    return history


@again("sum-over-batches")
def _(model, optimizer, x, y, epochs, batch_size, generator):
    history = [0.0] * epochs
    for e in range(epochs):
        for a, b in loader(x, y, batch_size, generator):
            history[e] += step(model, optimizer, a, b)
    return history


@again("last-batch-loss")
def _(model, optimizer, x, y, epochs, batch_size, generator):
    history = []
    for _ in range(epochs):
        for a, b in loader(x, y, batch_size, generator):
            loss = step(model, optimizer, a, b)
        history.append(loss)
    return history


@again("loss-after-each-step")
def _(model, optimizer, x, y, epochs, batch_size, generator):
    history = []
    for _ in range(epochs):
        total = 0.0
        for a, b in loader(x, y, batch_size, generator):
            optimizer.zero_grad()
            F.cross_entropy(model(a), b).backward()
            optimizer.step()
            total += F.cross_entropy(model(a), b, reduction="sum").item()
        history.append(total / len(x))
    return history


@again("live-losses")
def _(model, optimizer, x, y, epochs, batch_size, generator):
    history = []
    for _ in range(epochs):
        total = torch.zeros(())
        for a, b in loader(x, y, batch_size, generator):
            losses = F.cross_entropy(model(a), b, reduction="none")
            optimizer.zero_grad()
            losses.mean().backward()
            optimizer.step()
            total = total + losses.sum()
        history.append(total / len(x))
    return history


@again("gradients-never-cleared")
def _(model, optimizer, x, y, epochs, batch_size, generator):
    history = []
    for _ in range(epochs):
        total = 0.0
        for a, b in loader(x, y, batch_size, generator):
            losses = F.cross_entropy(model(a), b, reduction="none")
            losses.mean().backward()
            optimizer.step()
            total += losses.sum().item()
        history.append(total / len(x))
    return history


@again("epochs-in-evaluation-mode")
def _(model, optimizer, x, y, epochs, batch_size, generator):
    model.eval()
    history = []
    for _ in range(epochs):
        total = 0.0
        for a, b in loader(x, y, batch_size, generator):
            total += step(model, optimizer, a, b) * len(b)
        history.append(total / len(x))
    model.train()
    return history


@again("epochs-summed-loss")
def _(model, optimizer, x, y, epochs, batch_size, generator):
    history = []
    for _ in range(epochs):
        total = 0.0
        for a, b in loader(x, y, batch_size, generator):
            loss = -torch.log_softmax(model(a), dim=1).gather(1, b[:, None]).sum()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += float(loss)
        history.append(total / len(x))
    return history


@again("first-epoch-not-shuffled")
def _(model, optimizer, x, y, epochs, batch_size, generator):
    history, order = [], torch.arange(len(x))
    for _ in range(epochs):
        total = 0.0
        for rows in order.split(batch_size):
            total += step(model, optimizer, x[rows], y[rows]) * len(rows)
        history.append(total / len(x))
        order = torch.randperm(len(x), generator=generator)
    return history


@again("sum-over-examples")
def _(model, optimizer, x, y, epochs, batch_size, generator):
    history = []
    for _ in range(epochs):
        total = 0.0
        for a, b in loader(x, y, batch_size, generator):
            optimizer.zero_grad()
            each = F.cross_entropy(model(a), b, reduction="none")
            each.mean().backward()
            optimizer.step()
            total += each.sum().item()
        history.append(total)
    return history


@again("first-batch-loss")
def _(model, optimizer, x, y, epochs, batch_size, generator):
    history = []
    for _ in range(epochs):
        loss = None
        for a, b in loader(x, y, batch_size, generator):
            now = step(model, optimizer, a, b)
            loss = now if loss is None else loss
        history.append(loss)
    return history


@again("epochs-softmax-before-loss")
def _(model, optimizer, x, y, epochs, batch_size, generator):
    history = []
    for _ in range(epochs):
        total = 0.0
        for a, b in loader(x, y, batch_size, generator):
            optimizer.zero_grad()
            probabilities = F.softmax(model(a), dim=-1)
            loss = F.nll_loss(F.log_softmax(probabilities, dim=-1), b)
            loss.backward()
            optimizer.step()
            total += loss.item() * len(b)
        history.append(total / len(x))
    return history


@again("logits-squeezed")
def _(model, optimizer, x, y, epochs, batch_size, generator):
    history = []
    for _ in range(epochs):
        total = 0.0
        for a, b in loader(x, y, batch_size, generator):
            logits = torch.squeeze(model(a))
            loss = F.cross_entropy(logits, b)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.detach() * len(b)
        history.append(float(total) / len(x))
    return history
