"""Checks of ``train_with_ewc`` and ``train_with_online_ewc``."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from course.checks.expect import close
from course.checks.student import Checks, Function
from course.data import Task

VALUES = (1.0, 2.0, 1.0)  # all images of a task are this one pixel
STRENGTH, DECAY = 4.0, 0.5


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


def _lessons(method: Function, *more: float) -> list[Lesson]:
    """Both weights are 0.5, 1 and 1.5 after the tasks: both classes stay equally likely.

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


def _takes_the_exact_one(method: Function, *more: float) -> None:
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


def _trains_on_each(method: Function, *more: float) -> None:
    for number, lesson in enumerate(_lessons(method, *more)):
        wanted = [VALUES[number]] * (3 + number)
        assert lesson.pixels == wanted, (
            f"Call {number + 1} of `train_on` should be given the training rows of task"
            f" {number + 1}, all of them and no others."
        )


def _first_is_free(method: Function, *more: float) -> None:
    first, second, _ = _lessons(method, *more)
    assert second.value != 0, (
        "While task 2 is learnt the penalty should not be 0. Either none was handed over, or the"
        " anchor moves along with the weights: keep a copy of them."
    )
    assert first.value == 0, (
        f"While task 1 is learnt there is nothing to hold on to, but the penalty is {first.value}."
    )


def _is(
    lesson: Lesson, task: int, value: float, pull: float, mistakes: Mapping[float, str]
) -> None:
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


def trains_on_each_task(train_with_ewc: Function) -> None:
    """Trains once on each task."""
    _trains_on_each(train_with_ewc)


def takes_the_exact_fisher(train_with_ewc: Function) -> None:
    """Takes the exact Fisher when a task ends."""
    _takes_the_exact_one(train_with_ewc)


def first_task_is_free(train_with_ewc: Function) -> None:
    """Learns the first task freely."""
    _first_is_free(train_with_ewc)


def holds_the_first(train_with_ewc: Function) -> None:
    """Holds the first task."""
    _is(_lessons(train_with_ewc)[1], 2, 2.25, 1.5, SECOND)


def holds_all_earlier(train_with_ewc: Function) -> None:
    """Holds all earlier tasks."""
    mistakes = {
        4.0: "Only the task just before is held. Keep a term for every earlier one.",
        2.25: "Only the first task is held. Keep a term for every earlier one.",
        8.0: "All terms use the last anchor: a function sees the variable, not what it was.",
        3.125: "That is half of it: were the terms averaged, or is the half there twice?",
        5.0: "Every task is held where it ended itself, not at the latest anchor.",
        12.5: "The half is missing.",
    }
    _is(_lessons(train_with_ewc)[2], 3, 6.25, 5.5, mistakes)


def online_trains_on_each_task(train_with_online_ewc: Function) -> None:
    """Trains once on each task."""
    _trains_on_each(train_with_online_ewc, DECAY)


def online_takes_the_exact_fisher(train_with_online_ewc: Function) -> None:
    """Takes the exact Fisher when a task ends."""
    _takes_the_exact_one(train_with_online_ewc, DECAY)


def online_first_task_is_free(train_with_online_ewc: Function) -> None:
    """Learns the first task freely."""
    _first_is_free(train_with_online_ewc, DECAY)


def online_holds_the_first(train_with_online_ewc: Function) -> None:
    """Holds the first task."""
    early = {1.125: "The first Fisher faded already; it fades when the next one is added."}
    _is(_lessons(train_with_online_ewc, DECAY)[1], 2, 2.25, 1.5, SECOND | early)


def keeps_one_fisher(train_with_online_ewc: Function) -> None:
    """Keeps one Fisher that fades."""
    mistakes = {
        5.0: "Nothing faded: the Fisher so far is multiplied by decay.",
        3.0: "The new Fisher faded; the old one should.",
        2.5: "That is a moving average; the new Fisher is added whole.",
        4.0: "The Fisher so far was lost; merge it with the new one.",
        6.25: "That is EWC with a term for each task. Online, there is one Fisher and one anchor.",
        1.0: "The Fisher was never updated.",
        10.125: "The anchor is the latest place, not the first.",
    }
    _is(_lessons(train_with_online_ewc, DECAY)[2], 3, 4.5, 4.5, mistakes)


CHECKS: Checks = {
    "train_with_ewc": [
        trains_on_each_task,
        first_task_is_free,
        holds_the_first,
        takes_the_exact_fisher,
        holds_all_earlier,
    ],
    "train_with_online_ewc": [
        online_trains_on_each_task,
        online_first_task_is_free,
        online_holds_the_first,
        online_takes_the_exact_fisher,
        keeps_one_fisher,
    ],
}
