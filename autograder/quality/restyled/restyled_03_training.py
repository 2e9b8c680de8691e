"""The mistakes of `train_with_l2` in its penalty, written in another style."""

import copy

import torch
from torch.nn.functional import mse_loss
from torch.nn.utils import parameters_to_vector

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


@again("anchored-at-the-first-task")
def _(model, tasks, train_on, strength):
    first, *others = tasks
    train_on(model, first.x_train, first.y_train)
    spring = Spring(position(model), strength)
    for task in others:
        train_on(model, task.x_train, task.y_train, spring)


@again("anchored-at-the-start")
def _(model, tasks, train_on, strength):
    untrained = copy.deepcopy(model).requires_grad_(False)

    def penalty(m):
        pairs = zip(m.parameters(), untrained.parameters(), strict=True)
        return 0.5 * strength * sum(mse_loss(a, b, reduction="sum") for a, b in pairs)

    train_on(model, tasks[0].x_train, tasks[0].y_train)
    for task in tasks[1:]:
        train_on(model, task.x_train, task.y_train, penalty)


@again("anchor-one-task-too-old")
def _(model, tasks, train_on, strength):
    trail = [position(model)]
    for k, task in enumerate(tasks):
        if k == 0:
            train_on(model, task.x_train, task.y_train)
        else:
            train_on(model, task.x_train, task.y_train, Spring(trail[k - 1], strength))
        trail.append(position(model))


@again("anchor-follows-the-model")
def _(model, tasks, train_on, strength):
    for k, task in enumerate(tasks):
        if k == 0:
            train_on(model, task.x_train, task.y_train)
            continue
        anchor = model.state_dict()

        def penalty(m, anchor=anchor):
            gaps = [p - anchor[n] for n, p in m.named_parameters()]
            return strength * sum(gap.pow(2).sum() for gap in gaps) / 2

        train_on(model, task.x_train, task.y_train, penalty)


@again("anchor-with-gradient")
def _(model, tasks, train_on, strength):
    penalty = None
    for task in tasks:
        train_on(model, task.x_train, task.y_train, penalty)
        spring = Spring(position(model), strength)

        def penalty(m, spring=spring):
            return spring(m).item()


@again("pulls-towards-zero")
def _(model, tasks, train_on, strength):
    def decay(m):
        total = 0
        for weight in m.parameters():
            total = total + weight.square().sum()
        return 0.5 * strength * total

    first = True
    for task in tasks:
        if first:
            train_on(model, task.x_train, task.y_train)
        else:
            train_on(model, task.x_train, task.y_train, decay)
        first = False


@again("strength-forgotten")
def _(model, tasks, train_on, strength):
    for k in range(len(tasks)):
        anchor = position(model)

        def penalty(m, anchor=anchor):
            return (parameters_to_vector(m.parameters()) - anchor).pow(2).sum() / 2

        train_on(model, tasks[k].x_train, tasks[k].y_train, penalty if k > 0 else None)


@again("strength-squared")
def _(model, tasks, train_on, strength):
    spring = None
    for task in tasks:
        scaled = (lambda m, spring=spring: strength * spring(m)) if spring else None
        train_on(model, task.x_train, task.y_train, scaled)
        spring = Spring(position(model), strength)


@again("half-forgotten")
def _(model, tasks, train_on, strength):
    for k, task in enumerate(tasks):
        old = copy.deepcopy(dict(model.named_parameters()))

        def penalty(m, old=old):
            parts = [torch.square(p - old[n].detach()).sum() for n, p in m.named_parameters()]
            return strength * torch.stack(parts).sum()

        train_on(model, task.x_train, task.y_train, penalty if k else None)


@again("penalties-of-all-earlier-tasks")
def _(model, tasks, train_on, strength):
    anchors = []

    def penalty(m):
        here = parameters_to_vector(m.parameters())
        return 0.5 * strength * (torch.stack(anchors) - here).square().sum()

    for task in tasks:
        train_on(model, task.x_train, task.y_train, penalty if anchors else None)
        anchors.append(position(model))


