"""Wrong answers for `best_strength` about runs that diverged, zeros, and nothing to choose from."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeVar

from autograder.misconceptions.entry import Entries
from autograder.misconceptions.misconceptions_03_strength import Results, highest

ENTRIES = Entries()
Best = TypeVar("Best", float, float | None)


def above_all(results: Results, watched: int) -> float:
    """Only one of the two accuracies has to be finite, and any sum but NaN can win."""
    best, top = None, -math.inf
    for strength in sorted(results):
        if math.isfinite(results[strength][watched]) and sum(results[strength]) > top:
            best, top = strength, sum(results[strength])
    if best is None:
        raise ValueError("nothing finite")
    return best


def above_zero(results: Results, best: Best) -> Best:
    """Only a mean above zero can win, else what was ``best`` from the start."""
    top = 0.0
    for strength in sorted(results):
        if math.isfinite(sum(results[strength])) and sum(results[strength]) > top:
            best, top = strength, sum(results[strength])
    return best


@ENTRIES.add(
    "nothing-sorted-out",
    "best_strength",
    "You do not look whether the accuracies are finite. NaN is neither smaller nor larger than any "
    "number, so `max` and `<` make nonsense of it. Leave such runs out first.",
)
def _(results: Results) -> float:
    if not results:
        raise ValueError("empty")
    return max(sorted(results), key=lambda strength: sum(results[strength]))


@ENTRIES.also("nothing-sorted-out")
def _(results: Results) -> float:
    """As ``argmax`` of numpy and torch does, which take NaN for the largest."""
    if not results:
        raise ValueError("empty")
    means = {s: sum(results[s]) for s in sorted(results)}
    return max(means, key=lambda s: math.inf if math.isnan(means[s]) else min(means[s], 1e9))


@ENTRIES.also("nothing-sorted-out")
def _(results: Results) -> float:
    if not results:
        raise ValueError("empty")
    return sorted(results, key=lambda s: (-sum(results[s]), s))[0]


@ENTRIES.also("nothing-sorted-out")
def _(results: Results) -> float:
    return max(sorted(results), key=lambda strength: sum(results[strength]))


@ENTRIES.add(
    "one-bad-run-spoils-all",
    "best_strength",
    "You raise an error as soon as one accuracy is not finite. Such a run only loses; raise where "
    "no other is left.",
)
def _(results: Results) -> float:
    if not all(math.isfinite(old + new) for old, new in results.values()):
        raise ValueError("diverged")
    return highest(results)


@ENTRIES.add(
    "infinity-wins",
    "best_strength",
    "You leave out NaN but not infinity, so a run that diverged wins. Ask for finite numbers "
    "(`math.isfinite`).",
)
def _(results: Results) -> float:
    numbers = {s: old + new for s, (old, new) in results.items() if not math.isnan(old + new)}
    if not numbers:
        raise ValueError("no number")
    return max(sorted(numbers), key=numbers.__getitem__)


@ENTRIES.also("infinity-wins")
def _(results: Results) -> float:
    best, top = None, -math.inf
    for strength in sorted(results):
        if sum(results[strength]) > top:
            best, top = strength, sum(results[strength])
    if best is None:
        raise ValueError("no number")
    return best


@ENTRIES.add(
    "only-the-old-accuracy-looked-at",
    "best_strength",
    "You look only whether the accuracy on the old task is finite. The other one has to be, too.",
)
def _(results: Results) -> float:
    kept = [s for s in sorted(results) if math.isfinite(results[s][0])]
    if not kept:
        raise ValueError("nothing finite")
    return max(kept, key=lambda strength: sum(results[strength]))


@ENTRIES.also("only-the-old-accuracy-looked-at")
def _(results: Results) -> float:
    return above_all(results, 0)


@ENTRIES.add(
    "only-the-new-accuracy-looked-at",
    "best_strength",
    "You look only whether the accuracy on the new task is finite. The other one has to be, too.",
)
def _(results: Results) -> float:
    kept = [s for s in sorted(results) if math.isfinite(results[s][1])]
    if not kept:
        raise ValueError("nothing finite")
    return max(kept, key=lambda strength: sum(results[strength]))


@ENTRIES.also("only-the-new-accuracy-looked-at")
def _(results: Results) -> float:
    return above_all(results, 1)


@ENTRIES.add(
    "one-finite-accuracy-is-enough",
    "best_strength",
    "You take the mean over those of the two accuracies that are finite, so a run can win with one "
    "alone. A run with an accuracy that is not finite loses.",
)
def _(results: Results) -> float:
    finite = {s: [a for a in both if math.isfinite(a)] for s, both in results.items()}
    means = {s: sum(left) / len(left) for s, left in finite.items() if left}
    if not means:
        raise ValueError("nothing finite")
    return max(sorted(means), key=means.__getitem__)


@ENTRIES.add(
    "not-finite-counts-as-zero",
    "best_strength",
    "You count an accuracy that is not finite as 0, so a run can still win with the other one. A "
    "run with an accuracy that is not finite loses against every other.",
)
def _(results: Results) -> float:
    if not any(math.isfinite(old + new) for old, new in results.values()):
        raise ValueError("nothing finite")
    means = {s: sum(a for a in both if math.isfinite(a)) / 2 for s, both in results.items()}
    return max(sorted(means), key=means.__getitem__)


@ENTRIES.also("not-finite-counts-as-zero")
def _(results: Results) -> float:
    highest(results)
    sums = {s: sum(both) if math.isfinite(sum(both)) else 0.0 for s, both in results.items()}
    return max(sorted(sums), key=sums.__getitem__)


@ENTRIES.add(
    "zero-never-wins",
    "best_strength",
    "The strength 0 never wins: `if not best` takes it for no strength at all. Compare with "
    "`None`.",
)
def _(results: Results) -> float:
    best = None
    for strength in sorted(results):
        mean = sum(results[strength])
        if math.isfinite(mean) and (not best or mean > sum(results[best])):
            best = strength
    if not best:
        raise ValueError("nothing finite")
    return best


@ENTRIES.also("zero-never-wins")
def _(results: Results) -> float:
    best = highest(results)
    if not best:
        raise ValueError("nothing was chosen")
    return best


@ENTRIES.also("zero-never-wins")
def _(results: Results) -> float | None:
    if not any(math.isfinite(old + new) for old, new in results.values()):
        raise ValueError("nothing finite")
    return highest(results) or None


@ENTRIES.also("zero-never-wins")
def _(results: Results) -> float:
    return highest({s: both for s, both in results.items() if s > 0})


@ENTRIES.add(
    "mean-of-zero-never-wins",
    "best_strength",
    "You start from a best mean of 0 and look for a higher one, so strengths with two accuracies "
    "of 0 are never chosen. Start from the first strength, or from minus infinity.",
)
def _(results: Results) -> float:
    if not any(math.isfinite(old + new) for old, new in results.values()):
        raise ValueError("nothing finite")
    return above_zero(results, math.nan)


@ENTRIES.also("mean-of-zero-never-wins")
def _(results: Results) -> float | None:
    if not any(math.isfinite(old + new) for old, new in results.values()):
        raise ValueError("nothing finite")
    return above_zero(results, None)


@ENTRIES.also("mean-of-zero-never-wins")
def _(results: Results) -> float | None:
    if not any(math.isfinite(old + new) for old, new in results.values()):
        raise ValueError("nothing finite")
    return above_zero(results, 0.0)


@ENTRIES.also("mean-of-zero-never-wins")
def _(results: Results) -> float:
    best = above_zero(results, None)
    if best is None:
        raise ValueError("nothing was chosen")
    return best


@ENTRIES.add(
    "none-instead-of-an-error",
    "best_strength",
    "With nothing to choose from you return None, which fails much later, somewhere else. Raise a "
    "ValueError that says what is wrong.",
)
def _(results: Results) -> float | None:
    try:
        return highest(results)
    except ValueError:
        return None


@ENTRIES.also("none-instead-of-an-error")
def _(results: Results) -> float | Exception:
    try:
        return highest(results)
    except ValueError as error:
        return error


@ENTRIES.also("none-instead-of-an-error")
def _(results: Results) -> float:
    return highest(results or {0.0: (0.0, 0.0)})


@ENTRIES.add(
    "only-an-empty-dict-refused",
    "best_strength",
    "You raise ValueError for an empty dict, but not where no strength has two finite accuracies.",
)
def _(results: Results) -> float:
    if not results:
        raise ValueError("empty")
    finite = [s for s in sorted(results) if all(map(math.isfinite, results[s]))]
    return max(finite, key=lambda strength: sum(results[strength]), default=min(results))


@ENTRIES.also("only-an-empty-dict-refused")
def _(results: Results) -> float | None:
    if not results:
        raise ValueError("empty")
    finite = [s for s in sorted(results) if all(map(math.isfinite, results[s]))]
    return max(finite, key=lambda strength: sum(results[strength]), default=None)


@ENTRIES.also("only-an-empty-dict-refused")
def _(results: Results) -> float:
    finite = {s: both for s, both in results.items() if math.isfinite(sum(both))}
    return highest(finite) if finite or not results else math.nan


@ENTRIES.add(
    "another-kind-of-error",
    "best_strength",
    "With nothing to choose from, an error of another kind than ValueError comes up. Look first "
    "whether anything is left, and raise a ValueError yourself.",
)
def _(results: Results) -> float:
    finite = [(-sum(both), s) for s, both in results.items() if all(map(math.isfinite, both))]
    return sorted(finite)[0][1]


OTHER_ERRORS = (
    *(AssertionError, AttributeError, Exception, KeyError, RuntimeError, StopIteration),
    *(TypeError, UnboundLocalError, ZeroDivisionError),
)


def raising(kind: type[Exception]) -> Callable[[Results], float]:
    """Nothing to choose from ends in an error of this kind."""

    def choose(results: Results) -> float:
        if not any(math.isfinite(old + new) for old, new in results.values()):
            raise kind("nothing finite")
        return highest(results)

    return choose


for kind in OTHER_ERRORS:
    ENTRIES.also("another-kind-of-error")(raising(kind))


@ENTRIES.add(
    "runs-thrown-out",
    "best_strength",
    "You delete runs from `results`, which belongs to whoever called you. Collect what is left in "
    "a dict of your own.",
)
def _(results: Results) -> float:
    for strength in [s for s, both in results.items() if not all(map(math.isfinite, both))]:
        del results[strength]
    return highest(results)
