"""The mistakes of `train_with_ewc` about times, tasks and rows, written in another style."""

# Students write as they like.
# ruff: noqa: E731

import copy
from functools import partial

import torch

from autograder.quality.restyled.again import Assigned
from autograder.quality.restyled.restyled_04_training import exact, pull, vector

again = Assigned("04-ewc")


@again("ewc-anchor-from-before-the-task")
def _(model, tasks, train_on, strength):
    anchors, fishers = [], []

    def penalty(m):
        return strength * sum(map(partial(pull, m), anchors, fishers))

    for task in tasks:
        before = vector(model)
        train_on(model, task.x_train, task.y_train, penalty if fishers else None)
        fishers.append(exact(model, task.x_train))
        anchors.append(before)


@again("ewc-fisher-from-before-the-task")
def _(model, tasks, train_on, strength):
    anchors, fishers = [], []

    def penalty(m):
        return strength * sum(pull(m, a, f) for a, f in zip(anchors, fishers))

    for task in tasks:
        fishers.append(exact(model, task.x_train))
        train_on(model, task.x_train, task.y_train, penalty if anchors else None)
        anchors.append(vector(model))


@again("ewc-first-task-penalised")
def _(model, tasks, train_on, strength):
    start = vector(model)
    held = []

    def penalty(m):
        if held:
            return strength * sum(pull(m, a, f) for a, f in held)
        return strength * pull(m, start, torch.ones_like(start))

    for task in tasks:
        train_on(model, task.x_train, task.y_train, penalty)
        held.append((vector(model), exact(model, task.x_train)))


@again("fisher-of-the-new-task")
def _(model, tasks, train_on, strength):
    held = []
    train_on(model, tasks[0].x_train, tasks[0].y_train)
    for task in tasks[1:]:
        held.append((vector(model), exact(model, task.x_train)))
        penalty = lambda m: strength * sum(pull(m, a, f) for a, f in held)
        train_on(model, task.x_train, task.y_train, penalty)


@again("old-fishers-computed-again")
def _(model, tasks, train_on, strength):
    anchors, fishers = [], []

    def penalty(m):
        return strength * sum(pull(m, a, f) for a, f in zip(anchors, fishers))

    for k, task in enumerate(tasks):
        train_on(model, task.x_train, task.y_train, penalty if k > 0 else None)
        anchors.append(vector(model))
        fishers = [exact(model, old.x_train) for old in tasks[: k + 1]]


@again("ewc-anchor-follows-the-model")
def _(model, tasks, train_on, strength):
    held = []

    def penalty(m):
        total = 0
        for anchor, fisher in held:
            apart = torch.cat([(p - a).flatten() for p, a in zip(m.parameters(), anchor)])
            total = total + 0.5 * (fisher * apart**2).sum()
        return strength * total

    for task in tasks:
        train_on(model, task.x_train, task.y_train, penalty if held else None)
        held.append((list(model.parameters()), exact(model, task.x_train)))


@again("ewc-trains-on-everything")
def _(model, tasks, train_on, strength):
    held, x, y = [], None, None
    for task in tasks:
        x = task.x_train if x is None else torch.vstack([task.x_train, x])
        y = task.y_train if y is None else torch.hstack([task.y_train, y])
        now = copy.copy(held)
        penalty = (lambda m, now=now: strength * sum(pull(m, *h) for h in now)) if now else None
        train_on(model, x, y, penalty)
        held.append((vector(model), exact(model, task.x_train)))


@again("ewc-remembered-too-early")
def _(model, tasks, train_on, strength):
    anchors, fishers = [], []
    for task in tasks:
        anchors.append(vector(model))
        fishers.append(exact(model, task.x_train))
        penalty = lambda m: strength * sum(map(partial(pull, m), anchors, fishers))
        train_on(model, task.x_train, task.y_train, penalty)


@again("ewc-task-just-before-left-out")
def _(model, tasks, train_on, strength):
    held = []
    for k, task in enumerate(tasks):
        penalty = lambda m, upto=k - 1: sum(strength * pull(m, *held[j]) for j in range(upto))
        train_on(model, task.x_train, task.y_train, penalty if k > 1 else None)
        held.append((vector(model), exact(model, task.x_train)))


@again("fishers-on-the-first-tasks-rows")
def _(model, tasks, train_on, strength):
    held, rows = [], tasks[0].x_train
    for task in tasks:
        penalty = lambda m: strength * sum(pull(m, a, f) for a, f in held)
        train_on(model, task.x_train, task.y_train, penalty if held else None)
        held.append((vector(model), exact(model, rows)))


@again("ewc-trains-on-other-rows")
def _(model, tasks, train_on, strength):
    held = []
    for task in tasks:
        x = torch.vstack([task.x_val, task.x_train])
        y = torch.hstack([task.y_val, task.y_train])
        penalty = lambda m: strength * sum(pull(m, a, f) for a, f in held)
        train_on(model, x, y, penalty if held else None)
        held.append((vector(model), exact(model, task.x_train)))


@again("ewc-trains-on-some-rows")
def _(model, tasks, train_on, strength):
    held = []
    for task in tasks:
        penalty = lambda m: strength * sum(pull(m, a, f) for a, f in held)
        x, y = task.x_train[:256], task.y_train[:256]
        train_on(model, x, y, penalty if held else None)
        held.append((vector(model), exact(model, task.x_train)))
