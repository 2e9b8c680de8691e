"""Checks of ``empirical_fisher``, ``fisher_diagonal`` and ``merge_fisher``."""

from __future__ import annotations

from typing import Any

import torch

from course.checks.ewc.small import (
    X,
    Y,
    compare,
    entry,
    in_double,
    keeps_float64,
    mode_is,
    network,
    weights,
)
from course.checks.student import Checks, Function


def _both(first: float, second: float) -> list[list[float]]:
    """Both classes' weights have the same importances: of the first pixel and of the second."""
    return [[first, second], [first, second]]


EMPIRICAL, EXACT = _both(0.03125, 0.15625), _both(0.09375, 0.21875)
MEAN_SQUARED = "You squared the gradient of the batch mean. Square each row's own first."
SUMMED = "That is the sum over the rows; take their mean."
EMPIRICAL_MISTAKES = {
    MEAN_SQUARED: _both(0.015625, 0.015625),
    SUMMED: _both(0.0625, 0.3125),
    "That is the exact Fisher, over all classes. Use the labels y.": EXACT,
    "The gradients were not squared.": [[0.125, -0.125], [-0.125, 0.125]],
}
EXACT_MISTAKES = {
    "That uses one label for each row. Sum over all classes, each weighted by its p.": EMPIRICAL,
    MEAN_SQUARED: _both(0.015625, 0.140625),
    SUMMED: _both(0.1875, 0.4375),
    "The classes were not weighted by their probabilities.": _both(0.3125, 0.5625),
    "The mean over classes was taken. Weigh each class by its probability.": _both(
        0.15625, 0.28125
    ),
    "The gradient of the sum over all classes was squared. Square class by class.": _both(
        0.125, 0.125
    ),
    "Gradients were averaged over classes before squaring; so they cancel.": 0.0,
    "The probability was squared too: it is p times the square.": _both(0.03515625, 0.09765625),
}
WHAT = "The Fisher of the four weights"


# Many rows: so many times the first one, then so many times the second. No batch divides that.
FIRST, SECOND = 300, 313
MANY = torch.tensor([0] * FIRST + [1] * SECOND)
MANY_WHAT = f"The Fisher of {FIRST + SECOND} rows"
OF_BATCHES = "Does every row count, and all of them alike, whatever batch they are in?"


def _of_many(first: tuple[float, float], second: tuple[float, float]) -> list[list[float]]:
    """From the squares of the two rows, their mean over the many."""
    rows = FIRST + SECOND
    return _both(*((FIRST * a + SECOND * b) / rows for a, b in zip(first, second, strict=True)))


def mean_of_squares(empirical_fisher: Function) -> None:
    """Averages squared gradients."""
    found = weights(empirical_fisher(network(), X, Y), (2, 2), WHAT)
    compare(found, EMPIRICAL, WHAT, EMPIRICAL_MISTAKES)


def many_rows(empirical_fisher: Function) -> None:
    """Copes with many rows."""
    found = weights(empirical_fisher(network(), X[MANY], Y[MANY]), (2, 2), WHAT)
    right = _of_many((0.0625, 0.0625), (0.0, 0.25))
    compare(found, right, MANY_WHAT, {}, OF_BATCHES)


def empirical_in_evaluation_mode(empirical_fisher: Function) -> None:
    """Works in evaluation mode."""
    _in_evaluation_mode(empirical_fisher, (X, Y), EMPIRICAL)


def over_all_classes(fisher_diagonal: Function) -> None:
    """Sums over all classes."""
    found = weights(fisher_diagonal(network(), X), (2, 2), WHAT)
    compare(found, EXACT, WHAT, EXACT_MISTAKES)


def many_rows_and_one(fisher_diagonal: Function) -> None:
    """Copes with many rows and with one."""
    found = weights(fisher_diagonal(network(), X[MANY]), (2, 2), WHAT)
    right = _of_many((0.1875, 0.1875), (0.0, 0.25))
    compare(found, right, MANY_WHAT, {}, OF_BATCHES)
    one = weights(fisher_diagonal(network(), X[:1]), (2, 2), WHAT)
    compare(one, _both(0.1875, 0.1875), "The Fisher of one row", {})


def exact_in_evaluation_mode(fisher_diagonal: Function) -> None:
    """Works in evaluation mode."""
    _in_evaluation_mode(fisher_diagonal, (X,), EXACT)


def _in_evaluation_mode(function: Function, rows: tuple[Any, ...], wanted: list[Any]) -> None:
    for training in (True, False):
        model = network(dropout=0.5).train(training)
        found = weights(function(model, *rows), (2, 2), WHAT)
        compare(found, wanted, f"{WHAT} of a model with Dropout, which should be off,", {})
        mode_is(model, training)


def empirical_keeps_dtype(empirical_fisher: Function) -> None:
    """Keeps the dtype."""
    found = empirical_fisher(network(dtype=torch.float64), X.double(), Y)
    compare(keeps_float64(found, (2, 2), WHAT), EMPIRICAL, WHAT, {})


def exact_keeps_dtype(fisher_diagonal: Function) -> None:
    """Keeps the dtype."""
    found = fisher_diagonal(network(dtype=torch.float64), X.double())
    compare(keeps_float64(found, (2, 2), WHAT), EXACT, WHAT, {})


def fades_and_adds(merge_fisher: Function) -> None:
    """Lets the old one fade."""
    old, new = {"w": torch.tensor([2.0, 4.0])}, {"w": torch.tensor([1.0, 3.0])}
    found = entry(merge_fisher(old, new, 0.25), ("w",), (2,), "The merged Fisher")
    mistakes = {
        "The new one faded; the old one should.": [2.25, 4.75],
        "That is a moving average; the new one is added whole.": [1.25, 3.25],
        "Nothing faded: the old one is multiplied by decay.": [3.0, 7.0],
        "Both faded; only the old one should.": [0.75, 1.75],
        "The old one has no part in it.": [1.0, 3.0],
    }
    compare(found, [1.5, 4.0], "The merged Fisher", mistakes)


def leaves_both_alone(merge_fisher: Function) -> None:
    """Leaves both as they are."""
    # The names come in another order: what belongs together has the same name.
    old = {"w": torch.tensor([4.0]).double(), "b": torch.tensor([8.0]).double()}
    new = {"b": torch.tensor([2.0]).double(), "w": torch.tensor([1.0]).double()}
    found = entry(merge_fisher(old, new, 0.5), ("w", "b"), (1,), "The merged Fisher")
    compare(found, [3.0], "The merged Fisher", {})
    in_double(found, "The merged Fisher")
    assert old["w"].item() == 4.0, "`old` was changed; it belongs to whoever called."
    assert new["w"].item() == 1.0, "`new` was changed; it belongs to whoever called."


CHECKS: Checks = {
    "empirical_fisher": [
        mean_of_squares,
        many_rows,
        empirical_in_evaluation_mode,
        empirical_keeps_dtype,
    ],
    "fisher_diagonal": [
        over_all_classes,
        many_rows_and_one,
        exact_in_evaluation_mode,
        exact_keeps_dtype,
    ],
    "merge_fisher": [fades_and_adds, leaves_both_alone],
}
