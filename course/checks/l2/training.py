"""Checks of ``train_with_l2``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from course.checks.expect import close
from course.checks.student import Checks, Function
from course.data import Task

# One weight and one bias: where they start, where each task's training leaves them, and where the
# penalty is looked at.
BEGIN, ENDS, LOOK = (9.0, 9.0), ((1.0, 0.0), (6.0, 2.0), (-4.0, 5.0)), (3.0, 3.0)
STRENGTH = 0.2


class Trainer:
    """A ``train_on`` that writes down what it was called with, then puts the weights elsewhere.

    Of the penalty it notes value and gradient where weight and bias are ``LOOK``, and when that
    does not work a sentence about why.
    """

    def __init__(self) -> None:
        self.model = nn.Linear(1, 1)
        self._put(BEGIN)
        self.calls: list[tuple[bool, Tensor, Tensor]] = []
        self.came: list[tuple[float, float]] = []
        self.penalties: list[Any] = []

    def __call__(self, model: nn.Module, x: Tensor, y: Tensor, penalty: Any = None) -> None:
        self.came.append(self.now())
        self.calls.append((model is self.model, x, y))
        self._put(LOOK)
        self.penalties.append(None if penalty is None else self._look(penalty))
        self._put(ENDS[min(len(self.calls), len(ENDS)) - 1])

    def now(self) -> tuple[float, float]:
        """Weight and bias."""
        weight, bias = (parameter.item() for parameter in self.model.parameters())
        return weight, bias

    def _put(self, values: tuple[float, float]) -> None:
        with torch.no_grad():
            for parameter, value in zip(self.model.parameters(), values, strict=True):
                parameter.fill_(value)

    def _look(self, penalty: Any) -> Any:
        if not callable(penalty):
            return (
                "the penalty should be a function of the model, which `train_on` asks anew for"
                f" every batch, not of type {type(penalty).__name__}."
            )
        try:
            value = penalty(self.model)
        except Exception as error:  # noqa: BLE001 - whatever it is, the student should see it
            return f"the penalty raised {type(error).__name__}: {error}"
        if not isinstance(value, Tensor) or value.numel() != 1:
            return f"the penalty should give a scalar tensor, but gave {value!r:.80}."
        slopes: list[float] = [0.0, 0.0]
        if value.requires_grad:
            found: Sequence[Tensor | None] = torch.autograd.grad(
                value, list(self.model.parameters()), allow_unused=True
            )
            slopes = [0.0 if slope is None else slope.item() for slope in found]
        return value.item(), slopes


def _tasks() -> list[Task]:
    empty, no_labels = torch.empty(0, 1), torch.empty(0, dtype=torch.int64)
    tasks = []
    for i in range(3):
        x = torch.arange(3.0 + i).reshape(-1, 1) + 10.0 * i
        test = torch.full((2, 1), -1.0), torch.zeros(2).long()
        data = (x, torch.arange(3 + i) % 2, *test, empty, no_labels)
        tasks.append(Task(f"task {i}", (0, 1), *data))
    return tasks


def _taught(train_with_l2: Function) -> Trainer:
    """What was taught to a network in three tasks, one call for each."""
    trainer = Trainer()
    train_with_l2(trainer.model, _tasks(), trainer, STRENGTH)
    calls = len(trainer.calls)
    assert calls == 3, f"For 3 tasks `train_on` should be called 3 times, but was called {calls}."
    return trainer


def trains_in_order(train_with_l2: Function) -> None:
    """Trains on one task after another."""
    trainer = _taught(train_with_l2)
    lessons = zip(trainer.calls, _tasks(), strict=True)
    for i, ((own, x, y), task) in enumerate(lessons, start=1):
        assert own, (
            "`train_on` must get the very model that was handed over, which learns task after task;"
            f" in call {i} it got another."
        )
        assert len(x) <= len(task.x_train), (
            f"In call {i} `train_on` got more rows than task {i} has to train on: only the current"
            " task may be trained on."
        )
        found = sorted(zip(x.flatten().tolist(), y.tolist(), strict=False))
        right = sorted(zip(task.x_train.flatten().tolist(), task.y_train.tolist(), strict=True))
        assert found == right, f"In call {i} `train_on` should get the training rows of task {i}."
    expected = [BEGIN, *ENDS]
    assert [*trainer.came, trainer.now()] == expected, (
        "The model's weights were changed outside `train_on`. Only training changes them; the"
        " penalty pulls them while a task is learnt."
    )


def first_task_is_free(train_with_l2: Function) -> None:
    """Learns the first task without a penalty."""
    first, second, _ = _taught(train_with_l2).penalties
    assert second is not None, (
        "While the second task was learnt, `train_on` got no penalty. Hand it over as the fourth"
        " argument."
    )
    free = first is None or (isinstance(first, tuple) and first == (0.0, [0.0, 0.0]))
    assert free, (
        "The first task was learnt with a penalty. There is nothing to hold on to yet: hand over"
        " None, or leave the argument out."
    )


def _penalty(train_with_l2: Function, i: int) -> tuple[float, list[float]]:
    """Value and gradient of the penalty of task ``i``, counted from 0."""
    noted = _taught(train_with_l2).penalties[i]
    assert noted is not None, (
        f"While task {i + 1} was learnt, `train_on` got no penalty. Every task from"
        " the second on needs one."
    )
    assert not isinstance(noted, str), f"While task {i + 1} was learnt, {noted}"
    value, slopes = noted
    return value, slopes


def holds_on_to_the_first(train_with_l2: Function) -> None:
    """Holds the second task near the end of the first."""
    mistakes = {
        0.0: "Is the anchor a copy? One that shares its memory with the model follows it.",
        7.2: "The anchor is where the network was before the first task; take it when that ends.",
        1.8: "That pulls towards zero, not towards the end of the first task.",
        6.5: "Multiply by the strength: `train_on` adds the penalty as it is.",
        0.26: "The strength was multiplied in twice.",
        2.6: "The half is missing.",
        0.65: "That is the mean of the squares; take their sum.",
        0.7211: "That has a root in it; take half the sum of the squares.",
        0.4: "The bias counts too.",
    }
    value, _ = _penalty(train_with_l2, 1)
    what = (
        "The first task ended at weight 1 and bias 0. With strength 0.2 the penalty of the second"
        " task, at weight 3 and bias 3,"
    )
    close(value, 1.3, what, mistakes)


def moves_its_anchor(train_with_l2: Function) -> None:
    """Holds the third task near the end of the second."""
    mistakes = {
        0.0: "Is the anchor a copy? One that shares its memory with the model follows it.",
        1.3: "The anchor is still the end of the first task: take it anew when each task ends.",
        2.3: "Those are the penalties of both tasks before; only the one just before counts.",
        0.425: "The anchor is the mean of both tasks' ends; it is the end of the one just before.",
        7.2: "The anchor is where the network was before the first task.",
        1.8: "That pulls towards zero, not towards the end of the second task.",
    }
    value, _ = _penalty(train_with_l2, 2)
    what = (
        "The second task ended at weight 6 and bias 2. With strength 0.2 the penalty of the third"
        " task, at weight 3 and bias 3,"
    )
    close(value, 1.0, what, mistakes)


def its_penalty_pulls(train_with_l2: Function) -> None:
    """Hands over a penalty that pulls."""
    _, slopes = _penalty(train_with_l2, 1)
    assert slopes != [0.0, 0.0], (
        "The gradient of the penalty is zero, so it pulls nothing. Was the penalty detached or made"
        " into a plain number? Or was the anchor copied but not detached, so that its gradient"
        " cancels the other?"
    )
    right = torch.allclose(torch.tensor(slopes), torch.tensor([0.4, 0.6]), atol=1e-4)
    assert right, (
        "The gradient of the second task's penalty at weight 3 and bias 3 should be strength times"
        f" (theta - anchor), 0.4 and 0.6, but is {slopes[0]:.4g} and {slopes[1]:.4g}."
    )


CHECKS: Checks = {
    "train_with_l2": [
        trains_in_order,
        first_task_is_free,
        holds_on_to_the_first,
        moves_its_anchor,
        its_penalty_pulls,
    ],
}
