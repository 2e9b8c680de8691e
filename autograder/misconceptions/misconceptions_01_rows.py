"""Wrong answers for `select_classes` and `relabel`."""

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
    "You select rows of `x` but return all of `y`, so rows and labels no longer belong together. "
    "What is done to one has to be done to the other.",
)
def _(x: Tensor, y: Tensor, classes: Sequence[int]) -> Rows:
    return x[_mask(y, classes)], y


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


def _positions(y: Tensor, classes: Sequence[int]) -> Tensor:
    outside = set(y.tolist()) - set(classes)
    if outside:
        raise ValueError(f"labels {outside} are not in {tuple(classes)}")
    return torch.tensor([list(classes).index(label) for label in y.tolist()], dtype=torch.int64)


@ENTRIES.add(
    "modulo-two",
    "relabel",
    "`y % 2` gives the right labels for pairs such as (0, 1) and (2, 3) by luck. The new label is "
    "the place of the old one in `classes`, whatever numbers stand there.",
)
def _(y: Tensor, classes: Sequence[int]) -> Tensor:
    _positions(y, classes)
    return y % 2


@ENTRIES.add(
    "floor-half",
    "relabel",
    "`y // 2` fits classes such as (0, 2, 4, 6, 8) by luck. The new label is the place of the old "
    "one in `classes`, whatever numbers stand there.",
)
def _(y: Tensor, classes: Sequence[int]) -> Tensor:
    _positions(y, classes)
    return y // 2


@ENTRIES.add(
    "first-class-subtracted",
    "relabel",
    "Subtracting the first class works for neighbouring numbers in rising order only. The classes "
    "may have gaps, and stand in any order.",
)
def _(y: Tensor, classes: Sequence[int]) -> Tensor:
    _positions(y, classes)
    return y - classes[0]


@ENTRIES.add(
    "classes-taken-as-sorted",
    "relabel",
    "You count the place of a label among the sorted classes. `classes` may be in any order, and "
    "its own order is the one that counts.",
)
def _(y: Tensor, classes: Sequence[int]) -> Tensor:
    return _positions(y, sorted(classes))


@ENTRIES.add(
    "order-of-appearance",
    "relabel",
    "You number the labels in the order in which they turn up in `y`. Their numbers are given by "
    "`classes`, whatever comes first.",
)
def _(y: Tensor, classes: Sequence[int]) -> Tensor:
    _positions(y, classes)
    return _positions(y, list(dict.fromkeys(y.tolist())))


@ENTRIES.add(
    "one-after-another",
    "relabel",
    "You replace one class after another in the same tensor. Once 1 has become 0, it is taken for "
    "an old 0 and replaced again: read from the old labels, write into a new tensor.",
)
def _(y: Tensor, classes: Sequence[int]) -> Tensor:
    _positions(y, classes)
    y = y.clone()
    for position, label in enumerate(classes):
        y[y == label] = position
    return y


@ENTRIES.add(
    "one-after-another-in-place",
    "relabel",
    "You replace one class after another in the caller's own tensor. A label that was just written "
    "may be replaced again, and the caller's labels are gone: write into a new tensor.",
)
def _(y: Tensor, classes: Sequence[int]) -> Tensor:
    _positions(y, classes)
    for position, label in enumerate(classes):
        y[y == label] = position
    return y


@ENTRIES.add(
    "relabel-in-place",
    "relabel",
    "The new labels are right, but you wrote them into the tensor that you were given. Whoever "
    "called you still needs the old ones: make a new tensor.",
)
def _(y: Tensor, classes: Sequence[int]) -> Tensor:
    y[:] = _positions(y, classes)
    return y


@ENTRIES.add(
    "label-outside-accepted",
    "relabel",
    "A label that is not in `classes` gets a new label all the same, and nobody notices. Look for "
    "such labels first and raise a ValueError.",
)
def _(y: Tensor, classes: Sequence[int]) -> Tensor:
    new = torch.zeros_like(y)
    for position, label in enumerate(classes):
        new[y == label] = position
    return new


@ENTRIES.add(
    "key-error",
    "relabel",
    "A label that is not in `classes` ends in the KeyError of your dictionary. Raise a ValueError "
    "of your own instead, one that says which label it was.",
)
def _(y: Tensor, classes: Sequence[int]) -> Tensor:
    position = {label: place for place, label in enumerate(classes)}
    return torch.tensor([position[label] for label in y.tolist()], dtype=torch.int64)


@ENTRIES.add(
    "label-not-named",
    "relabel",
    "You raise a ValueError, as you should, but its text does not say which label is to blame. "
    "Put the label into the message.",
)
def _(y: Tensor, classes: Sequence[int]) -> Tensor:
    if not _mask(y, classes).all():
        raise ValueError("a label is not in classes")
    return _positions(y, classes)


@ENTRIES.add(
    "labels-not-int64",
    "relabel",
    "The positions are right, but they are not int64. `cross_entropy` wants class labels as "
    "int64: look at the dtype of what you build them from.",
)
def _(y: Tensor, classes: Sequence[int]) -> Tensor:
    return _positions(y, classes).to(torch.int32)
