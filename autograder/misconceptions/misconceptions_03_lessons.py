"""Wrong answers for `train_with_l2` about which rows are learnt when, and what is handed over."""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import nn

from autograder.misconceptions.entry import Entries
from autograder.misconceptions.misconceptions_03_training import (
    Weights,
    copied,
    one_after_another,
    pull,
)

ENTRIES = Entries()


@ENTRIES.add(
    "l2-never-used",
    "train_with_l2",
    "No penalty is handed to `train_on`. From the second task on it belongs there, as the fourth "
    "argument.",
)
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float) -> None:
    for task in tasks:
        train_on(model, task.x_train, task.y_train)


@ENTRIES.add(
    "all-tasks-together",
    "train_with_l2",
    "Later tasks are trained on the rows of earlier ones as well. L2 may not keep any data: each "
    "task is learnt from its own rows.",
)
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float) -> None:
    penalty = None
    for number in range(1, len(tasks) + 1):
        x = torch.cat([task.x_train for task in tasks[:number]])
        y = torch.cat([task.y_train for task in tasks[:number]])
        train_on(model, x, y, penalty)
        penalty = pull(copied(model), strength)


@ENTRIES.also("all-tasks-together")
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float) -> None:
    rows = [torch.cat([getattr(task, part) for task in tasks]) for part in ("x_train", "y_train")]
    for _ in tasks:
        train_on(model, *rows, None)


@ENTRIES.also("all-tasks-together")
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float) -> None:
    rows = [torch.cat([getattr(task, part) for task in tasks]) for part in ("x_train", "y_train")]
    train_on(model, *rows)


@ENTRIES.add(
    "trained-on-test-rows",
    "train_with_l2",
    "You train on test rows. They are for measuring only.",
)
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float) -> None:
    penalty = None
    for task in tasks:
        train_on(model, task.x_test, task.y_test, penalty)
        penalty = pull(copied(model), strength)


@ENTRIES.also("trained-on-test-rows")
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float) -> None:
    penalty = None
    for task in tasks:
        x, y = torch.cat([task.x_train, task.x_test]), torch.cat([task.y_train, task.y_test])
        train_on(model, x, y, penalty)
        penalty = pull(copied(model), strength)


@ENTRIES.add(
    "labels-of-other-rows",
    "train_with_l2",
    "Rows and labels no longer belong together: one of them was put into another order, or "
    "sorted. Reorder both alike, or neither.",
)
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float) -> None:
    penalty = None
    for task in tasks:
        train_on(model, task.x_train.flip(0), task.y_train, penalty)
        penalty = pull(copied(model), strength)


@ENTRIES.also("labels-of-other-rows")
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float) -> None:
    penalty = None
    for task in tasks:
        train_on(model, task.x_train, task.y_train.sort().values, penalty)
        penalty = pull(copied(model), strength)


@ENTRIES.add(
    "rows-and-labels-exchanged",
    "train_with_l2",
    "You hand over the labels where the rows belong. `train_on` takes the model, then `x_train`, "
    "then `y_train`.",
)
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float) -> None:
    penalty = None
    for task in tasks:
        train_on(model, task.y_train, task.x_train, penalty)
        penalty = pull(copied(model), strength)


@ENTRIES.add(
    "some-rows-left-out",
    "train_with_l2",
    "You leave rows of a task out. Tasks differ in how many rows they have, and all of them are "
    "trained on.",
)
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float) -> None:
    penalty, count = None, len(tasks[0].x_train)
    for task in tasks:
        train_on(model, task.x_train[:count], task.y_train[:count], penalty)
        penalty = pull(copied(model), strength)


@ENTRIES.also("some-rows-left-out")
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float) -> None:
    penalty, count = None, min(len(task.x_train) for task in tasks)
    for task in tasks:
        train_on(model, task.x_train[:count], task.y_train[:count], penalty)
        penalty = pull(copied(model), strength)


@ENTRIES.add(
    "rows-rescaled",
    "train_with_l2",
    "You change the rows before you train on them. Hand them over as they are: they will not be "
    "changed when the network is measured.",
)
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float) -> None:
    penalty = None
    for task in tasks:
        x = (task.x_train - task.x_train.mean()) / task.x_train.std()
        train_on(model, x, task.y_train, penalty)
        penalty = pull(copied(model), strength)


@ENTRIES.add(
    "tasks-in-another-order",
    "train_with_l2",
    "You learn the tasks in another order than they come in. Begin with the first.",
)
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float) -> None:
    penalty = None
    for task in reversed(tasks):
        train_on(model, task.x_train, task.y_train, penalty)
        penalty = pull(copied(model), strength)


@ENTRIES.add(
    "tasks-used-up",
    "train_with_l2",
    "You take the tasks out of the list while you learn them, so that it is empty afterwards. It "
    "belongs to whoever called you: go through it with `for`.",
)
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float) -> None:
    one_after_another(model, list(tasks), train_on, lambda ends: pull(ends[-1], strength))
    tasks.clear()


@ENTRIES.add(
    "moved-back-to-the-anchor",
    "train_with_l2",
    "You move the weights yourself, outside `train_on`. The penalty does the pulling, while the "
    "task is learnt.",
)
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float) -> None:
    penalty = None
    for task in tasks:
        before = copied(model)
        train_on(model, task.x_train, task.y_train, penalty)
        penalty = pull(copied(model), strength)
        with torch.no_grad():
            for name, p in model.named_parameters():
                p.mul_(0.5).add_(0.5 * before[name])


