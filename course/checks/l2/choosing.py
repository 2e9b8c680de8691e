"""Checks of ``best_strength``."""

from __future__ import annotations

import math
from collections.abc import Mapping

from course.checks.expect import close
from course.checks.student import Checks, Function, Raised

NAN, INF = math.nan, math.inf
Results = dict[float, tuple[float, float]]


def _chooses(
    best_strength: Function, results: Results, expected: float, mistakes: Mapping[float, str]
) -> None:
    value = best_strength(results)
    close(value, expected, f"Of {results} the best strength", mistakes)


def highest_mean(best_strength: Function) -> None:
    """Chooses the highest mean of old and new."""
    results = {0.0: (0.125, 1.0), 0.1: (0.5, 0.9375), 1.0: (0.6875, 0.6875), 10.0: (0.9375, 0.0625)}
    mistakes = {
        10.0: "That one is best on the old task alone; compare the mean of both.",
        0.0: "That one is best on the new task alone; compare the mean of both.",
        1.0: "Its two accuracies are alike, but their mean is lower.",
        0.71875: "That is the mean itself; return the strength that it belongs to.",
    }
    _chooses(best_strength, results, 0.1, mistakes)


def smallest_of_equals(best_strength: Function) -> None:
    """Chooses the smallest of equals."""
    results = {2.0: (0.5, 0.75), 0.5: (0.75, 0.5), 1.0: (0.625, 0.625), 4.0: (0.25, 0.5)}
    mistakes = {
        2.0: "Three are equal; the smallest strength should win, not the first or the largest.",
        1.0: "Three are equal; the smallest strength should win, not the last in the dict.",
        4.0: "That one has the lowest mean; these are accuracies, not losses.",
    }
    _chooses(best_strength, results, 0.5, mistakes)
    zero = {0.0: (0.5, 0.5), 1.0: (0.25, 0.5)}
    _chooses(best_strength, zero, 0.0, {1.0: "Does the strength 0 count as no strength at all?"})


def ignores_what_diverged(best_strength: Function) -> None:
    """Lets runs that diverged lose."""
    results = {0.5: (NAN, 1.0), 1.0: (0.25, 0.5), 2.0: (1.0, INF), 4.0: (1.0, NAN), 8.0: (INF, 1.0)}
    what = "An accuracy that is NaN or infinite must not win, whichever of the two it is."
    _chooses(best_strength, results, 1.0, dict.fromkeys((0.5, 2.0, 4.0, 8.0), what))
    _chooses(best_strength, {0.5: (NAN, 1.0), 1.0: (0.0, 0.0)}, 1.0, {0.5: what})
    assert list(results) == [0.5, 1.0, 2.0, 4.0, 8.0], (
        "`results` was changed; whoever called still needs it. Work on a copy."
    )


def refuses_nothing(best_strength: Function) -> None:
    """Raises ValueError when there is nothing to choose."""
    for results in ({}, {1.0: (NAN, 0.5), 2.0: (0.5, INF)}):
        try:
            value = best_strength(results)
        except Raised as raised:
            if not isinstance(raised.error, ValueError):
                raise
            continue
        raise AssertionError(f"{results} should raise a ValueError, but {value!r} came back.")


CHECKS: Checks = {
    "best_strength": [
        highest_mean,
        smallest_of_equals,
        ignores_what_diverged,
        refuses_nothing,
    ],
}
