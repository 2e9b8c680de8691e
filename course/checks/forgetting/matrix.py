"""Checks of ``accuracy_matrix``."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from course.checks.expect import tensor
from course.checks.student import Checks, Function
from course.data import Task

# The tasks' images are one number each; class 1 is predicted for those above a threshold, which
# `Trainer` sets to 0.5, 1.5 and 2.5 in turn.
X_TEST = ([1.0, 2, 3, 4], [1.0, 2, 3, 4, 5], [1.0, 2, 3, 4, 5, 6, 7, 8])
Y_TEST = ([1, 1, 1, 1], [0, 1, 1, 1, 0], [0, 0, 1, 1, 1, 1, 1, 1])
MATRIX = torch.tensor([[1.0, 0.6, 0.75], [0.75, 0.8, 0.875], [0.5, 0.6, 1.0]])
# The training rows lie above all thresholds, and their labels are 0 1, 0 1 0, 0 1 0 1.
ON_TRAINING_ROWS = torch.tensor([1 / 2, 1 / 3, 1 / 2]).expand(3, 3)


def _tasks() -> list[Task]:
    empty, no_labels = torch.empty(0, 1), torch.empty(0, dtype=torch.int64)
    tasks = []
    for i, (x, y) in enumerate(zip(X_TEST, Y_TEST, strict=True)):
        x_train, y_train = torch.full((i + 2, 1), 10.0 * (i + 1)), torch.arange(i + 2) % 2
        x_test, y_test = torch.tensor(x).reshape(-1, 1), torch.tensor(y)
        tasks.append(Task(f"task {i}", (0, 1), x_train, y_train, x_test, y_test, empty, no_labels))
    return tasks


class Trainer:
    """A ``train_on`` that writes down what it was called with and moves the threshold."""

    def __init__(self) -> None:
        self.calls: list[tuple[nn.Module, Tensor, Tensor, bool]] = []
        self.gradients = True

    def __call__(self, model: nn.Module, x: Tensor, y: Tensor, penalty: Any = None) -> None:
        self.calls.append((model, x, y, model.training))
        self.gradients &= torch.is_grad_enabled()
        with torch.no_grad():
            model.get_parameter("1.bias").copy_(torch.tensor([0.0, 0.5 - len(self.calls)]))


def _threshold_model(dropout: float = 0.0) -> nn.Sequential:
    linear = nn.Linear(1, 2)
    with torch.no_grad():
        linear.weight.copy_(torch.tensor([[0.0], [1.0]]))
        linear.bias.zero_()
    return nn.Sequential(nn.Dropout(dropout), linear)


def trains_in_order(accuracy_matrix: Function) -> None:
    """Trains on one task after another."""
    model, tasks, trainer = _threshold_model(), _tasks(), Trainer()
    accuracy_matrix(model, tasks, trainer)
    calls = len(trainer.calls)
    assert calls == 3, f"For 3 tasks `train_on` should be called 3 times, but was called {calls}."
    for i, (found, x, y, _) in enumerate(trainer.calls):
        assert found is model, (
            "`train_on` must get the very model that was handed over, which learns task after task;"
            f" in call {i} it got another."
        )
        assert len(x) <= len(tasks[i].x_train), (
            f"In call {i} `train_on` got more rows than task {i} has to train on: only the current"
            " task may be trained on."
        )
        same = torch.equal(x, tasks[i].x_train), torch.equal(y, tasks[i].y_train)
        assert all(same), f"In call {i} `train_on` should get the training rows of task {i}."
    assert trainer.gradients, (
        "`train_on` was called while gradients are switched off, so nothing can be trained. Switch"
        " them off around the measurements only."
    )
    assert model.get_parameter("1.bias").tolist() == [0.0, 0.5 - calls], (
        "In the end the network has other weights than those that the last training left."
    )


def _matrix(value: Any) -> Tensor:
    """The result for three tasks; an array of NumPy's does as well."""
    value = torch.from_numpy(value) if isinstance(value, np.ndarray) else value
    return tensor(value, "The result", (3, 3))


def fills_the_matrix(accuracy_matrix: Function) -> None:
    """Has row i for after task i, column j for task j."""
    result = accuracy_matrix(_threshold_model(), _tasks(), Trainer())
    R = _matrix(result)
    assert R.is_floating_point(), f"R should hold floats, but is {R.dtype}."
    found = R.detach().float()
    if _near(R):
        return
    raise AssertionError(
        f"R should be\n{_shown(MATRIX)}\nbut is\n{_shown(found)}\n{_hint(found)}".rstrip()
    )


def _hint(found: Tensor) -> str:
    """How a matrix that is not right came about, if that is known."""
    if torch.allclose(found, MATRIX.T, atol=1e-4):
        return "It is transposed: row i is for after training on task i, column j for task j."
    if torch.allclose(found.tril(), MATRIX.tril(), atol=1e-4):
        return "Measure the tasks that are still to come as well: the part above the diagonal."
    if torch.allclose(found, MATRIX * 100, atol=1e-2):
        return "Fractions are from 0 to 1, not in percent."
    if torch.allclose(found, MATRIX[-1].expand(3, 3), atol=1e-4):
        return "All rows are alike: measure right after each task, not once all are trained."
    if torch.allclose(found.tril(), ON_TRAINING_ROWS.tril(), atol=1e-4):
        return "Those are accuracies on the training rows. Use the test rows."
    return ""


def _near(R: Tensor) -> bool:
    """Whether R is right, to the rounding of its dtype."""
    rounding = torch.finfo(R.dtype).eps
    return torch.allclose(R.detach().float(), MATRIX, rtol=rounding, atol=1e-4)


def _shown(R: Tensor) -> str:
    return "\n".join("  ".join(f"{value:.3f}" for value in row) for row in R.tolist())


def measures_without_dropout(accuracy_matrix: Function) -> None:
    """Measures without dropout, then goes back."""
    model, trainer = _threshold_model(dropout=0.9).train(), Trainer()
    R = _matrix(accuracy_matrix(model, _tasks(), trainer))
    plain = _matrix(accuracy_matrix(_threshold_model(), _tasks(), Trainer()))
    assert torch.allclose(R.double(), plain.double(), atol=1e-4), (
        "With a network that has Dropout the matrix is another: measure in evaluation mode."
    )
    modes = [*(training for _, _, _, training in trainer.calls), model.training]
    assert all(modes), (
        "Measuring left the network in evaluation mode, so Dropout was off while it learnt the next"
        " task. Put back the mode that it was in."
    )


CHECKS: Checks = {
    "accuracy_matrix": [
        trains_in_order,
        fills_the_matrix,
        measures_without_dropout,
    ],
}
