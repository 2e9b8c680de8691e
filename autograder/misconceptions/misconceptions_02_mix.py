"""Wrong answers for `mix`."""

from __future__ import annotations

from typing import Any

import torch
from torch import Generator, Tensor

from autograder.misconceptions.entry import Entries

ENTRIES = Entries()
Pair = tuple[Tensor, Tensor]


def joined(x_a: Tensor, y_a: Tensor, x_b: Tensor, y_b: Tensor) -> Pair:
    """One set after the other."""
    return torch.cat([x_a, x_b]), torch.cat([y_a, y_b])


@ENTRIES.add(
    "appended-not-shuffled",
    "mix",
    "You put one set after the other. Trained on in this order, the last rows would weigh most: "
    "shuffle all rows together.",
)
def _(x_a: Tensor, y_a: Tensor, x_b: Tensor, y_b: Tensor, generator: Generator) -> Pair:
    return joined(x_a, y_a, x_b, y_b)


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
    x, y = joined(x_a, y_a, x_b, y_b)
    first, second = (torch.randperm(len(x), generator=generator) for _ in range(2))
    return x[first], y[second]


@ENTRIES.add(
    "mixed-with-replacement",
    "mix",
    "You draw rows independently of each other, so some come twice and others never. Every row "
    "belongs in the mixture once.",
)
def _(x_a: Tensor, y_a: Tensor, x_b: Tensor, y_b: Tensor, generator: Generator) -> Pair:
    x, y = joined(x_a, y_a, x_b, y_b)
    rows = torch.randint(len(x), (len(x),), generator=generator)
    return x[rows], y[rows]


@ENTRIES.add(
    "mixed-by-global-random-state",
    "mix",
    "Your order comes from a global random state, so nobody can repeat your run. Hand `generator` "
    "to the function that draws.",
)
def _(x_a: Tensor, y_a: Tensor, x_b: Tensor, y_b: Tensor, generator: Generator) -> Pair:
    x, y = joined(x_a, y_a, x_b, y_b)
    order = torch.randperm(len(x))
    return x[order], y[order]


@ENTRIES.add(
    "mixed-by-a-seed-of-its-own",
    "mix",
    "Every mixture has the same order: you draw none, or seed a generator inside the function. "
    "Draw one from the generator that you were given.",
)
def _(x_a: Tensor, y_a: Tensor, x_b: Tensor, y_b: Tensor, generator: Generator) -> Pair:
    x, y = joined(x_a, y_a, x_b, y_b)
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
    x, y = joined(x_a, y_a, x_b, y_b)
    by = int(torch.randint(max(1, len(x)), (), generator=generator))
    return x.roll(by, 0), y.roll(by)


