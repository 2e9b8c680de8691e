"""Wrong answers for `accuracy_matrix`."""

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


def _matrix(
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
    return _matrix(model, tasks, train_on).tril()


@ENTRIES.add(
    "diagonal-only",
    "accuracy_matrix",
    "You measure only the task that was just trained on. Forgetting shows on the other ones: "
    "measure all tasks each time.",
)
def _(model: nn.Module, tasks: Sequence[Task], train_on: TrainOn) -> Tensor:
    return _matrix(model, tasks, train_on).diagonal().diag()


@ENTRIES.add(
    "matrix-transposed",
    "accuracy_matrix",
    "Rows and columns are exchanged. The row says after which training, the column on which task.",
)
def _(model: nn.Module, tasks: Sequence[Task], train_on: TrainOn) -> Tensor:
    return _matrix(model, tasks, train_on).T.contiguous()


@ENTRIES.add(
    "matrix-in-percent",
    "accuracy_matrix",
    "Your accuracies are percent. In this course they are fractions, from 0 to 1.",
)
def _(model: nn.Module, tasks: Sequence[Task], train_on: TrainOn) -> Tensor:
    return 100 * _matrix(model, tasks, train_on)


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
    return _matrix(model, tasks, train_on) * sizes / sizes[0]


@ENTRIES.add(
    "matrix-measured-with-dropout",
    "accuracy_matrix",
    "The model is still in training mode while you measure, so Dropout switches off part of it. "
    "Measure as `accuracy` does, in evaluation mode.",
)
def _(model: nn.Module, tasks: Sequence[Task], train_on: TrainOn) -> Tensor:
    def measure(model: nn.Module, x: Tensor, y: Tensor) -> float:
        with torch.no_grad():
            return (model(x).argmax(dim=1) == y).double().mean().item()

    return _matrix(model, tasks, train_on, measure)


@ENTRIES.add(
    "matrix-left-in-evaluation-mode",
    "accuracy_matrix",
    "After the first measurement the model stays in evaluation mode, so later tasks are trained "
    "without Dropout. Set its mode back each time.",
)
def _(model: nn.Module, tasks: Sequence[Task], train_on: TrainOn) -> Tensor:
    def measure(model: nn.Module, x: Tensor, y: Tensor) -> float:
        model.eval()
        return accuracy(model, x, y)

    return _matrix(model, tasks, train_on, measure)


@ENTRIES.add(
    "matrix-with-gradients",
    "accuracy_matrix",
    "PyTorch follows your measurements in order to differentiate them, which costs time and "
    "memory. Tell it that you will not: see `torch.no_grad`.",
)
def _(model: nn.Module, tasks: Sequence[Task], train_on: TrainOn) -> Tensor:
    def measure(model: nn.Module, x: Tensor, y: Tensor) -> float:
        training = model.training
        model.eval()
        share = (model(x).argmax(dim=1) == y).double().mean().item()
        model.train(training)
        return share

    return _matrix(model, tasks, train_on, measure)
