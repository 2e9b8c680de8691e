"""Wrong answers for `train_with_replay`: the lessons. The right one, with one part exchanged."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import torch
from torch import Generator, Tensor, nn

from autograder.misconceptions.entry import Entries
from course.data import Task

ENTRIES = Entries()
Pair = tuple[Tensor, Tensor]
TrainOn = Callable[..., object]


def choose(task: Task, fraction: float, generator: Generator) -> Pair:
    """Exemplars of a task that ended."""
    rows = torch.randperm(len(task.x_train), generator=generator)
    rows = rows[: int(fraction * len(task.x_train))]
    return task.x_train[rows], task.y_train[rows]


def keep(kept: list[Pair], new: Pair) -> list[Pair]:
    """What is kept, once the exemplars of another task are there."""
    return [*kept, new]


def mix(own: Pair, kept: list[Pair], generator: Generator) -> Pair:
    """The rows of a lesson."""
    x, y = (torch.cat([own[k], *(pair[k] for pair in kept)]) for k in range(2))
    order = torch.randperm(len(x), generator=generator)
    return x[order], y[order]


def train_with_replay(
    model: nn.Module,
    tasks: Sequence[Task],
    train_on: TrainOn,
    fraction: float,
    generator: Generator,
    *,
    choose: Callable[[Task, float, Generator], Pair] = choose,
    keep: Callable[[list[Pair], Pair], list[Pair]] = keep,
    mix: Callable[[Pair, list[Pair], Generator], Pair] = mix,
) -> None:
    """The right answer; its parts are what the entries exchange."""
    kept: list[Pair] = []
    for task in tasks:
        train_on(model, *mix((task.x_train, task.y_train), kept, generator))
        kept = keep(kept, choose(task, fraction, generator))


def enter(
    key: str, hint: str, part: str = "", entries: Entries = ENTRIES
) -> Callable[[Callable[..., Any]], None]:
    """A decorator: the function below it takes the place of ``part``, or of the whole.

    Without a hint it is another form of the mistake ``key``.
    """

    def exchange(function: Callable[..., Any]) -> None:
        parts: dict[str, Any] = {part: function}
        whole = partial(train_with_replay, **parts) if part else function
        (entries.add(key, "train_with_replay", hint) if hint else entries.also(key))(whole)

    return exchange


@enter(
    "nothing-replayed",
    "Each task is trained on its own rows only. Exemplars help only when they are trained on: put "
    "them among the rows that `train_on` gets.",
    part="mix",
)
def _(own: Pair, kept: list[Pair], generator: Generator) -> Pair:
    return mix(own, [], generator)


@enter(
    "current-task-thinned-too",
    "You train on a fraction of the current task's rows too. All of them are there, so all of them "
    "are used; only of earlier tasks a fraction is kept.",
)
def _(
    model: nn.Module, tasks: Sequence[Task], train_on: TrainOn, fraction: float, g: Generator
) -> None:
    kept: list[Pair] = []
    for task in tasks:
        kept.append(choose(task, fraction, g))
        train_on(model, *mix(kept[-1], kept[:-1], g))


@enter(
    "exemplars-appended",
    "You put the exemplars after the rows of the current task. Shuffle all rows together.",
    part="mix",
)
def _(own: Pair, kept: list[Pair], generator: Generator) -> Pair:
    x, y = mix(own, [], generator)
    return torch.cat([x, *(a for a, _ in kept)]), torch.cat([y, *(b for _, b in kept)])


@enter(
    "interleaved-in-old-order",
    "You scatter the exemplars among the task's rows, but those stay in their old order. Shuffle "
    "all rows together.",
    part="mix",
)
def _(own: Pair, kept: list[Pair], generator: Generator) -> Pair:
    n = len(own[0])
    x, y = (torch.cat([own[k], *(pair[k] for pair in kept)]) for k in range(2))
    places = torch.randperm(len(x), generator=generator)
    order = torch.empty(len(x), dtype=torch.int64)
    order[places[:n].sort().values] = torch.arange(n)
    order[places[n:]] = torch.arange(n, len(x))
    return x[order], y[order]


@enter(
    "lesson-shuffled-apart",
    "Images and labels of a lesson are not in the same order, so images get the labels of others. "
    "Draw one order and use it for both.",
    part="mix",
)
def _(own: Pair, kept: list[Pair], generator: Generator) -> Pair:
    return mix(own, kept, generator)[0], mix(own, kept, generator)[1]


@enter(
    "two-calls-a-task",
    "You train on the exemplars in a call of their own, so the last call still overwrites what was "
    "learnt before it. Mix them with the task's rows and call `train_on` once.",
)
def _(
    model: nn.Module, tasks: Sequence[Task], train_on: TrainOn, fraction: float, g: Generator
) -> None:
    kept: list[Pair] = []
    for task in tasks:
        for pair in kept:
            train_on(model, *pair)
        train_on(model, task.x_train, task.y_train)
        kept.append(choose(task, fraction, g))


@enter(
    "all-at-once",
    "You train once, on the rows of all tasks. Tasks come one after another: one call of "
    "`train_on` for each.",
)
def _(
    model: nn.Module, tasks: Sequence[Task], train_on: TrainOn, fraction: float, g: Generator
) -> None:
    train_on(model, *mix(((x := tasks[0]).x_train, x.y_train),
                         [(task.x_train, task.y_train) for task in tasks[1:]], g))  # fmt: skip


@enter(
    "first-task-left-out",
    "You start with the second task, so the first is never trained on in full. It has a lesson "
    "too, without exemplars.",
)
def _(
    model: nn.Module, tasks: Sequence[Task], train_on: TrainOn, fraction: float, g: Generator
) -> None:
    kept = [choose(tasks[0], fraction, g)]
    for task in tasks[1:]:
        train_on(model, *mix((task.x_train, task.y_train), kept, g))
        kept.append(choose(task, fraction, g))


@enter(
    "exemplars-repeated-to-balance",
    "You repeat exemplars until there are as many as rows of the current task. That can help, but "
    "here every exemplar is trained on as one row.",
    part="mix",
)
def _(own: Pair, kept: list[Pair], generator: Generator) -> Pair:
    if not sum(len(y) for _, y in kept):
        return mix(own, kept, generator)
    old = mix((own[0][:0], own[1][:0]), kept, generator)
    again = torch.arange(len(own[1])) % len(old[1])
    return mix(own, [(old[0][again], old[1][again])], generator)


@enter(
    "mixture-by-global-random-state",
    "The order of a lesson's rows comes from a global random state, so nobody can repeat your run. "
    "Use `generator` for every draw.",
    part="mix",
)
def _(own: Pair, kept: list[Pair], generator: Generator) -> Pair:
    return mix(own, kept, torch.default_generator)


@enter(
    "fresh-model-for-each-task",
    "You train a copy of the model, not the one that you were given. One and the same model learns "
    "all tasks.",
)
def _(
    model: nn.Module, tasks: Sequence[Task], train_on: TrainOn, fraction: float, g: Generator
) -> None:
    start = copy.deepcopy(model)

    def on_a_copy(model: nn.Module, x: Tensor, y: Tensor) -> None:
        train_on(copy.deepcopy(start), x, y)

    train_with_replay(model, tasks, on_a_copy, fraction, g)


@enter(
    "tasks-shuffled-in-place",
    "You shuffle the rows inside the tasks that you were given, so the caller's tasks change. "
    "Index with an order, and leave the tasks as they are.",
)
def _(
    model: nn.Module, tasks: Sequence[Task], train_on: TrainOn, fraction: float, g: Generator
) -> None:
    kept: list[Pair] = []
    for task in tasks:
        train_on(model, *mix((task.x_train, task.y_train), kept, g))
        order = torch.randperm(len(task.x_train), generator=g)
        task.x_train.copy_(task.x_train[order])
        task.y_train.copy_(task.y_train[order])
        count = int(fraction * len(order))
        kept.append((task.x_train[:count], task.y_train[:count]))


@enter("exemplars-repeated-to-balance", "", part="mix")
def _(own: Pair, kept: list[Pair], generator: Generator) -> Pair:
    old = sum(len(y) for _, y in kept)
    return mix(own, kept * -(-len(own[1]) // old) if old else kept, generator)


@enter("lesson-shuffled-apart", "", part="mix")
def _(own: Pair, kept: list[Pair], generator: Generator) -> Pair:
    y = torch.cat([own[1], *(labels for _, labels in kept)])
    return mix(own, kept, generator)[0], y


@enter("fresh-model-for-each-task", "")
def _(
    model: nn.Module, tasks: Sequence[Task], train_on: TrainOn, fraction: float, g: Generator
) -> None:
    train_with_replay(copy.deepcopy(model), tasks, train_on, fraction, g)


@enter(
    "last-task-left-out",
    "The last task is never trained on. Every task has a lesson: `range(len(tasks))` ends with the "
    "last one.",
)
def _(
    model: nn.Module, tasks: Sequence[Task], train_on: TrainOn, fraction: float, g: Generator
) -> None:
    train_with_replay(model, tasks[:-1], train_on, fraction, g)


@enter(
    "lesson-at-the-end",
    "You train once more when all tasks are over. What is replayed belongs into the lessons "
    "themselves: one call of `train_on` for each task.",
)
def _(
    model: nn.Module, tasks: Sequence[Task], train_on: TrainOn, fraction: float, g: Generator
) -> None:
    kept: list[Pair] = []
    for task in tasks:
        train_on(model, task.x_train, task.y_train)
        kept.append(choose(task, fraction, g))
    train_on(model, *mix(kept[0], kept[1:], g))


@enter(
    "no-lesson-without-exemplars",
    "Where no exemplars are kept, you leave the lesson out, or train nothing at all. The task's "
    "own rows are there in any case.",
)
def _(
    model: nn.Module, tasks: Sequence[Task], train_on: TrainOn, fraction: float, g: Generator
) -> None:
    kept: list[Pair] = []
    for i, task in enumerate(tasks):
        if i == 0 or any(len(y) for _, y in kept):
            train_on(model, *mix((task.x_train, task.y_train), kept, g))
        kept.append(choose(task, fraction, g))


@enter(
    "later-tasks-too",
    "You replay rows of tasks that are still to come. At that time nobody has them: replay those "
    "of earlier tasks.",
)
def _(
    model: nn.Module, tasks: Sequence[Task], train_on: TrainOn, fraction: float, g: Generator
) -> None:
    kept = [choose(task, fraction, g) for task in tasks]
    for i, task in enumerate(tasks):
        train_on(model, *mix((task.x_train, task.y_train), kept[:i] + kept[i + 1 :], g))


@enter(
    "lesson-of-fixed-size",
    "You drop rows of the current task to make room for exemplars. All of its rows are trained on, "
    "and the exemplars besides.",
)
def _(
    model: nn.Module, tasks: Sequence[Task], train_on: TrainOn, fraction: float, g: Generator
) -> None:
    kept: list[Pair] = []
    for task in tasks:
        old, n = sum(len(y) for _, y in kept), len(task.y_train)
        rows = torch.randperm(n, generator=g)[: max(0, n - old)]
        train_on(model, *mix((task.x_train[rows], task.y_train[rows]), kept, g))
        kept.append(choose(task, fraction, g))


@enter("lesson-of-fixed-size", "")
def _(
    model: nn.Module, tasks: Sequence[Task], train_on: TrainOn, fraction: float, g: Generator
) -> None:
    kept: list[Pair] = []
    for task in tasks:
        x, y = (torch.cat([*(pair[k] for pair in kept), own])[: len(own)]
                for k, own in enumerate((task.x_train, task.y_train)))  # fmt: skip
        order = torch.randperm(len(y), generator=g)
        train_on(model, x[order], y[order])
        kept.append(choose(task, fraction, g))


@enter(
    "weights-changed-outside",
    "You put weights into the model yourself, those from the beginning or those of a copy. Only "
    "`train_on` should change it: hand over the model and leave it alone.",
)
def _(
    model: nn.Module, tasks: Sequence[Task], train_on: TrainOn, fraction: float, g: Generator
) -> None:
    start = copy.deepcopy(model.state_dict())
    kept: list[Pair] = []
    for task in tasks:
        model.load_state_dict(start)
        train_on(model, *mix((task.x_train, task.y_train), kept, g))
        kept.append(choose(task, fraction, g))