@ENTRIES.add(
    "mixture-made-float32",
    "mix",
    "Your images or labels have another dtype than those that came in. `torch.cat` and indexing "
    "keep dtypes.",
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
    x, y = joined(x_a, y_a, x_b, y_b)
    order = torch.randperm(len(x), generator=generator)
    return y[order], x[order]


@ENTRIES.also("x-and-y-shuffled-apart")
def _(x_a: Tensor, y_a: Tensor, x_b: Tensor, y_b: Tensor, generator: Generator) -> Pair:
    x, y = joined(x_a, y_a, x_b, y_b)
    return x[torch.randperm(len(x), generator=generator)], y


@ENTRIES.also("mixture-made-float32")
def _(x_a: Tensor, y_a: Tensor, x_b: Tensor, y_b: Tensor, generator: Generator) -> Pair:
    x, y = joined(x_a, y_a, x_b, y_b)
    order = torch.randperm(len(x), generator=generator)
    return x[order], y[order].float()


@ENTRIES.add(
    "sets-take-turns",
    "mix",
    "The two sets take turns, a row of one and a row of the other. Put them together, then shuffle "
    "the whole.",
)
def _(x_a: Tensor, y_a: Tensor, x_b: Tensor, y_b: Tensor, generator: Generator) -> Pair:
    x, y = joined(x_a, y_a, x_b, y_b)
    n, m = len(x_a), len(x_b)
    place = torch.cat([torch.arange(n) / max(1, n), (torch.arange(m) + 0.5) / max(1, m)])
    order = place.argsort()
    return x[order], y[order]


@ENTRIES.add(
    "shuffled-in-pieces",
    "mix",
    "You shuffle a few rows at a time, so most rows stay near their old place. Shuffle all rows "
    "together.",
)
def _(x_a: Tensor, y_a: Tensor, x_b: Tensor, y_b: Tensor, generator: Generator) -> Pair:
    x, y = joined(x_a, y_a, x_b, y_b)
    pieces = torch.arange(len(x)).split(16)
    order = torch.cat([p[torch.randperm(len(p), generator=generator)] for p in pieces])
    return x[order], y[order]


@ENTRIES.add(
    "mixed-by-a-copied-generator",
    "mix",
    "You draw from a copy of `generator`, made from its seed or its state. So it does not move on, "
    "and the next call gives the same order. Draw from `generator` itself.",
)
def _(x_a: Tensor, y_a: Tensor, x_b: Tensor, y_b: Tensor, generator: Generator) -> Pair:
    x, y = joined(x_a, y_a, x_b, y_b)
    own = torch.Generator().manual_seed(generator.initial_seed())
    order = torch.randperm(len(x), generator=own)
    return x[order], y[order]


@ENTRIES.add(
    "empty-set-not-shuffled",
    "mix",
    "Where one of the sets is empty you return the other one as it is. Its rows are to be shuffled "
    "all the same.",
)
def _(x_a: Tensor, y_a: Tensor, x_b: Tensor, y_b: Tensor, generator: Generator) -> Pair:
    x, y = joined(x_a, y_a, x_b, y_b)
    both = len(x_a) and len(x_b)
    order = torch.randperm(len(x), generator=generator) if both else torch.arange(len(x))
    return x[order], y[order]


@ENTRIES.add(
    "empty-set-fails",
    "mix",
    "Your function fails when one of the sets has no rows. Then the mixture is the other set, "
    "shuffled.",
)
def _(x_a: Tensor, y_a: Tensor, x_b: Tensor, y_b: Tensor, generator: Generator) -> Pair:
    x, y = joined(x_a, y_a, x_b, y_b)
    if not (len(x_a) and len(x_b)):
        raise RuntimeError("a set is empty")
    order = torch.randperm(len(x), generator=generator)
    return x[order], y[order]


@ENTRIES.add(
    "smaller-set-repeated",
    "mix",
    "You repeat rows of the smaller set until both are equally large. Every row belongs in the "
    "mixture once.",
)
def _(x_a: Tensor, y_a: Tensor, x_b: Tensor, y_b: Tensor, generator: Generator) -> Pair:
    n, m = max(1, len(x_a)), max(1, len(x_b))
    a = torch.arange(max(n, m) if len(x_a) else 0) % n
    b = torch.arange(max(n, m) if len(x_b) else 0) % m
    x, y = joined(x_a[a], y_a[a], x_b[b], y_b[b])
    order = torch.randperm(len(x), generator=generator)
    return x[order], y[order]


@ENTRIES.add(
    "mixed-in-place",
    "mix",
    "You write into the tensors that you were given. Make new ones, and leave the caller's as they "
    "are.",
)
def _(x_a: Tensor, y_a: Tensor, x_b: Tensor, y_b: Tensor, generator: Generator) -> Pair:
    x, y = joined(x_a, y_a, x_b, y_b)
    order = torch.randperm(len(x), generator=generator)
    x_a.copy_(x[order][: len(x_a)]), y_a.copy_(y[order][: len(y_a)])
    return x[order], y[order]


@ENTRIES.add(
    "same-rows-dropped",
    "mix",
    "Rows that are equal you keep only once. All rows of both sets belong in the mixture.",
)
def _(x_a: Tensor, y_a: Tensor, x_b: Tensor, y_b: Tensor, generator: Generator) -> Pair:
    x, y = joined(x_a, y_a, x_b, y_b)
    rows = torch.cat([x.double(), y[:, None].double()], dim=1)
    equal = (rows[:, None] == rows).all(dim=2).int().argmax(dim=1)  # the first row equal to each
    kept = (equal == torch.arange(len(x))).nonzero().flatten()
    order = kept[torch.randperm(len(kept), generator=generator)]
    return x[order], y[order]
