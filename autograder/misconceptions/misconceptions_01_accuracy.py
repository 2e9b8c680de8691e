"""Wrong answers for `accuracy`."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from autograder.misconceptions.entry import Entries

ENTRIES = Entries()


def accuracy(model: nn.Module, x: Tensor, y: Tensor) -> float:
    """The right answer, for mistakes that lie around it."""
    training = model.training
    model.eval()
    with torch.no_grad():
        share = (model(x).argmax(dim=1) == y).double().mean().item()
    model.train(training)
    return share


@ENTRIES.add(
    "percent",
    "accuracy",
    "You return percent. In this course accuracies are fractions, from 0 to 1.",
)
def _(model: nn.Module, x: Tensor, y: Tensor) -> float:
    return 100 * accuracy(model, x, y)


@ENTRIES.add(
    "count-instead-of-fraction",
    "accuracy",
    "You return how many rows are right. Divide by how many there are.",
)
def _(model: nn.Module, x: Tensor, y: Tensor) -> float:
    return round(accuracy(model, x, y) * len(x))


@ENTRIES.add(
    "error-rate",
    "accuracy",
    "You return the fraction of wrong rows. Accuracy is the fraction of right ones.",
)
def _(model: nn.Module, x: Tensor, y: Tensor) -> float:
    return 1 - accuracy(model, x, y)


@ENTRIES.add(
    "measured-with-dropout",
    "accuracy",
    "The model is still in training mode while you measure, so Dropout switches off part of it. "
    "Switch to evaluation mode first.",
)
def _(model: nn.Module, x: Tensor, y: Tensor) -> float:
    with torch.no_grad():
        return (model(x).argmax(dim=1) == y).double().mean().item()


@ENTRIES.add(
    "left-in-evaluation-mode",
    "accuracy",
    "You leave the model in evaluation mode, so whoever trains it next trains without Dropout. "
    "Note its mode first, and set it back at the end.",
)
def _(model: nn.Module, x: Tensor, y: Tensor) -> float:
    share = accuracy(model, x, y)
    model.eval()
    return share


@ENTRIES.add(
    "always-back-to-training",
    "accuracy",
    "You always end in training mode, but the model may have come in evaluation mode. Note which "
    "it was, and set that again.",
)
def _(model: nn.Module, x: Tensor, y: Tensor) -> float:
    share = accuracy(model, x, y)
    model.train()
    return share


@ENTRIES.add(
    "gradients-tracked",
    "accuracy",
    "PyTorch follows your computation in order to differentiate it, which costs time and memory. "
    "Tell it that you will not: see `torch.no_grad`.",
)
def _(model: nn.Module, x: Tensor, y: Tensor) -> float:
    training = model.training
    model.eval()
    share = (model(x).argmax(dim=1) == y).double().mean().item()
    model.train(training)
    return share


@ENTRIES.add(
    "measured-as-in-training",
    "accuracy",
    "You use the model as if you trained it: Dropout is on, and PyTorch follows every computation. "
    "Measuring needs evaluation mode, and no gradients.",
)
def _(model: nn.Module, x: Tensor, y: Tensor) -> float:
    return (model(x).argmax(dim=1) == y).double().mean().item()


@ENTRIES.add(
    "only-switched-to-evaluation",
    "accuracy",
    "You switch to evaluation mode, which is half of it. Set the mode back to what it was at the "
    "end, and tell PyTorch that no gradients are needed.",
)
def _(model: nn.Module, x: Tensor, y: Tensor) -> float:
    model.eval()
    return (model(x).argmax(dim=1) == y).double().mean().item()


@ENTRIES.add(
    "full-batches-only",
    "accuracy",
    "You measure in batches and leave out the last, smaller one. Every row counts, also those at "
    "the end.",
)
def _(model: nn.Module, x: Tensor, y: Tensor) -> float:
    full = len(x) // 64 * 64
    return accuracy(model, x[:full], y[:full]) if full else 0.0


@ENTRIES.add(
    "divided-by-batches",
    "accuracy",
    "You count the right rows, then divide by the number of full batches times the batch size. "
    "Divide by the number of rows that you looked at.",
)
def _(model: nn.Module, x: Tensor, y: Tensor) -> float:
    return accuracy(model, x, y) * len(x) / max(64, len(x) // 64 * 64)


@ENTRIES.add(
    "mean-of-batch-accuracies",
    "accuracy",
    "You average the accuracies of batches, so rows of the last, smaller batch count more than "
    "others. Count right rows, and divide once at the end.",
)
def _(model: nn.Module, x: Tensor, y: Tensor) -> float:
    batches = list(zip(x.split(64), y.split(64), strict=True))
    return sum(accuracy(model, *batch) for batch in batches) / len(batches)


@ENTRIES.add(
    "gradients-thrown-away",
    "accuracy",
    "You clear the `.grad` of the model. Measuring should leave no trace: somebody may be between "
    "`backward` and `step`.",
)
def _(model: nn.Module, x: Tensor, y: Tensor) -> float:
    model.zero_grad()
    return accuracy(model, x, y)
