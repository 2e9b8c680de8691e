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
    return right(model, x, labels_like(x, label))


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


def labels_like(x: Tensor, label: int) -> Tensor:
    return torch.full((len(x),), label)


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


@ENTRIES.also("class-gradients-averaged-over-rows")
def _(model: nn.Module, x: Tensor) -> Weights:
    return class_means(model, x, lambda p: p)


@ENTRIES.also("class-gradients-averaged-over-rows")
def _(model: nn.Module, x: Tensor) -> Weights:
    return class_means(model, x, lambda p: p.sqrt())


def class_means(model: nn.Module, x: Tensor, weigh: Callable[[Tensor], Tensor]) -> Weights:
    """Sum over classes of the squared mean over rows of weighted gradients."""
    with evaluating(model):
        weights = weigh(model(x).softmax(dim=1).detach())
        total = {n: torch.zeros_like(w).detach() for n, w in model.named_parameters()}
        for label, weight in enumerate(weights.T):
            for n, g in labelled(model, x, label).items():
                total[n] += (torch.einsum("n,n...->...", weight, g) / len(x)) ** 2
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
    with evaluating(model):
        signed = expected(model, x, lambda p, g: p * g)
        return {n: g**2 for n, g in signed.items()}


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
            labels = labels_like(x, label)
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
            labels = labels_like(x, label)
            found = per_row(model, x, labels, lambda z, y: log_p(z, y).exp() * log_p(z, y))
            for n, g in found.items():
                total[n] += (g**2).mean(dim=0)
        return total


@ENTRIES.also("probability-not-detached")
def _(model: nn.Module, x: Tensor) -> Weights:
    with evaluating(model):
        total = {n: torch.zeros_like(w).detach() for n, w in model.named_parameters()}
        for label in range(model(x[:1]).shape[1]):
            rooted = lambda z, y: (log_p(z, y) / 2).exp() * log_p(z, y)  # noqa: E731
            for n, g in per_row(model, x, labels_like(x, label), rooted).items():
                total[n] += (g**2).mean(dim=0)
        return total


@ENTRIES.add(
    "gradient-of-the-entropy",
    NAME,
    "You differentiate the sum over classes of p * log p and square that. Square each class on its "
    "own, and weigh the square by p, through which no gradient goes.",
)
def _(model: nn.Module, x: Tensor) -> Weights:
    with evaluating(model):
        entropy = lambda z, _: (z.softmax(0) * z.log_softmax(0)).sum()  # noqa: E731
        found = per_row(model, x, labels_like(x, 0), entropy)
        return {n: (g**2).mean(dim=0) for n, g in found.items()}


@ENTRIES.add(
    "divided-by-classes",
    NAME,
    "You divide by the number of classes as well. The probabilities are the weights already, and "
    "add up to 1.",
)
def _(model: nn.Module, x: Tensor) -> Weights:
    with evaluating(model):
        classes = model(x[:1]).shape[1]
        return {n: f / classes for n, f in exact(model, x).items()}


@ENTRIES.add(
    "classes-missing",
    NAME,
    "Not all classes have a part in it. There are as many as the logits have columns.",
)
def _(model: nn.Module, x: Tensor) -> Weights:
    return of_some_classes(model, x, lambda classes: classes - 1)


def at_most(count: int) -> Callable[[nn.Module, Tensor], Weights]:
    return lambda model, x: of_some_classes(model, x, lambda classes: min(classes, count))


for most in (2, 3, 5, 10):
    ENTRIES.also("classes-missing")(at_most(most))


def of_some_classes(model: nn.Module, x: Tensor, count: Callable[[int], int]) -> Weights:
    with evaluating(model):
        p = model(x).softmax(dim=1).detach()
        total = {n: torch.zeros_like(w).detach() for n, w in model.named_parameters()}
        for label in range(count(p.shape[1])):
            for n, g in labelled(model, x, label).items():
                total[n] += torch.einsum("n,n...->...", p[:, label], g**2) / len(x)
        return total


@ENTRIES.add(
    "probability-averaged-over-rows",
    NAME,
    "You weigh each class by its mean probability over rows. Each row has its own probabilities.",
)
def _(model: nn.Module, x: Tensor) -> Weights:
    with evaluating(model):
        return expected(model, x, lambda p, g: p.mean() * g**2)


@ENTRIES.add(
    "softmax-over-rows",
    NAME,
    "Your probabilities add up to 1 over rows (`dim=0`). Each row's do over its classes: `dim=1`.",
)
def _(model: nn.Module, x: Tensor) -> Weights:
    return weighed(model, x, lambda logits: logits.softmax(dim=0))


@ENTRIES.add(
    "weighted-by-no-probability",
    NAME,
    "You weigh the squares by logits or by logarithms. The weights are probabilities: take the "
    "softmax.",
)
def _(model: nn.Module, x: Tensor) -> Weights:
    return weighed(model, x, lambda logits: logits)


@ENTRIES.also("weighted-by-no-probability")
def _(model: nn.Module, x: Tensor) -> Weights:
    return weighed(model, x, lambda logits: logits.log_softmax(dim=1))


def weighed(model: nn.Module, x: Tensor, weigh: Callable[[Tensor], Tensor]) -> Weights:
    with evaluating(model):
        weights = weigh(model(x).detach())
        total = {n: torch.zeros_like(w).detach() for n, w in model.named_parameters()}
        for label, weight in enumerate(weights.T):
            for n, g in labelled(model, x, label).items():
                total[n] += torch.einsum("n,n...->...", weight, g**2) / len(x)
        return total


@ENTRIES.add(
    "absolute-values",
    NAME,
    "You average absolute values. Square the gradients.",
)
def _(model: nn.Module, x: Tensor) -> Weights:
    with evaluating(model):
        return expected(model, x, lambda p, g: p * g.abs())


@ENTRIES.add(
    "gradients-pile-up",
    NAME,
    "Gradients of earlier classes or rows are still in those of later ones when you square: "
    "`backward` adds to `.grad`. Clear it each time.",
)
def _(model: nn.Module, x: Tensor) -> Weights:
    with evaluating(model):
        p, rows = piled(model, x)
        return {n: torch.einsum("nc,nc...->...", p, g.cumsum(1) ** 2) / len(x) for n, g in rows}


@ENTRIES.also("gradients-pile-up")
def _(model: nn.Module, x: Tensor) -> Weights:
    with evaluating(model):
        p, rows = piled(model, x)
        total = {n: g.flatten(0, 1).cumsum(0) ** 2 for n, g in rows}
        return {n: torch.einsum("n,n...->...", p.flatten(), t) / len(x) for n, t in total.items()}


def piled(model: nn.Module, x: Tensor) -> tuple[Tensor, list[tuple[str, Tensor]]]:
    """The probabilities (n, C), and of each parameter all gradients (n, C, ...)."""
    p = model(x).softmax(dim=1).detach()
    found = [labelled(model, x, label) for label in range(p.shape[1])]
    return p, [(n, torch.stack([g[n] for g in found], dim=1)) for n in found[0]]
