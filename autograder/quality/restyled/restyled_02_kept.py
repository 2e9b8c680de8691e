"""The mistakes of `train_with_replay` about what is kept, written in another style."""

import random

import torch

from autograder.quality.restyled.again import Assigned
from autograder.quality.restyled.restyled_02_training import drawn, permuted, shuffled

again = Assigned("02-replay")


@again("last-task-only")
def _(model, tasks, train_on, fraction, generator):
    for i in range(len(tasks)):
        x, y = tasks[i].x_train, tasks[i].y_train
        if i > 0:
            old_x, old_y = drawn(tasks[i - 1], fraction, generator)
            x, y = torch.cat([x, old_x]), torch.cat([y, old_y])
        train_on(model, *shuffled(x, y, generator))


@again("first-task-only")
def _(model, tasks, train_on, fraction, generator):
    for i, task in enumerate(tasks):
        x, y = task.x_train, task.y_train
        if i == 0:
            train_on(model, x, y)
            old_x, old_y = drawn(task, fraction, generator)
        else:
            mixed = shuffled(torch.cat([old_x, x]), torch.cat([old_y, y]), generator)
            train_on(model, *mixed)


@again("exemplars-with-replacement")
def _(model, tasks, train_on, fraction, generator):
    xs, ys = [], []
    for task in tasks:
        x, y = torch.cat([task.x_train, *xs]), torch.cat([task.y_train, *ys])
        train_on(model, *shuffled(x, y, generator))
        n = len(task.x_train)
        for _ in range(int(fraction * n)):
            i = int(torch.randint(n, (), generator=generator))
            xs.append(task.x_train[i : i + 1])
            ys.append(task.y_train[i : i + 1])


@again("first-rows-kept")
def _(model, tasks, train_on, fraction, generator):
    for i, task in enumerate(tasks):
        xs, ys = [task.x_train], [task.y_train]
        for old in tasks[:i]:
            k = int(fraction * len(old.x_train))
            xs.append(old.x_train[:k])
            ys.append(old.y_train[:k])
        train_on(model, *shuffled(torch.cat(xs), torch.cat(ys), generator))


@again("exemplars-of-one-class")
def _(model, tasks, train_on, fraction, generator):
    xs, ys = [], []
    for task in tasks:
        x, y = torch.cat([*xs, task.x_train]), torch.cat([*ys, task.y_train])
        train_on(model, *shuffled(x, y, generator))
        k = int(fraction * len(task.y_train))
        by_label = sorted(range(len(task.y_train)), key=lambda i: int(task.y_train[i]))
        xs.append(task.x_train[by_label[:k]])
        ys.append(task.y_train[by_label[:k]])


@again("exemplars-from-the-test-rows")
def _(model, tasks, train_on, fraction, generator):
    xs, ys = [], []
    for task in tasks:
        x, y = torch.cat([*xs, task.x_train]), torch.cat([*ys, task.y_train])
        train_on(model, *shuffled(x, y, generator))
        idx = permuted(len(task.x_test), generator)[: int(fraction * len(task.x_test))]
        xs.append(task.x_test[idx])
        ys.append(task.y_test[idx])


@again("all-rows-kept")
def _(model, tasks, train_on, fraction, generator):
    for i in range(1, len(tasks) + 1):
        x = torch.cat([task.x_train for task in tasks[:i]])
        y = torch.cat([task.y_train for task in tasks[:i]])
        train_on(model, *shuffled(x, y, generator))


@again("exemplars-rounded-up")
def _(model, tasks, train_on, fraction, generator):
    xs, ys = [], []
    for task in tasks:
        x, y = torch.cat([task.x_train, *xs]), torch.cat([task.y_train, *ys])
        train_on(model, *shuffled(x, y, generator))
        x, y = shuffled(task.x_train, task.y_train, generator)
        k = round(fraction * len(x))
        xs.append(x[:k])
        ys.append(y[:k])


@again("exemplars-by-global-random-state")
def _(model, tasks, train_on, fraction, generator):
    xs, ys = [], []
    for task in tasks:
        x, y = torch.cat([task.x_train, *xs]), torch.cat([task.y_train, *ys])
        train_on(model, *shuffled(x, y, generator))
        n = len(task.x_train)
        idx = random.sample(range(n), int(fraction * n))
        xs.append(task.x_train[idx])
        ys.append(task.y_train[idx])


@again("exemplars-seeded-again")
def _(model, tasks, train_on, fraction, generator):
    xs, ys = [], []
    for task in tasks:
        x, y = torch.cat([task.x_train, *xs]), torch.cat([task.y_train, *ys])
        train_on(model, *shuffled(x, y, generator))
        own = torch.Generator()
        own.manual_seed(1234)
        new_x, new_y = drawn(task, fraction, own)
        xs.append(new_x)
        ys.append(new_y)


