"""Wrong answers for `fisher_diagonal`: which squares are averaged, and with which weights."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from autograder.misconceptions.entry import Entries
from autograder.misconceptions.misconceptions_04_gradients import (
    Weights,
    evaluating,
    log_p,
    per_row,
    right,
)

ENTRIES = Entries()
NAME = "fisher_diagonal"


def labelled(model: nn.Module, x: Tensor, label: int) -> Weights:
    return right(model, x, torch.full((len(x),), label))


def expected(model: nn.Module, x: Tensor, change: Callable[[Tensor, Tensor], Tensor]) -> Weights:
    """Sum over classes of ``change(weights (n, 1...), gradients)``, mean over rows."""
    with torch.no_grad():
        p = model(x).softmax(dim=1)
    total = {n: torch.zeros_like(w).detach() for n, w in model.named_parameters()}
    for label in range(p.shape[1]):
        for n, g in labelled(model, x, label).items():
            weight = p[:, label].view(-1, *[1] * (g.dim() - 1))
            total[n] += change(weight, g).mean(dim=0)
    return total


def exact(model: nn.Module, x: Tensor) -> Weights:
    return expected(model, x, lambda p, g: p * g**2)


def predicted(model: nn.Module, x: Tensor) -> Tensor:
    with torch.no_grad():
        return model(x).argmax(dim=1)


@ENTRIES.add(
    "batch-mean-squared",
    NAME,
    "You squared the gradient of the batch mean. Square each example's gradient first, then "
    "average.",
)
def _(model: nn.Module, x: Tensor) -> Weights:
    with evaluating(model):
        labels = predicted(model, x)
        return {n: g.mean(dim=0) ** 2 for n, g in right(model, x, labels).items()}


@ENTRIES.add(
    "batch-mean-squared-times-n",
    NAME,
    "You squared the gradient of the batch mean and multiplied by the number of rows. Gradients of "
    "different rows still cancel: square each row's own, then average.",
)
def _(model: nn.Module, x: Tensor) -> Weights:
    with evaluating(model):
        labels = predicted(model, x)
        return {n: len(x) * g.mean(dim=0) ** 2 for n, g in right(model, x, labels).items()}


@ENTRIES.add(
    "class-gradients-averaged-over-rows",
    NAME,
    "For each class you average the rows' gradients before squaring. Square each row's own first.",
)
def _(model: nn.Module, x: Tensor) -> Weights:
    with evaluating(model):
        p = model(x).softmax(dim=1).mean(dim=0).detach()
        total = {n: torch.zeros_like(w).detach() for n, w in model.named_parameters()}
        for label in range(len(p)):
            for n, g in labelled(model, x, label).items():
                total[n] += p[label] * g.mean(dim=0) ** 2
        return total


@ENTRIES.add(
    "argmax-label",
    NAME,
    "You use only the label that the model finds most likely. Every class counts, each with its "
    "probability.",
)
def _(model: nn.Module, x: Tensor) -> Weights:
    with evaluating(model):
        gradients = right(model, x, predicted(model, x))
        return {n: (g**2).mean(dim=0) for n, g in gradients.items()}


@ENTRIES.add(
    "argmax-weighted",
    NAME,
    "You use one label for each row and weigh it by its probability. The other classes are "
    "missing: sum over all of them.",
)
def _(model: nn.Module, x: Tensor) -> Weights:
    with evaluating(model):
        labels = predicted(model, x)
        p = model(x).softmax(dim=1).detach()[torch.arange(len(x)), labels]
        gradients = right(model, x, labels)
        return {n: torch.einsum("n,n...->...", p, g**2) / len(x) for n, g in gradients.items()}


@ENTRIES.add(
    "sampled-label",
    NAME,
    "You draw one label for each row. That is right on average but noisy; the exact Fisher sums "
    "over all classes.",
)
def _(model: nn.Module, x: Tensor) -> Weights:
    with evaluating(model):
        labels = torch.multinomial(model(x).softmax(dim=1).detach(), 1)[:, 0]
        return {n: (g**2).mean(dim=0) for n, g in right(model, x, labels).items()}


@ENTRIES.add(
    "classes-not-weighted",
    NAME,
    "You add up the squared gradients of all classes without weighing each by its probability.",
)
def _(model: nn.Module, x: Tensor) -> Weights:
    with evaluating(model):
        return expected(model, x, lambda p, g: g**2)


@ENTRIES.add(
    "classes-averaged",
    NAME,
    "You take the plain mean over classes. Each class counts with its probability under the model.",
)
def _(model: nn.Module, x: Tensor) -> Weights:
    with evaluating(model):
        classes = model(x[:1]).shape[1]
        return expected(model, x, lambda p, g: g**2 / classes)


@ENTRIES.add(
    "probability-squared",
    NAME,
    "The probability is inside the square. It weighs the squared gradient: p * g^2, not (p * g)^2.",
)
def _(model: nn.Module, x: Tensor) -> Weights:
    with evaluating(model):
        return expected(model, x, lambda p, g: (p * g) ** 2)


@ENTRIES.add(
    "averaged-before-squaring",
    NAME,
    "You average the gradients over classes before squaring. Weighted by p they cancel exactly, so "
    "the result is 0: square first.",
)
def _(model: nn.Module, x: Tensor) -> Weights:
    return {n: torch.zeros_like(w).detach() for n, w in model.named_parameters()}


@ENTRIES.add(
    "all-classes-in-one-gradient",
    NAME,
    "You differentiate the sum of the log-probabilities of all classes and square that. Take the "
    "square for each class on its own, then weigh by p.",
)
def _(model: nn.Module, x: Tensor) -> Weights:
    with evaluating(model):
        zeros = torch.zeros(len(x), dtype=torch.int64)
        gradients = per_row(model, x, zeros, lambda logits, _: logits.log_softmax(0).sum())
        return {n: (g**2).mean(dim=0) for n, g in gradients.items()}


@ENTRIES.add(
    "gradients-of-logits",
    NAME,
    "You differentiate logits, not log-probabilities. The log-softmax is missing.",
)
def _(model: nn.Module, x: Tensor) -> Weights:
    with evaluating(model):
        p = model(x).softmax(dim=1).detach()
        total = {n: torch.zeros_like(w).detach() for n, w in model.named_parameters()}
        for label in range(p.shape[1]):
            labels = torch.full((len(x),), label)
            found = per_row(model, x, labels, lambda logits, y: logits.gather(0, y[None])[0])
            for n, g in found.items():
                total[n] += torch.einsum("n,n...->...", p[:, label], g**2) / len(x)
        return total


@ENTRIES.add(
    "gradients-of-probabilities",
    NAME,
    "You differentiate the probabilities, not their logarithms.",
)
def _(model: nn.Module, x: Tensor) -> Weights:
    with evaluating(model):
        return expected(model, x, lambda p, g: p * (p * g) ** 2)


@ENTRIES.add(
    "probability-not-detached",
    NAME,
    "You differentiate p * log p, so the probability itself has a part in the gradient. It is a "
    "weight: detach it.",
)
def _(model: nn.Module, x: Tensor) -> Weights:
    with evaluating(model):
        classes = model(x[:1]).shape[1]
        total = {n: torch.zeros_like(w).detach() for n, w in model.named_parameters()}
        for label in range(classes):
            labels = torch.full((len(x),), label)
            found = per_row(model, x, labels, lambda z, y: log_p(z, y).exp() * log_p(z, y))
            for n, g in found.items():
                total[n] += (g**2).mean(dim=0)
        return total
