"""The mistakes of `train_with_online_ewc` about times, written in another style."""

# Students write as they like.
# ruff: noqa: E731

import torch

from autograder.quality.restyled.again import Assigned
from autograder.quality.restyled.restyled_04_online import add, copied, distance, exact

again = Assigned("04-ewc")


@again("online-anchor-follows-the-model")
def _(model, tasks, train_on, strength, decay):
    fisher, anchor = None, None
    for task in tasks:
        pull = lambda m: strength * distance(m, anchor, fisher)
        train_on(model, task.x_train, task.y_train, pull if fisher else None)
        fisher = add(fisher, exact(model, task.x_train), decay)
        anchor = [p.data for p in model.parameters()]


@again("online-first-task-penalised")
def _(model, tasks, train_on, strength, decay):
    anchor = copied(model)
    fisher = [torch.ones_like(a) for a in anchor]
    for k, task in enumerate(tasks):
        pull = lambda m: strength * distance(m, anchor, fisher)
        train_on(model, task.x_train, task.y_train, pull)
        new = exact(model, task.x_train)
        fisher = new if k == 0 else add(fisher, new, decay)
        anchor = copied(model)


@again("online-remembered-too-early")
def _(model, tasks, train_on, strength, decay):
    fisher = None
    for task in tasks:
        anchor, fisher = copied(model), add(fisher, exact(model, task.x_train), decay)
        pull = lambda m: strength * distance(m, anchor, fisher)
        train_on(model, task.x_train, task.y_train, pull)


@again("online-fisher-from-before-the-task")
def _(model, tasks, train_on, strength, decay):
    fisher, anchor = None, None
    for task in tasks:
        new = exact(model, task.x_train)
        pull = lambda m: strength * distance(m, anchor, fisher)
        train_on(model, task.x_train, task.y_train, pull if fisher else None)
        fisher, anchor = add(fisher, new, decay), copied(model)


@again("online-anchor-from-before-the-task")
def _(model, tasks, train_on, strength, decay):
    fisher, anchor = None, None
    for task in tasks:
        before = copied(model)
        pull = lambda m: strength * distance(m, anchor, fisher)
        train_on(model, task.x_train, task.y_train, pull if fisher else None)
        fisher, anchor = add(fisher, exact(model, task.x_train), decay), before


@again("online-fishers-computed-again")
def _(model, tasks, train_on, strength, decay):
    for k, task in enumerate(tasks):
        anchor, fisher = copied(model), None
        for old in tasks[:k]:
            fisher = add(fisher, exact(model, old.x_train), decay)
        pull = lambda m: strength * distance(m, anchor, fisher)
        train_on(model, task.x_train, task.y_train, pull if k else None)
