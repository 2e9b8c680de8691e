"""Wrong answers for `train_with_replay`: which exemplars are kept."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import torch
from torch import Generator, nn

from autograder.misconceptions import misconceptions_02_training
from autograder.misconceptions.entry import Entries
from autograder.misconceptions.misconceptions_02_training import Pair, TrainOn, choose, mix
from course.data import Task

ENTRIES = Entries()
enter = partial(misconceptions_02_training.enter, entries=ENTRIES)


@enter(
    "last-task-only",
    "You replay exemplars of the task just before, or of the last two, and none of the tasks "
    "before that. Keep those of every earlier task.",
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


@enter("last-task-only", "", part="keep")
def _(kept: list[Pair], new: Pair) -> list[Pair]:
    return [*kept[-1:], new]


@enter(
    "at-least-one-exemplar",
    "You keep a row even where the fraction asks for none. `int(fraction * n)` may be 0.",
    part="choose",
)
def _(task: Task, fraction: float, generator: Generator) -> Pair:
    rows = torch.randperm(len(task.x_train), generator=generator)
    rows = rows[: max(1, int(fraction * len(task.x_train)))]
    return task.x_train[rows], task.y_train[rows]


@enter(
    "count-of-another-task",
    "You take the number of exemplars from the size of another task. Of each task it is "
    "`int(fraction * n)`, with its own n.",
)
def _(
    model: nn.Module, tasks: Sequence[Task], train_on: TrainOn, fraction: float, g: Generator
) -> None:
    kept: list[Pair] = []
    for task in tasks:
        train_on(model, *mix((task.x_train, task.y_train), kept, g))
        rows = torch.randperm(len(task.x_train), generator=g)
        rows = rows[: int(fraction * len(tasks[0].x_train))]
        kept.append((task.x_train[rows], task.y_train[rows]))


@enter("count-of-another-task", "")
def _(
    model: nn.Module, tasks: Sequence[Task], train_on: TrainOn, fraction: float, g: Generator
) -> None:
    kept: list[Pair] = []
    for task, after in zip(tasks, [*tasks[1:], tasks[-1]], strict=True):
        train_on(model, *mix((task.x_train, task.y_train), kept, g))
        rows = torch.randperm(len(task.x_train), generator=g)
        rows = rows[: int(fraction * len(after.x_train))]
        kept.append((task.x_train[rows], task.y_train[rows]))


@enter(
    "one-budget-for-all",
    "You share one memory of fixed size among all earlier tasks, so each keeps fewer rows with "
    "every new task. What was kept of a task stays, `int(fraction * n)` rows.",
)
def _(
    model: nn.Module, tasks: Sequence[Task], train_on: TrainOn, fraction: float, g: Generator
) -> None:
    room = int(fraction * len(tasks[0].x_train))
    kept: list[Pair] = []
    for task in tasks:
        train_on(model, *mix((task.x_train, task.y_train), kept, g))
        kept.append(choose(task, 1.0, g))
        kept = [(x[: room // len(kept)], y[: room // len(kept)]) for x, y in kept]


@enter(
    "replay-ends-with-an-empty-task",
    "When nothing is kept of an early task, you replay nothing of later ones either. Each task's "
    "exemplars are kept, however many those of others are.",
)
def _(
    model: nn.Module, tasks: Sequence[Task], train_on: TrainOn, fraction: float, g: Generator
) -> None:
    kept: list[Pair] = []
    for i, task in enumerate(tasks):
        train_on(model, *mix((task.x_train, task.y_train), kept, g))
        new = choose(task, fraction, g)
        kept = [*kept, new] if i == 0 or (len(kept) and len(kept[0][1])) else []


@enter("replay-ends-with-an-empty-task", "")
def _(
    model: nn.Module, tasks: Sequence[Task], train_on: TrainOn, fraction: float, g: Generator
) -> None:
    kept: list[Pair] = []
    for task in tasks:
        ready = [] if any(len(y) == 0 for _, y in kept) else kept
        train_on(model, *mix((task.x_train, task.y_train), ready, g))
        kept.append(choose(task, fraction, g))
