"""Tasks, and a ``train_on`` that makes a model answer them exactly as planned."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn

from autograder.suites.inputs import between, shuffled, whole
from course.data import Task

CLASSES = 3


@dataclass(frozen=True)
class Lesson:
    """One call of ``train_on``: which rows it got, in words, and how the model came."""

    rows: str
    same_model: bool
    continued: bool  # with the weights that the lesson before left
    training: bool
    gradients: bool  # whether they were switched on
    penalty: Any


class PlannedTraining:
    """As many tasks as there are ``sizes``, each the number of test rows of its task.

    Every row is a unit vector of its own, so that each state of the weights is a table from rows
    to answers, drawn such that the accuracies (``expected`` (T, T) float64) are never 0 or 1, no
    column holds a value twice and no entry equals its mirror image; accuracies on training rows
    are other fractions altogether, of 5. A prime size keeps the fractions of two sizes apart.
    Whoever trains more often than there are tasks gets answers that are not planned.
    """

    TRAIN_ROWS = 5

    def __init__(
        self, rng: torch.Generator, sizes: list[int], dropout: float | None = None
    ) -> None:
        tasks = len(sizes)
        self._width = sum(sizes) + tasks * self.TRAIN_ROWS
        dropouts = [] if dropout is None else [nn.Dropout(dropout)]
        self.model = nn.Sequential(*dropouts, nn.Linear(self._width, CLASSES))
        right = _counts(rng, sizes)
        self.expected = right.double() / torch.tensor(sizes)
        labels = torch.randint(CLASSES, (self._width,), generator=rng)
        rows = shuffled(rng, torch.eye(self._width))
        answers = labels.repeat(tasks, 1)
        self.tasks: list[Task] = []
        start = 0
        for j, size in enumerate(sizes):
            train = slice(start, start + self.TRAIN_ROWS)
            test = slice(train.stop, train.stop + size)
            start = test.stop
            for i in range(tasks):
                answers[i, train] += _wrong(rng, self.TRAIN_ROWS, whole(rng, 1, 4))
                answers[i, test] += _wrong(rng, size, int(right[i, j]))
            data = (rows[train], labels[train], rows[test], labels[test], rows[:0], labels[:0])
            self.tasks.append(Task(f"task {j}", tuple(range(CLASSES)), *data))
        unplanned = torch.randint(CLASSES, (1, self._width), generator=rng)
        answers = torch.cat([answers % CLASSES, unplanned])
        self._weights = [self._table(rng, rows, row) for row in answers]
        start_answers = torch.randint(CLASSES, labels.shape, generator=rng)
        self._set(self.model, self._table(rng, rows, start_answers))
        self.lessons: list[Lesson] = []

    def train_on(self, model: Any, x: Any, y: Any, penalty: Any = None) -> None:
        """Notes how it was called and puts the weights where the plan wants them."""
        known = isinstance(model, nn.Sequential) and isinstance(model[-1], nn.Linear)
        lesson = Lesson(
            rows=self._which(x, y),
            same_model=model is self.model,
            continued=known and torch.equal(model[-1].weight, self._current),
            training=known and all(module.training for module in model.modules()),
            gradients=torch.is_grad_enabled(),
            penalty=penalty,
        )
        if known:
            self._set(model, self._weights[min(len(self.lessons), len(self._weights) - 1)])
        self.lessons.append(lesson)

    def left_alone(self) -> bool:
        """Whether the model is as the last lesson left it."""
        weight, _ = self.model.parameters()
        return torch.equal(weight, self._current)

    def _which(self, x: Any, y: Any) -> str:
        for j, task in enumerate(self.tasks):
            if _same(x, task.x_train) and _same(y, task.y_train):
                return training_rows(j)
            if _same(x, task.x_test) and _same(y, task.y_test):
                return f"the test rows of task {j}"
        return "rows that are no task's own"

    def _table(self, rng: torch.Generator, rows: Tensor, answers: Tensor) -> Tensor:
        """The weight that makes row i answer ``answers[i]``, far from any tie."""
        by_row = 4.0 * torch.eye(CLASSES)[answers] + between(rng, 0, 1, len(rows), CLASSES).float()
        return by_row.T @ rows

    def _set(self, model: nn.Module, weight: Tensor) -> None:
        self._current = weight
        own_weight, own_bias = model.parameters()
        with torch.no_grad():
            own_weight.copy_(weight)
            own_bias.zero_()


def _counts(rng: torch.Generator, sizes: list[int]) -> Tensor:
    """(T, T) numbers of right answers, column j from 1 to ``sizes[j]`` - 1."""
    tasks = len(sizes)
    off_diagonal = ~torch.eye(tasks, dtype=torch.bool)
    while True:
        columns = [torch.randperm(size - 1, generator=rng)[:tasks] + 1 for size in sizes]
        counts = torch.stack(columns, dim=1)
        shares = counts / torch.tensor(sizes)
        if ((shares - shares.T).abs() > 1e-6)[off_diagonal].all():
            return counts


def _wrong(rng: torch.Generator, n: int, right: int) -> Tensor:
    """What to add to ``n`` labels so that ``right`` of them stay right, in random places."""
    shift = torch.randint(1, CLASSES, (n,), generator=rng)
    shift[:right] = 0
    return shuffled(rng, shift)


def _same(a: Any, b: Tensor) -> bool:
    return isinstance(a, Tensor) and a.shape == b.shape and torch.equal(a.to(b.dtype), b)


def training_rows(task: int) -> str:
    """What a lesson says of the rows when all is well."""
    return f"the training rows of task {task}"


def never_made_anew(lessons: list[Lesson]) -> bool:
    """Whether one and the same model went through all lessons, its weights left alone."""
    later = [after.continued for _, after in pairwise(lessons)]
    return all(lesson.same_model for lesson in lessons) and all(later)
