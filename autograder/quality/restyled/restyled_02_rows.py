"""The mistakes of `choose_exemplars`, written in another style."""

import math
import random

import torch

from autograder.quality.restyled.again import Assigned

again = Assigned("02-replay")


def check(fraction):
    if math.isnan(fraction) or fraction < 0 or fraction > 1:
        raise ValueError(f"{fraction} is no fraction")


@again("drawn-with-replacement")
def _(x, y, fraction, generator):
    check(fraction)
    k = int(len(y) * fraction)
    if k == 0:
        return x[:0], y[:0]
    weights = torch.ones(len(y))
    idx = torch.multinomial(weights, k, replacement=True, generator=generator)
    return x.index_select(0, idx), y.index_select(0, idx)


@again("first-rows")
def _(x, y, fraction, generator):
    check(fraction)
    keep = torch.arange(len(x)) < int(len(x) * fraction)
    return x[keep], y[keep]


@again("rows-of-one-class")
def _(x, y, fraction, generator):
    check(fraction)
    k = int(fraction * x.shape[0])
    numbers = []
    for label in y.unique():
        for i in range(len(y)):
            if y[i] == label and len(numbers) < k:
                numbers.append(i)
    numbers = torch.tensor(numbers, dtype=torch.long)
    return x[numbers], y[numbers]


@again("one-stretch-of-rows")
def _(x, y, fraction, generator):
    check(fraction)
    k = int(fraction * len(x))
    start = torch.randint(0, len(x) - k + 1, (1,), generator=generator).item()
    return x[start : start + k], y[start : start + k]


@again("exemplars-drawn-apart")
def _(x, y, fraction, generator):
    check(fraction)

    def pick(rows):
        return rows[torch.rand(len(rows), generator=generator).argsort()][: int(fraction * len(x))]

    return pick(x), pick(y)


@again("labels-not-chosen")
def _(x, y, fraction, generator):
    check(fraction)
    k = int(fraction * len(x))
    chosen = torch.rand(len(x), generator=generator).argsort()[:k].tolist()
    images = [x[i] for i in chosen]
    labels = [label for label, _ in zip(y, chosen)]
    if not images:
        return x[:0], y[:0]
    return torch.stack(images), torch.stack(labels)


@again("global-random-state")
def _(x, y, fraction, generator):
    check(fraction)
    numbers = random.sample(range(len(x)), int(fraction * len(x)))
    numbers = torch.tensor(numbers, dtype=torch.int64)
    return x[numbers], y[numbers]


@again("seeded-again")
def _(x, y, fraction, generator):
    check(fraction)
    generator.manual_seed(42)
    shuffled = torch.randperm(len(x), generator=generator)
    shuffled = shuffled[: int(fraction * len(x))]
    return x[shuffled], y[shuffled]


@again("each-row-by-a-coin")
def _(x, y, fraction, generator):
    check(fraction)
    coins = torch.bernoulli(torch.full((len(x),), float(fraction)), generator=generator)
    rows = [i for i, coin in enumerate(coins) if coin == 1]
    return x[rows], y[rows]


@again("count-rounded-up")
def _(x, y, fraction, generator):
    check(fraction)
    n = x.size(0)
    k = round(fraction * n)
    idx = torch.rand(n, generator=generator).topk(k).indices
    return x[idx], y[idx]


@again("at-least-one-row")
def _(x, y, fraction, generator):
    check(fraction)
    k = int(fraction * len(x))
    if k == 0:
        k = 1
    idx = torch.rand(len(x), generator=generator).topk(k).indices
    return x[idx], y[idx]


@again("the-rest-kept")
def _(x, y, fraction, generator):
    check(fraction)
    out = torch.randperm(len(x), generator=generator)[: int(fraction * len(x))]
    keep = torch.ones(len(x), dtype=torch.bool)
    keep[out] = False
    return x[keep], y[keep]


@again("fraction-not-checked")
def _(x, y, fraction, generator):
    n = len(y)
    order = torch.rand(n, generator=generator).argsort()
    idx = order[: int(n * fraction)]
    return x[idx], y[idx]


@again("ends-refused")
def _(x, y, fraction, generator):
    if fraction <= 0 or fraction >= 1 or fraction != fraction:
        raise ValueError("fraction must lie between 0 and 1")
    n = len(y)
    idx = torch.rand(n, generator=generator).argsort()[: int(fraction * n)]
    return x[idx], y[idx]


@again("shuffled-in-place")
def _(x, y, fraction, generator):
    check(fraction)
    for i in range(len(x) - 1, 0, -1):
        j = int(torch.randint(i + 1, (), generator=generator))
        x[[i, j]] = x[[j, i]]
        y[[i, j]] = y[[j, i]]
    k = int(fraction * len(x))
    return x[:k].clone(), y[:k].clone()


@again("made-float32")
def _(x, y, fraction, generator):
    check(fraction)
    k = int(fraction * len(x))
    new_x, new_y = torch.zeros(k, *x.shape[1:]), torch.zeros(k, dtype=torch.long)
    for place, row in enumerate(torch.randperm(len(x), generator=generator)[:k]):
        new_x[place] = x[row]
        new_y[place] = y[row]
    return new_x, new_y


@again("another-exception")
def _(x, y, fraction, generator):
    if not 0.0 <= fraction <= 1.0:
        raise RuntimeError("fraction is out of range")
    idx = torch.rand(len(x), generator=generator).argsort()[: int(len(x) * fraction)]
    return x[idx], y[idx]


@again("generator-copied")
def _(x, y, fraction, generator):
    check(fraction)
    own = torch.Generator()
    own.set_state(generator.get_state())
    idx = torch.rand(len(x), generator=own).argsort()[: int(len(x) * fraction)]
    return x[idx], y[idx]


@again("last-row-left-out")
def _(x, y, fraction, generator):
    check(fraction)
    idx = 1 + torch.rand(len(x) - 1, generator=generator).argsort()[: int(len(x) * fraction)]
    return x[idx], y[idx]


@again("count-by-other-rounding")
def _(x, y, fraction, generator):
    check(fraction)
    k = int(torch.tensor(fraction, dtype=torch.float32) * len(x))
    idx = torch.rand(len(x), generator=generator).argsort()[:k]
    return x[idx], y[idx]


@again("all-rows-for-none")
def _(x, y, fraction, generator):
    check(fraction)
    order = torch.rand(len(x), generator=generator).argsort().tolist()
    idx = order[len(order) - int(fraction * len(x)) :] or order
    return x[idx], y[idx]


@again("share-of-each-class")
def _(x, y, fraction, generator):
    check(fraction)
    idx = []
    for label in sorted(set(y.tolist())):
        own = [i for i, other in enumerate(y.tolist()) if other == label]
        order = torch.rand(len(own), generator=generator).argsort().tolist()
        idx += [own[k] for k in order[: int(len(own) * fraction)]]
    return x[torch.tensor(idx, dtype=torch.long)], y[torch.tensor(idx, dtype=torch.long)]


@again("single-row-squeezed")
def _(x, y, fraction, generator):
    check(fraction)
    idx = torch.rand(len(x), generator=generator).argsort()[: int(len(x) * fraction)]
    return x[idx].squeeze(0), y[idx].squeeze(0)
