"""A learner under test: taught task by task, thrown away after each, judged on all of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from autograder.student import Held, Student
from autograder.suites import budget, expect
from autograder.suites.arena import num_outputs
from course.arena import MEMORY, allowed_bytes
from course.data import Task

LOOK = 60  # rows on which a learner is asked before and after it was thrown away


@dataclass(frozen=True)
class Run:
    """What came of one stream: accuracies on its tasks, in their order, and what else was seen.

    ``labels`` is what was predicted for all test rows. ``drift``: the largest part of rows that a
    restored learner labelled otherwise than the one that was thrown away. ``shaky``: asked twice,
    it labelled the same rows differently. ``told_apart``: it matters which task it is told of.
    """

    accuracies: list[float]
    labels: Tensor
    drift: float
    shaky: bool
    told_apart: bool

    @property
    def average(self) -> float:
        """Average accuracy, a fraction."""
        return sum(self.accuracies) / len(self.accuracies)


class Contest:
    """One stream of tasks, and a student's class ``Learner`` that is to learn it."""

    def __init__(
        self, student: Student, dataset: str, scenario: str, tasks: list[Task], rng: torch.Generator
    ) -> None:
        self._student = student
        self._scenario = scenario
        self._tasks = tasks
        self._rng = rng
        input_size, memory = tasks[0].x_train.shape[1], MEMORY[dataset]
        self._outputs = num_outputs(scenario)
        seed = int(torch.randint(2**31, (), generator=rng))
        self._arguments = (input_size, self._outputs, len(tasks), memory, seed)
        self._allowed = allowed_bytes(dataset, input_size, memory)

    def run(self) -> Run:
        """Teaches all tasks and asks for the labels of all test rows.

        Raises ``AssertionError`` where the learner does not keep to the rules.
        """
        learner, drift, shaky = self._student.Learner(*self._arguments), 0.0, False
        for number, task in enumerate(self._tasks):
            learner.learn(_without_test_rows(task), self._scenario)
            state = budget.checked(learner.state(), self._allowed)
            look = task.x_train[:LOOK]
            before = self._labels(learner, look, number)
            shaky = shaky or not torch.equal(before, self._labels(learner, look, number))
            self._student.anew()
            learner = self._student.Learner(*self._arguments)
            learner.restore(state)
            after = self._labels(learner, look, number)
            drift = max(drift, float((before != after).double().mean()))
        labels = self._by_task(learner) if self._scenario == "task" else self._mixed(learner)
        pairs = zip(labels, self._tasks, strict=True)
        accuracies = [float((got == task.y_test).double().mean()) for got, task in pairs]
        told_apart = self._scenario != "task" or self._told_apart(learner)
        return Run(accuracies, torch.cat(labels), drift, shaky, told_apart)

    def _by_task(self, learner: Held) -> list[Tensor]:
        return [self._labels(learner, t.x_test, k) for k, t in enumerate(self._tasks)]

    def _mixed(self, learner: Held) -> list[Tensor]:
        """The labels of each task's test rows, asked for in one random order of all of them.

        Rows that come task by task would tell which task they are of.
        """
        x = torch.cat([task.x_test for task in self._tasks])
        order = torch.randperm(len(x), generator=self._rng)
        labels = torch.empty(len(x), dtype=torch.int64)
        labels[order] = self._labels(learner, x[order])
        return list(labels.split([len(task.x_test) for task in self._tasks]))

    def _told_apart(self, learner: Held) -> bool:
        x = self._tasks[0].x_test
        first, *others = (self._labels(learner, x, k) for k in range(len(self._tasks)))
        return any(not torch.equal(first, other) for other in others)

    def _labels(self, learner: Held, x: Tensor, number: int = 0) -> Tensor:
        """What ``predict`` says of rows, which are of task ``number`` where it is told."""
        told = (number,) if self._scenario == "task" else ()
        return _checked(learner.predict(x.clone(), *told), len(x), self._outputs)


def _checked(labels: Any, n: int, outputs: int) -> Tensor:
    what = f"What `predict` returned for {n} rows"
    labels = expect.tensor(labels, what, torch.zeros(n, dtype=torch.int64))
    outside = int(((labels < 0) | (labels >= outputs)).sum())
    assert not outside, (
        f"{what} holds {outside} labels outside of 0 to {outputs - 1}. Labels are those that "
        "`y_train` uses."
    )
    return labels


def _without_test_rows(task: Task) -> Task:
    return replace(task, x_test=task.x_test[:0], y_test=task.y_test[:0])
