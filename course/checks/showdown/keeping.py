"""Checks of what a ``Learner`` keeps: its state, and what that may weigh."""

from __future__ import annotations

from course.arena import allowed_bytes, weigh
from course.checks.showdown.blobs import (
    MEMORY,
    PAIRS,
    PIXELS,
    anew,
    labels,
    made,
    state_of,
    task_of,
)
from course.checks.student import Function
from course.data import SCENARIOS

KNOWN = 0.7  # of the rows of a task that is not forgotten
MANY = 1_100  # rows of 64 float32 pixels: four times as many as the memory has room for


def a_restored_one_says_the_same(learner: Function) -> None:
    """Restored from its state, says the same."""
    for scenario in SCENARIOS:
        one, task = made(learner, scenario), task_of(PAIRS[0], scenario)
        learner.use(one, "learn", task, scenario)
        before = labels(learner, one, task.x_train, scenario)
        other = anew(learner, one, scenario)
        after = labels(learner, other, task.x_train, scenario)
        different = int((before != after).sum())
        assert different <= 0.05 * len(before), (
            f'In the scenario "{scenario}" a new learner that was restored from the state labels'
            f" {different} of {len(before)} rows otherwise than the one whose state it was."
            " Something that `predict` needs is not in the state, or `restore` does not put it"
            " back."
        )


def knows_every_task_in_the_end(learner: Function) -> None:
    """Thrown away and restored after each of three tasks, knows all of them."""
    one = made(learner, "class")
    tasks = [task_of(pair, "class") for pair in PAIRS]
    for task in tasks:
        learner.use(one, "learn", task, "class")
        one = anew(learner, one, "class")
    found = [labels(learner, one, task.x_train, "class") for task in tasks]
    right = [
        float((got == task.y_train).double().mean()) for got, task in zip(found, tasks, strict=True)
    ]
    story = (
        'In the scenario "class" a learner was taught three easy tasks, and after each a new one'
        " was made and restored from `state()`. In the end it labels"
        f" {' and '.join(f'{share:.0%}' for share in right)} of their rows correctly, in the order"
        " in which they were learnt."
    )
    assert right[-1] >= KNOWN, (
        f"{story} Can a learner that was restored still learn? What protects the old may leave no"
        " room for the new."
    )
    assert min(right) >= KNOWN, (
        f"{story} Something was forgotten. Keep something of *every* task, put it into the state,"
        " and use it whenever a later one is learnt."
    )


def keeps_to_the_budget(learner: Function) -> None:
    """Its state keeps to the budget."""
    one, task = made(learner, "domain"), task_of(PAIRS[0], "domain", rows=MANY)
    learner.use(one, "learn", task, "domain")
    weight = weigh(state_of(learner, one))
    allowed = allowed_bytes("digits", PIXELS, MEMORY)
    assert weight <= allowed, (
        f"After a task of {MANY:,} rows of {PIXELS} pixels the state takes {weight:,} bytes. With"
        f" `memory_bytes` {MEMORY:,} it may take {allowed:,}: that, a network with two hidden"
        " layers of 128, and a little for counters. Count in bytes: a float32 takes 4, an int64 8."
    )


CHECKS = [a_restored_one_says_the_same, knows_every_task_in_the_end, keeps_to_the_budget]
