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
    "Switch to evaluation mode first, it and all modules inside it.",
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
    "gradients-thrown-away",
    "accuracy",
    "You clear the `.grad` of the model. Measuring should leave no trace: somebody may be between "
    "`backward` and `step`.",
)
def _(model: nn.Module, x: Tensor, y: Tensor) -> float:
    model.zero_grad()
    return accuracy(model, x, y)


@ENTRIES.add(
    "only-outer-mode-restored",
    "accuracy",
    "You set `model.training` back, but the modules inside, Dropout among them, stay in evaluation "
    "mode. Go back by the same kind of call that brought you there.",
)
def _(model: nn.Module, x: Tensor, y: Tensor) -> float:
    training = model.training
    model.eval()
    share = accuracy(model, x, y)
    model.training = training
    return share


@ENTRIES.add(
    "gradients-off-for-good",
    "accuracy",
    "You switch gradients off and never on again, so whoever trains next cannot. Switch them off "
    "for one block of code only: see `torch.no_grad`.",
)
def _(model: nn.Module, x: Tensor, y: Tensor) -> float:
    torch.set_grad_enabled(False)
    return accuracy(model, x, y)


@ENTRIES.add(
    "parameters-frozen",
    "accuracy",
    "You switch off `requires_grad` of the parameters, and they can no longer be trained. Leave "
    "the parameters alone: see `torch.no_grad`.",
)
def _(model: nn.Module, x: Tensor, y: Tensor) -> float:
    model.requires_grad_(False)
    return accuracy(model, x, y)


def _logits(model: nn.Module, x: Tensor) -> Tensor:
    """Right: in evaluation mode, without gradients, and back."""
    training = model.training
    model.eval()
    with torch.no_grad():
        logits: Tensor = model(x)
    model.train(training)
    return logits


@ENTRIES.add(
    "largest-over-rows",
    "accuracy",
    "You look for the largest logit along the wrong dimension: over the rows, for each class. Look "
    "over the classes, for each row.",
)
def _(model: nn.Module, x: Tensor, y: Tensor) -> float:
    return (_logits(model, x).argmax(dim=0) == y).double().mean().item()


@ENTRIES.add(
    "every-row-with-every-label",
    "accuracy",
    "Your predictions have the shape (n, 1), the labels (n,), and comparing them makes a table "
    "(n, n) of every prediction with every label. Bring both to the shape (n,) first.",
)
def _(model: nn.Module, x: Tensor, y: Tensor) -> float:
    return (_logits(model, x).argmax(dim=1, keepdim=True) == y).double().mean().item()


@ENTRIES.also("every-row-with-every-label")
def _(model: nn.Module, x: Tensor, y: Tensor) -> float:
    return (_logits(model, x).argmax(dim=1, keepdim=True) == y).sum().item() / len(y)


@ENTRIES.add(
    "probability-above-one-half",
    "accuracy",
    "You count a row as right when its label has a probability above one half. With more than two "
    "classes less can be enough: the label's logit only has to be the largest.",
)
def _(model: nn.Module, x: Tensor, y: Tensor) -> float:
    return (_logits(model, x).softmax(dim=1)[range(len(y)), y] > 0.5).double().mean().item()


@ENTRIES.add(
    "single-row-fails",
    "accuracy",
    "Your function fails for a single row. `squeeze` removes every dimension of size 1, also the "
    "one that counts the rows.",
)
def _(model: nn.Module, x: Tensor, y: Tensor) -> float:
    return (_logits(model, x).squeeze().argmax(dim=1) == y).double().mean().item()


@ENTRIES.add(
    "whole-number-division",
    "accuracy",
    "Your result is 0, whatever is right, as when one divides with `//`: it rounds down, and a "
    "fraction below 1 becomes 0. Divide with `/`.",
)
def _(model: nn.Module, x: Tensor, y: Tensor) -> float:
    return round(accuracy(model, x, y) * len(x)) // len(x)


@ENTRIES.add(
    "measured-in-float32",
    "accuracy",
    "You convert the rows to float32, and a model in float64 cannot take them. Leave the dtype as "
    "it is: rows and model fit when they come.",
)
def _(model: nn.Module, x: Tensor, y: Tensor) -> float:
    return accuracy(model, x.float(), y)
