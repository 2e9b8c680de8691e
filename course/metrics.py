"""The accuracy matrix and what is read off it. R[i, j]: accuracy on task j after task i."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from course.data import Task
from course.training import accuracy


def accuracy_matrix(
    model: nn.Module, tasks: Sequence[Task], train_on: Callable[[nn.Module, Tensor, Tensor], object]
) -> Tensor:
    """Trains on the tasks in order; R (T, T) float64, fractions, on the CPU.

    ``R[i, j]`` is the test accuracy on task j after training on task i, for every j, also the tasks
    that are still to come.
    """
    if not tasks:
        raise ValueError("expected at least one task, got none")
    R = torch.zeros(len(tasks), len(tasks), dtype=torch.float64)
    for i, task in enumerate(tasks):
        train_on(model, task.x_train, task.y_train)
        for j, other in enumerate(tasks):
            R[i, j] = accuracy(model, other.x_test, other.y_test)
    return R


def average_accuracy(R: Tensor) -> float:
    """Mean of the last row: accuracy over all tasks when the last has been learnt."""
    _check(R)
    return R[-1].mean().item()


def forgetting(R: Tensor) -> float:
    """Mean over the tasks but the last of the best accuracy before the end minus the last one.

    The maximum is over the rows before the last, so forgetting is negative where a task got better
    (Chaudhry et al. 2018). 0.0 for one task.
    """
    _check(R)
    if len(R) == 1:
        return 0.0
    return (R[:-1, :-1].max(dim=0).values - R[-1, :-1]).mean().item()


def backward_transfer(R: Tensor) -> float:
    """Mean over the tasks but the last of the last accuracy minus that just after learning.

    Negative where tasks were forgotten (Lopez-Paz and Ranzato 2017). 0.0 for one task.
    """
    _check(R)
    if len(R) == 1:
        return 0.0
    return (R[-1] - R.diagonal())[:-1].mean().item()


def _check(R: Tensor) -> None:
    if R.dim() != 2 or R.shape[0] != R.shape[1] or not len(R) or not R.is_floating_point():
        raise ValueError(f"expected R (T, T) of floats, got {tuple(R.shape)} {R.dtype}")
