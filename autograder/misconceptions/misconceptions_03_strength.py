"""Wrong answers for `best_strength` that choose, or return, something else."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch

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
    "harmonic-mean",
    "best_strength",
    "You compare the harmonic mean (2ab / (a + b)), which prefers those that are alike. Asked for "
    "is the plain mean.",
)
def _(results: Results) -> float:
    return highest(results, lambda old, new: old * new / (old + new) if old + new else 0.0)


@ENTRIES.add(
    "means-rounded",
    "best_strength",
    "You round the means, or count those that differ little as equal. Compare them as they are: a "
    "mean that is higher by ever so little wins.",
)
def _(results: Results) -> float:
    return highest(results, lambda old, new: round((old + new) / 2, 2))


@ENTRIES.also("means-rounded")
def _(results: Results) -> float:
    return highest(results, lambda old, new: round((old + new) / 2, 3))


@ENTRIES.also("means-rounded")
def _(results: Results) -> float:
    top = sum(results[highest(results)]) / 2
    finite = [s for s in sorted(results) if math.isfinite(sum(results[s]))]
    return next(s for s in finite if top - sum(results[s]) / 2 <= 0.01)


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


@ENTRIES.also("strength-and-mean")
def _(results: Results) -> dict[float, float]:
    best = highest(results)
    return {best: sum(results[best]) / 2}


@ENTRIES.also("strength-and-mean")
def _(results: Results) -> tuple[float, tuple[float, float]]:
    best = highest(results)
    return best, results[best]


@ENTRIES.add(
    "strength-rounded",
    "best_strength",
    "Your strength has gone through a float32 tensor, or was rounded, and is no longer the one "
    "that was tried. Return the very key of `results`.",
)
def _(results: Results) -> float:
    return torch.tensor(highest(results)).item()


@ENTRIES.add(
    "position-instead-of-strength",
    "best_strength",
    "You return the place at which the best strength stands. Return the strength itself.",
)
def _(results: Results) -> int:
    return list(results).index(highest(results))


@ENTRIES.also("position-instead-of-strength")
def _(results: Results) -> int:
    return sorted(results).index(highest(results))


@ENTRIES.also("position-instead-of-strength")
def _(results: Results) -> int:
    best = highest(results)
    return sum(s < best for s, both in results.items() if math.isfinite(sum(both)))


@ENTRIES.also("position-instead-of-strength")
def _(results: Results) -> int:
    kept = [s for s, both in results.items() if math.isfinite(sum(both))]
    return kept.index(highest(results))


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
    "strengths-as-text",
    "best_strength",
    "You compare strengths as text, where 10 comes before 2. Compare them as numbers.",
)
def _(results: Results) -> float:
    highest(results)
    rising = [s for s in sorted(results, key=str) if math.isfinite(sum(results[s]))]
    return max(rising, key=lambda strength: sum(results[strength]))