@again("first-task-penalised")
def _(model, tasks, train_on, strength):
    anchor = position(model)
    for task in tasks:
        train_on(model, task.x_train, task.y_train, Spring(anchor, strength))
        anchor = position(model)


@again("penalty-without-biases")
def _(model, tasks, train_on, strength):
    anchor = None

    def penalty(m):
        total = 0
        for weight, old in zip(m.parameters(), anchor, strict=True):
            if weight.dim() > 1:
                total = total + 0.5 * mse_loss(weight, old, reduction="sum")
        return strength * total

    for task in tasks:
        train_on(model, task.x_train, task.y_train, penalty if anchor else None)
        anchor = [weight.data.clone() for weight in model.parameters()]


@again("mean-penalty")
def _(model, tasks, train_on, strength):
    anchor = None

    def penalty(m):
        total = 0
        for weight, old in zip(m.parameters(), anchor, strict=True):
            total = total + 0.5 * mse_loss(weight, old)
        return strength * total

    for task in tasks:
        train_on(model, task.x_train, task.y_train, penalty if anchor else None)
        anchor = [weight.data.clone() for weight in model.parameters()]


@again("second-task-only")
def _(model, tasks, train_on, strength):
    train_on(model, tasks[0].x_train, tasks[0].y_train)
    if len(tasks) > 1:
        spring = Spring(position(model), strength)
        train_on(model, tasks[1].x_train, tasks[1].y_train, spring)
    for task in tasks[2:]:
        train_on(model, task.x_train, task.y_train)


@again("mean-of-all-ends")
def _(model, tasks, train_on, strength):
    mean, spring = 0, None
    for count, task in enumerate(tasks, start=1):
        train_on(model, task.x_train, task.y_train, spring)
        mean = mean + (position(model) - mean) / count
        spring = Spring(mean, strength)


@again("distance-not-squared")
def _(model, tasks, train_on, strength):
    anchor = None

    def penalty(m):
        return strength * torch.dist(parameters_to_vector(m.parameters()), anchor)

    for task in tasks:
        train_on(model, task.x_train, task.y_train, penalty if anchor is not None else None)
        anchor = position(model)


@again("strength-grows-with-the-tasks")
def _(model, tasks, train_on, strength):
    learnt = []
    for task in tasks:
        spring = Spring(position(model), len(learnt) * strength)
        train_on(model, task.x_train, task.y_train, spring if learnt else None)
        learnt.append(task)


@again("half-taken-twice")
def _(model, tasks, train_on, strength):
    anchor = None
    for task in tasks:
        spring = None if anchor is None else Spring(anchor, 1.0)
        halved = (lambda m, spring=spring: strength * spring(m) / 2) if spring else None
        train_on(model, task.x_train, task.y_train, halved)
        anchor = position(model)


@again("mean-of-all-penalties")
def _(model, tasks, train_on, strength):
    anchors = []

    def penalty(m):
        here = parameters_to_vector(m.parameters())
        distances = (torch.stack(anchors) - here).square().sum(dim=1)
        return strength * distances.mean() / 2

    for task in tasks:
        train_on(model, task.x_train, task.y_train, penalty if anchors else None)
        anchors.append(position(model))


@again("penalty-one-task-late")
def _(model, tasks, train_on, strength):
    for k, task in enumerate(tasks, start=1):
        spring = Spring(position(model), strength)
        train_on(model, task.x_train, task.y_train, spring if k > 2 else None)


@again("strength-shrinks-with-the-tasks")
def _(model, tasks, train_on, strength):
    for k, task in enumerate(tasks):
        if k == 0:
            train_on(model, task.x_train, task.y_train)
        else:
            train_on(model, task.x_train, task.y_train, Spring(position(model), strength / k))


@again("anchor-moves-too-slowly")
def _(model, tasks, train_on, strength):
    anchor = None
    for task in tasks:
        spring = None if anchor is None else Spring(anchor, strength)
        train_on(model, task.x_train, task.y_train, spring)
        here = position(model)
        anchor = here if anchor is None else torch.lerp(anchor, here, 0.5)
