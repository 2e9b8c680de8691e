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


@ENTRIES.add(
    "merge-averages",
    "merge_fisher",
    "You divide by two. Nothing is averaged: decay * old + new.",
)
def _(old: Weights, new: Weights, decay: float) -> Weights:
    return merged(old, new, decay / 2, 0.5)


@ENTRIES.add(
    "merge-in-place",
    "merge_fisher",
    "You write into the old or the new Fisher. Make new tensors: whoever called may need them.",
)
def _(old: Weights, new: Weights, decay: float) -> Weights:
    for n, f in old.items():
        f.mul_(decay).add_(new[n])
    return old
