"""Wrong answers for `train_with_replay`: the right one, with one of its parts exchanged."""

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


def enter(key: str, hint: str, part: str = "") -> Callable[[Callable[..., Any]], None]:
    """A decorator: the function below it takes the place of ``part``, or of the whole."""

    def exchange(function: Callable[..., Any]) -> None:
        parts: dict[str, Any] = {part: function}
        whole = partial(train_with_replay, **parts) if part else function
        ENTRIES.add(key, "train_with_replay", hint)(whole)

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
    "last-task-only",
    "You replay exemplars of the task just before, and none of the tasks before that. Keep those "
    "of every earlier task.",
    part="keep",
)
def _(kept: list[Pair], new: Pair) -> list[Pair]:
    return [new]


@enter(
    "first-task-only",
    "You replay exemplars of the first task alone. Keep those of every earlier task.",
    part="keep",
)
def _(kept: list[Pair], new: Pair) -> list[Pair]:
    return kept or [new]


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
    "exemplars-with-replacement",
    "Some exemplars of a task are drawn twice. Draw without replacement.",
    part="choose",
)
def _(task: Task, fraction: float, generator: Generator) -> Pair:
    n = len(task.x_train)
    rows = torch.randint(n, (int(fraction * n),), generator=generator)
    return task.x_train[rows], task.y_train[rows]


@enter(
    "first-rows-kept",
    "You keep the first rows of each task. Data often come sorted: draw exemplars at random.",
    part="choose",
)
def _(task: Task, fraction: float, generator: Generator) -> Pair:
    count = int(fraction * len(task.x_train))
    return task.x_train[:count], task.y_train[:count]


@enter(
    "exemplars-of-one-class",
    "Your exemplars are the rows with the smallest labels, so whole classes are forgotten. Draw "
    "from all rows of a task.",
    part="choose",
)
def _(task: Task, fraction: float, generator: Generator) -> Pair:
    rows = task.y_train.argsort()[: int(fraction * len(task.y_train))]
    return task.x_train[rows], task.y_train[rows]


@enter(
    "exemplars-from-the-test-rows",
    "Your exemplars are test rows. These are there to measure with, and no training may see them.",
    part="choose",
)
def _(task: Task, fraction: float, generator: Generator) -> Pair:
    count = int(fraction * len(task.x_train))
    return task.x_test[:count], task.y_test[:count]


@enter(
    "all-rows-kept",
    "You replay all rows of the earlier tasks. Keep the fraction of them that is asked for.",
    part="choose",
)
def _(task: Task, fraction: float, generator: Generator) -> Pair:
    return task.x_train, task.y_train


@enter(
    "exemplars-rounded-up",
    "You round the number of exemplars up, or to the nearest. It is `int(fraction * n)`, the whole "
    "part, for each task.",
    part="choose",
)
def _(task: Task, fraction: float, generator: Generator) -> Pair:
    n = len(task.x_train)
    rows = torch.randperm(n, generator=generator)[: -int(-fraction * n // 1)]
    return task.x_train[rows], task.y_train[rows]


@enter(
    "exemplars-by-global-random-state",
    "Your exemplars come from a global random state, so nobody can repeat your run. Use "
    "`generator` for every draw.",
    part="choose",
)
def _(task: Task, fraction: float, generator: Generator) -> Pair:
    return choose(task, fraction, torch.default_generator)


@enter(
    "mixture-by-global-random-state",
    "The order of a lesson's rows comes from a global random state, so nobody can repeat your run. "
    "Use `generator` for every draw.",
    part="mix",
)
def _(own: Pair, kept: list[Pair], generator: Generator) -> Pair:
    return mix(own, kept, torch.default_generator)


@enter(
    "exemplars-seeded-again",
    "You seed a generator each time you draw, so every run keeps the same rows. Draw from the "
    "generator that you were given.",
    part="choose",
)
def _(task: Task, fraction: float, generator: Generator) -> Pair:
    return choose(task, fraction, torch.Generator().manual_seed(0))


@enter(
    "drawn-again-for-each-task",
    "You draw new exemplars of an earlier task for each later one, which needs all of its rows to "
    "be stored. Draw once, when the task ends, and keep those.",
)
def _(
    model: nn.Module, tasks: Sequence[Task], train_on: TrainOn, fraction: float, g: Generator
) -> None:
    for i, task in enumerate(tasks):
        kept = [choose(old, fraction, g) for old in tasks[:i]]
        train_on(model, *mix((task.x_train, task.y_train), kept, g))


@enter(
    "thinned-again-at-each-task",
    "You thin out again what is already kept, so of the first task next to nothing is left in the "
    "end. What was kept stays.",
)
def _(
    model: nn.Module, tasks: Sequence[Task], train_on: TrainOn, fraction: float, g: Generator
) -> None:
    kept: list[Pair] = []
    for task in tasks:
        train_on(model, *mix((task.x_train, task.y_train), kept, g))
        kept = [pair for x, y in [*kept, (task.x_train, task.y_train)]
                for rows in [torch.randperm(len(x), generator=g)[: int(fraction * len(x))]]
                for pair in [(x[rows], y[rows])]]  # fmt: skip


@enter(
    "exemplars-of-the-lesson",
    "You draw the new exemplars from all rows of the lesson, replayed ones among them, so old rows "
    "are kept twice and of the new task too few. Draw from the task's own rows.",
)
def _(
    model: nn.Module, tasks: Sequence[Task], train_on: TrainOn, fraction: float, g: Generator
) -> None:
    kept: list[Pair] = []
    for task in tasks:
        x, y = mix((task.x_train, task.y_train), kept, g)
        train_on(model, x, y)
        rows = torch.randperm(len(x), generator=g)[: int(fraction * len(x))]
        kept.append((x[rows], y[rows]))


@enter(
    "current-tasks-exemplars-too",
    "You draw exemplars of the current task before its lesson, so some of its rows are trained on "
    "twice. A task's exemplars are drawn when it ends.",
)
def _(
    model: nn.Module, tasks: Sequence[Task], train_on: TrainOn, fraction: float, g: Generator
) -> None:
    kept: list[Pair] = []
    for task in tasks:
        kept.append(choose(task, fraction, g))
        train_on(model, *mix((task.x_train, task.y_train), kept, g))


@enter(
    "one-share-of-all-old-rows",
    "You join all earlier tasks and take the fraction of the whole, so a task may be left with few "
    "exemplars or too many. `int(fraction * n)` rows of each are asked for.",
)
def _(
    model: nn.Module, tasks: Sequence[Task], train_on: TrainOn, fraction: float, g: Generator
) -> None:
    order: list[tuple[int, int]] = []
    for i, task in enumerate(tasks):
        count = int(fraction * sum(len(old.x_train) for old in tasks[:i]))
        kept = [
            (tasks[j].x_train[k : k + 1], tasks[j].y_train[k : k + 1]) for j, k in order[:count]
        ]
        train_on(model, *mix((task.x_train, task.y_train), kept, g))
        order += [(i, k) for k in range(len(task.x_train))]
        order = [order[k] for k in torch.randperm(len(order), generator=g).tolist()]


@enter(
    "fresh-model-for-each-task",
    "You train a new copy of the model for each task. One and the same model learns them all.",
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
