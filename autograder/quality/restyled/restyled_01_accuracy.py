"""The mistakes of `accuracy`, written in another style."""

import numpy as np
import torch
from torch.utils.data import DataLoader, TensorDataset

from autograder.quality.restyled.again import Assigned

again = Assigned("01-forgetting")


def count_right(model, x, y):
    """Right rows of a batch, whatever the mode of the model."""
    predicted = model(x).max(dim=1).indices
    return predicted.eq(y).sum().item()


@again("percent")
def _(model, x, y):
    mode = model.training
    model.eval()
    with torch.inference_mode():
        predicted = model(x).numpy().argmax(axis=1)
    model.train(mode)
    return float(np.mean(predicted == y.numpy()) * 100)


@again("count-instead-of-fraction")
def _(model, x, y):
    mode = model.training
    model.eval()
    right = 0
    with torch.no_grad():
        for row, label in zip(x, y):
            if model(row.unsqueeze(0)).argmax() == label:
                right += 1
    model.train(mode)
    return right


@again("error-rate")
def _(model, x, y):
    mode = model.training
    model.eval()
    with torch.no_grad():
        wrong = torch.ne(model(x).argmax(-1), y).sum().item()
    model.train(mode)
    return wrong / len(y)


@again("measured-with-dropout")
@torch.no_grad()
def _(model, x, y):
    right = 0
    for a, b in zip(torch.split(x, 100), torch.split(y, 100)):
        right += count_right(model, a, b)
    return right / len(y)


@again("left-in-evaluation-mode")
def _(model, x, y):
    model.eval()
    with torch.no_grad():
        return count_right(model, x, y) / y.size(0)


@again("always-back-to-training")
def _(model, x, y):
    model.eval()
    right = 0
    with torch.no_grad():
        for start in range(0, len(x), 32):
            right += count_right(model, x[start : start + 32], y[start : start + 32])
    model.train()
    return right / len(x)


@again("gradients-tracked")
def _(model, x, y):
    mode = model.training
    model.eval()
    right = sum(int(model(row[None]).argmax() == label) for row, label in zip(x, y))
    model.train(mode)
    return right / len(x)


@again("measured-as-in-training")
def _(model, x, y):
    right = 0
    for a, b in DataLoader(TensorDataset(x, y), batch_size=256):
        right += count_right(model, a, b)
    return right / len(x)


@again("only-switched-to-evaluation")
def _(model, x, y):
    model.train(False)
    probabilities = torch.softmax(model(x), dim=1).detach().numpy()
    return float((probabilities.argmax(1) == y.numpy()).mean())


@again("gradients-thrown-away")
def _(model, x, y):
    mode = model.training
    model.eval()
    for p in model.parameters():
        p.grad = None
    with torch.no_grad():
        right = count_right(model, x, y)
    model.train(mode)
    return right / len(x)


@again("only-outer-mode-restored")
def _(model, x, y):
    before = model.training
    model.eval()
    try:
        with torch.no_grad():
            return count_right(model, x, y) / len(y)
    finally:
        model.training = before


@again("gradients-off-for-good")
def _(model, x, y):
    mode = model.training
    model.eval()
    torch.set_grad_enabled(False)
    right = sum(count_right(model, a, b) for a, b in zip(x.split(50), y.split(50)))
    model.train(mode)
    return right / len(y)


@again("parameters-frozen")
def _(model, x, y):
    mode = model.training
    model.eval()
    for p in model.parameters():
        p.requires_grad = False
    right = count_right(model, x, y)
    model.train(mode)
    return right / len(y)


def evaluated(model, x):
    mode = model.training
    model.eval()
    with torch.inference_mode():
        logits = model(x)
    model.train(mode)
    return logits


@again("largest-over-rows")
def _(model, x, y):
    best = torch.max(evaluated(model, x), 0)[1]
    return int((best == y).sum()) / len(y)


@again("every-row-with-every-label")
def _(model, x, y):
    best = evaluated(model, x).topk(1).indices
    return best.eq(y).float().mean().item()


@again("probability-above-one-half")
def _(model, x, y):
    p = torch.exp(torch.log_softmax(evaluated(model, x), dim=-1))
    right = [bool(row[label] >= 0.5) for row, label in zip(p, y)]
    return sum(right) / len(right)


@again("single-row-fails")
def _(model, x, y):
    logits = torch.squeeze(evaluated(model, x))
    return (logits.max(dim=1).indices == y).sum().item() / len(y)


@again("whole-number-division")
def _(model, x, y):
    right = int((evaluated(model, x).argmax(1) == y).sum())
    return float(right // y.numel())


@again("measured-in-float32")
def _(model, x, y):
    x = torch.from_numpy(x.numpy().astype(np.float32))
    return float(np.mean((evaluated(model, x).argmax(1) == y).numpy()))
