"""One seed of a study: every line from the same first weights, and after the same first task."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from autograder.reference.methods import train_by
from autograder.reference.protocol import Study, Training
from course.data import Dataset, Task
from course.device import generator
from course.models import MLP
from course.training import accuracy, make_train_on

Trial = tuple[str, float | None]  # a method and its argument


class FirstLesson:
    """``train_on`` that learns the first task once: whoever begins alike goes on from there."""

    def __init__(self, study: Study, source: torch.Generator, first: Tensor) -> None:
        self._source = source
        self._first = first
        self._learnt: tuple[dict[str, Tensor], Tensor] | None = None
        self._train_on = _train_on(study.training, source)
        self._train_first = _train_on(study.first or study.training, source)

    def __call__(self, model: nn.Module, x: Tensor, y: Tensor, penalty: Any = None) -> None:
        if x is not self._first:
            self._train_on(model, x, y, penalty)
            return
        if self._learnt is None:
            self._train_first(model, x, y)
            weights = {name: p.detach().clone() for name, p in model.named_parameters()}
            self._learnt = weights, self._source.get_state()
        weights, state = self._learnt
        with torch.no_grad():
            for name, parameter in model.named_parameters():
                parameter.copy_(weights[name])
        self._source.set_state(state)


def _train_on(training: Training, source: torch.Generator) -> Callable[..., None]:
    return make_train_on(
        training.optimizer,
        training.lr,
        momentum=training.momentum,
        epochs=training.epochs,
        batch_size=training.batch_size,
        generator=source,
        progress=False,
    )


def run(
    dataset: Dataset,
    study: Study,
    trials: Sequence[Trial],
    seed: int,
    *,
    validation: float = 0.0,
    closed_form: bool = False,
) -> list[list[float]]:
    """For each trial the accuracies in percent on each task, at the end of training.

    They are measured on the test rows, or on the validation rows where some are held back; NaN when
    the training diverged.
    """
    tasks = study.draw(dataset, seed, validation)
    source = generator(seed)
    model = MLP(dataset.input_size, study.hidden, study.outputs(), generator=source)
    model.to(dataset.x_train.device)
    start = {name: p.detach().clone() for name, p in model.state_dict().items()}
    state = source.get_state()
    train_on = FirstLesson(study, source, tasks[0].x_train)
    found = []
    for method, value in trials:
        model.load_state_dict(start)
        source.set_state(state)
        drawn = generator(seed + 1)
        try:
            train_by(method, model, tasks, train_on, value, drawn, closed_form=closed_form)
            found.append([100 * accuracy(model, *_rows(task, validation)) for task in tasks])
        except FloatingPointError:
            found.append([math.nan] * len(tasks))
    return found


def _rows(task: Task, validation: float) -> tuple[Tensor, Tensor]:
    return (task.x_val, task.y_val) if validation else (task.x_test, task.y_test)
