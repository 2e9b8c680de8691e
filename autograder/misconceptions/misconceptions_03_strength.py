"""Wrong answers for `best_strength`: the right one, with one of its parts exchanged."""

from __future__ import annotations

import math
from collections.abc import Callable

from autograder.misconceptions.entry import Entries

ENTRIES = Entries()
Results = dict[float, tuple[float, float]]


def highest(
    results: Results, score: Callable[[float, float], float] = lambda old, new: (old + new) / 2
) -> float:
    """The right answer, for another ``score`` than the mean."""
    scores = {s: score(*both) for s, both in results.items() if all(map(math.isfinite, both))}
    if not scores:
        raise ValueError("expected at least one strength with finite accuracies")
    return max(sorted(scores), key=scores.__getitem__)


@ENTRIES.add(
    "best-on-the-old-task",
    "best_strength",
    "You choose the strength that is best on the old task. That is the largest, with which nothing "
    "new is learnt. Both accuracies count alike: take their mean.",
)
def _(results: Results) -> float:
    return highest(results, lambda old, new: old)


@ENTRIES.add(
    "best-on-the-new-task",
    "best_strength",
    "You choose the strength that is best on the new task. That is the smallest, with which the "
    "old one is forgotten. Both accuracies count alike: take their mean.",
)
def _(results: Results) -> float:
    return highest(results, lambda old, new: new)


@ENTRIES.add(
    "best-of-the-worse",
    "best_strength",
    "You compare the worse of the two accuracies. That is a sensible aim too, but asked for is the "
    "highest mean.",
)
def _(results: Results) -> float:
    return highest(results, min)


@ENTRIES.add(
    "best-of-the-better",
    "best_strength",
    "You compare the better of the two accuracies. One of them is always high: take their mean.",
)
def _(results: Results) -> float:
    return highest(results, max)


@ENTRIES.add(
    "product-of-both",
    "best_strength",
    "You multiply the two accuracies, which prefers those that are alike. Compare their mean.",
)
def _(results: Results) -> float:
    return highest(results, lambda old, new: old * new)


@ENTRIES.add(
    "most-balanced",
    "best_strength",
    "You choose the strength with the smallest gap between the two accuracies. Both could be low: "
    "compare their mean.",
)
def _(results: Results) -> float:
    return highest(results, lambda old, new: -abs(old - new))


@ENTRIES.add(
    "lowest-mean",
    "best_strength",
    "You choose the lowest mean. These are accuracies, not losses: the highest wins.",
)
def _(results: Results) -> float:
    return highest(results, lambda old, new: -(old + new))


@ENTRIES.add(
    "mean-instead-of-strength",
    "best_strength",
    "You return the best mean. Asked for is the strength that it belongs to.",
)
def _(results: Results) -> float:
    return sum(results[highest(results)]) / 2


@ENTRIES.add(
    "strength-and-mean",
    "best_strength",
    "You return the strength together with its mean. Return the strength alone.",
)
def _(results: Results) -> tuple[float, float]:
    best = highest(results)
    return best, sum(results[best]) / 2


@ENTRIES.add(
    "position-instead-of-strength",
    "best_strength",
    "You return the place at which the best strength stands. Return the strength itself.",
)
def _(results: Results) -> int:
    return list(results).index(highest(results))


@ENTRIES.add(
    "largest-of-equals",
    "best_strength",
    "Among equals you choose the largest strength. The smallest should win: it leaves the network "
    "most free to learn what is still to come.",
)
def _(results: Results) -> float:
    finite = {s: old + new for s, (old, new) in results.items() if math.isfinite(old + new)}
    if not finite:
        raise ValueError("nothing finite")
    return max(finite, key=lambda strength: (finite[strength], strength))


@ENTRIES.add(
    "first-of-equals",
    "best_strength",
    "Among equals you choose the one that comes first in the dict. The smallest strength should "
    "win, in whatever order they were tried.",
)
def _(results: Results) -> float:
    finite = {s: old + new for s, (old, new) in results.items() if math.isfinite(old + new)}
    if not finite:
        raise ValueError("nothing finite")
    return max(finite, key=finite.__getitem__)


@ENTRIES.add(
    "last-of-equals",
    "best_strength",
    "Among equals you choose the one that comes last in the dict (`>=` instead of `>`). The "
    "smallest strength should win, in whatever order they were tried.",
)
def _(results: Results) -> float:
    finite = {s: old + new for s, (old, new) in results.items() if math.isfinite(old + new)}
    if not finite:
        raise ValueError("nothing finite")
    return max(reversed(finite), key=finite.__getitem__)


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


@ENTRIES.add(
    "mean-of-zero-never-wins",
    "best_strength",
    "You start from a best mean of 0 and look for a higher one, so strengths with two accuracies "
    "of 0 are never chosen. Start from the first strength, or from minus infinity.",
)
def _(results: Results) -> float:
    if not any(math.isfinite(old + new) for old, new in results.values()):
        raise ValueError("nothing finite")
    best, top = math.nan, 0.0
    for strength in sorted(results):
        if math.isfinite(sum(results[strength])) and sum(results[strength]) > top:
            best, top = strength, sum(results[strength])
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


@ENTRIES.add(
    "another-kind-of-error",
    "best_strength",
    "With nothing to choose from, an error of another kind than ValueError comes up. Look first "
    "whether anything is left, and raise a ValueError yourself.",
)
def _(results: Results) -> float:
    finite = [(-sum(both), s) for s, both in results.items() if all(map(math.isfinite, both))]
    return sorted(finite)[0][1]


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
