"""The accuracy matrix and what is read off it. R[i, j]: accuracy on task j after task i."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from course.data import Task
from course.population import members_of
from course.training import accuracy

__all__ = ["accuracy_matrix", "average_accuracy", "backward_transfer", "forgetting"]


def accuracy_matrix(
    model: nn.Module, tasks: Sequence[Task], train_on: Callable[[nn.Module, Tensor, Tensor], object]
) -> Tensor:
    """Trains ``model`` in place on the tasks in order; R (T, T) float64, fractions, on the CPU.

    ``R[i, j]`` is the test accuracy on task j after training on task i, also for the tasks still to
    come. ``train_on(model, x, y)`` trains on one task's rows. Of a population it is (K, T, T), a
    matrix a member. Raises ``ValueError`` without a task.
    """
    if not tasks:
        raise ValueError("expected at least one task, got none")
    R = torch.zeros(*members_of(model), len(tasks), len(tasks), dtype=torch.float64)
    for i, task in enumerate(tasks):
        train_on(model, task.x_train, task.y_train)
        for j, other in enumerate(tasks):
            R[..., i, j] = accuracy(model, other.x_test, other.y_test)
    return R


def average_accuracy(R: Tensor) -> float:
    """Mean of the last row: a fraction, over all tasks, once the last has been learnt."""
    _check(R)
    return R[-1].mean().item()


def forgetting(R: Tensor) -> float:
    """Mean over the tasks but the last of the best accuracy before the end minus the final one.

    A fraction (Chaudhry et al. 2018): mean over j < T-1 of max over i < T-1 of R[i, j] minus
    R[T-1, j]. The final row has no part in the maximum, so forgetting is negative where tasks got
    better in the end. 0.0 for T = 1.
    """
    _check(R)
    if len(R) == 1:
        return 0.0
    return (R[:-1, :-1].amax(dim=0) - R[-1, :-1]).mean().item()


def backward_transfer(R: Tensor) -> float:
    """Mean over the tasks but the last of the final accuracy minus that just after learning.

    A fraction (Lopez-Paz and Ranzato 2017): mean over j < T-1 of R[T-1, j] - R[j, j]. Negative
    where tasks were forgotten. 0.0 for T = 1.
    """
    _check(R)
    if len(R) == 1:
        return 0.0
    return (R[-1] - R.diagonal())[:-1].mean().item()


def _check(R: Tensor) -> None:
    if not isinstance(R, Tensor):
        raise TypeError(f"expected R as a tensor (T, T), got {type(R).__name__}")
    if R.dim() != 2 or R.shape[0] != R.shape[1] or not len(R) or not R.is_floating_point():
        raise ValueError(f"expected R (T, T) of floats, got {tuple(R.shape)} {R.dtype}")
