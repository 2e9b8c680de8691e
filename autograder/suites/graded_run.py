"""Real training for the tests that judge by accuracy, computed here on rows of our own."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from autograder import solutions
from autograder.reference import bands
from autograder.suites import followed
from autograder.suites.recorder import Recorder, Teach
from course.data import Dataset, Task, digit_pairs, even_odd, permuted
from course.models import MLP
from course.training import accuracy, make_train_on


@dataclass(frozen=True)
class Setting:
    """How an exercise is judged by accuracy.

    ``rows`` is how many training rows of the dataset are used, drawn anew for each run;
    ``arguments`` follow ``train_on`` in the call, then a generator if ``draws``; ``runs`` trainings
    are averaged.
    """

    stream: str
    tasks: int
    rows: int
    optimizer: str
    lr: float
    batch_size: int
    epochs: int
    arguments: tuple[float, ...]
    draws: bool = False
    momentum: float = 0.0
    hidden: tuple[int, ...] = (128,)
    runs: int = 1


# Few rows and epochs: one judgement takes about two seconds, most of them the student's own.
_REPLAY = Setting("pairs", 5, 1347, "adam", 1e-3, 32, 10, (0.2,), draws=True, runs=2)
_L2 = Setting("parity", 2, 1347, "adam", 1e-3, 32, 20, (0.05,))
# With momentum methods differ sooner and more than with Adam: nothing 55, L2 70, EWC 83.
_EWC = Setting("permuted", 3, 400, "sgd", 0.06, 32, 15, (20.0,), momentum=0.9, hidden=(64,), runs=2)
_ONLINE = replace(_EWC, arguments=(20.0, 0.9))

SETTINGS: dict[tuple[str, str], Setting] = {
    ("train_with_replay", "digits"): _REPLAY,
    ("train_with_l2", "digits"): _L2,
    ("train_with_ewc", "digits"): _EWC,
    ("train_with_online_ewc", "digits"): _ONLINE,
    # Small networks: a student may take the Fisher example by example, of 784 pixels.
    ("train_with_replay", "mnist"): replace(_REPLAY, rows=1500, hidden=(64,), runs=1),
    ("train_with_l2", "mnist"): Setting(
        "parity", 2, 1347, "sgd", 0.03, 32, 15, (0.1,), momentum=0.9, hidden=(64,), runs=2
    ),
    ("train_with_ewc", "mnist"): replace(_EWC, hidden=(32,), lr=0.1),
    ("train_with_online_ewc", "mnist"): replace(_ONLINE, hidden=(32,), lr=0.1),
}


def judge(
    function: Callable[..., Any], exercise: str, dataset: Dataset, rng: torch.Generator
) -> tuple[bool, str]:
    """Whether ``function`` reaches the threshold of its band, and its accuracy in words.

    What falls short is trained once more, from other rows and weights: only who fails twice fails.
    """
    for _ in range(2):
        got = graded_accuracy(function, exercise, dataset, rng)
        if got >= bands.threshold(exercise, dataset.name):
            return True, f"{got:.1%}"
    return False, f"{got:.1%}"


def graded_accuracy(
    function: Callable[..., Any], exercise: str, dataset: Dataset, rng: torch.Generator
) -> float:
    """Mean accuracy, a fraction, over tasks and runs, of models trained by ``function``.

    It is measured on test rows that the function never sees. Raises ``AssertionError`` when the
    training diverged or something but ``train_on`` changed the model.
    """
    setting = SETTINGS[exercise, dataset.name]
    runs = [_run(function, exercise, setting, dataset, rng) for _ in range(setting.runs)]
    return sum(runs) / len(runs)


def _run(
    function: Callable[..., Any],
    exercise: str,
    setting: Setting,
    dataset: Dataset,
    rng: torch.Generator,
) -> float:
    drawn_from = rng.get_state()
    tasks = _tasks(setting, dataset, rng)
    outputs = len(tasks[0].classes)
    model = MLP(dataset.input_size, setting.hidden, outputs, generator=rng)
    order = _child(rng)
    teach = _teacher(setting, order)
    drawn = (_child(rng),) if setting.draws else ()
    handed = [_without_test_rows(task, rng) for task in tasks]
    if not setting.draws:  # else no two answers train on the same rows

        def walk() -> followed.Way:
            return _way(exercise, setting, deepcopy(model), handed, deepcopy(order))

        key = (exercise, dataset.name, setting, drawn_from.numpy().tobytes())
        teach = followed.following(followed.known(key, walk), teach, order)
    recorder = Recorder(model, teach)
    function(model, handed, recorder.train_on, *setting.arguments, *drawn)
    recorder.check(exercise)
    return sum(accuracy(model, task.x_test, task.y_test) for task in tasks) / len(tasks)


def _way(
    exercise: str, setting: Setting, model: nn.Module, tasks: list[Task], order: torch.Generator
) -> followed.Way:
    """The way that the reference answer takes."""
    way: followed.Way = []
    teach = followed.noting(way, _teacher(setting, order), order, partial(_steps, setting))
    solutions.of(exercise)(model, tasks, partial(_teach, teach), *setting.arguments)
    return way


def _teach(teach: Teach, model: nn.Module, x: Tensor, y: Tensor, penalty: Any = None) -> None:
    teach(model, x, y, penalty)


def _steps(setting: Setting, rows: int) -> int:
    """How many steps ``train`` takes with so many rows."""
    return setting.epochs * -(-rows // setting.batch_size)


def _tasks(setting: Setting, dataset: Dataset, rng: torch.Generator) -> list[Task]:
    rows = torch.randperm(len(dataset.x_train), generator=rng)[: setting.rows]
    part = replace(dataset, x_train=dataset.x_train[rows], y_train=dataset.y_train[rows])
    if setting.stream == "permuted":
        return permuted(part, setting.tasks, rng)
    return even_odd(part) if setting.stream == "parity" else digit_pairs(part, setting.tasks)


def _without_test_rows(task: Task, rng: torch.Generator) -> Task:
    """The task as it is handed over: its test rows are noise, so that nobody trains on them."""
    noise = torch.rand(20, task.x_test.shape[1], generator=rng)
    labels = torch.randint(len(task.classes), (20,), generator=rng)
    return replace(task, x_test=noise, y_test=labels)


def _child(rng: torch.Generator) -> torch.Generator:
    return torch.Generator().manual_seed(int(torch.randint(2**62, (), generator=rng)))


def _teacher(setting: Setting, order: torch.Generator) -> Teach:
    train_on = make_train_on(
        setting.optimizer,
        setting.lr,
        momentum=setting.momentum,
        epochs=setting.epochs,
        batch_size=setting.batch_size,
        generator=order,
        progress=False,
    )

    def teach(model: nn.Module, x: Tensor, y: Tensor, penalty: Any) -> None:
        try:
            train_on(model, x, y, penalty)
        except FloatingPointError:
            raise AssertionError(
                "Training diverged: the loss became infinite. Is the penalty far too strong, or "
                "multiplied by something twice?"
            ) from None

    return teach
