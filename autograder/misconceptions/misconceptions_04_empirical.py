"""Wrong answers for `empirical_fisher`."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from autograder.misconceptions.entry import Entries
from autograder.misconceptions.misconceptions_04_fisher import exact, predicted
from autograder.misconceptions.misconceptions_04_gradients import Weights, evaluating, right

ENTRIES = Entries()
NAME = "empirical_fisher"


def squares(model: nn.Module, x: Tensor, y: Tensor) -> Weights:
    return {n: (g**2).mean(dim=0) for n, g in right(model, x, y).items()}


@ENTRIES.add(
    "empirical-batch-mean-squared",
    NAME,
    "You squared the gradient of the batch mean. Gradients of different rows cancel there: square "
    "each row's own first, then average.",
)
def _(model: nn.Module, x: Tensor, y: Tensor) -> Weights:
    with evaluating(model):
        return {n: g.mean(dim=0) ** 2 for n, g in right(model, x, y).items()}


@ENTRIES.add(
    "empirical-batch-mean-squared-times-n",
    NAME,
    "You squared the gradient of the batch mean and multiplied by the number of rows. Gradients of "
    "different rows still cancel: square each row's own.",
)
def _(model: nn.Module, x: Tensor, y: Tensor) -> Weights:
    with evaluating(model):
        return {n: len(x) * g.mean(dim=0) ** 2 for n, g in right(model, x, y).items()}


@ENTRIES.add(
    "empirical-gradients-pile-up",
    NAME,
    "Gradients of earlier rows are still in those of later ones when you square: `backward` adds "
    "to `.grad`. Clear it before each row.",
)
def _(model: nn.Module, x: Tensor, y: Tensor) -> Weights:
    with evaluating(model):
        gradients = right(model, x, y)
        return {n: (g.cumsum(dim=0) ** 2).mean(dim=0) for n, g in gradients.items()}


@ENTRIES.add(
    "exact-instead-of-empirical",
    NAME,
    "You sum over all classes: that is the exact Fisher. The empirical one uses the labels `y` "
    "that were observed.",
)
def _(model: nn.Module, x: Tensor, y: Tensor) -> Weights:
    with evaluating(model):
        return exact(model, x)


@ENTRIES.add(
    "empirical-at-the-predicted-label",
    NAME,
    "You use the label that the model predicts. The empirical Fisher uses the label `y_i` that was "
    "observed.",
)
def _(model: nn.Module, x: Tensor, y: Tensor) -> Weights:
    with evaluating(model):
        return squares(model, x, predicted(model, x))


@ENTRIES.add(
    "empirical-weighted",
    NAME,
    "You weigh each row by the probability of its label. Here every row counts alike.",
)
def _(model: nn.Module, x: Tensor, y: Tensor) -> Weights:
    with evaluating(model):
        p = model(x).softmax(dim=1).detach()[torch.arange(len(x)), y]
        found = right(model, x, y)
        return {n: torch.einsum("n,n...->...", p, g**2) / len(x) for n, g in found.items()}


@ENTRIES.add(
    "empirical-summed",
    NAME,
    "You add up over rows. The mean is asked for.",
)
def _(model: nn.Module, x: Tensor, y: Tensor) -> Weights:
    with evaluating(model):
        return {n: f * len(x) for n, f in squares(model, x, y).items()}


@ENTRIES.add(
    "empirical-not-squared",
    NAME,
    "You average the gradients without squaring them, so that they cancel.",
)
def _(model: nn.Module, x: Tensor, y: Tensor) -> Weights:
    with evaluating(model):
        return {n: g.mean(dim=0) for n, g in right(model, x, y).items()}


@ENTRIES.add(
    "empirical-absolute-values",
    NAME,
    "You average absolute values. Square the gradients.",
)
def _(model: nn.Module, x: Tensor, y: Tensor) -> Weights:
    with evaluating(model):
        return {n: g.abs().mean(dim=0) for n, g in right(model, x, y).items()}


@ENTRIES.add(
    "empirical-in-training-mode",
    NAME,
    "The model runs in training mode, where Dropout switches off part of it at random. Take the "
    "Fisher in evaluation mode.",
)
def _(model: nn.Module, x: Tensor, y: Tensor) -> Weights:
    return squares(model, x, y)


@ENTRIES.add(
    "empirical-leaves-evaluation-mode",
    NAME,
    "You leave the model in evaluation mode. Put back the mode in which it came.",
)
def _(model: nn.Module, x: Tensor, y: Tensor) -> Weights:
    model.eval()
    return squares(model, x, y)


@ENTRIES.add(
    "empirical-first-rows-only",
    NAME,
    "You use only the first batch of rows. All rows count.",
)
def _(model: nn.Module, x: Tensor, y: Tensor) -> Weights:
    with evaluating(model):
        return squares(model, x[:256], y[:256])


@ENTRIES.add(
    "empirical-still-live",
    NAME,
    "Your Fisher still hangs on a graph and requires gradients. Detach it.",
)
def _(model: nn.Module, x: Tensor, y: Tensor) -> Weights:
    own = dict(model.named_parameters())
    with evaluating(model):
        return {n: f + 0 * own[n] for n, f in squares(model, x, y).items()}


@ENTRIES.add(
    "empirical-variance",
    NAME,
    "You take the variance of the gradients over rows. Their mean is not taken off: average the "
    "squares themselves.",
)
def _(model: nn.Module, x: Tensor, y: Tensor) -> Weights:
    with evaluating(model):
        found = right(model, x, y)
        return {n: g.var(dim=0, correction=0) for n, g in found.items()}
