"""Wrong answers for `choose_exemplars` and `mix`."""

from __future__ import annotations

import math
from typing import Any

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
    "You draw rows independently of each other, so some come twice. Each row is kept at most once: "
    "draw without replacement.",
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
    "You seed a generator inside the function, so every call chooses the same rows. The generator "
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
    "A fraction below 0 or above 1 makes no sense, but yours goes through without a word. Raise "
    "`ValueError`.",
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


@ENTRIES.add(
    "appended-not-shuffled",
    "mix",
    "You put one set after the other. Trained on in this order, the last rows would weigh most: "
    "shuffle all rows together.",
)
def _(x_a: Tensor, y_a: Tensor, x_b: Tensor, y_b: Tensor, generator: Generator) -> Pair:
    return torch.cat([x_a, x_b]), torch.cat([y_a, y_b])


@ENTRIES.add(
    "each-set-shuffled-then-appended",
    "mix",
    "You shuffle each set, then put one after the other. Put them together first, then shuffle.",
)
def _(x_a: Tensor, y_a: Tensor, x_b: Tensor, y_b: Tensor, generator: Generator) -> Pair:
    a, b = (torch.randperm(len(x), generator=generator) for x in (x_a, x_b))
    return torch.cat([x_a[a], x_b[b]]), torch.cat([y_a[a], y_b[b]])


@ENTRIES.add(
    "x-and-y-shuffled-apart",
    "mix",
    "`x` and `y` are not in the same order (two orders drawn, or only one of the two shuffled), so "
    "images get the labels of others. Draw one order and use it for both.",
)
def _(x_a: Tensor, y_a: Tensor, x_b: Tensor, y_b: Tensor, generator: Generator) -> Pair:
    x, y = torch.cat([x_a, x_b]), torch.cat([y_a, y_b])
    first, second = (torch.randperm(len(x), generator=generator) for _ in range(2))
    return x[first], y[second]


@ENTRIES.add(
    "mixed-with-replacement",
    "mix",
    "You draw rows independently of each other, so some come twice and others never. Every row "
    "belongs in the mixture once.",
)
def _(x_a: Tensor, y_a: Tensor, x_b: Tensor, y_b: Tensor, generator: Generator) -> Pair:
    x, y = torch.cat([x_a, x_b]), torch.cat([y_a, y_b])
    rows = torch.randint(len(x), (len(x),), generator=generator)
    return x[rows], y[rows]


@ENTRIES.add(
    "mixed-by-global-random-state",
    "mix",
    "Your order comes from a global random state, so nobody can repeat your run. Hand `generator` "
    "to the function that draws.",
)
def _(x_a: Tensor, y_a: Tensor, x_b: Tensor, y_b: Tensor, generator: Generator) -> Pair:
    x, y = torch.cat([x_a, x_b]), torch.cat([y_a, y_b])
    order = torch.randperm(len(x))
    return x[order], y[order]


@ENTRIES.add(
    "mixed-by-a-seed-of-its-own",
    "mix",
    "You seed a generator inside the function, so every mixture has the same order. Draw from the "
    "generator that you were given.",
)
def _(x_a: Tensor, y_a: Tensor, x_b: Tensor, y_b: Tensor, generator: Generator) -> Pair:
    x, y = torch.cat([x_a, x_b]), torch.cat([y_a, y_b])
    order = torch.randperm(len(x), generator=torch.Generator().manual_seed(0))
    return x[order], y[order]


@ENTRIES.add(
    "cut-to-the-smaller-set",
    "mix",
    "You use as many rows of one set as the other has, and lose the rest. All rows of both belong "
    "in the mixture.",
)
def _(x_a: Tensor, y_a: Tensor, x_b: Tensor, y_b: Tensor, generator: Generator) -> Pair:
    n = min(len(x_a), len(x_b))
    x, y = torch.cat([x_a[:n], x_b[:n]]), torch.cat([y_a[:n], y_b[:n]])
    order = torch.randperm(len(x), generator=generator)
    return x[order], y[order]


@ENTRIES.add(
    "first-set-in-its-old-order",
    "mix",
    "The two sets interleave at random, but inside each set the rows keep their old order. Shuffle "
    "all rows together.",
)
def _(x_a: Tensor, y_a: Tensor, x_b: Tensor, y_b: Tensor, generator: Generator) -> Pair:
    n, total = len(x_a), len(x_a) + len(x_b)
    places = torch.randperm(total, generator=generator)
    order = torch.empty(total, dtype=torch.int64)
    order[places[:n].sort().values] = torch.arange(n)
    order[places[n:].sort().values] = torch.arange(n, total)
    return torch.cat([x_a, x_b])[order], torch.cat([y_a, y_b])[order]


@ENTRIES.add(
    "rotated-not-shuffled",
    "mix",
    "You only draw where to start, and go round from there. Rows that were neighbours stay "
    "neighbours: draw the whole order.",
)
def _(x_a: Tensor, y_a: Tensor, x_b: Tensor, y_b: Tensor, generator: Generator) -> Pair:
    x, y = torch.cat([x_a, x_b]), torch.cat([y_a, y_b])
    by = int(torch.randint(max(1, len(x)), (), generator=generator))
    return x.roll(by, 0), y.roll(by)


@ENTRIES.add(
    "mixture-made-float32",
    "mix",
    "Your tensors are float32 and int64 whatever came in. `torch.cat` and indexing keep dtypes.",
)
def _(x_a: Tensor, y_a: Tensor, x_b: Tensor, y_b: Tensor, generator: Generator) -> Pair:
    x, y = torch.cat([x_a, x_b]).float(), torch.cat([y_a, y_b]).long()
    order = torch.randperm(len(x), generator=generator)
    return x[order], y[order]


@ENTRIES.add(
    "labels-before-images",
    "mix",
    "You return the labels first. The order is `x, y`.",
)
def _(x_a: Tensor, y_a: Tensor, x_b: Tensor, y_b: Tensor, generator: Generator) -> Any:
    x, y = torch.cat([x_a, x_b]), torch.cat([y_a, y_b])
    order = torch.randperm(len(x), generator=generator)
    return y[order], x[order]
