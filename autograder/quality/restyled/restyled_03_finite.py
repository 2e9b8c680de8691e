"""The mistakes of `best_strength` about what is not finite, written in another style."""

import math
from statistics import fmean

import numpy as np

from autograder.quality.restyled.again import Assigned

again = Assigned("03-l2")


def usable(results):
    """(strength, old, new) of all finite runs, smallest strength first."""
    rows = [(s, *results[s]) for s in sorted(results)]
    rows = [row for row in rows if np.isfinite(row).all()]
    if not rows:
        raise ValueError("no finite run")
    return rows


def winner(rows, goodness):
    """The first row that no other beats."""
    top = rows[0]
    for row in rows[1:]:
        if goodness(row) > goodness(top):
            top = row
    return top[0]


@again("nothing-sorted-out")
def _(results):
    if len(results) == 0:
        raise ValueError("no run at all")
    strengths = sorted(results)
    means = [np.mean(results[s]) for s in strengths]
    return strengths[int(np.argmax(means))]


@again("one-bad-run-spoils-all")
def _(results):
    if len(usable(results)) < len(results):
        raise ValueError("a run that diverged")
    return winner(usable(results), lambda row: row[1] + row[2])


@again("infinity-wins")
def _(results):
    best, top = None, None
    for strength in sorted(results):
        old, new = results[strength]
        mean = (old + new) / 2
        if mean != mean:  # only NaN differs from itself
            continue
        if top is None or mean > top:
            best, top = strength, mean
    if best is None:
        raise ValueError("no run gave a number")
    return best


@again("only-the-old-accuracy-looked-at")
def _(results):
    best, top = None, -math.inf
    for strength, (old, new) in sorted(results.items()):
        if math.isnan(old) or math.isinf(old):
            continue
        if old + new > top:
            best, top = strength, old + new
    if best is None:
        raise ValueError("no finite run")
    return best


@again("only-the-new-accuracy-looked-at")
def _(results):
    best, top = None, -math.inf
    for strength, (old, new) in sorted(results.items()):
        if math.isnan(new) or math.isinf(new):
            continue
        if old + new > top:
            best, top = strength, old + new
    if best is None:
        raise ValueError("no finite run")
    return best


@again("one-finite-accuracy-is-enough")
def _(results):
    best, top = None, -math.inf
    for strength, pair in sorted(results.items()):
        numbers = list(filter(math.isfinite, pair))
        if numbers and fmean(numbers) > top:
            best, top = strength, fmean(numbers)
    if best is None:
        raise ValueError("no finite run")
    return best


@again("not-finite-counts-as-zero")
def _(results):
    usable(results)
    strengths = np.array(sorted(results))
    table = np.array([results[s] for s in strengths])
    table = np.where(np.isfinite(table), table, 0.0)
    return float(strengths[table.mean(axis=1).argmax()])


@again("zero-never-wins")
def _(results):
    finite = {s: fmean(pair) for s, pair in results.items() if np.isfinite(pair).all()}
    best = max(sorted(finite), key=finite.get, default=None)
    if not best:
        raise ValueError("no finite run")
    return best


@again("mean-of-zero-never-wins")
def _(results):
    best, top = None, 0.0
    for strength, (old, new) in sorted(results.items()):
        mean = (old + new) / 2
        if math.isfinite(mean) and mean > top:
            best, top = strength, mean
    if best is None:
        raise ValueError("no finite run")
    return best


@again("none-instead-of-an-error")
def _(results):
    best, top = None, -math.inf
    for strength in sorted(results):
        mean = 0.5 * sum(results[strength])
        if math.isfinite(mean) and mean > top:
            best, top = strength, mean
    return best


@again("only-an-empty-dict-refused")
def _(results):
    if not results:
        raise ValueError("no run at all")
    best, top = None, -math.inf
    for strength in sorted(results):
        mean = 0.5 * sum(results[strength])
        if math.isfinite(mean) and mean > top:
            best, top = strength, mean
    return best


@again("another-kind-of-error")
def _(results):
    means = {s: (old + new) / 2 for s, (old, new) in results.items() if math.isfinite(old + new)}
    assert means, "no finite run"
    top = max(means.values())
    return min(s for s in means if means[s] == top)


@again("runs-thrown-out")
def _(results):
    for strength in list(results):
        if not np.isfinite(results[strength]).all():
            results.pop(strength)
    if not results:
        raise ValueError("no finite run")
    return min(results, key=lambda s: (-sum(results[s]), s))