@ENTRIES.also("moved-back-to-the-anchor")
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float) -> None:
    anchor: Weights = {}
    for task in tasks:
        train_on(model, task.x_train, task.y_train, pull(anchor, strength) if anchor else None)
        now = copied(model)
        if anchor:
            model.load_state_dict({n: (w + anchor[n]) / 2 for n, w in now.items()})
        anchor = copied(model)


@ENTRIES.also("moved-back-to-the-anchor")
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float) -> None:
    anchor: Weights = {}
    for task in tasks:
        train_on(model, task.x_train, task.y_train, pull(anchor, strength) if anchor else None)
        if anchor:
            model.load_state_dict(anchor)
        anchor = copied(model)


@ENTRIES.add(
    "weights-reset-before-each-task",
    "train_with_l2",
    "You put the weights back to where they were at the start before each task. The model goes on "
    "from where the task before left it.",
)
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float) -> None:
    penalty, start = None, copied(model)
    for task in tasks:
        model.load_state_dict(start)
        train_on(model, task.x_train, task.y_train, penalty)
        penalty = pull(copied(model), strength)


@ENTRIES.add(
    "new-model-for-each-task",
    "train_with_l2",
    "You train a copy of the model for each task. The one that was handed over has to learn them "
    "all, one after another.",
)
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float) -> None:
    penalty = None
    for task in tasks:
        own = copy.deepcopy(model)
        train_on(own, task.x_train, task.y_train, penalty)
        penalty = pull(copied(own), strength)


@ENTRIES.also("new-model-for-each-task")
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float) -> None:
    own = copy.deepcopy(model)
    one_after_another(own, tasks, train_on, lambda ends: pull(ends[-1], strength))


@ENTRIES.add(
    "learnt-twice",
    "train_with_l2",
    "You call `train_on` more than once for a task, such as first without and then with the "
    "penalty. One call for each, with all its rows, and with the penalty from the second task on.",
)
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float) -> None:
    penalty = None
    for task in tasks:
        train_on(model, task.x_train, task.y_train)
        if penalty is not None:
            train_on(model, task.x_train, task.y_train, penalty)
        penalty = pull(copied(model), strength)


@ENTRIES.also("learnt-twice")
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float) -> None:
    penalty = None
    for task in tasks:
        for rows in (slice(None, None, 2), slice(1, None, 2)):
            train_on(model, task.x_train[rows], task.y_train[rows], penalty)
        penalty = pull(copied(model), strength)


@ENTRIES.also("learnt-twice")
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float) -> None:
    for number, task in enumerate(tasks):
        train_on(model, task.x_train, task.y_train)
        if number:
            train_on(model, task.x_train, task.y_train, pull(copied(model), strength))


@ENTRIES.add(
    "first-task-left-out",
    "train_with_l2",
    "The first task is never trained on. It is learnt like the others, only without a penalty.",
)
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float) -> None:
    for task in tasks[1:]:
        train_on(model, task.x_train, task.y_train, pull(copied(model), strength))


@ENTRIES.add(
    "later-tasks-left-out",
    "train_with_l2",
    "You stop before the last task, or after the second. Learn all tasks, however many there are.",
)
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float) -> None:
    one_after_another(model, tasks[:2], train_on, lambda ends: pull(ends[-1], strength))


@ENTRIES.also("later-tasks-left-out")
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float) -> None:
    one_after_another(model, tasks[:-1], train_on, lambda ends: pull(ends[-1], strength))


@ENTRIES.add(
    "penalty-evaluated-once",
    "train_with_l2",
    "You hand over the penalty's value, worked out before training. `train_on` needs the function, "
    "to ask it again for every batch.",
)
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float) -> None:
    penalty = None
    for task in tasks:
        train_on(model, task.x_train, task.y_train, penalty and penalty(model))
        penalty = pull(copied(model), strength)


@ENTRIES.also("penalty-evaluated-once")
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float) -> None:
    one_after_another(model, tasks, train_on, lambda ends: float(pull(ends[-1], strength)(model)))


@ENTRIES.also("penalty-evaluated-once")
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float) -> None:
    def made(ends: list[Weights]) -> Any:
        return pull(ends[-1], strength)(model).detach()

    one_after_another(model, tasks, train_on, made)


@ENTRIES.add(
    "penalty-gives-nothing",
    "train_with_l2",
    "Your penalty is a function that gives nothing back: a `return` is missing in it.",
)
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float) -> None:
    def made(ends: list[Weights]) -> Any:
        return lambda m: None

    one_after_another(model, tasks, train_on, made)


@ENTRIES.add(
    "penalty-not-summed",
    "train_with_l2",
    "Your penalty gives many numbers. It must give a single one: sum over all entries of all "
    "parameters.",
)
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float) -> None:
    def made(ends: list[Weights]) -> Any:
        return lambda m: torch.cat([(p - ends[-1][n]).flatten() for n, p in m.named_parameters()])

    one_after_another(model, tasks, train_on, made)


@ENTRIES.also("penalty-not-summed")
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float) -> None:
    def made(ends: list[Weights]) -> Any:
        return lambda m: [((p - ends[-1][n]) ** 2).sum() for n, p in m.named_parameters()]

    one_after_another(model, tasks, train_on, made)
