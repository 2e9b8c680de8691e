"""The mistakes of `replay_bytes`, written in another style."""

import math

import torch

from autograder.quality.restyled.again import Assigned

again = Assigned("02-replay")


def row_bytes(task):
    """Bytes of one image and its label."""
    pixels = math.prod(task.x_train.shape[1:])
    return pixels * task.x_train.element_size() + task.y_train.element_size()


def rows_kept(task, fraction):
    return int(fraction * task.x_train.shape[0])


def running(kept):
    """What is held while each task is trained, from what each leaves behind."""
    held, total = [], 0
    for bytes_of_task in kept:
        held.append(total)
        total += bytes_of_task
    return held


@again("elements-instead-of-bytes")
def _(tasks, fraction):
    held, total = [], 0
    for task in tasks:
        held.append(total)
        k = rows_kept(task, fraction)
        total += task.x_train[:k].numel() + task.y_train[:k].numel()
    return held


@again("rows-instead-of-bytes")
def _(tasks, fraction):
    return [sum(int(fraction * len(t.y_train)) for t in tasks[:i]) for i in range(len(tasks))]


@again("labels-left-out")
def _(tasks, fraction):
    held = [0]
    for task in tasks[:-1]:
        held.append(held[-1] + task.x_train[: rows_kept(task, fraction)].nbytes)
    return held


@again("four-bytes-each")
def _(tasks, fraction):
    sizes = torch.tensor([
        rows_kept(task, fraction) * (task.x_train.shape[1] * 4 + 4) for task in tasks
    ])  # fmt: skip
    return (sizes.cumsum(0) - sizes).tolist()


@again("labels-as-large-as-pixels")
def _(tasks, fraction):
    kept = []
    for task in tasks:
        k, size = rows_kept(task, fraction), task.x_train.element_size()
        kept.append(k * task.x_train.shape[1] * size + k * size)
    return running(kept)


@again("usual-dtypes-taken-for-granted")
def _(tasks, fraction):
    held = []
    for i in range(len(tasks)):
        total = 0
        for task in tasks[:i]:
            k = rows_kept(task, fraction)
            image = torch.empty(k, task.x_train.shape[1], dtype=torch.float32)
            label = torch.empty(k, dtype=torch.int64)
            total += image.nbytes + label.nbytes
        held.append(total)
    return held


@again("kilobytes")
def _(tasks, fraction):
    held = running([rows_kept(task, fraction) * row_bytes(task) for task in tasks])
    return [bytes_held / 1024 for bytes_held in held]


@again("bits")
def _(tasks, fraction):
    held, total = [], 0
    for task in tasks:
        held.append(total)
        bits_of_row = task.x_train[0].nbytes * 8 + task.y_train.element_size() * 8
        total += rows_kept(task, fraction) * bits_of_row
    return held


@again("share-of-the-bytes")
def _(tasks, fraction):
    held, total = [], 0
    for task in tasks:
        held.append(int(total))
        whole = len(task.x_train) * row_bytes(task)
        total += fraction * whole
    return held


@again("rows-rounded")
def _(tasks, fraction):
    held = [0] * len(tasks)
    for i in range(1, len(tasks)):
        before = tasks[i - 1]
        k = int(fraction * len(before.x_train) + 0.5)
        held[i] = held[i - 1] + k * row_bytes(before)
    return held


@again("rows-rounded-up")
def _(tasks, fraction):
    kept = []
    for task in tasks:
        k = int(fraction * len(task.x_train))
        if k < fraction * len(task.x_train):
            k += 1
        kept.append(task.x_train[:k].nbytes + task.y_train[:k].nbytes)
    return running(kept)


@again("not-cumulative")
def _(tasks, fraction):
    held = []
    for i in range(len(tasks)):
        if i == 0:
            held.append(0)
        else:
            held.append(rows_kept(tasks[i - 1], fraction) * row_bytes(tasks[i - 1]))
    return held


@again("current-task-counted")
def _(tasks, fraction):
    held, total = [], 0
    for task in tasks:
        total += rows_kept(task, fraction) * row_bytes(task)
        held.append(total)
    return held


@again("end-counted-too")
def _(tasks, fraction):
    held = [0]
    for task in tasks:
        held.append(held[-1] + rows_kept(task, fraction) * row_bytes(task))
    return held


@again("first-task-missing")
def _(tasks, fraction):
    held, total = [], 0
    for task in tasks[:-1]:
        total += rows_kept(task, fraction) * row_bytes(task)
        held.append(total)
    return held


@again("total-only")
def _(tasks, fraction):
    total = 0
    for task in tasks[:-1]:
        k = rows_kept(task, fraction)
        total += task.x_train[:k].nbytes
        total += task.y_train[:k].nbytes
    return total


@again("first-task-stands-for-all")
def _(tasks, fraction):
    once = rows_kept(tasks[0], fraction) * row_bytes(tasks[0])
    return [i * once for i in range(len(tasks))]


@again("fraction-of-all-rows-so-far")
def _(tasks, fraction):
    held, rows = [], 0
    for task in tasks:
        held.append(int(fraction * rows) * row_bytes(task))
        rows += len(task.x_train)
    return held


@again("storage-counted")
def _(tasks, fraction):
    kept = []
    for task in tasks:
        k = rows_kept(task, fraction)
        x, y = task.x_train[:k], task.y_train[:k]
        kept.append(x.untyped_storage().size() + y.untyped_storage().size() if k else 0)
    return running(kept)


@again("bytes-as-floats")
def _(tasks, fraction):
    held, total = [], 0.0
    for task in tasks:
        held.append(total)
        total += rows_kept(task, fraction) * row_bytes(task)
    return held


@again("test-rows-counted")
def _(tasks, fraction):
    kept = []
    for task in tasks:
        k = rows_kept(task, fraction) + int(fraction * len(task.x_test))
        kept.append(k * row_bytes(task))
    return running(kept)


@again("all-rows-counted")
def _(tasks, fraction):
    return running([task.x_train.nbytes + task.y_train.nbytes for task in tasks])


@again("all-labels-counted")
def _(tasks, fraction):
    kept = []
    for task in tasks:
        images = rows_kept(task, fraction) * task.x_train[0].nbytes
        kept.append(images + len(task.y_train) * task.y_train.element_size())
    return running(kept)


@again("at-least-one-row-counted")
def _(tasks, fraction):
    return running([(rows_kept(task, fraction) or 1) * row_bytes(task) for task in tasks])


@again("row-of-another-task")
def _(tasks, fraction):
    size = row_bytes(tasks[0])
    return running([rows_kept(task, fraction) * size for task in tasks])
