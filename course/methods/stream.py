"""The one way in which every method goes through a stream of tasks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.optim import Optimizer

from course.data import Task
from course.methods.method import Method
from course.methods.outputs import Outputs
from course.models import MLP
from course.training import accuracy, make_optimizer, train


@dataclass(frozen=True)
class Training:
    """How each task is learnt; ``fresh``: with a new optimizer for each, else with one for all."""

    optimizer: str
    lr: float
    batch_size: int
    epochs: int
    momentum: float = 0.0
    fresh: bool = True


def run(
    method: Method,
    tasks: Sequence[Task],
    scenario: str,
    *,
    hidden: Sequence[int],
    training: Training,
    generator: torch.Generator,
    progress: bool | None = None,
) -> Tensor:
    """Learns ``tasks`` in order by ``method``; R (T, T) float64, fractions, on the CPU.

    ``R[i, j]`` is the test accuracy on task j after task i; for joint training, which learns all
    tasks at once, every row is that of the end. The tasks are labelled as ``course.data.split``
    does for ``scenario``. The network, an MLP with the ``hidden`` layers and the outputs that the
    scenario asks for, and the order of the batches come from ``generator``, a CPU one; the method
    draws from another that is seeded by it, so methods that start from the same seed start from the
    same weights. ``progress`` as in ``course.training.train``.

    Raises ``ValueError`` for another scenario or without a task, and ``FloatingPointError`` when
    training diverges.
    """
    outputs = Outputs.of(tasks, scenario)
    x = tasks[0].x_train
    model = outputs.network(x.shape[1], hidden, generator).to(x.device, x.dtype)
    seed = int(torch.randint(2**62, (), generator=generator))
    method.start(model, outputs, torch.Generator().manual_seed(seed))
    lessons = _lessons(method, tasks, outputs)
    optimizer = None
    R = torch.zeros(len(tasks), len(tasks), dtype=torch.float64)
    for i, (x, y) in enumerate(lessons):
        if optimizer is None or training.fresh:
            optimizer = make_optimizer(training.optimizer, model, training.lr, training.momentum)
        method.begin(i)
        _learn(method, x, y, training, optimizer, generator, progress)
        method.end(x, y)
        R[i:] = _accuracies(model, tasks, outputs)
    return R


def _lessons(
    method: Method, tasks: Sequence[Task], outputs: Outputs
) -> list[tuple[Tensor, Tensor]]:
    """The rows to learn from one after another."""
    if not method.at_once:
        return [(task.x_train, task.y_train) for task in tasks]
    labels = [outputs.to_global(task.y_train, i) for i, task in enumerate(tasks)]
    return [(torch.cat([task.x_train for task in tasks]), torch.cat(labels))]


def _learn(
    method: Method,
    x: Tensor,
    y: Tensor,
    training: Training,
    optimizer: Optimizer,
    generator: torch.Generator,
    progress: bool | None,
) -> None:
    train(
        method.model if method.at_once else method.view,
        x,
        y,
        optimizer=optimizer,
        epochs=training.epochs,
        batch_size=training.batch_size,
        generator=generator,
        penalty=method.penalty,
        loss=method.loss,
        on_gradients=method.on_gradients,
        on_step=method.on_step,
        progress=progress,
    )


def _accuracies(model: MLP, tasks: Sequence[Task], outputs: Outputs) -> Tensor:
    found = [accuracy(outputs.view(model, j), t.x_test, t.y_test) for j, t in enumerate(tasks)]
    return torch.tensor(found, dtype=torch.float64)
