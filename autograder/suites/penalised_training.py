"""Tasks, scripted weights and probes with which a method that adds a penalty is looked at."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from autograder.suites import expect
from autograder.suites.inputs import shuffled
from autograder.suites.recorder import Lesson, Probe, Recorder, Weights, scripted
from autograder.suites.side_effects import watched
from course.data import Task


class PenalisedTraining:
    """As many tasks as there are ``sizes``, each the number of its training rows.

    ``ends[k]`` are the weights that the model has after task k, whatever the method does; in each
    lesson the penalty is looked at where the weights are those of each of ``probes``. All are of
    the size of ``scale``, far from zero and from one another.
    """

    def __init__(
        self, rng: torch.Generator, model: nn.Module, sizes: list[int], *, scale: float = 1.0
    ) -> None:
        self.model = model
        first = next(model.parameters())
        classes = [*model.parameters()][-1].shape[0]
        self.tasks = [_task(rng, number, n, first, classes) for number, n in enumerate(sizes)]
        self.ends = [self._weights(rng, scale) for _ in sizes]
        self.probes = [self._weights(rng, scale) for _ in range(2)]
        self.recorder = Recorder(model, scripted(self.ends), self.probes)
        self._before = watched(self.tasks)

    def _weights(self, rng: torch.Generator, scale: float) -> Weights:
        return {
            name: scale * torch.randn(p.shape, generator=rng, dtype=p.dtype)
            for name, p in self.model.named_parameters()
        }

    def lessons(self, function: str) -> list[Lesson]:
        """What was taught, when it was one lesson for each task and nothing else."""
        count = len(self.recorder.lessons)
        assert count == len(self.tasks), (
            f"With {len(self.tasks)} tasks `train_on` should be called {len(self.tasks)} times, "
            f"once for each, but `{function}` called it {count} times{self._miscounted()}."
        )
        self.recorder.check(function)
        return self.recorder.lessons

    def _miscounted(self) -> str:
        """What is the matter where there is not one lesson for each task."""
        lessons = self.recorder.lessons
        if len(lessons) > len(self.tasks):
            return ", for some more than once"
        learnt = [any(_same_rows(lesson, task) for lesson in lessons) for task in self.tasks]
        if not any(learnt):
            return ""
        return f": {'a later' if learnt[0] else 'the first'} task was never learnt"

    def expect_tasks_untouched(self, function: str, left: Sequence[Task]) -> None:
        """The training rows are as they were, and so is the list of tasks that was handed over."""
        self._before.check(function)
        assert len(left) == len(self.tasks), (
            f"`{function}` changed the list of tasks, which belongs to whoever called it."
        )

    def expect_rows(self, function: str) -> None:
        """Each lesson had its own task's training rows, all of them, in any order."""
        for k, (lesson, task) in enumerate(zip(self.lessons(function), self.tasks, strict=True)):
            assert _same_rows(lesson, task), (
                f"Lesson {k + 1} should be about the training rows of task {k + 1}, all of them "
                f"and no others, each with its own label. It was about {self._about(lesson, k)}."
            )

    def _about(self, lesson: Lesson, k: int) -> str:
        """Which rows lesson ``k`` was about, in words."""
        own, x = self.tasks[k], lesson.x
        others = [task for task in self.tasks if task is not own]
        if x.shape[1:] != own.x_train.shape[1:] or not len(x):
            return "rows of another shape" if len(x) else "no rows at all"
        known = {
            "its training rows": own.x_train,
            "its test rows": own.x_test,
            "its validation rows": own.x_val,
            "training rows of other tasks": torch.cat([x[:0], *(task.x_train for task in others)]),
            "test rows of other tasks": torch.cat([x[:0], *(task.x_test for task in others)]),
        }
        counts = {words: _held(x, rows) for words, rows in known.items()}
        found = [words for words, count in counts.items() if count]
        if sum(counts.values()) < len(x):
            found.append("rows that no task has")
        if len(found) > 1 or not counts["its training rows"]:
            return " and ".join(found)
        if len(x) == len(own.x_train):
            return "these rows, but not each once and with its own label"
        return f"{'only some' if len(x) < len(own.x_train) else 'more than all'} of these"

    def expect_penalty(self, function: str, k: int, wanted: Callable[[Weights], float]) -> None:
        """In lesson ``k``, counted from 0, the penalty is ``wanted`` of the weights."""
        noted = self.lessons(function)[k].penalty
        assert noted is not None, (
            f"While task {k + 1} is learnt, a penalty should be added, but `train_on` got none."
        )
        for probe, weights in zip(noted, self.probes, strict=True):
            value, gradient = _differentiated(wanted, weights)
            what = f"While task {k + 1} of {len(self.tasks)} is learnt, the penalty"
            expect.close(probe.value, value, what)
            expect_gradient(probe, gradient, what)

    def expect_no_penalty(self, function: str) -> None:
        """The first task is learnt without one, or with one that is zero wherever one looks."""
        for probe in self.lessons(function)[0].penalty or ():
            nothing = probe.value == 0 and not any(g.any() for g in probe.gradient.values())
            assert nothing, (
                "While the first task is learnt there is nothing to hold on to yet, but a penalty "
                "that is not zero was added."
            )