@again("drawn-again-for-each-task")
def _(model, tasks, train_on, fraction, generator):
    seen = []
    for task in tasks:
        x, y = task.x_train, task.y_train
        for old in seen:
            some_x, some_y = drawn(old, fraction, generator)
            x, y = torch.cat([x, some_x]), torch.cat([y, some_y])
        train_on(model, *shuffled(x, y, generator))
        seen.append(task)


@again("thinned-again-at-each-task")
def _(model, tasks, train_on, fraction, generator):
    old_x, old_y = tasks[0].x_train[:0], tasks[0].y_train[:0]
    for task in tasks:
        x, y = torch.cat([old_x, task.x_train]), torch.cat([old_y, task.y_train])
        train_on(model, *shuffled(x, y, generator))
        keep = permuted(len(x), generator)[: int(fraction * len(x))]
        old_x, old_y = x[keep], y[keep]


@again("exemplars-of-the-lesson")
def _(model, tasks, train_on, fraction, generator):
    old_x, old_y = tasks[0].x_train[:0], tasks[0].y_train[:0]
    for task in tasks:
        x, y = shuffled(
            torch.cat([old_x, task.x_train]), torch.cat([old_y, task.y_train]), generator
        )
        train_on(model, x, y)
        x, y = shuffled(x, y, generator)
        k = int(fraction * len(x))
        old_x, old_y = torch.cat([old_x, x[:k]]), torch.cat([old_y, y[:k]])


@again("current-tasks-exemplars-too")
def _(model, tasks, train_on, fraction, generator):
    memory = [drawn(task, fraction, generator) for task in tasks]
    for i, task in enumerate(tasks, start=1):
        x = torch.cat([task.x_train] + [x for x, _ in memory[:i]])
        y = torch.cat([task.y_train] + [y for _, y in memory[:i]])
        train_on(model, *shuffled(x, y, generator))


@again("one-share-of-all-old-rows")
def _(model, tasks, train_on, fraction, generator):
    train_on(model, *shuffled(tasks[0].x_train, tasks[0].y_train, generator))
    for i in range(1, len(tasks)):
        old_x = torch.cat([task.x_train for task in tasks[:i]])
        old_y = torch.cat([task.y_train for task in tasks[:i]])
        idx = permuted(len(old_x), generator)[: int(fraction * len(old_x))]
        x = torch.cat([tasks[i].x_train, old_x[idx]])
        y = torch.cat([tasks[i].y_train, old_y[idx]])
        train_on(model, *shuffled(x, y, generator))


@again("at-least-one-exemplar")
def _(model, tasks, train_on, fraction, generator):
    xs, ys = [], []
    for task in tasks:
        x, y = torch.cat([task.x_train, *xs]), torch.cat([task.y_train, *ys])
        train_on(model, *shuffled(x, y, generator))
        k = int(fraction * len(task.x_train)) or 1
        idx = permuted(len(task.x_train), generator)[:k]
        xs.append(task.x_train[idx])
        ys.append(task.y_train[idx])


@again("count-of-another-task")
def _(model, tasks, train_on, fraction, generator):
    k = int(len(tasks[0].y_train) * fraction)
    old_x, old_y = tasks[0].x_train[:0], tasks[0].y_train[:0]
    for task in tasks:
        x, y = torch.cat([old_x, task.x_train]), torch.cat([old_y, task.y_train])
        train_on(model, *shuffled(x, y, generator))
        idx = permuted(len(task.x_train), generator)[:k]
        old_x = torch.cat([old_x, task.x_train[idx]])
        old_y = torch.cat([old_y, task.y_train[idx]])


@again("one-budget-for-all")
def _(model, tasks, train_on, fraction, generator):
    budget, memory = int(fraction * len(tasks[0].x_train)), {}
    for i, task in enumerate(tasks):
        xs, ys = [task.x_train], [task.y_train]
        for j in memory:
            memory[j] = memory[j][: budget // len(memory)]
            xs.append(tasks[j].x_train[memory[j]])
            ys.append(tasks[j].y_train[memory[j]])
        train_on(model, *shuffled(torch.cat(xs), torch.cat(ys), generator))
        memory[i] = permuted(len(task.x_train), generator)


@again("replay-ends-with-an-empty-task")
def _(model, tasks, train_on, fraction, generator):
    xs, ys, going_on = [], [], True
    for task in tasks:
        x, y = torch.cat([task.x_train, *xs]), torch.cat([task.y_train, *ys])
        train_on(model, *shuffled(x, y, generator))
        new_x, new_y = drawn(task, fraction, generator)
        going_on = going_on and len(new_x) > 0
        if going_on:
            xs.append(new_x)
            ys.append(new_y)
