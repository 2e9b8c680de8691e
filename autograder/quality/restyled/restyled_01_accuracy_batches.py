"""The mistakes of `accuracy` with batches, written in another style."""

import torch
from torch.utils.data import DataLoader, TensorDataset

from autograder.quality.restyled.again import Assigned

again = Assigned("01-forgetting")


def count_right(model, x, y):
    """Right rows of a batch, whatever the mode of the model."""
    predicted = model(x).max(dim=1).indices
    return predicted.eq(y).sum().item()


@again("full-batches-only")
def _(model, x, y):
    mode = model.training
    model.eval()
    right = seen = 0
    with torch.no_grad():
        for a, b in DataLoader(TensorDataset(x, y), batch_size=100, drop_last=True):
            right += count_right(model, a, b)
            seen += len(b)
    model.train(mode)
    return right / seen if seen else 0.0


@again("divided-by-batches")
def _(model, x, y):
    batch_size = 32
    mode = model.training
    model.eval()
    right = 0
    with torch.no_grad():
        for start in range(0, len(x), batch_size):
            right += count_right(model, x[start:][:batch_size], y[start:][:batch_size])
    model.train(mode)
    number_of_batches = max(1, len(x) // batch_size)
    return right / (number_of_batches * batch_size)


@again("mean-of-batch-accuracies")
def _(model, x, y):
    mode = model.training
    model.eval()
    shares = []
    with torch.no_grad():
        for a, b in DataLoader(TensorDataset(x, y), batch_size=100):
            shares.append((model(a).argmax(dim=1) == b).float().mean())
    model.train(mode)
    return torch.stack(shares).mean().item()


@again("batch-without-rows")
def _(model, x, y):
    mode = model.training
    model.eval()
    total = 0.0
    with torch.no_grad():
        for k in range(len(x) // 32 + 1):
            a, b = x[32 * k : 32 * (k + 1)], y[32 * k : 32 * (k + 1)]
            total += (model(a).argmax(dim=1) == b).float().mean().item() * len(b)
    model.train(mode)
    return total / len(x)
