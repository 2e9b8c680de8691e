"""Checks of ``train_with_ewc``."""

from __future__ import annotations

from course.checks.ewc.lessons import (
    SECOND,
    first_is_free,
    lessons_of,
    penalty_is,
    takes_the_exact_one,
    trains_on_each,
)
from course.checks.student import Checks, Function


def trains_on_each_task(train_with_ewc: Function) -> None:
    """Trains once on each task."""
    trains_on_each(train_with_ewc)


def takes_the_exact_fisher(train_with_ewc: Function) -> None:
    """Takes the exact Fisher when a task ends."""
    takes_the_exact_one(train_with_ewc)


def first_task_is_free(train_with_ewc: Function) -> None:
    """Learns the first task freely."""
    first_is_free(train_with_ewc)


def holds_the_first(train_with_ewc: Function) -> None:
    """Holds the first task."""
    penalty_is(lessons_of(train_with_ewc)[1], 2, 2.25, 1.5, SECOND)


def holds_all_earlier(train_with_ewc: Function) -> None:
    """Holds all earlier tasks."""
    mistakes = {
        4.0: "Only the task just before is held. Keep a term for every earlier one.",
        2.25: "Only the first task is held. Keep a term for every earlier one.",
        8.0: "All terms use the last anchor: a function sees the variable, not what it was.",
        3.125: "That is half of it: were the terms averaged, or is the half there twice?",
        5.0: "Every task is held where it ended itself, not at the latest anchor.",
        12.5: "The half is missing.",
    }
    penalty_is(lessons_of(train_with_ewc)[2], 3, 6.25, 5.5, mistakes)


CHECKS: Checks = {
    "train_with_ewc": [
        trains_on_each_task,
        first_task_is_free,
        holds_the_first,
        takes_the_exact_fisher,
        holds_all_earlier,
    ],
}
