"""Metrics against numpy, numbers worked out by hand, and the wrong versions seen in public code."""

import numpy as np
import pytest
import torch
from torch import nn

from course.data import Task
from course.metrics import accuracy_matrix, average_accuracy, backward_transfer, forgetting

# Task 1 is learnt, partly lost, won back in part; task 2 gets better in the end.
HAND = torch.tensor([[0.9, 0.4, 0.3], [0.5, 0.6, 0.3], [0.7, 0.8, 1.0]])


def test_by_hand():
    assert average_accuracy(HAND) == pytest.approx((0.7 + 0.8 + 1.0) / 3)
    assert forgetting(HAND) == pytest.approx(((0.9 - 0.7) + (0.6 - 0.8)) / 2)
    assert backward_transfer(HAND) == pytest.approx(((0.7 - 0.9) + (0.8 - 0.6)) / 2)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("count", [2, 3, 6])
def test_against_numpy(count, dtype):
    R = torch.rand(count, count, generator=torch.Generator().manual_seed(count), dtype=dtype)
    a, last = R.numpy(), count - 1
    drops = [max(a[i, j] for i in range(last)) - a[last, j] for j in range(last)]
    gains = [a[last, j] - a[j, j] for j in range(last)]
    assert average_accuracy(R) == pytest.approx(np.mean(a[last]))
    assert forgetting(R) == pytest.approx(np.mean(drops))
    assert backward_transfer(R) == pytest.approx(np.mean(gains))


WRONG_FORGETTING = {
    "final row in the maximum": lambda R: (R.amax(0) - R[-1])[:-1].mean(),
    "first minus last": lambda R: (R.diagonal() - R[-1])[:-1].mean(),
    "mean over T": lambda R: (R[:-1].amax(0) - R[-1])[:-1].sum() / len(R),
    "clamped": lambda R: (R[:-1, :-1].amax(0) - R[-1, :-1]).clamp(min=0).mean(),
    "all columns": lambda R: (R[:-1].amax(0) - R[-1]).mean(),
    "transposed": lambda R: (R.T[:-1, :-1].amax(0) - R.T[-1, :-1]).mean(),
}
WRONG_TRANSFER = {
    "sign": lambda R: (R.diagonal() - R[-1])[:-1].mean(),
    "maximum": lambda R: (R[-1] - R[:-1].amax(0))[:-1].mean(),
    "mean over T": lambda R: (R[-1] - R.diagonal())[:-1].sum() / len(R),
    "first row": lambda R: (R[-1] - R[0])[:-1].mean(),
}


@pytest.mark.parametrize(
    ("right", "wrong"),
    [(forgetting, w) for w in WRONG_FORGETTING.values()]
    + [(backward_transfer, w) for w in WRONG_TRANSFER.values()]
    + [(average_accuracy, lambda R: R.diagonal().mean()), (average_accuracy, lambda R: R.mean())],
)
def test_wrong_versions_differ(right, wrong):
    R = torch.tensor([[0.9, 0.2, 0.1], [0.95, 0.7, 0.3], [0.5, 0.8, 0.99]], dtype=torch.float64)
    assert abs(right(R) - float(wrong(R))) > 0.01


def test_forgetting_may_be_negative():
    assert forgetting(torch.tensor([[0.5, 0.5], [0.9, 0.9]])) == pytest.approx(-0.4)


def test_one_task():
    R = torch.tensor([[0.75]])
    assert (average_accuracy(R), forgetting(R), backward_transfer(R)) == (0.75, 0.0, 0.0)


@pytest.mark.parametrize("metric", [average_accuracy, forgetting, backward_transfer])
def test_plain_floats_and_inputs_left_alone(metric):
    R = HAND.clone().requires_grad_()
    assert type(metric(R)) is float
    assert torch.equal(R, HAND)
    assert R.grad is None


@pytest.mark.parametrize("metric", [average_accuracy, forgetting, backward_transfer])
@pytest.mark.parametrize(
    "R",
    [torch.rand(2, 3), torch.rand(3), torch.rand(0, 0), torch.ones(2, 2, dtype=torch.int64)],
)
def test_what_is_no_accuracy_matrix(metric, R):
    with pytest.raises(ValueError, match=r"expected R \(T, T\) of floats, got \("):
        metric(R)


@pytest.mark.parametrize("metric", [average_accuracy, forgetting, backward_transfer])
def test_what_is_no_tensor(metric):
    with pytest.raises(TypeError, match=r"expected R as a tensor.*got list"):
        metric([[1.0]])


class Constant(nn.Module):
    """Says the same class for every row, until it is told another."""

    def __init__(self):
        super().__init__()
        self.logits = nn.Parameter(torch.tensor([1.0, 0.0, 0.0]))
        self.modes: list[bool] = []

    def forward(self, x):
        self.modes.append(self.training)
        return self.logits.expand(len(x), 3)


def stream() -> list[Task]:
    """Task i: one training row, labelled i; of its ten test rows, the labels 0, 1, 2 in turn."""
    labels = [[0] * 5 + [1] * 4 + [2], [0] * 2 + [1] * 7 + [2], [0] * 1 + [1] * 3 + [2] * 6]
    x, none = torch.zeros(10, 2), torch.zeros(0, 2)
    return [
        Task(f"{i}", (0, 1, 2), x[:1], torch.tensor([i]), x, torch.tensor(y), none, none[:, 0])
        for i, y in enumerate(labels)
    ]


def learn(model, x, y):
    """Afterwards the model says the label of the row it was trained on."""
    model.train()
    with torch.no_grad():
        model.logits.copy_(nn.functional.one_hot(y[0], 3))


def test_accuracy_matrix_by_hand():
    model = Constant()
    R = accuracy_matrix(model, stream(), learn)
    # Row i: the share of label i in each task's test rows, the upper triangle too.
    expected = [[0.5, 0.2, 0.1], [0.4, 0.7, 0.3], [0.1, 0.1, 0.6]]
    assert torch.allclose(R, torch.tensor(expected, dtype=R.dtype))
    assert model.training
    assert model.modes == [False] * 9


def test_each_task_is_trained_on_once_and_alone():
    tasks, model, calls = stream(), Constant(), []

    def train_on(model, x, y):
        calls.append((model, x, y))

    accuracy_matrix(model, tasks, train_on)
    assert [y.tolist() for _, _, y in calls] == [[0], [1], [2]]
    assert all(call[0] is model for call in calls)
    assert all(call[1] is task.x_train for call, task in zip(calls, tasks, strict=True))


def test_no_tasks():
    with pytest.raises(ValueError, match="at least one task"):
        accuracy_matrix(Constant(), [], learn)
