"""Wrong answers for `replay_bytes`: the right one, with one of its parts exchanged."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from torch import Tensor

from autograder.misconceptions.entry import Entries
from course.data import Task

ENTRIES = Entries()


def of_tensor(rows: Tensor, count: int) -> float:
    """Bytes that ``count`` of these rows take."""
    return count * (rows.numel() // len(rows)) * rows.element_size()


def of_task(task: Task, count: int) -> float:
    """Bytes that the images and labels of ``count`` rows take."""
    return of_tensor(task.x_train, count) + of_tensor(task.y_train, count)


def pile_up(kept: list[float]) -> list[float]:
    """Bytes held while training each task, from those kept of each."""
    return [sum(kept[:i]) for i in range(len(kept))]


def replay_bytes(
    tasks: Sequence[Task],
    fraction: float,
    *,
    count: Callable[[float], Any] = int,
    of_task: Callable[[Task, Any], Any] = of_task,
    held: Callable[[list[float]], list[float]] = pile_up,
) -> list[float]:
    """The right answer; its parts are what the entries exchange."""
    return held([of_task(task, count(fraction * len(task.x_train))) for task in tasks])


def enter(key: str, hint: str, part: str = "") -> Callable[[Callable[..., Any]], None]:
    """A decorator: the function below it takes the place of ``part``, or of the whole.

    Without a hint it is another form of the mistake ``key``.
    """

    def exchange(function: Callable[..., Any]) -> None:
        parts: dict[str, Any] = {part: function}
        whole = partial(replay_bytes, **parts) if part else function
        (ENTRIES.add(key, "replay_bytes", hint) if hint else ENTRIES.also(key))(whole)

    return exchange


@enter(
    "elements-instead-of-bytes",
    "You count numbers. Each takes several bytes: see `element_size` of a tensor.",
    part="of_task",
)
def _(task: Task, count: int) -> float:
    return count * (task.x_train[0].numel() + 1)


@enter(
    "rows-instead-of-bytes",
    "You count rows. A row takes the bytes of its image and those of its label.",
    part="of_task",
)
def _(task: Task, count: int) -> float:
    return count


@enter(
    "labels-left-out",
    "You count the images only. Their labels have to be kept as well.",
    part="of_task",
)
def _(task: Task, count: int) -> float:
    return of_tensor(task.x_train, count)


@enter(
    "four-bytes-each",
    "You take four bytes for every number. How many it takes depends on the dtype: an int64 label "
    "takes eight.",
    part="of_task",
)
def _(task: Task, count: int) -> float:
    return 4 * count * (task.x_train[0].numel() + 1)


@enter(
    "labels-as-large-as-pixels",
    "You take as many bytes for a label as for a pixel. Images and labels may have "
    "different dtypes.",
    part="of_task",
)
def _(task: Task, count: int) -> float:
    return count * (task.x_train[0].numel() + 1) * task.x_train.element_size()


@enter(
    "usual-dtypes-taken-for-granted",
    "You count four bytes for a pixel and eight for a label. That holds for float32 and int64 "
    "only: ask the tensors for their `element_size`.",
    part="of_task",
)
def _(task: Task, count: int) -> float:
    return count * (4 * task.x_train[0].numel() + 8)


@enter(
    "kilobytes",
    "You return kilobytes. Bytes are asked for.",
    part="of_task",
)
def _(task: Task, count: int) -> float:
    return of_task(task, count) / 1000


@enter(
    "bits",
    "You return bits. A byte has eight of them.",
    part="of_task",
)
def _(task: Task, count: int) -> float:
    return 8 * of_task(task, count)


@enter(
    "share-of-the-bytes",
    "You take the fraction of the task's bytes. Only whole rows can be kept: first the number of "
    "rows, `int(fraction * n)`, then their bytes.",
    part="count",
)
def _(rows: float) -> float:
    return rows


@enter(
    "rows-rounded",
    "You round the number of rows. It is `int(fraction * n)`, the whole part.",
    part="count",
)
def _(rows: float) -> int:
    return round(rows)


@enter(
    "rows-rounded-up",
    "You round the number of rows up. It is `int(fraction * n)`, the whole part.",
    part="count",
)
def _(rows: float) -> int:
    return math.ceil(rows)


@enter(
    "not-cumulative",
    "You count the exemplars of one task at a time. While a task is trained, those of every "
    "earlier task are held.",
    part="held",
)
def _(kept: list[float]) -> list[float]:
    return [0, *kept[:-1]]


@enter(
    "current-task-counted",
    "You count the exemplars of the current task too. They are drawn when it ends: while it is "
    "trained, only those of earlier tasks are held.",
    part="held",
)
def _(kept: list[float]) -> list[float]:
    return [sum(kept[: i + 1]) for i in range(len(kept))]


@enter(
    "end-counted-too",
    "Your list has an entry too many, for the time after the last task. One entry a task is asked "
    "for.",
    part="held",
)
def _(kept: list[float]) -> list[float]:
    return [*pile_up(kept), sum(kept)]


@enter(
    "first-task-missing",
    "Your list begins with the second task. While the first is trained, nothing is held: 0 is an "
    "entry too.",
    part="held",
)
def _(kept: list[float]) -> list[float]:
    return pile_up(kept)[1:]


@enter(
    "total-only",
    "You return one number. What is asked for is a list: what is held while each task is trained.",
    part="held",
)
def _(kept: list[float]) -> Any:
    return sum(kept[:-1])


@enter(
    "first-task-stands-for-all",
    "You take the first task's size and dtypes for all tasks. Each has its own.",
)
def _(tasks: Sequence[Task], fraction: float) -> list[float]:
    return replay_bytes([tasks[0]] * len(tasks), fraction)


@enter(
    "fraction-of-all-rows-so-far",
    "You take the fraction of all earlier rows together. Rows are kept task by task, a whole "
    "number of each, so the parts that are cut off add up.",
)
def _(tasks: Sequence[Task], fraction: float) -> list[float]:
    held = []
    for i in range(len(tasks)):
        count = int(fraction * sum(len(task.x_train) for task in tasks[:i]))
        held.append(of_task(tasks[max(0, i - 1)], count))
    return held


@enter(
    "storage-counted",
    "You count the memory behind the tensors. It may be larger than the rows in it: count rows "
    "times numbers a row times bytes a number.",
    part="of_task",
)
def _(task: Task, count: int) -> float:
    both = (task.x_train, task.y_train)
    return sum(rows.untyped_storage().nbytes() * count // max(1, len(rows)) for rows in both)


@enter(
    "bytes-as-floats",
    "Your bytes are floats. They are whole numbers: make them ints.",
    part="held",
)
def _(kept: list[float]) -> list[float]:
    return [float(entry) for entry in pile_up(kept)]


@enter(
    "test-rows-counted",
    "You count test rows, or those too. Only training rows are kept.",
    part="of_task",
)
def _(task: Task, count: int) -> float:
    test = int(count * len(task.x_test) / max(1, len(task.x_train)))
    return of_task(task, count + test)


@enter("kilobytes", "", part="of_task")
def _(task: Task, count: int) -> float:
    return of_task(task, count) / 2**10


@enter("storage-counted", "", part="of_task")
def _(task: Task, count: int) -> float:
    both = (task.x_train, task.y_train)
    return sum(rows.untyped_storage().nbytes() for rows in both) if count else 0


@enter("usual-dtypes-taken-for-granted", "", part="of_task")
def _(task: Task, count: int) -> float:
    return of_tensor(task.x_train, count) + 8 * count


@enter("test-rows-counted", "")
def _(tasks: Sequence[Task], fraction: float) -> list[float]:
    return pile_up([of_task(task, int(fraction * len(task.x_test))) for task in tasks])


@enter(
    "all-rows-counted",
    "You count all rows of the earlier tasks. Only a fraction of each is kept.",
)
def _(tasks: Sequence[Task], fraction: float) -> list[float]:
    return replay_bytes(tasks, 1.0)


@enter(
    "all-labels-counted",
    "You count the labels of all rows. Of a task, as many labels are kept as images.",
)
def _(tasks: Sequence[Task], fraction: float) -> list[float]:
    return pile_up([
        of_tensor(task.x_train, int(fraction * len(task.x_train))) + task.y_train.nbytes
        for task in tasks
    ])  # fmt: skip


@enter(
    "at-least-one-row-counted",
    "You count a row even where the fraction asks for none. `int(fraction * n)` may be 0.",
    part="count",
)
def _(rows: float) -> int:
    return max(1, int(rows))


@enter(
    "row-of-another-task",
    "You take the bytes of a row from one task for the rows of others. Each task has its own "
    "dtypes.",
)
def _(tasks: Sequence[Task], fraction: float) -> list[float]:
    return pile_up([of_task(tasks[0], int(fraction * len(task.x_train))) for task in tasks])


@enter("row-of-another-task", "")
def _(tasks: Sequence[Task], fraction: float) -> list[float]:
    counts = pile_up([int(fraction * len(task.x_train)) for task in tasks])
    return [of_task(task, int(count)) for task, count in zip(tasks, counts, strict=True)]
