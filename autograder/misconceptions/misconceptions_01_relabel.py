"""Wrong answers for `relabel`."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from autograder.misconceptions.entry import Entries

ENTRIES = Entries()


def _positions(y: Tensor, classes: Sequence[int]) -> Tensor:
    outside = set(y.tolist()) - set(classes)
    if outside:
        raise ValueError(f"labels {outside} are not in {tuple(classes)}")
    return torch.tensor([list(classes).index(label) for label in y.tolist()], dtype=torch.int64)


@ENTRIES.add(
    "modulo-two",
    "relabel",
    "A remainder such as `y % 2` is right for pairs such as (0, 1) and (2, 3) by luck. The new "
    "label is the place of the old one in `classes`, whatever numbers stand there.",
)
def _(y: Tensor, classes: Sequence[int]) -> Tensor:
    _positions(y, classes)
    return y % 2


@ENTRIES.also("modulo-two")
def _(y: Tensor, classes: Sequence[int]) -> Tensor:
    _positions(y, classes)
    return y % len(classes)


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
    "Subtracting the first class, or the smallest, works for neighbouring numbers in rising order "
    "only. The classes may have gaps, and stand in any order.",
)
def _(y: Tensor, classes: Sequence[int]) -> Tensor:
    _positions(y, classes)
    return y - classes[0]


@ENTRIES.also("first-class-subtracted")
def _(y: Tensor, classes: Sequence[int]) -> Tensor:
    _positions(y, classes)
    return y - min(classes)


@ENTRIES.add(
    "counted-from-one",
    "relabel",
    "Your positions start at 1. The first class becomes 0: `cross_entropy` counts like that.",
)
def _(y: Tensor, classes: Sequence[int]) -> Tensor:
    return _positions(y, classes) + 1


@ENTRIES.add(
    "absent-classes-skipped",
    "relabel",
    "You number the labels that occur in `y`. A class without a single row would still have its "
    "number, and the order is that of `classes`: look the labels up there.",
)
def _(y: Tensor, classes: Sequence[int]) -> Tensor:
    _positions(y, classes)
    return y.unique(return_inverse=True)[1]


@ENTRIES.also("absent-classes-skipped")
def _(y: Tensor, classes: Sequence[int]) -> Tensor:
    _positions(y, classes)
    return _positions(y, [label for label in classes if label in y.tolist()])


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


@ENTRIES.also("label-outside-accepted")
def _(y: Tensor, classes: Sequence[int]) -> Tensor:
    new = torch.full_like(y, -1)
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
    "another-kind-of-error",
    "relabel",
    "For some label that is not in `classes` your function ends in an error, but in another kind: "
    "an index out of range, say, or an `assert`. Look for such labels first, and raise a "
    "ValueError of your own that names them.",
)
def _(y: Tensor, classes: Sequence[int]) -> Tensor:
    table = torch.full((max(classes) + 1,), -1)
    table[list(classes)] = torch.arange(len(classes))
    strangers = y[table[y] < 0]
    if len(strangers):
        raise ValueError(f"labels {strangers.tolist()} are not in {tuple(classes)}")
    return table[y]


@ENTRIES.also("another-kind-of-error")
def _(y: Tensor, classes: Sequence[int]) -> Tensor:
    assert set(y.tolist()) <= set(classes), f"{y.tolist()} and {tuple(classes)}"
    return _positions(y, classes)


@ENTRIES.add(
    "label-not-named",
    "relabel",
    "You raise a ValueError, as you should, but its text does not say which label is to blame. "
    "Put the label into the message.",
)
def _(y: Tensor, classes: Sequence[int]) -> Tensor:
    if not set(y.tolist()) <= set(classes):
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


@ENTRIES.also("labels-not-int64")
def _(y: Tensor, classes: Sequence[int]) -> Tensor:
    return _positions(y, classes).float()
