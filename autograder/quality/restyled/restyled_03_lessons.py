"""The mistakes of `train_with_l2` beside its penalty, written in another style."""

import copy

import torch
from torch.nn.utils import parameters_to_vector, vector_to_parameters

from autograder.quality.restyled.again import Assigned

again = Assigned("03-l2")


def position(model):
    """All parameters in one vector of its own."""
    return parameters_to_vector(model.parameters()).detach().clone()


class Spring:
    """Half the squared distance from ``centre``, times ``strength``."""

    def __init__(self, centre, strength):
        self.centre, self.strength = centre, strength

    def __call__(self, model):
        away = parameters_to_vector(model.parameters()) - self.centre
        return 0.5 * self.strength * away.dot(away)


@again("l2-never-used")
def _(model, tasks, train_on, strength):
    anchor = None
    for task in tasks:
        spring = None if anchor is None else Spring(anchor, strength)
        train_on(model, task.x_train, task.y_train)
        anchor = position(model)
    del spring


@again("penalty-evaluated-once")
def _(model, tasks, train_on, strength):
    anchor = None
    for task in tasks:
        if anchor is None:
            train_on(model, task.x_train, task.y_train)
        else:
            value = Spring(anchor, strength)(model)
            train_on(model, task.x_train, task.y_train, value.item())
        anchor = position(model)


@again("all-tasks-together")
def _(model, tasks, train_on, strength):
    seen_x, seen_y, spring = [], [], None
    for task in tasks:
        seen_x.insert(0, task.x_train)
        seen_y.insert(0, task.y_train)
        train_on(model, torch.vstack(seen_x), torch.hstack(seen_y), spring)
        spring = Spring(position(model), strength)


@again("trained-on-test-rows")
def _(model, tasks, train_on, strength):
    anchor = None
    for x, y in [(task.x_test, task.y_test) for task in tasks]:
        if anchor is None:
            train_on(model, x, y)
        else:
            train_on(model, x, y, Spring(anchor, strength))
        anchor = position(model)


@again("moved-back-to-the-anchor")
def _(model, tasks, train_on, strength):
    anchor = None
    for task in tasks:
        if anchor is None:
            train_on(model, task.x_train, task.y_train)
        else:
            train_on(model, task.x_train, task.y_train, Spring(anchor, strength))
            halfway = (anchor + position(model)) / 2
            vector_to_parameters(halfway, model.parameters())
        anchor = position(model)


@again("weights-reset-before-each-task")
def _(model, tasks, train_on, strength):
    untrained, spring = position(model), None
    for task in tasks:
        vector_to_parameters(untrained.clone(), model.parameters())
        train_on(model, task.x_train, task.y_train, spring)
        spring = Spring(position(model), strength)


@again("new-model-for-each-task")
def _(model, tasks, train_on, strength):
    current, spring = model, None
    for task in tasks:
        current = copy.deepcopy(current)
        train_on(current, task.x_train, task.y_train, spring)
        spring = Spring(position(current), strength)


@again("learnt-twice")
def _(model, tasks, train_on, strength):
    for k, task in enumerate(tasks):
        spring = Spring(position(model), strength)
        train_on(model, task.x_train, task.y_train)
        if k > 0:
            train_on(model, task.x_train, task.y_train, spring)


@again("first-task-left-out")
def _(model, tasks, train_on, strength):
    anchor = position(model)
    for k in range(1, len(tasks)):
        train_on(model, tasks[k].x_train, tasks[k].y_train, Spring(anchor, strength))
        anchor = position(model)


@again("labels-of-other-rows")
def _(model, tasks, train_on, strength):
    spring = None
    for task in tasks:
        turned = torch.roll(torch.arange(len(task.y_train)), 1)
        train_on(model, task.x_train[turned], task.y_train, spring)
        spring = Spring(position(model), strength)


@again("some-rows-left-out")
def _(model, tasks, train_on, strength):
    spring = None
    for task in tasks:
        train_on(model, task.x_train[:-1], task.y_train[:-1], spring)
        spring = Spring(position(model), strength)


@again("rows-rescaled")
def _(model, tasks, train_on, strength):
    spring = None
    for task in tasks:
        low, high = task.x_train.min(), task.x_train.max()
        train_on(model, (task.x_train - low) / (high - low), task.y_train, spring)
        spring = Spring(position(model), strength)


@again("tasks-in-another-order")
def _(model, tasks, train_on, strength):
    spring = None
    for k in range(len(tasks) - 1, -1, -1):
        train_on(model, tasks[k].x_train, tasks[k].y_train, spring)
        spring = Spring(position(model), strength)


@again("tasks-used-up")
def _(model, tasks, train_on, strength):
    spring = None
    while len(tasks):
        task = tasks.pop(0)
        train_on(model, task.x_train, task.y_train, spring)
        spring = Spring(position(model), strength)


@again("later-tasks-left-out")
def _(model, tasks, train_on, strength):
    first, *others = tasks
    train_on(model, first.x_train, first.y_train)
    for second in others[:1]:
        train_on(model, second.x_train, second.y_train, Spring(position(model), strength))


@again("penalty-gives-nothing")
def _(model, tasks, train_on, strength):
    spring = None
    for task in tasks:

        def penalty(m, spring=spring):
            if spring is not None:
                strength * spring(m)

        train_on(model, task.x_train, task.y_train, penalty if spring else None)
        spring = Spring(position(model), strength)


@again("penalty-not-summed")
def _(model, tasks, train_on, strength):
    anchor = None

    def penalty(m):
        return strength / 2 * (parameters_to_vector(m.parameters()) - anchor) ** 2

    for task in tasks:
        train_on(model, task.x_train, task.y_train, None if anchor is None else penalty)
        anchor = position(model)


@again("rows-and-labels-exchanged")
def _(model, tasks, train_on, strength):
    spring = None
    for task in tasks:
        train_on(model=model, x=task.y_train, y=task.x_train, penalty=spring)
        spring = Spring(position(model), strength)
