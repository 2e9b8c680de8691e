"""The mistakes of `best_strength`, written in another style."""

import math
from statistics import fmean, harmonic_mean

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


@again("best-on-the-old-task")
def _(results):
    strengths, old, _ = np.array(usable(results)).T
    return float(strengths[np.argmax(old)])


@again("best-on-the-new-task")
def _(results):
    strengths, _, new = np.array(usable(results)).T
    return float(strengths[np.argmax(new)])


@again("best-of-the-worse")
def _(results):
    table = np.array(usable(results))
    return float(table[table[:, 1:].min(axis=1).argmax(), 0])


@again("best-of-the-better")
def _(results):
    table = np.array(usable(results))
    return float(table[table[:, 1:].max(axis=1).argmax(), 0])


@again("product-of-both")
def _(results):
    return winner(usable(results), lambda row: math.sqrt(row[1] * row[2]))


@again("harmonic-mean")
def _(results):
    return winner(usable(results), lambda row: harmonic_mean(row[1:]))


@again("means-rounded")
def _(results):
    strengths, old, new = np.array(usable(results)).T
    return float(strengths[np.argmax(np.round(old / 2 + new / 2, 2))])


@again("most-balanced")
def _(results):
    best, smallest = None, math.inf
    for strength, old, new in usable(results):
        gap = old - new if old > new else new - old
        if gap < smallest:
            best, smallest = strength, gap
    return best


@again("lowest-mean")
def _(results):
    return min(usable(results), key=lambda row: fmean(row[1:]))[0]


@again("mean-instead-of-strength")
def _(results):
    return max((old + new) / 2 for _, old, new in usable(results))


@again("strength-and-mean")
def _(results):
    mean, strength = max(((old + new) / 2, -s) for s, old, new in usable(results))
    return mean, -strength


@again("position-instead-of-strength")
def _(results):
    table = np.array(usable(results))
    return int(table[:, 1:].mean(axis=1).argmax())


@again("strength-rounded")
def _(results):
    return round(winner(usable(results), lambda row: row[1] + row[2]), 8)


@again("largest-of-equals")
def _(results):
    best, top = None, -math.inf
    for strength, old, new in usable(results):
        if (old + new) / 2 >= top:
            best, top = strength, (old + new) / 2
    return best


@again("first-of-equals")
def _(results):
    best, top = None, -math.inf
    for strength, (old, new) in results.items():
        mean = 0.5 * old + 0.5 * new
        if math.isfinite(mean) and mean > top:
            best, top = strength, mean
    if best is None:
        raise ValueError("no finite run")
    return best


@again("last-of-equals")
def _(results):
    best, top = None, -math.inf
    for strength, (old, new) in results.items():
        mean = 0.5 * old + 0.5 * new
        if math.isfinite(mean) and mean >= top:
            best, top = strength, mean
    if best is None:
        raise ValueError("no finite run")
    return best


@again("strengths-as-text")
def _(results):
    rows = sorted(usable(results), key=lambda row: f"{row[0]:g}")
    return winner(rows, lambda row: row[1] + row[2])
