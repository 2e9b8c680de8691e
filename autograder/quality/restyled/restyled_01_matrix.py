"""The mistakes of `accuracy_matrix`, written in another style."""

import copy

import numpy as np
import torch

from autograder.quality.restyled.again import Assigned

again = Assigned("01-forgetting")


def test_accuracy(model, task):
    """Right: in evaluation mode, without gradients, and back to the mode from before."""
    mode = model.training
    model.eval()
    with torch.inference_mode():
        right = (model(task.x_test).max(1).indices == task.y_test).sum().item()
    model.train(mode)
    return right / len(task.y_test)


@again("lower-triangle-only")
def _(model, tasks, train_on):
    T = len(tasks)
    R = torch.zeros(T, T)
    for i in range(T):
        train_on(model, tasks[i].x_train, tasks[i].y_train)
        for j in range(i + 1):
            R[i, j] = test_accuracy(model, tasks[j])
    return R


@again("diagonal-only")
def _(model, tasks, train_on):
    R = np.zeros((len(tasks), len(tasks)))
    for i, task in enumerate(tasks):
        train_on(model, task.x_train, task.y_train)
        R[i, i] = test_accuracy(model, task)
    return torch.from_numpy(R)


@again("matrix-transposed")
def _(model, tasks, train_on):
    columns = []
    for task in tasks:
        train_on(model, task.x_train, task.y_train)
        columns.append(torch.tensor([test_accuracy(model, other) for other in tasks]))
    return torch.stack(columns, dim=1)


@again("matrix-in-percent")
def _(model, tasks, train_on):
    R = torch.empty(len(tasks), len(tasks), dtype=torch.float64)
    for i, task in enumerate(tasks):
        train_on(model, task.x_train, task.y_train)
        for j, other in enumerate(tasks):
            R[i, j] = 100.0 * test_accuracy(model, other)
    return R


@again("fresh-model-for-each-task")
def _(model, tasks, train_on):
    R = torch.zeros(len(tasks), len(tasks))
    for i, task in enumerate(tasks):
        own = copy.deepcopy(model)
        train_on(own, task.x_train, task.y_train)
        for j, other in enumerate(tasks):
            R[i, j] = test_accuracy(own, other)
    return R


@again("all-rows-so-far")
def _(model, tasks, train_on):
    T = len(tasks)
    R = torch.zeros(T, T)
    xs, ys = [], []
    for i, task in enumerate(tasks):
        xs.append(task.x_train)
        ys.append(task.y_train)
        train_on(model, torch.vstack(xs), torch.hstack(ys))
        for j in range(T):
            R[i, j] = test_accuracy(model, tasks[j])
    return R


@again("measured-at-the-end-only")
def _(model, tasks, train_on):
    T = len(tasks)
    R = torch.zeros(T, T)
    for task in tasks:
        train_on(model, task.x_train, task.y_train)
    for i in range(T):
        for j in range(T):
            R[i, j] = test_accuracy(model, tasks[j])
    return R


@again("measured-before-training")
def _(model, tasks, train_on):
    T = len(tasks)
    R = torch.zeros(T, T)
    for i in range(T):
        for j in range(T):
            R[i, j] = test_accuracy(model, tasks[j])
        train_on(model, tasks[i].x_train, tasks[i].y_train)
    return R


@again("training-rows-measured")
def _(model, tasks, train_on):
    def row():
        mode = model.training
        model.eval()
        with torch.no_grad():
            hits = [(model(t.x_train).argmax(1) == t.y_train).float() for t in tasks]
        model.train(mode)
        return torch.stack([h.mean() for h in hits])

    rows = []
    for task in tasks:
        train_on(model, task.x_train, task.y_train)
        rows.append(row())
    return torch.stack(rows)


@again("trained-on-test-rows")
def _(model, tasks, train_on):
    def after(i):
        if i == len(tasks):
            return []
        train_on(model, tasks[i].x_test, tasks[i].y_test)
        return [[test_accuracy(model, task) for task in tasks], *after(i + 1)]

    return torch.tensor(after(0))


@again("another-tasks-size")
def _(model, tasks, train_on):
    R = torch.zeros(len(tasks), len(tasks))
    for i, task in enumerate(tasks):
        train_on(model, task.x_train, task.y_train)
        mode = model.training
        model.eval()
        with torch.no_grad():
            for j, other in enumerate(tasks):
                right = (model(other.x_test).argmax(1) == other.y_test).sum().item()
                R[i, j] = right / len(task.y_test)
        model.train(mode)
    return R


@again("upper-triangle-only")
def _(model, tasks, train_on):
    T = len(tasks)
    R = torch.zeros(T, T)
    for i in range(T):
        train_on(model, tasks[i].x_train, tasks[i].y_train)
        for j in range(i, T):
            R[i, j] = test_accuracy(model, tasks[j])
    return R


@again("one-task-in-all-columns")
def _(model, tasks, train_on):
    R = np.zeros((len(tasks), len(tasks)))
    for i, task in enumerate(tasks):
        train_on(model, task.x_train, task.y_train)
        for j in range(len(tasks)):
            R[i, j] = test_accuracy(model, task)
    return torch.from_numpy(R)


@again("start-weights-put-back")
def _(model, tasks, train_on):
    before = [p.detach().clone() for p in model.parameters()]
    rows = []
    for task in tasks:
        train_on(model, task.x_train, task.y_train)
        rows.append([test_accuracy(model, other) for other in tasks])
    with torch.no_grad():
        for p, old in zip(model.parameters(), before):
            p.copy_(old)
    return torch.tensor(rows)


@again("earlier-tasks-trained-again")
def _(model, tasks, train_on):
    R = np.zeros((len(tasks), len(tasks)))
    for i in range(len(tasks)):
        for k in range(i + 1):
            train_on(model, tasks[k].x_train, tasks[k].y_train)
        R[i] = [test_accuracy(model, task) for task in tasks]
    return torch.from_numpy(R)


@again("trained-before-each-measurement")
def _(model, tasks, train_on):
    def entry(task, other):
        train_on(model, task.x_train, task.y_train)
        return test_accuracy(model, other)

    return torch.tensor([[entry(task, other) for other in tasks] for task in tasks])


@again("returned-after-one-task")
def _(model, tasks, train_on):
    R = torch.zeros(len(tasks), len(tasks), dtype=torch.float64)
    for i, task in enumerate(tasks):
        train_on(model, task.x_train, task.y_train)
        for j, other in enumerate(tasks):
            R[i, j] = test_accuracy(model, other)
        return R


@again("never-trained")
def _(model, tasks, train_on):
    R = torch.zeros(len(tasks), len(tasks))
    for i in range(len(tasks)):
        for j in range(len(tasks)):
            R[i, j] = test_accuracy(model, tasks[j])
    return R
