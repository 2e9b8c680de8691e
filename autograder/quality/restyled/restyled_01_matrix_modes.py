"""The mistakes of `accuracy_matrix` with modes and gradients, written in another style."""

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


@again("matrix-measured-with-dropout")
def _(model, tasks, train_on):
    R = []
    for task in tasks:
        train_on(model, task.x_train, task.y_train)
        with torch.no_grad():
            R += [(model(t.x_test).argmax(1) == t.y_test).float().mean() for t in tasks]
    return torch.stack(R).view(len(tasks), -1)


@again("matrix-left-in-evaluation-mode")
def _(model, tasks, train_on):
    R = np.zeros((len(tasks), len(tasks)), dtype=np.float32)
    for i, task in enumerate(tasks):
        train_on(model, task.x_train, task.y_train)
        model.eval()
        with torch.no_grad():
            for j, other in enumerate(tasks):
                predicted = model(other.x_test).numpy().argmax(axis=1)
                R[i, j] = np.mean(predicted == other.y_test.numpy())
    return torch.tensor(R)


@again("matrix-with-gradients")
def _(model, tasks, train_on):
    T = len(tasks)
    R = torch.zeros(T, T)
    for i in range(T):
        train_on(model, tasks[i].x_train, tasks[i].y_train)
        model.eval()
        for j in range(T):
            predicted = torch.argmax(model(tasks[j].x_test), dim=-1)
            R[i, j] = predicted.eq(tasks[j].y_test).float().mean().item()
        model.train()
    return R


@again("matrix-always-back-to-training")
def _(model, tasks, train_on):
    R = []
    for task in tasks:
        train_on(model, task.x_train, task.y_train)
        model.eval()
        with torch.inference_mode():
            R += [(model(t.x_test).argmax(1) == t.y_test).float().mean() for t in tasks]
        model.train()
    return torch.stack(R).view(len(tasks), -1)


@again("trained-without-gradients")
@torch.no_grad()
def _(model, tasks, train_on):
    T = len(tasks)
    R = torch.zeros(T, T)
    for i in range(T):
        train_on(model, tasks[i].x_train, tasks[i].y_train)
        for j in range(T):
            R[i, j] = test_accuracy(model, tasks[j])
    return R


@again("matrix-gradients-off-for-good")
def _(model, tasks, train_on):
    rows = []
    for task in tasks:
        train_on(model, task.x_train, task.y_train)
        mode = model.training
        model.eval()
        torch.set_grad_enabled(False)
        rows.append([(model(t.x_test).argmax(1) == t.y_test).double().mean() for t in tasks])
        model.train(mode)
    return torch.tensor(rows)


@again("matrix-parameters-frozen")
def _(model, tasks, train_on):
    rows = []
    for task in tasks:
        train_on(model, task.x_train, task.y_train)
        for p in model.parameters():
            p.requires_grad = False
        rows.append(torch.tensor([test_accuracy(model, t) for t in tasks]))
    return torch.vstack(rows)


@again("tasks-changed")
def _(model, tasks, train_on):
    rows = []
    for task in tasks:
        task.x_train.div_(2)
        train_on(model, 2 * task.x_train, task.y_train)
        rows.append([test_accuracy(model, t) for t in tasks])
    return torch.tensor(rows)
