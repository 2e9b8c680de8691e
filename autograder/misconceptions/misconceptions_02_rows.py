"""Wrong answers for `choose_exemplars`."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Generator, Tensor

from autograder.misconceptions.entry import Entries

ENTRIES = Entries()
Pair = tuple[Tensor, Tensor]


def count_of(x: Tensor, fraction: float) -> int:
    """How many exemplars to choose, once the fraction is known to make sense."""
    if not 0 <= fraction <= 1:
        raise ValueError(f"fraction must be from 0 to 1, got {fraction}")
    return int(fraction * len(x))


@ENTRIES.add(
    "drawn-with-replacement",
    "choose_exemplars",
    "You draw rows independently of each other, so some come twice (or, with repeats dropped, too "
    "few come). Each row is kept at most once: draw without replacement.",
)
def _(x: Tensor, y: Tensor, fraction: float, generator: Generator) -> Pair:
    count = count_of(x, fraction)
    rows = torch.randint(max(1, len(x)), (count,), generator=generator)
    return x[rows], y[rows]


@ENTRIES.add(
    "first-rows",
    "choose_exemplars",
    "You keep the first rows. Data often come sorted, so the first rows may all be of one class: "
    "draw at random.",
)
def _(x: Tensor, y: Tensor, fraction: float, generator: Generator) -> Pair:
    count = count_of(x, fraction)
    return x[:count], y[:count]


@ENTRIES.add(
    "rows-of-one-class",
    "choose_exemplars",
    "You go by the labels, so your rows are of one class or two. Draw from all rows alike.",
)
def _(x: Tensor, y: Tensor, fraction: float, generator: Generator) -> Pair:
    rows = y.argsort()[: count_of(x, fraction)]
    return x[rows], y[rows]


@ENTRIES.add(
    "one-stretch-of-rows",
    "choose_exemplars",
    "You draw where to start and keep rows that follow each other. Every row should be drawn on "
    "its own.",
)
def _(x: Tensor, y: Tensor, fraction: float, generator: Generator) -> Pair:
    count = count_of(x, fraction)
    start = torch.randint(max(1, len(x)), (), generator=generator)
    rows = (start + torch.arange(count)) % max(1, len(x))
    return x[rows], y[rows]


@ENTRIES.add(
    "exemplars-drawn-apart",
    "choose_exemplars",
    "You draw once for `x` and once more for `y`, so rows get the labels of other rows. Draw one "
    "set of row numbers and use it for both.",
)
def _(x: Tensor, y: Tensor, fraction: float, generator: Generator) -> Pair:
    count = count_of(x, fraction)
    first, second = (torch.randperm(len(x), generator=generator)[:count] for _ in range(2))
    return x[first], y[second]


@ENTRIES.add(
    "labels-not-chosen",
    "choose_exemplars",
    "You choose rows of `x` but hand back the first labels of `y`. Index both with the same row "
    "numbers.",
)
def _(x: Tensor, y: Tensor, fraction: float, generator: Generator) -> Pair:
    count = count_of(x, fraction)
    return x[torch.randperm(len(x), generator=generator)[:count]], y[:count]


@ENTRIES.add(
    "global-random-state",
    "choose_exemplars",
    "Your rows come from a global random state, so nobody can repeat your run. Hand `generator` to "
    "the function that draws.",
)
def _(x: Tensor, y: Tensor, fraction: float, generator: Generator) -> Pair:
    rows = torch.randperm(len(x))[: count_of(x, fraction)]
    return x[rows], y[rows]


@ENTRIES.add(
    "seeded-again",
    "choose_exemplars",
    "You seed a generator inside the function, so every call chooses the same rows. `generator` "
    "was seeded before you got it: only draw from it.",
)
def _(x: Tensor, y: Tensor, fraction: float, generator: Generator) -> Pair:
    rows = torch.randperm(len(x), generator=torch.Generator().manual_seed(0))
    rows = rows[: count_of(x, fraction)]
    return x[rows], y[rows]


@ENTRIES.add(
    "each-row-by-a-coin",
    "choose_exemplars",
    "You decide for each row on its own whether to keep it, so how many are kept is left to "
    "chance. Exactly `int(fraction * n)` rows are asked for.",
)
def _(x: Tensor, y: Tensor, fraction: float, generator: Generator) -> Pair:
    count_of(x, fraction)
    kept = torch.rand(len(x), generator=generator) < fraction
    return x[kept], y[kept]


@ENTRIES.add(
    "count-rounded-up",
    "choose_exemplars",
    "You round the number of rows up, or to the nearest. Here it is `int(fraction * n)`, the whole "
    "part.",
)
def _(x: Tensor, y: Tensor, fraction: float, generator: Generator) -> Pair:
    count_of(x, fraction)
    rows = torch.randperm(len(x), generator=generator)[: math.ceil(fraction * len(x))]
    return x[rows], y[rows]


@ENTRIES.add(
    "at-least-one-row",
    "choose_exemplars",
    "You keep a row even where the fraction asks for none. `int(fraction * n)` may be 0.",
)
def _(x: Tensor, y: Tensor, fraction: float, generator: Generator) -> Pair:
    count = max(1, count_of(x, fraction))
    rows = torch.randperm(len(x), generator=generator)[:count]
    return x[rows], y[rows]


@ENTRIES.add(
    "the-rest-kept",
    "choose_exemplars",
    "You keep the rows that should be left out: a fraction of 0.1 should keep a tenth.",
)
def _(x: Tensor, y: Tensor, fraction: float, generator: Generator) -> Pair:
    rows = torch.randperm(len(x), generator=generator)[count_of(x, fraction) :]
    return x[rows], y[rows]


@ENTRIES.add(
    "fraction-not-checked",
    "choose_exemplars",
    "A fraction below 0, above 1 or not a number makes no sense, but one of them goes through "
    "without a word. Raise `ValueError`.",
)
def _(x: Tensor, y: Tensor, fraction: float, generator: Generator) -> Pair:
    count = 0 if math.isnan(fraction) else int(fraction * len(x))
    rows = torch.randperm(len(x), generator=generator)[:count]
    return x[rows], y[rows]


@ENTRIES.add(
    "ends-refused",
    "choose_exemplars",
    "You refuse the fractions 0 and 1. Both make sense: keep nothing, keep everything.",
)
def _(x: Tensor, y: Tensor, fraction: float, generator: Generator) -> Pair:
    if not 0 < fraction < 1:
        raise ValueError(f"fraction must be between 0 and 1, got {fraction}")
    rows = torch.randperm(len(x), generator=generator)[: int(fraction * len(x))]
    return x[rows], y[rows]


@ENTRIES.add(
    "shuffled-in-place",
    "choose_exemplars",
    "You shuffle inside the tensors that you were given, so the caller's rows change places. Index "
    "with the rows that you drew, and leave `x` and `y` alone.",
)
def _(x: Tensor, y: Tensor, fraction: float, generator: Generator) -> Pair:
    count = count_of(x, fraction)
    order = torch.randperm(len(x), generator=generator)
    own_x, own_y = x[order], y[order]
    x.copy_(own_x), y.copy_(own_y)
    return own_x[:count], own_y[:count]


@ENTRIES.add(
    "made-float32",
    "choose_exemplars",
    "Your tensors are float32 and int64 whatever came in. Indexing the given ones keeps their "
    "dtypes.",
)
def _(x: Tensor, y: Tensor, fraction: float, generator: Generator) -> Pair:
    rows = torch.randperm(len(x), generator=generator)[: count_of(x, fraction)]
    return x[rows].float(), y[rows].long()


@ENTRIES.also("drawn-with-replacement")
def _(x: Tensor, y: Tensor, fraction: float, generator: Generator) -> Pair:
    rows = torch.randint(max(1, len(x)), (count_of(x, fraction),), generator=generator).unique()
    return x[rows], y[rows]


@ENTRIES.also("one-stretch-of-rows")
def _(x: Tensor, y: Tensor, fraction: float, generator: Generator) -> Pair:
    count = count_of(x, fraction)
    start = int(torch.randint(len(x) - count + 1, (), generator=generator))
    return x[start:][:count], y[start:][:count]


def with_check(refused: Callable[[float], bool]) -> Callable[..., Pair]:
    """The right answer, but for the fractions that it refuses; it takes others as 0 or 1."""

    def choose(x: Tensor, y: Tensor, fraction: float, generator: Generator) -> Pair:
        if refused(fraction):
            raise ValueError(f"fraction must be from 0 to 1, got {fraction}")
        inside = 0.0 if math.isnan(fraction) else min(1.0, max(0.0, fraction))
        rows = torch.randperm(len(x), generator=generator)[: int(inside * len(x))]
        return x[rows], y[rows]

    return choose


ENTRIES.also("fraction-not-checked")(with_check(lambda fraction: fraction > 1))
ENTRIES.also("fraction-not-checked")(with_check(lambda fraction: fraction < 0))
ENTRIES.also("fraction-not-checked")(with_check(lambda fraction: fraction > 1 or fraction < 0))


@ENTRIES.add(
    "another-exception",
    "choose_exemplars",
    "You refuse a wrong fraction with another exception: an `assert`, for example, raises "
    "AssertionError. Write `raise ValueError(...)`.",
)
def _(x: Tensor, y: Tensor, fraction: float, generator: Generator) -> Pair:
    assert 0 <= fraction <= 1
    rows = torch.randperm(len(x), generator=generator)[: int(fraction * len(x))]
    return x[rows], y[rows]


@ENTRIES.also("another-exception")
def _(x: Tensor, y: Tensor, fraction: float, generator: Generator) -> Pair:
    if not 0 <= fraction <= 1:
        raise RuntimeError(f"fraction must be from 0 to 1, got {fraction}")
    rows = torch.randperm(len(x), generator=generator)[: int(fraction * len(x))]
    return x[rows], y[rows]


@ENTRIES.add(
    "generator-copied",
    "choose_exemplars",
    "You draw from a copy of `generator`, made from its seed or its state. So it does not move on, "
    "and the next call chooses the same rows. Draw from `generator` itself.",
)
def _(x: Tensor, y: Tensor, fraction: float, generator: Generator) -> Pair:
    own = torch.Generator().manual_seed(generator.initial_seed())
    rows = torch.randperm(len(x), generator=own)[: count_of(x, fraction)]
    return x[rows], y[rows]


@ENTRIES.add(
    "last-row-left-out",
    "choose_exemplars",
    "One row, the first or the last, is never drawn. n rows have the numbers 0 to n - 1.",
)
def _(x: Tensor, y: Tensor, fraction: float, generator: Generator) -> Pair:
    rows = torch.randperm(max(0, len(x) - 1), generator=generator)[: count_of(x, fraction)]
    return x[rows], y[rows]


@ENTRIES.add(
    "count-by-other-rounding",
    "choose_exemplars",
    "For some fractions you keep one row more or less: computed in float32, in whole percents or "
    "with a little added, fraction times n comes out differently. Take plain `int(fraction * n)`.",
)
def _(x: Tensor, y: Tensor, fraction: float, generator: Generator) -> Pair:
    count_of(x, fraction)
    rows = torch.randperm(len(x), generator=generator)[: int(fraction * len(x) + 1e-9)]
    return x[rows], y[rows]


@ENTRIES.also("count-by-other-rounding")
def _(x: Tensor, y: Tensor, fraction: float, generator: Generator) -> Pair:
    count_of(x, fraction)
    count = int(100 * fraction) * len(x) // 100
    rows = torch.randperm(len(x), generator=generator)[:count]
    return x[rows], y[rows]


@ENTRIES.add(
    "all-rows-for-none",
    "choose_exemplars",
    "Where the fraction asks for no row you return all of them: `[-0:]` is everything. Cut from "
    "the beginning, `[:count]`.",
)
def _(x: Tensor, y: Tensor, fraction: float, generator: Generator) -> Pair:
    rows = torch.randperm(len(x), generator=generator)[-count_of(x, fraction) :]
    return x[rows], y[rows]


@ENTRIES.add(
    "share-of-each-class",
    "choose_exemplars",
    "You take the fraction of each class on its own, and cut off a part of a row for each. The "
    "fraction is of all rows, whatever their labels.",
)
def _(x: Tensor, y: Tensor, fraction: float, generator: Generator) -> Pair:
    count_of(x, fraction)
    chosen = [torch.zeros(0, dtype=torch.int64)]
    for label in y.unique():
        own = (y == label).nonzero().flatten()
        order = torch.randperm(len(own), generator=generator)
        chosen.append(own[order[: int(fraction * len(own))]])
    rows = torch.cat(chosen)
    return x[rows], y[rows]


@ENTRIES.add(
    "single-row-squeezed",
    "choose_exemplars",
    "Where one row is kept, your tensors lose a dimension. One row is `x` of shape (1, d) and `y` "
    "of shape (1,): leave `squeeze` out.",
)
def _(x: Tensor, y: Tensor, fraction: float, generator: Generator) -> Pair:
    rows = torch.randperm(len(x), generator=generator)[: count_of(x, fraction)].squeeze()
    return x[rows], y[rows]
