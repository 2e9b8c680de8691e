"""The mistakes of `train_with_replay`, written in another style."""

import copy
import math
import random

import torch

from autograder.quality.restyled.again import Assigned

again = Assigned("02-replay")


def permuted(n, generator):
    return torch.rand(n, generator=generator).argsort()


def shuffled(x, y, generator):
    order = permuted(len(x), generator)
    return x[order], y[order]


def drawn(task, fraction, generator):
    n = len(task.y_train)
    idx = permuted(n, generator)[: int(n * fraction)]
    return task.x_train[idx], task.y_train[idx]


@again("nothing-replayed")
def _(model, tasks, train_on, fraction, generator):
    memory = []
    for task in tasks:
        train_on(model, task.x_train, task.y_train)
        memory.append(drawn(task, fraction, generator))


@again("current-task-thinned-too")
def _(model, tasks, train_on, fraction, generator):
    x, y = tasks[0].x_train[:0], tasks[0].y_train[:0]
    for task in tasks:
        new_x, new_y = drawn(task, fraction, generator)
        x, y = shuffled(torch.cat([x, new_x]), torch.cat([y, new_y]), generator)
        train_on(model, x, y)


@again("exemplars-appended")
def _(model, tasks, train_on, fraction, generator):
    old_x, old_y = tasks[0].x_train[:0], tasks[0].y_train[:0]
    for task in tasks:
        train_on(model, torch.cat([old_x, task.x_train]), torch.cat([old_y, task.y_train]))
        new_x, new_y = drawn(task, fraction, generator)
        old_x, old_y = torch.cat([old_x, new_x]), torch.cat([old_y, new_y])


@again("interleaved-in-old-order")
def _(model, tasks, train_on, fraction, generator):
    memory = []
    for task in tasks:
        rows = list(zip(task.x_train, task.y_train))
        for row in memory:
            place = int(torch.randint(len(rows) + 1, (), generator=generator))
            rows.insert(place, row)
        train_on(model, torch.stack([a for a, _ in rows]), torch.stack([b for _, b in rows]))
        memory += zip(*drawn(task, fraction, generator))


@again("lesson-shuffled-apart")
def _(model, tasks, train_on, fraction, generator):
    xs, ys = [], []
    for task in tasks:
        x, y = torch.cat([*xs, task.x_train]), torch.cat([*ys, task.y_train])
        x = x[permuted(len(x), generator)]
        y = y[permuted(len(y), generator)]
        train_on(model, x, y)
        new_x, new_y = drawn(task, fraction, generator)
        xs.append(new_x)
        ys.append(new_y)


@again("two-calls-a-task")
def _(model, tasks, train_on, fraction, generator):
    xs, ys = [], []
    for task in tasks:
        train_on(model, *shuffled(task.x_train, task.y_train, generator))
        if xs:
            train_on(model, *shuffled(torch.cat(xs), torch.cat(ys), generator))
        new_x, new_y = drawn(task, fraction, generator)
        xs.append(new_x)
        ys.append(new_y)


@again("all-at-once")
def _(model, tasks, train_on, fraction, generator):
    x = torch.cat([task.x_train for task in tasks])
    y = torch.cat([task.y_train for task in tasks])
    train_on(model, *shuffled(x, y, generator))


@again("first-task-left-out")
def _(model, tasks, train_on, fraction, generator):
    x, y = None, None
    for task in tasks:
        if x is not None:
            mixed = shuffled(torch.cat([task.x_train, x]), torch.cat([task.y_train, y]), generator)
            train_on(model, *mixed)
        new_x, new_y = drawn(task, fraction, generator)
        x = new_x if x is None else torch.cat([x, new_x])
        y = new_y if y is None else torch.cat([y, new_y])


@again("exemplars-repeated-to-balance")
def _(model, tasks, train_on, fraction, generator):
    old_x, old_y = tasks[0].x_train[:0], tasks[0].y_train[:0]
    for task in tasks:
        x, y = task.x_train, task.y_train
        if len(old_x):
            times = math.ceil(len(x) / len(old_x))
            x = torch.cat([x, old_x.repeat(times, 1)])
            y = torch.cat([y, old_y.repeat(times)])
        train_on(model, *shuffled(x, y, generator))
        new_x, new_y = drawn(task, fraction, generator)
        old_x, old_y = torch.cat([old_x, new_x]), torch.cat([old_y, new_y])


