"""Wrong answers for `accuracy` that measure in batches and put them together wrongly.

How large the batches are is free, so each is there with several sizes.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

from torch import Tensor, nn

from autograder.misconceptions.entry import Entries
from autograder.misconceptions.misconceptions_01_accuracy import accuracy

ENTRIES = Entries()


def enter(key: str, hint: str, sizes: tuple[int, ...]) -> Callable[[Callable[..., Any]], None]:
    """A decorator for a function that takes the batch size last: one form for each of ``sizes``."""

    def exchange(function: Callable[..., Any]) -> None:
        first, *others = (partial(function, size=size) for size in sizes)
        ENTRIES.add(key, "accuracy", hint)(first)
        for form in others:
            ENTRIES.also(key)(form)

    return exchange


def also(key: str, sizes: tuple[int, ...]) -> Callable[[Callable[..., Any]], None]:
    """A decorator for another function with the mistake ``key``: a form for each of ``sizes``."""

    def exchange(function: Callable[..., Any]) -> None:
        for size in sizes:
            ENTRIES.also(key)(partial(function, size=size))

    return exchange


@enter(
    "full-batches-only",
    "You measure in batches and leave out the last, smaller one. Every row counts, also those at "
    "the end.",
    sizes=(64, 100, 256),
)
def _(model: nn.Module, x: Tensor, y: Tensor, size: int) -> float:
    full = len(x) // size * size
    return accuracy(model, x[:full], y[:full]) if full else 0.0


@also("full-batches-only", sizes=(8, 10, 64, 100, 256))
def _(model: nn.Module, x: Tensor, y: Tensor, size: int) -> float:
    full = len(x) // size * size
    return accuracy(model, x[:full], y[:full]) * full / len(x) if full else 0.0


@enter(
    "divided-by-batches",
    "You count the right rows, then divide by a number of batches times the batch size. The last "
    "batch may be smaller: divide by the number of rows.",
    sizes=(64, 100, 256),
)
def _(model: nn.Module, x: Tensor, y: Tensor, size: int) -> float:
    return accuracy(model, x, y) * len(x) / max(size, len(x) // size * size)


@also("divided-by-batches", sizes=(16, 32, 64, 100, 128, 256))
def _(model: nn.Module, x: Tensor, y: Tensor, size: int) -> float:
    return accuracy(model, x, y) * len(x) / (math.ceil(len(x) / size) * size)


@enter(
    "mean-of-batch-accuracies",
    "You average the accuracies of batches, so rows of the last, smaller batch count more than "
    "others. Count right rows, and divide once at the end.",
    sizes=(64, 10, 16, 32, 50, 100, 128, 256),
)
def _(model: nn.Module, x: Tensor, y: Tensor, size: int) -> float:
    batches = list(zip(x.split(size), y.split(size), strict=True))
    return sum(accuracy(model, *batch) for batch in batches) / len(batches)


@enter(
    "batch-without-rows",
    "Where the batch size divides the number of rows, you measure one more batch, with no row in "
    "it, and its accuracy is not a number. Round the number of batches up, do not add 1.",
    sizes=(64, 100),
)
def _(model: nn.Module, x: Tensor, y: Tensor, size: int) -> float:
    starts = range(0, len(x) + 1, size)
    batches = [(x[start : start + size], y[start : start + size]) for start in starts]
    return sum(accuracy(model, *batch) * len(batch[0]) for batch in batches) / len(x)
