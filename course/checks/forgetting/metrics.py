"""Checks of ``average_accuracy``, ``forgetting`` and ``backward_transfer``."""

from __future__ import annotations

from collections.abc import Mapping

import torch

from course.checks.expect import close, unchanged
from course.checks.student import Checks, Function

# Task 0 is best after task 1, task 1 is best at the end, as can happen. With these numbers each of
# the mistakes below gives a value of its own.
THREE = [[0.80, 0.10, 0.30], [0.90, 0.60, 0.40], [0.40, 0.65, 0.95]]
ROWS = "With rows 0.80 0.10 0.30, 0.90 0.60 0.40, 0.40 0.65 0.95 "
BETTER = [[0.5, 0.1], [0.75, 0.9]]


def _is(
    metric: Function,
    rows: list[list[float]],
    expected: float,
    what: str,
    mistakes: Mapping[float, str],
) -> None:
    R = torch.tensor(rows, dtype=torch.float64)
    before = R.clone()
    value = metric(R)
    unchanged(before, R, "R")
    close(value, expected, what, mistakes)


def last_row(average_accuracy: Function) -> None:
    """Is the mean of the last row."""
    mistakes = {
        0.7833: "That is the mean of the diagonal: each task just after it was learnt.",
        0.55: "That is the mean of the last column: the last task only.",
        0.5667: "That is the mean of the whole matrix.",
        2.0: "That is the sum of the last row.",
        66.6667: "Fractions are from 0 to 1, not in percent.",
    }
    _is(average_accuracy, THREE, 0.66667, f"{ROWS}the average accuracy", mistakes)


def one_task(metric: Function) -> None:
    """Is 0.0 for one task."""
    _is(metric, [[0.9]], 0.0, "With one task nothing can be forgotten: the result", {})


def one_task_average(average_accuracy: Function) -> None:
    """Works for one task."""
    _is(average_accuracy, [[0.25]], 0.25, "The average accuracy of one task", {})


def best_minus_last(forgetting: Function) -> None:
    """Is the best accuracy before minus the last."""
    # Task 0: 0.90 - 0.40; task 1: 0.60 - 0.65.
    own = "Each task has its own best accuracy: take the maximum of each column by itself"
    mistakes = {
        0.25: "The best accuracy is taken before the last task: leave the final row out of the"
        " maximum, or a task that got better counts as 0.",
        0.15: "The mean is over the T - 1 tasks before the last, not over T.",
        0.1667: "A task that got better counts as negative forgetting, and the mean is over T - 1"
        " tasks.",
        0.175: "That compares with the accuracy just after learning, where the best of all rows but"
        " the last is meant.",
        0.275: "A task that got better counts as negative: keep the sign.",
        -0.225: "The sign is turned: what was lost counts as positive.",
        0.45: "That is the sum; take the mean over T - 1 tasks.",
        -0.0333: "The last task does not count: nothing came after it.",
        0.325: "That is the maximum of each row. The best accuracy of a task stands in its column.",
        **dict.fromkeys((0.375, 0.425, 0.2833, 0.2333), f"{own}, not of the whole matrix."),
        -0.075: "That compares with the first row, where the best of all rows but the last is"
        " meant.",
        22.5: "Fractions are from 0 to 1, not in percent.",
    }
    _is(forgetting, THREE, 0.225, f"{ROWS}forgetting", mistakes)


def can_be_negative(forgetting: Function) -> None:
    """Is negative when a task got better."""
    mistakes = {
        0.0: "A task that got better counts as negative: do not stop at 0, and leave the"
        " final row out of the maximum."
    }
    _is(forgetting, BETTER, -0.25, "With rows 0.50 0.10, 0.75 0.90 forgetting", mistakes)


def last_minus_diagonal(backward_transfer: Function) -> None:
    """Is the last accuracy minus that just after learning."""
    # Task 0: 0.40 - 0.80; task 1: 0.65 - 0.60.
    mistakes = {
        0.175: "The sign is turned: what was lost counts as negative.",
        -0.1167: "The mean is over the T - 1 tasks before the last, not over T.",
        **dict.fromkeys(
            (-0.225, -0.25),
            "Compare with the diagonal, each task just after it was learnt, not with the best.",
        ),
        0.075: "Compare with the diagonal, each task just after it was learnt, not with the first"
        " row.",
        0.225: "A task that got worse counts as negative: keep the sign.",
        -0.35: "That is the sum; take the mean over T - 1 tasks.",
    }
    _is(backward_transfer, THREE, -0.175, f"{ROWS}backward transfer", mistakes)


def can_be_positive(backward_transfer: Function) -> None:
    """Is positive when a task got better."""
    _is(backward_transfer, BETTER, 0.25, "With rows 0.50 0.10, 0.75 0.90 backward transfer", {})


CHECKS: Checks = {
    "average_accuracy": [
        last_row,
        one_task_average,
    ],
    "forgetting": [
        best_minus_last,
        can_be_negative,
        one_task,
    ],
    "backward_transfer": [
        last_minus_diagonal,
        can_be_positive,
        one_task,
    ],
}
