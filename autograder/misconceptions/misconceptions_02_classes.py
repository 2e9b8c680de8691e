"""Wrong answers for `choose_informative`: how many rows of which class."""

from __future__ import annotations

import torch
from torch import Generator, Tensor, nn

from autograder.misconceptions.entry import Entries
from autograder.misconceptions.misconceptions_02_informative import (
    NAME,
    Pair,
    asked,
    by_class,
    nearest_to_mean,
    shares,
)

ENTRIES = Entries()


@ENTRIES.add(
    "all-of-one-class",
    NAME,
    "All your rows are of one class. Of every class equally many are asked for.",
)
def _(model: nn.Module, x: Tensor, y: Tensor, n: int, generator: Generator) -> Pair:
    rows = torch.cat([own[nearest_to_mean(model, x[own], len(own), generator)]
                      for own, _ in shares(y, n)])[:n]  # fmt: skip
    return x[rows], y[rows]


@ENTRIES.add(
    "rest-left-out",
    NAME,
    "Where n is not a multiple of the number of classes, you choose too few rows. Some classes "
    "give one row more.",
)
def _(model: nn.Module, x: Tensor, y: Tensor, n: int, generator: Generator) -> Pair:
    rows = by_class(model, x, y, n - n % len(y.unique()), generator)
    return x[rows], y[rows]


@ENTRIES.add(
    "rest-to-the-last-class",
    NAME,
    "Where n is not a multiple of the number of classes, one class gets the whole rest. The "
    "numbers of two classes may differ by one at most.",
)
def _(model: nn.Module, x: Tensor, y: Tensor, n: int, generator: Generator) -> Pair:
    own = shares(y, n)
    least = n // len(own)
    counts = [least] * (len(own) - 1) + [n - least * (len(own) - 1)]
    rows = torch.cat([rows[nearest_to_mean(model, x[rows], count, generator)]
                      for (rows, _), count in zip(own, counts, strict=True)])  # fmt: skip
    return x[rows], y[rows]


@ENTRIES.add(
    "n-rows-of-each-class",
    NAME,
    "You choose n rows of each class. n is the number of all rows together.",
)
def _(model: nn.Module, x: Tensor, y: Tensor, n: int, generator: Generator) -> Pair:
    rows = torch.cat([own[nearest_to_mean(model, x[own], n, generator)] for own, _ in shares(y, n)])
    return x[rows], y[rows]


@ENTRIES.add(
    "classes-as-in-the-data",
    NAME,
    "You choose as many rows of a class as its share of the data says. Of every class equally many "
    "are asked for.",
)
def _(model: nn.Module, x: Tensor, y: Tensor, n: int, generator: Generator) -> Pair:
    exact = [n * len(own) / len(y) for own, _ in shares(y, n)]
    counts = [int(share) for share in exact]
    for k in sorted(range(len(exact)), key=lambda k: counts[k] - exact[k])[: n - sum(counts)]:
        counts[k] += 1
    rows = torch.cat([own[nearest_to_mean(model, x[own], count, generator)]
                      for (own, _), count in zip(shares(y, n), counts, strict=True)])  # fmt: skip
    return x[rows], y[rows]


@ENTRIES.add(
    "model-says-the-class",
    NAME,
    "You go by the class that the model says, which is not always the label. Count classes by `y`.",
)
def _(model: nn.Module, x: Tensor, y: Tensor, n: int, generator: Generator) -> Pair:
    rows = by_class(model, x, asked(model, x).argmax(dim=1), n, generator)
    return x[rows], y[rows]


@ENTRIES.also("model-says-the-class")
def _(model: nn.Module, x: Tensor, y: Tensor, n: int, generator: Generator) -> Pair:
    said = asked(model, x).argmax(dim=1)
    kinds = [((said == label).nonzero().flatten(), count)
             for label, (_, count) in zip(y.unique(), shares(y, n), strict=True)]  # fmt: skip
    rows = torch.cat([own[nearest_to_mean(model, x[own], count, generator)]
                      for own, count in kinds])  # fmt: skip
    return x[rows], y[rows]


@ENTRIES.also("rest-to-the-last-class")
def _(model: nn.Module, x: Tensor, y: Tensor, n: int, generator: Generator) -> Pair:
    own = shares(y, n)
    most = -(-n // len(own))
    counts = [max(0, min(most, n - most * k)) for k in range(len(own))]
    rows = torch.cat([rows[nearest_to_mean(model, x[rows], count, generator)]
                      for (rows, _), count in zip(own, counts, strict=True)])  # fmt: skip
    return x[rows], y[rows]


@ENTRIES.add(
    "each-share-rounded-up",
    NAME,
    "Where n is not a multiple of the number of classes, you choose too many rows: each share is "
    "rounded up. n rows in all are asked for.",
)
def _(model: nn.Module, x: Tensor, y: Tensor, n: int, generator: Generator) -> Pair:
    own = shares(y, n)
    rows = torch.cat([rows[nearest_to_mean(model, x[rows], -(-n // len(own)), generator)]
                      for rows, _ in own])  # fmt: skip
    return x[rows], y[rows]


@ENTRIES.add(
    "labels-from-the-model",
    NAME,
    "The labels that you return are those that the model gives. Each image keeps its label in `y`.",
)
def _(model: nn.Module, x: Tensor, y: Tensor, n: int, generator: Generator) -> Pair:
    rows = by_class(model, x, y, n, generator)
    return x[rows], asked(model, x).argmax(dim=1)[rows]


@ENTRIES.add(
    "labels-counted-from-outputs",
    NAME,
    "You take for granted which labels there are: from 0 to the model's last output, or to the "
    "largest. Some of these may not occur: ask `y` which ones do.",
)
def _(model: nn.Module, x: Tensor, y: Tensor, n: int, generator: Generator) -> Pair:
    outputs = asked(model, x).shape[1]
    chosen = []
    for k in range(outputs):
        own, count = (y == k).nonzero().flatten(), n // outputs + (k < n % outputs)
        chosen.append(own[nearest_to_mean(model, x[own], count, generator)])
    rows = torch.cat(chosen)
    return x[rows], y[rows]