def expect_gradient(probe: Probe, wanted: Weights, what: str) -> None:
    """The penalty pulls the parameters the right way."""
    pulls = any(g.any() for g in probe.gradient.values())
    assert pulls, (
        f"{what} has the right value, but its gradient is zero: it cannot pull the weights. Was it "
        "computed under `no_grad`, from detached tensors, or turned into a plain number?"
    )
    for name, gradient in wanted.items():
        expect.close(probe.gradient[name], gradient, f"{what}: its gradient by `{name}`")


def half_squared_distance(a: Weights, b: Weights) -> Tensor:
    """Half the sum of squared differences of all parameters."""
    return sum((((a[name] - b[name]) ** 2).sum() for name in a), torch.zeros(())) / 2


def _differentiated(wanted: Callable[[Weights], Any], weights: Weights) -> tuple[float, Weights]:
    live = {name: w.clone().requires_grad_() for name, w in weights.items()}
    value = wanted(live)
    gradients = torch.autograd.grad(value, list(live.values()))
    return value.item(), dict(zip(live, gradients, strict=True))


def _task(rng: torch.Generator, number: int, n: int, first: Tensor, classes: int) -> Task:
    """Rows that fit the first layer's weights."""
    sizes = [n, 3, 2]
    x = torch.randn(sum(sizes), first.shape[1], generator=rng, dtype=first.dtype).split(sizes)
    y = shuffled(rng, torch.arange(sum(sizes)) % classes).split(sizes)
    return Task(f"task {number}", tuple(range(classes)), x[0], y[0], x[1], y[1], x[2], y[2])


def _same_rows(lesson: Lesson, task: Task) -> bool:
    """The lesson had the task's training rows with their labels, in any order."""
    given, own = _sorted(lesson.x, lesson.y), _sorted(task.x_train, task.y_train)
    return given.shape == own.shape and torch.equal(given, own)


def _held(x: Tensor, rows: Tensor) -> int:
    """How many of ``x`` are among ``rows``."""
    return int((x[:, None] == rows[None]).all(dim=2).any(dim=1).sum())


def _sorted(x: Tensor, y: Tensor) -> Tensor:
    """Rows and labels side by side, in one order whatever order they came in."""
    if x.dim() != 2 or y.dim() != 1:
        return x
    rows = torch.cat([x.double(), y.double()[:, None]], dim=1)
    return rows[rows[:, 0].argsort()]


def gradient(penalty: Tensor, model: nn.Module) -> Weights:
    """How a penalty pulls each parameter."""
    assert penalty.requires_grad, (
        "The penalty has the right value but no gradient, so it cannot pull the weights. Was it "
        "computed under `no_grad`, from detached tensors, or by way of `.item()`?"
    )
    parameters = dict(model.named_parameters())
    try:
        found: Sequence[Tensor | None] = torch.autograd.grad(
            penalty, list(parameters.values()), allow_unused=True
        )
    except RuntimeError:  # the graph is used up; in a sandbox nothing of it comes back then
        found = [None] * len(parameters)
    leads_there = any(pull is not None for pull in found)
    assert leads_there, (
        "The penalty has the right value but does not lead back to the model's parameters, so it "
        "cannot pull them. Was a new tensor made, or `backward` called inside?"
    )
    pairs = zip(parameters.items(), found, strict=True)
    return {name: torch.zeros_like(p) if pull is None else pull for (name, p), pull in pairs}
