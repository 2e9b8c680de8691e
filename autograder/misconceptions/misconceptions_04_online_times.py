"""Wrong answers for `train_with_online_ewc`: anchor and Fisher from a wrong time."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from autograder.misconceptions.entry import Entries
from autograder.misconceptions.misconceptions_04_online import ONLINE, merged, taught_online
from autograder.misconceptions.misconceptions_04_training import (
    Held,
    Weights,
    copied,
    fisher_of,
    left,
    term,
)

ENTRIES = Entries()


@ENTRIES.add(
    "online-anchor-follows-the-model",
    ONLINE,
    "Your anchor is the model's own memory: it moves along, and the penalty is always zero. Copy "
    "the parameters when a task ends.",
)
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float, decay: float) -> None:
    live = {n: p.detach() for n, p in model.named_parameters()}
    taught_online(model, tasks, train_on, strength, decay, anchor_of=lambda anchors: live)


@ENTRIES.add(
    "online-first-task-penalised",
    ONLINE,
    "The first task is learnt with a penalty that holds it near the untrained network. There is "
    "nothing to remember yet.",
)
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float, decay: float) -> None:
    start = copied(model)
    alike = {n: torch.ones_like(p) for n, p in start.items()}

    def first(own: nn.Module, x: Tensor, y: Tensor, penalty: Any = None) -> None:
        train_on(own, x, y, penalty or (lambda m: strength * term(m, Held(start, alike))))

    taught_online(model, tasks, first, strength, decay)


@ENTRIES.also("online-first-task-penalised")
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float, decay: float) -> None:
    start = copied(model)
    from_the_start(fisher_of(model, tasks[0]), start, model, tasks, train_on, strength, decay)


@ENTRIES.also("online-first-task-penalised")
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float, decay: float) -> None:
    start = copied(model)
    alike = {n: torch.ones_like(p) for n, p in start.items()}
    from_the_start(alike, start, model, tasks, train_on, strength, decay)


def from_the_start(
    fisher: Weights,
    anchor: Weights,
    model: nn.Module,
    tasks: Any,
    train_on: Any,
    strength: float,
    decay: float,
) -> None:
    """As online EWC, with a Fisher and an anchor that are there before the first task."""
    for task in tasks:
        held = Held(anchor, fisher)
        train_on(model, task.x_train, task.y_train, lambda m, h=held: strength * term(m, h))
        fisher, anchor = merged(fisher, fisher_of(model, task), decay), copied(model)


@ENTRIES.add(
    "online-remembered-too-early",
    ONLINE,
    "You note anchor and Fisher before `train_on`, so that each task is held where it starts. Do "
    "both when the task has been learnt.",
)
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float, decay: float) -> None:
    fisher: Weights | None = None
    for task in tasks:
        now = left(model, task)
        fisher = merged(fisher, now.fisher, decay) if fisher else now.fisher
        held = Held(now.anchor, fisher)
        train_on(model, task.x_train, task.y_train, lambda m, h=held: strength * term(m, h))


@ENTRIES.add(
    "online-fisher-from-before-the-task",
    ONLINE,
    "You take each Fisher before its task is learnt. What matters to a task shows when it is "
    "known: take it when the task ends.",
)
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float, decay: float) -> None:
    early: list[Weights] = []

    def note(own: nn.Module, *rest: Any) -> None:
        early.append(fisher_of(own, tasks[len(early)]))
        train_on(own, *rest)

    before = lambda m, task: early[-1]  # noqa: E731
    taught_online(model, tasks, note, strength, decay, fisher_from=before)


@ENTRIES.add(
    "online-anchor-from-before-the-task",
    ONLINE,
    "Your anchor is the parameters from before the last task. Copy them when a task ends.",
)
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float, decay: float) -> None:
    starts = [copied(model)]
    before = lambda anchors: [*starts, *anchors][-2]  # noqa: E731
    taught_online(model, tasks, train_on, strength, decay, anchor_of=before)


@ENTRIES.add(
    "online-fishers-computed-again",
    ONLINE,
    "You compute the Fishers of earlier tasks again with the new weights. Each is taken once, when "
    "its task ends; later its data is gone.",
)
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float, decay: float) -> None:
    for number, task in enumerate(tasks):
        held = None
        for old in tasks[:number]:
            new = left(model, old)
            held = Held(new.anchor, merged(held.fisher, new.fisher, decay)) if held else new
        penalty = (lambda m, held=held: strength * term(m, held)) if held else None
        train_on(model, task.x_train, task.y_train, penalty)
