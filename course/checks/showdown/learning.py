"""Checks of what a ``Learner`` learns and answers."""

from __future__ import annotations

from course.checks.showdown.blobs import PAIRS, labels, made, task_of
from course.checks.student import Function
from course.data import SCENARIOS

ENOUGH = 0.9  # of the rows of a task so easy that a short training gets all of them right


def learns_one_task(learner: Function) -> None:
    """Learns one task, in each scenario."""
    for scenario in SCENARIOS:
        one, task = made(learner, scenario), task_of(PAIRS[1], scenario)
        learner.use(one, "learn", task, scenario)
        found = labels(learner, one, task.x_train, scenario)
        right = float((found == task.y_train).double().mean())
        within = scenario == "class" and int(found.max()) < 2
        assert not within or right >= ENOUGH, (
            'In the scenario "class" the rows of this task have the labels 1 and 3, but only 0 and'
            " 1 were predicted. There `y_train` holds the labels of all tasks: use them as they are"
            " and choose among all of them."
        )
        assert right >= ENOUGH, (
            f'In the scenario "{scenario}" a learner was taught one task of 60 easy rows, and then'
            f" labelled {right:.0%} of these very rows correctly. Does `learn` train on"
            " `task.x_train` and `task.y_train` for long enough? Does `predict` look at the outputs"
            " that were trained?"
        )


def answers_the_same_twice(learner: Function) -> None:
    """Asked twice, answers the same."""
    one, task = made(learner, "domain"), task_of(PAIRS[0], "domain")
    learner.use(one, "learn", task, "domain")
    # Rows between two classes: where a network is unsure, chance would show.
    rows = (task.x_train + task.x_train.flip(0)) / 2
    first, again = (labels(learner, one, rows, "domain") for _ in range(2))
    different = int((first != again).sum())
    assert not different, (
        f"Asked twice about the same {len(rows)} rows, `predict` gave {different} of them another"
        " label. Is dropout still on? Put the network into evaluation mode before it predicts."
    )


def uses_the_task_id(learner: Function) -> None:
    """Uses the task_id where it is given."""
    one = made(learner, "task")
    tasks = [task_of((0, 1), "task"), task_of((1, 0), "task", seed=5)]
    for task in tasks:
        learner.use(one, "learn", task, "task")
    x = tasks[0].x_train
    first, second = (labels(learner, one, x, "task", number) for number in range(2))
    assert (first != second).any(), (
        "Two tasks have the same kinds of images, with the labels 0 and 1 exchanged. In the"
        ' scenario "task" `predict` is told the task, but it gave the same labels for `task_id` 0'
        " and 1. Each task needs outputs of its own."
    )
    for number, (found, correct) in enumerate(
        ((first, tasks[0].y_train), (second, 1 - tasks[0].y_train))
    ):
        right = float((found == correct).double().mean())
        assert right >= ENOUGH, (
            "Two tasks have the same kinds of images, with the labels 0 and 1 exchanged. Asked with"
            f" `task_id` {number} after learning both, {right:.0%} of the labels are right. Is"
            " `task_id` counted from 0, in the order of learning? Does learning the second task"
            " leave the outputs of the first alone?"
        )


CHECKS = [learns_one_task, answers_the_same_twice, uses_the_task_id]
