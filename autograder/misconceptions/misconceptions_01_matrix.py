"""Wrong answers for `accuracy_matrix`: what is trained on, what is measured, and when."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from autograder.misconceptions.entry import Entries
from autograder.misconceptions.misconceptions_01_accuracy import accuracy
from course.data import Task

ENTRIES = Entries()
TrainOn = Callable[[nn.Module, Tensor, Tensor], object]


def accuracy_matrix(
    model: nn.Module, tasks: Sequence[Task], train_on: TrainOn,
    measure: Callable[[nn.Module, Tensor, Tensor], float] = accuracy,
) -> Tensor:  # fmt: skip
    """Right apart from how accuracy is measured."""
    R = torch.zeros(len(tasks), len(tasks))
    for i, task in enumerate(tasks):
        train_on(model, task.x_train, task.y_train)
        for j, other in enumerate(tasks):
            R[i, j] = measure(model, other.x_test, other.y_test)
    return R


@ENTRIES.add(
    "lower-triangle-only",
    "accuracy_matrix",
    "You measure only the tasks that were already trained on. The matrix is complete: how well "
    "does the model do on tasks that are still to come?",
)
def _(model: nn.Module, tasks: Sequence[Task], train_on: TrainOn) -> Tensor:
    return accuracy_matrix(model, tasks, train_on).tril()


@ENTRIES.also("lower-triangle-only")
def _(model: nn.Module, tasks: Sequence[Task], train_on: TrainOn) -> Tensor:
    R = accuracy_matrix(model, tasks, train_on)
    return R.masked_fill(torch.ones_like(R).triu(1).bool(), float("nan"))


@ENTRIES.add(
    "upper-triangle-only",
    "accuracy_matrix",
    "You measure only the task just trained on and those to come. Forgetting shows on the earlier "
    "ones: measure all tasks each time.",
)
def _(model: nn.Module, tasks: Sequence[Task], train_on: TrainOn) -> Tensor:
    return accuracy_matrix(model, tasks, train_on).triu()


@ENTRIES.add(
    "one-task-in-all-columns",
    "accuracy_matrix",
    "All columns of a row are the same: you measure the task just trained on, whichever column you "
    "are at. Column j takes the test rows of task j.",
)
def _(model: nn.Module, tasks: Sequence[Task], train_on: TrainOn) -> Tensor:
    return accuracy_matrix(model, tasks, train_on).diagonal()[:, None].repeat(1, len(tasks))


@ENTRIES.add(
    "diagonal-only",
    "accuracy_matrix",
    "You measure only the task that was just trained on. Forgetting shows on the other ones: "
    "measure all tasks each time.",
)
def _(model: nn.Module, tasks: Sequence[Task], train_on: TrainOn) -> Tensor:
    return accuracy_matrix(model, tasks, train_on).diagonal().diag()


@ENTRIES.add(
    "matrix-transposed",
    "accuracy_matrix",
    "Rows and columns are exchanged. The row says after which training, the column on which task.",
)
def _(model: nn.Module, tasks: Sequence[Task], train_on: TrainOn) -> Tensor:
    return accuracy_matrix(model, tasks, train_on).T.contiguous()


@ENTRIES.add(
    "matrix-in-percent",
    "accuracy_matrix",
    "Your accuracies are percent. In this course they are fractions, from 0 to 1.",
)
def _(model: nn.Module, tasks: Sequence[Task], train_on: TrainOn) -> Tensor:
    return 100 * accuracy_matrix(model, tasks, train_on)


@ENTRIES.add(
    "fresh-model-for-each-task",
    "accuracy_matrix",
    "You start each task with a new copy of the model, so nothing can be forgotten. One model goes "
    "through all tasks.",
)
def _(model: nn.Module, tasks: Sequence[Task], train_on: TrainOn) -> Tensor:
    start = copy.deepcopy(model)
    rows = []
    for task in tasks:
        fresh = copy.deepcopy(start)
        train_on(fresh, task.x_train, task.y_train)
        rows.append([accuracy(fresh, other.x_test, other.y_test) for other in tasks])
    return torch.tensor(rows)


@ENTRIES.add(
    "start-weights-put-back",
    "accuracy_matrix",
    "In the end you put back the weights from before. The model is there to learn all tasks: leave "
    "it as the last training left it.",
)
def _(model: nn.Module, tasks: Sequence[Task], train_on: TrainOn) -> Tensor:
    start = copy.deepcopy(model.state_dict())
    R = accuracy_matrix(model, tasks, train_on)
    model.load_state_dict(start)
    return R


@ENTRIES.add(
    "all-rows-so-far",
    "accuracy_matrix",
    "You train on the rows of all tasks so far, as if nothing had to be left behind. Each training "
    "gets the rows of its own task alone.",
)
def _(model: nn.Module, tasks: Sequence[Task], train_on: TrainOn) -> Tensor:
    R = torch.zeros(len(tasks), len(tasks))
    for i in range(len(tasks)):
        x = torch.cat([task.x_train for task in tasks[: i + 1]])
        y = torch.cat([task.y_train for task in tasks[: i + 1]])
        train_on(model, x, y)
        R[i] = torch.tensor([accuracy(model, task.x_test, task.y_test) for task in tasks])
    return R


@ENTRIES.add(
    "earlier-tasks-trained-again",
    "accuracy_matrix",
    "For each row you train on all tasks so far, one after another, from the first on again. Each "
    "task is trained on once, and the model goes on from there.",
)
def _(model: nn.Module, tasks: Sequence[Task], train_on: TrainOn) -> Tensor:
    rows = []
    for i in range(len(tasks)):
        for task in tasks[: i + 1]:
            train_on(model, task.x_train, task.y_train)
        rows.append([accuracy(model, other.x_test, other.y_test) for other in tasks])
    return torch.tensor(rows)


@ENTRIES.add(
    "trained-before-each-measurement",
    "accuracy_matrix",
    "You train inside the loop over columns, so on each task as often as there are tasks. Train "
    "once, then measure all of them.",
)
def _(model: nn.Module, tasks: Sequence[Task], train_on: TrainOn) -> Tensor:
    R = torch.zeros(len(tasks), len(tasks))
    for i, task in enumerate(tasks):
        for j, other in enumerate(tasks):
            train_on(model, task.x_train, task.y_train)
            R[i, j] = accuracy(model, other.x_test, other.y_test)
    return R


@ENTRIES.add(
    "returned-after-one-task",
    "accuracy_matrix",
    "Your function returns when the first task is done: `return` stands inside the loop over "
    "tasks. Move it out.",
)
def _(model: nn.Module, tasks: Sequence[Task], train_on: TrainOn) -> Tensor:
    R = torch.zeros(len(tasks), len(tasks))
    train_on(model, tasks[0].x_train, tasks[0].y_train)
    R[0] = torch.tensor([accuracy(model, task.x_test, task.y_test) for task in tasks])
    return R


@ENTRIES.add(
    "never-trained",
    "accuracy_matrix",
    "You measure, but never call `train_on`. Call it for task i before you measure row i.",
)
def _(model: nn.Module, tasks: Sequence[Task], train_on: TrainOn) -> Tensor:
    row = [accuracy(model, task.x_test, task.y_test) for task in tasks]
    return torch.tensor([row] * len(tasks))


@ENTRIES.add(
    "measured-at-the-end-only",
    "accuracy_matrix",
    "You train on all tasks first and measure afterwards, so all rows are the same. Measure after "
    "each training.",
)
def _(model: nn.Module, tasks: Sequence[Task], train_on: TrainOn) -> Tensor:
    for task in tasks:
        train_on(model, task.x_train, task.y_train)
    row = [accuracy(model, task.x_test, task.y_test) for task in tasks]
    return torch.tensor([row] * len(tasks))


@ENTRIES.add(
    "measured-before-training",
    "accuracy_matrix",
    "You measure before the training that the row stands for. Train first, then measure.",
)
def _(model: nn.Module, tasks: Sequence[Task], train_on: TrainOn) -> Tensor:
    rows = []
    for task in tasks:
        rows.append([accuracy(model, other.x_test, other.y_test) for other in tasks])
        train_on(model, task.x_train, task.y_train)
    return torch.tensor(rows)


@ENTRIES.add(
    "training-rows-measured",
    "accuracy_matrix",
    "You measure on the rows that were trained on. Use the test rows, which the model has never "
    "seen.",
)
def _(model: nn.Module, tasks: Sequence[Task], train_on: TrainOn) -> Tensor:
    R = torch.zeros(len(tasks), len(tasks))
    for i, task in enumerate(tasks):
        train_on(model, task.x_train, task.y_train)
        for j, other in enumerate(tasks):
            R[i, j] = accuracy(model, other.x_train, other.y_train)
    return R


@ENTRIES.add(
    "trained-on-test-rows",
    "accuracy_matrix",
    "You train on the test rows. They are there to measure with, and the model must not see them "
    "before.",
)
def _(model: nn.Module, tasks: Sequence[Task], train_on: TrainOn) -> Tensor:
    R = torch.zeros(len(tasks), len(tasks))
    for i, task in enumerate(tasks):
        train_on(model, task.x_test, task.y_test)
        R[i] = torch.tensor([accuracy(model, other.x_test, other.y_test) for other in tasks])
    return R


@ENTRIES.add(
    "another-tasks-size",
    "accuracy_matrix",
    "You divide the right rows of every task by the number of rows of one task. Each task has its "
    "own number of test rows.",
)
def _(model: nn.Module, tasks: Sequence[Task], train_on: TrainOn) -> Tensor:
    sizes = torch.tensor([float(len(task.y_test)) for task in tasks])
    return accuracy_matrix(model, tasks, train_on) * sizes / sizes[0]


@ENTRIES.also("another-tasks-size")
def _(model: nn.Module, tasks: Sequence[Task], train_on: TrainOn) -> Tensor:
    sizes = torch.tensor([float(len(task.y_test)) for task in tasks])
    return accuracy_matrix(model, tasks, train_on) * sizes / sizes[:, None]