@again("mixture-by-global-random-state")
def _(model, tasks, train_on, fraction, generator):
    memory = []
    for task in tasks:
        rows = [*zip(task.x_train, task.y_train), *memory]
        random.shuffle(rows)
        x, y = zip(*rows)
        train_on(model, torch.stack(x), torch.stack(y))
        memory.extend(zip(*drawn(task, fraction, generator)))


@again("fresh-model-for-each-task")
def _(model, tasks, train_on, fraction, generator):
    weights = copy.deepcopy(model.state_dict())
    xs, ys = [], []
    for task in tasks:
        fresh = copy.deepcopy(model)
        fresh.load_state_dict(weights)
        x, y = torch.cat([task.x_train, *xs]), torch.cat([task.y_train, *ys])
        train_on(fresh, *shuffled(x, y, generator))
        new_x, new_y = drawn(task, fraction, generator)
        xs.append(new_x)
        ys.append(new_y)


@again("tasks-shuffled-in-place")
def _(model, tasks, train_on, fraction, generator):
    xs, ys = [], []
    for task in tasks:
        order = permuted(len(task.x_train), generator)
        task.x_train[:] = task.x_train[order]
        task.y_train[:] = task.y_train[order]
        x, y = torch.cat([task.x_train, *xs]), torch.cat([task.y_train, *ys])
        train_on(model, *shuffled(x, y, generator))
        k = int(fraction * len(order))
        xs.append(task.x_train[:k])
        ys.append(task.y_train[:k])


@again("last-task-left-out")
def _(model, tasks, train_on, fraction, generator):
    xs, ys = [], []
    for i in range(len(tasks) - 1):
        x, y = torch.cat([tasks[i].x_train, *xs]), torch.cat([tasks[i].y_train, *ys])
        train_on(model, *shuffled(x, y, generator))
        new_x, new_y = drawn(tasks[i], fraction, generator)
        xs.append(new_x)
        ys.append(new_y)


@again("lesson-at-the-end")
def _(model, tasks, train_on, fraction, generator):
    xs, ys = [], []
    for task in tasks:
        x, y = torch.cat([task.x_train, *xs]), torch.cat([task.y_train, *ys])
        train_on(model, *shuffled(x, y, generator))
        new_x, new_y = drawn(task, fraction, generator)
        xs.append(new_x)
        ys.append(new_y)
    train_on(model, torch.cat(xs), torch.cat(ys))


@again("no-lesson-without-exemplars")
def _(model, tasks, train_on, fraction, generator):
    train_on(model, tasks[0].x_train, tasks[0].y_train)
    old_x, old_y = drawn(tasks[0], fraction, generator)
    for task in tasks[1:]:
        if len(old_x) == 0:
            continue
        x, y = torch.cat([old_x, task.x_train]), torch.cat([old_y, task.y_train])
        train_on(model, *shuffled(x, y, generator))
        new_x, new_y = drawn(task, fraction, generator)
        old_x, old_y = torch.cat([old_x, new_x]), torch.cat([old_y, new_y])


@again("later-tasks-too")
def _(model, tasks, train_on, fraction, generator):
    memory = [drawn(task, fraction, generator) for task in tasks]
    for i, task in enumerate(tasks):
        xs, ys = [task.x_train], [task.y_train]
        for j, (x, y) in enumerate(memory):
            if j != i:
                xs.append(x)
                ys.append(y)
        train_on(model, *shuffled(torch.cat(xs), torch.cat(ys), generator))


@again("lesson-of-fixed-size")
def _(model, tasks, train_on, fraction, generator):
    old_x, old_y = tasks[0].x_train[:0], tasks[0].y_train[:0]
    for task in tasks:
        n = len(task.x_train)
        x, y = torch.cat([old_x, task.x_train])[:n], torch.cat([old_y, task.y_train])[:n]
        train_on(model, *shuffled(x, y, generator))
        new_x, new_y = drawn(task, fraction, generator)
        old_x, old_y = torch.cat([old_x, new_x]), torch.cat([old_y, new_y])


@again("weights-changed-outside")
def _(model, tasks, train_on, fraction, generator):
    first = [p.detach().clone() for p in model.parameters()]
    xs, ys = [], []
    for task in tasks:
        for p, start in zip(model.parameters(), first):
            p.data.copy_(start)
        x, y = torch.cat([task.x_train, *xs]), torch.cat([task.y_train, *ys])
        train_on(model, *shuffled(x, y, generator))
        new_x, new_y = drawn(task, fraction, generator)
        xs.append(new_x)
        ys.append(new_y)
