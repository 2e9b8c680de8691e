"""Checks of ``train_with_online_ewc``."""

from __future__ import annotations

from course.checks.ewc.lessons import (
    SECOND,
    TIMES_DECAY,
    first_is_free,
    lessons_of,
    penalty_is,
    takes_the_exact_one,
    trains_on_each,
)
from course.checks.student import Checks, Function

# Neither 1/2 nor 1/4: else decay and 1 - decay, or 1 / strength, could not be told apart.
DECAY = 0.3
AVERAGE = "That is a moving average; the new Fisher is added whole."


def online_trains_on_each_task(train_with_online_ewc: Function) -> None:
    """Trains once on each task."""
    trains_on_each(train_with_online_ewc, DECAY)


def online_takes_the_exact_fisher(train_with_online_ewc: Function) -> None:
    """Takes the exact Fisher when a task ends."""
    takes_the_exact_one(train_with_online_ewc, DECAY)


def online_first_task_is_free(train_with_online_ewc: Function) -> None:
    """Learns the first task freely."""
    first_is_free(train_with_online_ewc, DECAY)


def online_holds_the_first(train_with_online_ewc: Function) -> None:
    """Holds the first task."""
    early = {2.25 * DECAY: TIMES_DECAY, 2.25 * (1 - DECAY): AVERAGE}
    penalty_is(lessons_of(train_with_online_ewc, DECAY)[1], 2, 2.25, 1.5, SECOND | early)


def keeps_one_fisher(train_with_online_ewc: Function) -> None:
    """Keeps one Fisher that fades."""
    # The Fishers are 1/4 and 1, the latest anchor is 1 away: 4 times the merged one.
    mistakes = {
        5.0: "Nothing faded: the Fisher so far is multiplied by decay.",
        2.2: "The new Fisher faded; the old one should.",
        **dict.fromkeys((3.1, 3.01, 1.9), AVERAGE),
        4.0: "The Fisher so far was lost; merge it with the new one.",
        6.25: "That is EWC with a term for each task. Online, there is one Fisher and one anchor.",
        1.0: "The Fisher was never updated.",
        9.675: "The anchor is the latest place, not the first.",
        1.29: TIMES_DECAY,
        1.5: "Both Fishers were multiplied by decay; the newest counts in full.",
        4.09: "The first Fisher faded twice; it fades once, when the next one is added.",
    }
    penalty_is(lessons_of(train_with_online_ewc, DECAY)[2], 3, 4.3, 4.3, mistakes)


CHECKS: Checks = {
    "train_with_online_ewc": [
        online_trains_on_each_task,
        online_first_task_is_free,
        online_holds_the_first,
        online_takes_the_exact_fisher,
        keeps_one_fisher,
    ],
}
