"""Wrong answers for `merge_fisher`."""

from __future__ import annotations

from torch import Tensor

from autograder.misconceptions.entry import Entries

ENTRIES = Entries()
Weights = dict[str, Tensor]


def merged(old: Weights, new: Weights, a: float, b: float) -> Weights:
    return {n: a * old[n] + b * new[n] for n in new}


@ENTRIES.add(
    "merge-decays-the-new",
    "merge_fisher",
    "You let the new Fisher fade. It is the old one that is multiplied by decay.",
)
def _(old: Weights, new: Weights, decay: float) -> Weights:
    return merged(old, new, 1, decay)


@ENTRIES.add(
    "merge-moving-average",
    "merge_fisher",
    "You take a moving average. The new Fisher is added whole, not times 1 - decay.",
)
def _(old: Weights, new: Weights, decay: float) -> Weights:
    return merged(old, new, decay, 1 - decay)


@ENTRIES.add(
    "merge-moving-average-turned",
    "merge_fisher",
    "You take a moving average, and let the old one fade by 1 - decay. It is decay * old + new.",
)
def _(old: Weights, new: Weights, decay: float) -> Weights:
    return merged(old, new, 1 - decay, decay)


@ENTRIES.add(
    "merge-decays-both",
    "merge_fisher",
    "You let both fade. Only the old one is multiplied by decay.",
)
def _(old: Weights, new: Weights, decay: float) -> Weights:
    return merged(old, new, decay, decay)


@ENTRIES.add(
    "merge-without-decay",
    "merge_fisher",
    "You add the two without decay, so nothing ever fades.",
)
def _(old: Weights, new: Weights, decay: float) -> Weights:
    return merged(old, new, 1, 1)


@ENTRIES.add(
    "merge-replaces",
    "merge_fisher",
    "Only the new Fisher is left: the tasks before are no longer protected.",
)
def _(old: Weights, new: Weights, decay: float) -> Weights:
    return merged(old, new, 0, 1)


@ENTRIES.add(
    "merge-keeps-the-old",
    "merge_fisher",
    "The Fisher is never updated: the new task has no part in it.",
)
def _(old: Weights, new: Weights, decay: float) -> Weights:
    return merged(old, new, decay, 0)


@ENTRIES.also("merge-keeps-the-old")
def _(old: Weights, new: Weights, decay: float) -> Weights:
    return merged(old, new, 1, 0)


@ENTRIES.add(
    "merge-averages",
    "merge_fisher",
    "You divide by two, or by 1 + decay. Nothing is averaged: decay * old + new.",
)
def _(old: Weights, new: Weights, decay: float) -> Weights:
    return merged(old, new, decay / 2, 0.5)


@ENTRIES.also("merge-averages")
def _(old: Weights, new: Weights, decay: float) -> Weights:
    return merged(old, new, 0.5, 0.5)


@ENTRIES.also("merge-averages")
def _(old: Weights, new: Weights, decay: float) -> Weights:
    return merged(old, new, decay / (1 + decay), 1 / (1 + decay))


@ENTRIES.add(
    "merge-in-place",
    "merge_fisher",
    "You write into the old or the new Fisher. Make new tensors: whoever called may need them.",
)
def _(old: Weights, new: Weights, decay: float) -> Weights:
    for n, f in old.items():
        f.mul_(decay).add_(new[n])
    return old


@ENTRIES.also("merge-in-place")
def _(old: Weights, new: Weights, decay: float) -> Weights:
    for n, f in new.items():
        f.add_(old[n], alpha=decay)
    return new


@ENTRIES.add(
    "merge-fades-by-one-minus-decay",
    "merge_fisher",
    "You multiply the old Fisher by 1 - decay. Here decay is how much of it stays.",
)
def _(old: Weights, new: Weights, decay: float) -> Weights:
    return merged(old, new, 1 - decay, 1)


@ENTRIES.add(
    "merge-zero-decay-ignored",
    "merge_fisher",
    "A decay of 0 is taken for none given. Nothing of the old Fisher is left then: beware of "
    "`if decay` and `decay or ...`.",
)
def _(old: Weights, new: Weights, decay: float) -> Weights:
    return merged(old, new, decay or 1.0, 1)


@ENTRIES.also("merge-zero-decay-ignored")
def _(old: Weights, new: Weights, decay: float) -> Weights:
    return merged(old, new, decay or 0.9, 1)


@ENTRIES.add(
    "merge-by-order-not-by-name",
    "merge_fisher",
    "You pair the two in the order in which they come. Look them up by name: a dict may come in "
    "any order.",
)
def _(old: Weights, new: Weights, decay: float) -> Weights:
    pairs = zip(old.values(), new.items(), strict=True)
    return {n: decay * a + b for a, (n, b) in pairs}


@ENTRIES.add(
    "merge-in-float32",
    "merge_fisher",
    "Your result is float32 whatever was handed over. Convert nothing.",
)
def _(old: Weights, new: Weights, decay: float) -> Weights:
    return {n: f.float() for n, f in merged(old, new, decay, 1).items()}
