"""Wrong answers for `accuracy_matrix`: modes, gradients, and what it leaves behind."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from autograder.misconceptions.entry import Entries
from autograder.misconceptions.misconceptions_01_accuracy import accuracy
from autograder.misconceptions.misconceptions_01_matrix import TrainOn, accuracy_matrix
from course.data import Task

ENTRIES = Entries()


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

    return accuracy_matrix(model, tasks, train_on, measure)


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

    return accuracy_matrix(model, tasks, train_on, measure)


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

    return accuracy_matrix(model, tasks, train_on, measure)


@ENTRIES.add(
    "matrix-always-back-to-training",
    "accuracy_matrix",
    "After each measurement you switch to training mode, but the model may have come in evaluation "
    "mode. Note which it was, and set that again.",
)
def _(model: nn.Module, tasks: Sequence[Task], train_on: TrainOn) -> Tensor:
    def measure(model: nn.Module, x: Tensor, y: Tensor) -> float:
        share = accuracy(model, x, y)
        model.train()
        return share

    return accuracy_matrix(model, tasks, train_on, measure)


@ENTRIES.add(
    "trained-without-gradients",
    "accuracy_matrix",
    "You switch gradients off for the whole function, so `train_on` cannot train. Switch them off "
    "around the measurements only.",
)
def _(model: nn.Module, tasks: Sequence[Task], train_on: TrainOn) -> Tensor:
    with torch.no_grad():
        return accuracy_matrix(model, tasks, train_on)


@ENTRIES.add(
    "matrix-gradients-off-for-good",
    "accuracy_matrix",
    "You switch gradients off for the first measurement and never on again, so nothing can be "
    "trained afterwards. Switch them off for one block of code only: see `torch.no_grad`.",
)
def _(model: nn.Module, tasks: Sequence[Task], train_on: TrainOn) -> Tensor:
    def measure(model: nn.Module, x: Tensor, y: Tensor) -> float:
        torch.set_grad_enabled(False)
        return accuracy(model, x, y)

    return accuracy_matrix(model, tasks, train_on, measure)


@ENTRIES.add(
    "matrix-parameters-frozen",
    "accuracy_matrix",
    "You switch off `requires_grad` of the parameters in order to measure, and they can no longer "
    "be trained. Leave the parameters alone: see `torch.no_grad`.",
)
def _(model: nn.Module, tasks: Sequence[Task], train_on: TrainOn) -> Tensor:
    def measure(model: nn.Module, x: Tensor, y: Tensor) -> float:
        model.requires_grad_(False)
        return accuracy(model, x, y)

    return accuracy_matrix(model, tasks, train_on, measure)


@ENTRIES.add(
    "tasks-changed",
    "accuracy_matrix",
    "You change the rows of the tasks in place. They belong to whoever called: make new tensors "
    "where you need other numbers.",
)
def _(model: nn.Module, tasks: Sequence[Task], train_on: TrainOn) -> Tensor:
    def measure(model: nn.Module, x: Tensor, y: Tensor) -> float:
        return accuracy(model, x.mul_(2), y)

    return accuracy_matrix(model, tasks, train_on, measure)


@ENTRIES.also("tasks-changed")
def _(model: nn.Module, tasks: Sequence[Task], train_on: TrainOn) -> Tensor:
    R = accuracy_matrix(model, tasks, train_on)
    for task in tasks:
        task.x_train.zero_()
    return R
