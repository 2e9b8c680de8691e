"""What a method in three small tasks hands over to ``train_on``, and what all methods must."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from course.checks.expect import close
from course.checks.student import Function
from course.data import Task

VALUES = (1.0, 2.0, 1.0)  # all images of a task are this one pixel
STRENGTH = 4.0
TIMES_DECAY = (
    "That is decay times what it should be. The newest Fisher counts in full, in the penalty too;"
    " it fades only when the next one is added."
)


@dataclass
class Lesson:
    """One call of ``train_on``: its rows, and the penalty with its pull where all weights are 2.

    ``trouble``: what is wrong with a penalty that has no value.
    """

    pixels: list[float]
    value: float = 0.0
    pull: float = 0.0
    trouble: str = ""


def _tasks() -> list[Task]:
    tasks = []
    for number, value in enumerate(VALUES):
        x, y = torch.full((3 + number, 1), value), torch.arange(3 + number) % 2
        empty = (x[:0], y[:0])
        tasks.append(Task("t", (0, 1), x, y, torch.full((2, 1), 9.0), y[:2], *empty))
    return tasks


def lessons_of(method: Function, *more: float) -> list[Lesson]:
    """What ``train_on`` was called with; ``more`` is decay, for a method that takes it.

    Both weights are 0.5, 1 and 1.5 after the tasks: both classes stay equally likely.
    So the Fisher of each weight is the pixel squared times 1/4: 0.25, 1, 0.25.
    """
    linear, lessons = _zeros(), list[Lesson]()
    network = nn.Sequential(linear)

    def train_on(model: nn.Module, x: Tensor, y: Tensor, penalty: Any = None) -> None:
        nn.init.constant_(linear.weight, 2.0)
        lessons.append(_lesson(network, x, penalty))
        nn.init.constant_(linear.weight, 0.5 * len(lessons))

    method(network, _tasks(), train_on, STRENGTH, *more)
    calls = len(lessons)
    assert calls == 3, f"With 3 tasks `train_on` should be called 3 times, once each, not {calls}."
    assert bool((linear.weight == 1.5).all()), "The weights were changed outside `train_on`."
    _sound(lessons)
    return lessons


def _zeros() -> nn.Linear:
    linear = nn.Linear(1, 2)
    nn.init.zeros_(linear.weight)
    nn.init.zeros_(linear.bias)
    return linear


def _sound(lessons: list[Lesson]) -> None:
    for number, lesson in enumerate(lessons, start=1):
        assert not lesson.trouble, f"While task {number} is learnt, the penalty {lesson.trouble}"


def takes_the_exact_one(method: Function, *more: float) -> None:
    """After task 1 the weights are log 9 and 0, so of pixel 1 the classes have 0.9 and 0.1."""
    linear, lessons = _zeros(), list[Lesson]()
    network = nn.Sequential(linear)

    def train_on(model: nn.Module, x: Tensor, y: Tensor, penalty: Any = None) -> None:
        nn.init.constant_(linear.weight, 2.0)
        lessons.append(_lesson(network, x, penalty))
        with torch.no_grad():
            linear.weight.copy_(torch.tensor([[9.0], [1.0]]).log())

    method(network, _tasks()[:2], train_on, STRENGTH, *more)
    assert len(lessons) == 2, f"With 2 tasks `train_on` was called {len(lessons)} times."
    _sound(lessons)
    # Where both weights are 2 they are 2 - log 9 and 2 away; the biases stay. The labels of task 1
    # are 0, 1, 0, so the empirical Fisher is (0.01 + 0.81 + 0.01) / 3.
    distance = (2 - math.log(9)) ** 2 + 2**2
    values = {fisher: STRENGTH / 2 * fisher * distance for fisher in (0.09, 0.83 / 3, 0.25)}
    mistakes = {
        values[0.83 / 3]: "That is the empirical Fisher, of the labels; take the exact one.",
        values[0.25]: "The Fisher was taken at other weights; take it when the task has ended.",
        **{decay * values[0.09]: TIMES_DECAY for decay in more},
    }
    close(lessons[1].value, values[0.09], "The penalty of a network that is rather sure", mistakes)


def _lesson(model: nn.Module, x: Tensor, penalty: Any) -> Lesson:
    pixels = x.flatten().tolist()
    if penalty is None:
        return Lesson(pixels)
    if not callable(penalty):
        kind = type(penalty).__name__
        trouble = "should be a function of the model, which `train_on` asks anew for every batch,"
        return Lesson(pixels, trouble=f"{trouble} not of type {kind}.")
    try:
        value = penalty(model)
    except Exception as error:  # noqa: BLE001 - whatever it is, the student should see it
        return Lesson(pixels, trouble=f"raised {type(error).__name__}: {error}")
    if not isinstance(value, Tensor | float | int) or torch.as_tensor(value).numel() != 1:
        return Lesson(pixels, trouble=f"should give a scalar tensor, but gave {value!r:.80}.")
    pull = None
    if isinstance(value, Tensor) and value.requires_grad:
        weight = model.get_parameter("0.weight")
        (pull,) = torch.autograd.grad(value, [weight], allow_unused=True)
    number = float(torch.as_tensor(value).detach())
    return Lesson(pixels, number, 0.0 if pull is None else float(pull[0]))


def trains_on_each(method: Function, *more: float) -> None:
    """Each call gets all rows of its task, and no others."""
    for number, lesson in enumerate(lessons_of(method, *more)):
        wanted = [VALUES[number]] * (3 + number)
        assert lesson.pixels == wanted, (
            f"Call {number + 1} of `train_on` should be given the training rows of task"
            f" {number + 1}, all of them and no others."
        )


def first_is_free(method: Function, *more: float) -> None:
    """The first task has no penalty, or one that is 0; the second has one."""
    first, second, _ = lessons_of(method, *more)
    assert second.value != 0, (
        "While task 2 is learnt the penalty should not be 0. Either none was handed over, or the"
        " anchor moves along with the weights: keep a copy of them."
    )
    assert first.value == 0, (
        f"While task 1 is learnt there is nothing to hold on to, but the penalty is {first.value}."
    )


def penalty_is(
    lesson: Lesson, task: int, value: float, pull: float, mistakes: Mapping[float, str]
) -> None:
    """Value and gradient of the penalty; ``mistakes`` says how known wrong values come about."""
    where = f"While task {task} is learnt, where all weights are 2, the penalty"
    known = next((text for wrong, text in mistakes.items() if abs(lesson.value - wrong) < 1e-3), "")
    right = abs(lesson.value - value) < 1e-3
    assert right, f"{where} should be {value}, but is {lesson.value:.4g}. {known}".rstrip()
    assert abs(lesson.pull - pull) < 1e-3, (
        f"{where} is right, but its gradient is {lesson.pull:.4g}, not {pull}: it does not pull as"
        " it should. Were the parameters detached, which must not be, or was the anchor not"
        " detached?"
    )


SECOND = {
    0.0: "Is a copy of the weights kept, and the penalty handed to `train_on`?",
    4.5: "The half is missing.",
    0.5625: "The strength is missing.",
    9.0: "Every weight counts alike: that is L2. Or was the strength used twice?",
    6.75: "The Fisher was summed over rows; take the mean.",
}
