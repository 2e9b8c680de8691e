"""Plausible wrong ways to train, against which the bands are drawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from course.data import Task
from course.fisher import fisher_diagonal

Weights = dict[str, Tensor]
TrainOn = Callable[..., None]


def nothing_done(model: nn.Module, tasks: Sequence[Task], train_on: TrainOn, *_: Any) -> None:
    """Task after task, and nothing else."""
    for task in tasks:
        train_on(model, task.x_train, task.y_train)


def last_task_replayed(
    model: nn.Module,
    tasks: Sequence[Task],
    train_on: TrainOn,
    fraction: float,
    generator: torch.Generator,
) -> None:
    """Replay that lets go of what it kept from the tasks before."""
    x, y = tasks[0].x_train[:0], tasks[0].y_train[:0]
    for task in tasks:
        train_on(model, torch.cat([task.x_train, x]), torch.cat([task.y_train, y]))
        n = len(task.x_train)
        rows = torch.randperm(n, generator=generator)[: int(fraction * n)]
        x, y = task.x_train[rows], task.y_train[rows]


def pulled_to_zero(
    model: nn.Module, tasks: Sequence[Task], train_on: TrainOn, strength: float
) -> None:
    """Weight decay: the anchor is zero."""
    zero = {name: torch.zeros_like(p) for name, p in model.named_parameters()}
    _held(model, tasks, train_on, strength, _ones, anchor_at=zero)


def as_l2(
    model: nn.Module, tasks: Sequence[Task], train_on: TrainOn, strength: float, *_: Any
) -> None:
    """Every weight as important as the mean one."""
    _held(model, tasks, train_on, strength, _mean_everywhere)


def batch_mean_squared(
    model: nn.Module, tasks: Sequence[Task], train_on: TrainOn, strength: float, *_: Any
) -> None:
    """The squared gradient of a batch's mean loss, taken for the mean of squared gradients."""
    _held(model, tasks, train_on, strength, _of_batches)


def _held(
    model: nn.Module,
    tasks: Sequence[Task],
    train_on: TrainOn,
    strength: float,
    importance: Callable[[nn.Module, Tensor], Weights],
    anchor_at: Weights | None = None,
) -> None:
    earlier: list[tuple[Weights, Weights]] = []

    def penalty(model: nn.Module) -> Any:
        terms = [
            (weight[name] * (p - anchor[name]) ** 2).sum()
            for anchor, weight in earlier
            for name, p in model.named_parameters()
        ]
        return strength * sum(terms) / 2

    for task in tasks:
        train_on(model, task.x_train, task.y_train, penalty if earlier else None)
        anchor = {name: p.detach().clone() for name, p in model.named_parameters()}
        earlier.append((anchor_at or anchor, importance(model, task.x_train)))


def _ones(model: nn.Module, x: Tensor) -> Weights:
    return {name: torch.ones_like(p) for name, p in model.named_parameters()}


def _mean_everywhere(model: nn.Module, x: Tensor) -> Weights:
    fisher = fisher_diagonal(model, x)
    mean = torch.cat([values.flatten() for values in fisher.values()]).mean()
    return {name: mean.expand_as(values) for name, values in fisher.items()}


def _of_batches(model: nn.Module, x: Tensor) -> Weights:
    total = {name: torch.zeros_like(p) for name, p in model.named_parameters()}
    parameters = list(model.parameters())
    for rows in x.split(32):
        logits = model(rows)
        gradients = torch.autograd.grad(cross_entropy(logits, logits.argmax(dim=1)), parameters)
        for sum_, gradient in zip(total.values(), gradients, strict=True):
            sum_ += gradient**2 * (len(rows) / len(x))
    return total


WRONG: dict[str, dict[str, Callable[..., None]]] = {
    "train_with_replay": {
        "nothing is replayed": nothing_done,
        "only the last task is replayed": last_task_replayed,
    },
    "train_with_l2": {"strength 0": nothing_done, "pulled to zero": pulled_to_zero},
    "train_with_ewc": {
        "strength 0": nothing_done,
        "squared batch gradients": batch_mean_squared,
        "every weight alike": as_l2,
    },
    "train_with_online_ewc": {"strength 0": nothing_done},
}
