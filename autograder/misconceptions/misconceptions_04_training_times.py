"""Wrong answers for `train_with_ewc`: what is of a wrong time, task or rows."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from autograder.misconceptions.entry import Entries
from autograder.misconceptions.misconceptions_04_training import (
    EWC,
    Held,
    Weights,
    copied,
    fisher_of,
    left,
    taught,
    term,
)

ENTRIES = Entries()


@ENTRIES.add(
    "ewc-anchor-from-before-the-task",
    EWC,
    "Your anchors are the parameters from before each task. Copy them when the task ends.",
)
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float) -> None:
    starts: list[Weights] = []

    def note(own: nn.Module, *rest: Any) -> None:
        starts.append(copied(own))
        train_on(own, *rest)

    leave = lambda m, task: Held(starts[-1], fisher_of(m, task))  # noqa: E731
    taught(model, tasks, note, strength, leave)


@ENTRIES.add(
    "ewc-fisher-from-before-the-task",
    EWC,
    "You take each Fisher before its task is learnt. What matters to a task shows when it is "
    "known: take it when the task ends.",
)
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float) -> None:
    early: list[Weights] = []

    def note(own: nn.Module, *rest: Any) -> None:
        early.append(fisher_of(own, tasks[len(early)]))
        train_on(own, *rest)

    taught(model, tasks, note, strength, lambda m, task: Held(copied(m), early[-1]))


@ENTRIES.add(
    "ewc-first-task-penalised",
    EWC,
    "The first task is learnt with a penalty that holds it near the untrained network. There is "
    "nothing to remember yet.",
)
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float) -> None:
    earlier = [Held(copied(model), {n: torch.ones_like(p) for n, p in copied(model).items()})]
    for number, task in enumerate(tasks):
        now = earlier[1:] if number else earlier
        penalty = lambda m, now=now: strength * sum(term(m, held) for held in now)  # noqa: E731
        train_on(model, task.x_train, task.y_train, penalty)
        earlier = [*earlier, left(model, task)]


@ENTRIES.add(
    "fisher-of-the-new-task",
    EWC,
    "You take the Fisher on the rows of the task that is about to be learnt. What matters is what "
    "the old tasks need: take it when a task ends, on its own rows.",
)
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float) -> None:
    earlier: list[Held] = []
    for number, task in enumerate(tasks):
        if number:
            earlier = [*earlier, left(model, task)]
        now = list(earlier)
        penalty = (lambda m, now=now: strength * sum(term(m, h) for h in now)) if now else None
        train_on(model, task.x_train, task.y_train, penalty)


@ENTRIES.add(
    "old-fishers-computed-again",
    EWC,
    "You compute the Fishers of all earlier tasks again with the new weights. Each is taken once, "
    "when its task ends; later its data is gone.",
)
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float) -> None:
    anchors: list[Weights] = []
    for number, task in enumerate(tasks):
        pairs = zip(anchors, tasks[:number], strict=True)
        now = [Held(anchor, fisher_of(model, old)) for anchor, old in pairs]
        penalty = (lambda m, now=now: strength * sum(term(m, h) for h in now)) if now else None
        train_on(model, task.x_train, task.y_train, penalty)
        anchors.append(copied(model))


@ENTRIES.add(
    "ewc-anchor-follows-the-model",
    EWC,
    "Your anchors are the model's own memory: they move along, and the penalty is always zero. "
    "Copy the parameters when a task ends.",
)
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float) -> None:
    live = {n: p.detach() for n, p in model.named_parameters()}
    taught(model, tasks, train_on, strength, lambda m, task: Held(live, fisher_of(m, task)))


@ENTRIES.also("ewc-first-task-penalised")
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float) -> None:
    start = copied(model)
    kept_from_the_start(Held(start, fisher_of(model, tasks[0])), model, tasks, train_on, strength)


@ENTRIES.also("ewc-first-task-penalised")
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float) -> None:
    start = copied(model)
    alike = {n: torch.ones_like(p) for n, p in start.items()}
    kept_from_the_start(Held(start, alike), model, tasks, train_on, strength)


def kept_from_the_start(
    first: Held, model: nn.Module, tasks: Any, train_on: Any, strength: float
) -> None:
    """As EWC, with one penalty more, for all tasks."""
    earlier = [first]
    for task in tasks:
        now = list(earlier)
        penalty = lambda m, now=now: strength * sum(term(m, held) for held in now)  # noqa: E731
        train_on(model, task.x_train, task.y_train, penalty)
        earlier.append(left(model, task))


@ENTRIES.add(
    "ewc-remembered-too-early",
    EWC,
    "You note anchor and Fisher before `train_on`, so that each task is held where it starts. Do "
    "both when the task has been learnt.",
)
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float) -> None:
    earlier: list[Held] = []
    for task in tasks:
        earlier = [*earlier, left(model, task)]
        penalty = lambda m, now=earlier: strength * sum(term(m, held) for held in now)  # noqa: E731
        train_on(model, task.x_train, task.y_train, penalty)


@ENTRIES.add(
    "ewc-task-just-before-left-out",
    EWC,
    "The task just before has no penalty yet. It is protected from the next task on.",
)
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float) -> None:
    earlier: list[Held] = []
    for task in tasks:
        now = earlier[:-1]
        penalty = (lambda m, now=now: strength * sum(term(m, h) for h in now)) if now else None
        train_on(model, task.x_train, task.y_train, penalty)
        earlier = [*earlier, left(model, task)]


@ENTRIES.add(
    "fishers-on-the-first-tasks-rows",
    EWC,
    "You take every Fisher on the rows of the first task. Each task has its own.",
)
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float) -> None:
    leave = lambda m, task: Held(copied(m), fisher_of(m, tasks[0]))  # noqa: E731
    taught(model, tasks, train_on, strength, leave)


@ENTRIES.add(
    "ewc-trains-on-everything",
    EWC,
    "Later tasks are trained on the rows of earlier ones as well. EWC keeps no data: each task is "
    "learnt from its own rows.",
)
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float) -> None:
    earlier: list[Held] = []
    for number, task in enumerate(tasks, start=1):
        x = torch.cat([t.x_train for t in tasks[:number]])
        y = torch.cat([t.y_train for t in tasks[:number]])
        now = list(earlier)
        penalty = (lambda m, now=now: strength * sum(term(m, h) for h in now)) if now else None
        train_on(model, x, y, penalty)
        earlier.append(left(model, task))


@ENTRIES.add(
    "ewc-trains-on-other-rows",
    EWC,
    "You do not train on the task's training rows, or not on these alone. Test and validation rows "
    "are for measuring.",
)
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float) -> None:
    trained_on(lambda task: (task.x_test, task.y_test), model, tasks, train_on, strength)


def trained_on(rows: Any, model: nn.Module, tasks: Any, train_on: Any, strength: float) -> None:
    """EWC, but for the rows and labels that are trained on."""
    left_over = iter(tasks)

    def teach(own: nn.Module, x: Tensor, y: Tensor, penalty: Any = None) -> None:
        train_on(own, *rows(next(left_over)), penalty)

    taught(model, tasks, teach, strength)


@ENTRIES.also("ewc-trains-on-other-rows")
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float) -> None:
    joined = lambda t: (torch.cat([t.x_train, t.x_val]), torch.cat([t.y_train, t.y_val]))  # noqa: E731
    trained_on(joined, model, tasks, train_on, strength)


@ENTRIES.add(
    "ewc-trains-on-some-rows",
    EWC,
    "You leave some of the task's training rows out. All of them are trained on.",
)
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float) -> None:
    some = lambda t: (t.x_train[:100], t.y_train[:100])  # noqa: E731
    trained_on(some, model, tasks, train_on, strength)
