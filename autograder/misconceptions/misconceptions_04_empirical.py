"""Wrong answers for `empirical_fisher`: which squares are averaged."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from autograder.misconceptions.entry import Entries
from autograder.misconceptions.misconceptions_04_fisher import exact, predicted
from autograder.misconceptions.misconceptions_04_gradients import (
    Weights,
    evaluating,
    per_row,
    right,
)

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
    "empirical-variance",
    NAME,
    "You take the variance of the gradients over rows. Their mean is not taken off: average the "
    "squares themselves.",
)
def _(model: nn.Module, x: Tensor, y: Tensor) -> Weights:
    with evaluating(model):
        found = right(model, x, y)
        return {n: g.var(dim=0, correction=0) for n, g in found.items()}


@ENTRIES.also("empirical-variance")
def _(model: nn.Module, x: Tensor, y: Tensor) -> Weights:
    with evaluating(model):
        found = right(model, x, y)
        return {n: ((g - g.mean(0)) ** 2).sum(0) / (len(x) - 1) for n, g in found.items()}


@ENTRIES.add(
    "empirical-at-drawn-labels",
    NAME,
    "You draw labels from the model. The empirical Fisher uses the labels `y` that were observed.",
)
def _(model: nn.Module, x: Tensor, y: Tensor) -> Weights:
    with evaluating(model):
        drawn = torch.multinomial(model(x).softmax(dim=1).detach(), 1)[:, 0]
        return squares(model, x, drawn)


@ENTRIES.add(
    "empirical-of-logits",
    NAME,
    "You differentiate logits, not log-probabilities. The log-softmax is missing.",
)
def _(model: nn.Module, x: Tensor, y: Tensor) -> Weights:
    with evaluating(model):
        found = per_row(model, x, y, lambda z, label: z.gather(0, label[None])[0])
        return {n: (g**2).mean(dim=0) for n, g in found.items()}


@ENTRIES.add(
    "empirical-of-probabilities",
    NAME,
    "You differentiate the probabilities, not their logarithms.",
)
def _(model: nn.Module, x: Tensor, y: Tensor) -> Weights:
    with evaluating(model):
        found = per_row(model, x, y, lambda z, label: z.softmax(0).gather(0, label[None])[0])
        return {n: (g**2).mean(dim=0) for n, g in found.items()}


@ENTRIES.add(
    "empirical-all-classes-in-one-gradient",
    NAME,
    "You differentiate the sum of the log-probabilities of all classes. Only that of the row's own "
    "label counts.",
)
def _(model: nn.Module, x: Tensor, y: Tensor) -> Weights:
    with evaluating(model):
        found = per_row(model, x, y, lambda z, _: z.log_softmax(0).sum())
        return {n: (g**2).mean(dim=0) for n, g in found.items()}
