"""Wrong answers for `select_classes`."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from autograder.misconceptions.entry import Entries

ENTRIES = Entries()
Rows = tuple[Tensor, Tensor]


def _mask(y: Tensor, classes: Sequence[int]) -> Tensor:
    return torch.isin(y, torch.tensor(list(classes)))


@ENTRIES.add(
    "grouped-by-class",
    "select_classes",
    "You collect the rows one class after another, so their order changes. Go through the rows "
    "once and ask of each whether its label is wanted.",
)
def _(x: Tensor, y: Tensor, classes: Sequence[int]) -> Rows:
    return torch.cat([x[y == c] for c in classes]), torch.cat([y[y == c] for c in classes])


@ENTRIES.add(
    "range-of-classes",
    "select_classes",
    "You keep every label between the smallest and the largest class, also those in between that "
    "were not asked for. Ask whether a label is one of the classes.",
)
def _(x: Tensor, y: Tensor, classes: Sequence[int]) -> Rows:
    mask = (y >= min(classes)) & (y <= max(classes))
    return x[mask], y[mask]


@ENTRIES.add(
    "two-classes-assumed",
    "select_classes",
    "You look at the first and the last class only. `classes` may hold one class, or five: use "
    "all of them, however many there are.",
)
def _(x: Tensor, y: Tensor, classes: Sequence[int]) -> Rows:
    mask = (y == classes[0]) | (y == classes[-1])
    return x[mask], y[mask]


@ENTRIES.also("two-classes-assumed")
def _(x: Tensor, y: Tensor, classes: Sequence[int]) -> Rows:
    mask = (y == classes[0]) | (y == classes[1])
    return x[mask], y[mask]


@ENTRIES.add(
    "last-class-only",
    "select_classes",
    "Your mask is made anew for each class, so only the last class is left in the end. Collect: a "
    "row is wanted if its label is any of the classes.",
)
def _(x: Tensor, y: Tensor, classes: Sequence[int]) -> Rows:
    return x[y == classes[-1]], y[y == classes[-1]]


@ENTRIES.add(
    "every-class-at-once",
    "select_classes",
    "You keep rows whose label is all of the classes at once, and no label is. Join the conditions "
    "with `or`, not with `and`.",
)
def _(x: Tensor, y: Tensor, classes: Sequence[int]) -> Rows:
    mask = torch.stack([y == c for c in classes]).all(dim=0)
    return x[mask], y[mask]


@ENTRIES.add(
    "nothing-to-select",
    "select_classes",
    "Your function fails when no row has one of the classes. That is no mistake of the caller: the "
    "result is then x of shape (0, d) and y of shape (0,).",
)
def _(x: Tensor, y: Tensor, classes: Sequence[int]) -> Rows:
    rows = [k for k, label in enumerate(y.tolist()) if label in classes]
    return torch.stack([x[k] for k in rows]), torch.stack([y[k] for k in rows])


@ENTRIES.also("nothing-to-select")
def _(x: Tensor, y: Tensor, classes: Sequence[int]) -> Rows:
    mask = _mask(y, classes)
    if not mask.any():
        raise ValueError("no row is of these classes")
    return x[mask], y[mask]


@ENTRIES.also("nothing-to-select")
def _(x: Tensor, y: Tensor, classes: Sequence[int]) -> Rows:
    mask = _mask(y, classes)
    return (x[mask], y[mask]) if mask.any() else (x.new_empty(0), y[mask])


@ENTRIES.add(
    "one-row-squeezed",
    "select_classes",
    "Where a single row is selected, its dimension is lost: x becomes a vector. `squeeze` removes "
    "every dimension of size 1, also the one that counts the rows.",
)
def _(x: Tensor, y: Tensor, classes: Sequence[int]) -> Rows:
    rows = _mask(y, classes).nonzero().squeeze()
    return x[rows], y[rows]


@ENTRIES.add(
    "classes-left-out",
    "select_classes",
    "You return the rows of all other classes. The condition is the wrong way round.",
)
def _(x: Tensor, y: Tensor, classes: Sequence[int]) -> Rows:
    mask = ~_mask(y, classes)
    return x[mask], y[mask]


@ENTRIES.add(
    "labels-not-selected",
    "select_classes",
    "You select from one of `x` and `y` and return all of the other, so rows and labels no longer "
    "belong together. What is done to one has to be done to the other.",
)
def _(x: Tensor, y: Tensor, classes: Sequence[int]) -> Rows:
    return x[_mask(y, classes)], y


@ENTRIES.also("labels-not-selected")
def _(x: Tensor, y: Tensor, classes: Sequence[int]) -> Rows:
    return x, y[_mask(y, classes)]


@ENTRIES.add(
    "y-before-x",
    "select_classes",
    "You return the labels first and the rows second. The order is x, y, as in the arguments.",
)
def _(x: Tensor, y: Tensor, classes: Sequence[int]) -> Rows:
    return y[_mask(y, classes)], x[_mask(y, classes)]


@ENTRIES.add(
    "selected-in-place",
    "select_classes",
    "What you return is right, but you wrote into the caller's tensors on the way. Indexing makes "
    "new tensors: work on those.",
)
def _(x: Tensor, y: Tensor, classes: Sequence[int]) -> Rows:
    mask = _mask(y, classes)
    own_x, own_y = x[mask], y[mask]
    x[~mask] = 0
    return own_x, own_y


@ENTRIES.also("selected-in-place")
def _(x: Tensor, y: Tensor, classes: Sequence[int]) -> Rows:
    mask = _mask(y, classes)
    own_x, own_y = x[mask], y[mask]
    y[~mask] = -1
    return own_x, own_y


@ENTRIES.add(
    "relabelled-too-early",
    "select_classes",
    "The rows are right, but you changed the labels as well. Here they stay what they were; "
    "giving new ones is the job of `relabel`.",
)
def _(x: Tensor, y: Tensor, classes: Sequence[int]) -> Rows:
    mask = _mask(y, classes)
    positions = [list(classes).index(label) for label in y[mask].tolist()]
    return x[mask], torch.tensor(positions, dtype=torch.int64)


@ENTRIES.add(
    "rows-made-float32",
    "select_classes",
    "Your rows come back as float32, whatever they were before. Indexing keeps the dtype; a "
    "conversion on the way (a list, `.float()`) does not.",
)
def _(x: Tensor, y: Tensor, classes: Sequence[int]) -> Rows:
    mask = _mask(y, classes)
    return x[mask].float(), y[mask]
