"""Datasets as tensors that already live on the device, and streams of tasks cut from them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from course import mnist
from course.device import choose_device

__all__ = ["Dataset", "Task", "digit_pairs", "even_odd", "joint", "load", "permuted", "split"]

NAMES = ("auto", "digits", "mnist")
SCENARIOS = ("task", "domain", "class")
PAIRS = ((0, 1), (2, 3), (4, 5), (6, 7), (8, 9))


@dataclass(frozen=True)
class Dataset:
    """Images (n, d) of floats in [0, 1], flattened, and labels (n,) int64, all on one device.

    ``image_shape`` is (height, width) in pixels. Raises ``ValueError`` when the parts do not fit.
    """

    name: str
    x_train: Tensor
    y_train: Tensor
    x_test: Tensor
    y_test: Tensor
    image_shape: tuple[int, int]
    num_classes: int = 10

    @property
    def input_size(self) -> int:
        """Number of pixels, d."""
        return self.image_shape[0] * self.image_shape[1]

    def __post_init__(self) -> None:
        for x, y in ((self.x_train, self.y_train), (self.x_test, self.y_test)):
            if x.dim() != 2 or x.shape[1] != self.input_size or not x.is_floating_point():
                raise ValueError(
                    f"expected images (n, {self.input_size}) of floats, "
                    f"got {tuple(x.shape)} {x.dtype}"
                )
            if y.shape != x.shape[:1] or y.dtype != torch.int64:
                raise ValueError(
                    f"expected labels ({len(x)},) int64, got {tuple(y.shape)} {y.dtype}"
                )
        devices = {part.device for part in (self.x_train, self.y_train, self.x_test, self.y_test)}
        if len(devices) > 1:
            raise ValueError(f"expected all rows on one device, got {sorted(map(str, devices))}")


@dataclass(frozen=True)
class Task:
    """One task of a stream: x (n, d) float32, y (n,) int64.

    ``classes`` holds the original labels in the order of the within-task labels. The validation
    rows are held back from training, for choosing strengths; there are none unless asked for.
    """

    name: str
    classes: tuple[int, ...]
    x_train: Tensor
    y_train: Tensor
    x_test: Tensor
    y_test: Tensor
    x_val: Tensor
    y_val: Tensor


def load(
    name: str = "auto",
    root: str | Path | None = None,
    *,
    device: torch.device | str | None = None,
    download: bool = True,
) -> Dataset:
    """The dataset called ``name``, float32, moved once to ``device`` (by default the best).

    ``"mnist"`` (60,000 training and 10,000 test rows of 28x28) is looked for under ``root``, the
    environment variable ``COURSE_DATA_DIR`` and the user's cache, and downloaded if ``download``.
    ``"digits"`` (1,347 and 450 rows of 8x8, a fixed split with equal shares of each class) is
    inside scikit-learn, always there. ``"auto"`` takes MNIST where it can be had, else digits, and
    prints in one line which and why; the environment variable ``COURSE_DATASET`` can decide it.

    Raises ``ValueError`` for another name, ``FileNotFoundError`` when MNIST cannot be had.
    """
    if name == "auto":
        name = os.environ.get("COURSE_DATASET", name)
    if name not in NAMES:
        raise ValueError(f"unknown dataset {name!r}: expected one of {', '.join(NAMES)}")
    device = torch.device(device) if device is not None else choose_device()
    if name == "digits":
        return _digits(device)
    try:
        folder = mnist.locate(root, download=download)
    except FileNotFoundError as reason:
        if name == "mnist":
            raise
        print(f"Data: the 8x8 digits of scikit-learn, because {reason}.")
        return _digits(device)
    if name == "auto":
        print(f"Data: MNIST, because it is on disk, in {folder}.")
    return _mnist(folder, device)


def digit_pairs(
    dataset: Dataset,
    num_tasks: int = 5,
    *,
    validation: float = 0.0,
    generator: torch.Generator | None = None,
) -> list[Task]:
    """Tasks 0/1, 2/3, ..., up to five; labels within the task, so always 0 and 1.

    ``validation`` is the fraction of each task's training rows held back, drawn with ``generator``.
    Raises ``ValueError`` for a number of tasks or a fraction out of range, a missing generator, or
    a class without rows.
    """
    if not 1 <= num_tasks <= len(PAIRS):
        raise ValueError(f"num_tasks must be from 1 to {len(PAIRS)}, got {num_tasks}")
    return [_task(dataset, pair, validation, generator) for pair in PAIRS[:num_tasks]]


def even_odd(
    dataset: Dataset, *, validation: float = 0.0, generator: torch.Generator | None = None
) -> list[Task]:
    """Even digits, then odd digits; label = digit // 2, from 0 to 4.

    ``validation``, ``generator`` and errors as in ``digit_pairs``.
    """
    even = _task(dataset, (0, 2, 4, 6, 8), validation, generator)
    odd = _task(dataset, (1, 3, 5, 7, 9), validation, generator)
    return [replace(even, name="even"), replace(odd, name="odd")]


def split(
    dataset: Dataset,
    scenario: str,
    *,
    pairs: Sequence[tuple[int, int]] = PAIRS,
    validation: float = 0.0,
    generator: torch.Generator | None = None,
) -> list[Task]:
    """Five pairs of digits under one of the three scenarios (van de Ven and Tolias 2019).

    ``"task"`` and ``"domain"``: labels within the task, 0 and 1; they differ in whether a model is
    told the task. ``"class"``: the labels are the digits themselves. Other ``pairs`` give other
    tasks, in their order. ``validation``, ``generator`` and errors as in ``digit_pairs``;
    ``ValueError`` also for another scenario, and for a digit in two pairs.
    """
    if scenario not in SCENARIOS:
        raise ValueError(f"unknown scenario {scenario!r}: expected one of {', '.join(SCENARIOS)}")
    digits = [digit for pair in pairs for digit in pair]
    if not pairs or len(set(digits)) < len(digits):
        raise ValueError(f"expected pairs of digits, each digit once, got {pairs}")
    within = scenario != "class"
    return [_task(dataset, pair, validation, generator, within=within) for pair in pairs]


def permuted(
    dataset: Dataset, num_tasks: int, generator: torch.Generator, *, validation: float = 0.0
) -> list[Task]:
    """All digits in every task, with the pixels of each task in one fixed random order of its own.

    The first task keeps the pixels as they are. ``generator`` draws the orders, and the validation
    rows as in ``digit_pairs``. Raises ``ValueError`` for a number or a fraction out of range.
    """
    if num_tasks < 1:
        raise ValueError(f"num_tasks must be at least 1, got {num_tasks}")
    # All orders are drawn before any validation rows: they do not depend on that fraction.
    orders = [torch.arange(dataset.input_size)]
    for _ in range(num_tasks - 1):
        orders.append(torch.randperm(dataset.input_size, generator=generator))
    tasks = []
    for number, order in enumerate(orders, start=1):
        columns = order.to(dataset.x_train.device)
        moved = replace(
            dataset, x_train=dataset.x_train[:, columns], x_test=dataset.x_test[:, columns]
        )
        task = _task(moved, tuple(range(dataset.num_classes)), validation, generator)
        tasks.append(replace(task, name=f"permutation {number}"))
    return tasks


def joint(tasks: Sequence[Task]) -> Task:
    """All rows of all tasks as one task, with the labels they have: for joint training.

    ``classes`` lists every original label once. Raises ``ValueError`` without a task.
    """
    if not tasks:
        raise ValueError("expected at least one task, got none")
    rows = {
        field: torch.cat([getattr(task, field) for task in tasks])
        for field in ("x_train", "y_train", "x_test", "y_test", "x_val", "y_val")
    }
    classes = tuple(dict.fromkeys(label for task in tasks for label in task.classes))
    return Task("joint", classes, **rows)


def _digits(device: torch.device) -> Dataset:
    from sklearn.datasets import load_digits  # slow to import, so only where it is needed
    from sklearn.model_selection import train_test_split

    x, y = load_digits(return_X_y=True)
    parts = train_test_split(x / 16, y, test_size=450, random_state=0, stratify=y)
    x_train, x_test = (torch.tensor(part, dtype=torch.float32).to(device) for part in parts[:2])
    y_train, y_test = (torch.tensor(part, dtype=torch.int64).to(device) for part in parts[2:])
    return Dataset("digits", x_train, y_train, x_test, y_test, image_shape=(8, 8))


def _mnist(folder: Path, device: torch.device) -> Dataset:
    def arrive(train: bool) -> tuple[Tensor, Tensor]:
        pixels, labels = mnist.read(folder, train=train)
        # One byte a pixel travels to the device, not four.
        return pixels.to(device).flatten(1).float().div_(255), labels.to(device)

    return Dataset("mnist", *arrive(True), *arrive(False), image_shape=(28, 28))


def _task(
    dataset: Dataset,
    classes: tuple[int, ...],
    validation: float,
    generator: torch.Generator | None,
    *,
    within: bool = True,
) -> Task:
    """The rows of some classes; labels within the task, or the original ones."""
    x, y = _rows(dataset.x_train, dataset.y_train, classes, within=within)
    x_test, y_test = _rows(dataset.x_test, dataset.y_test, classes, within=within)
    held = _held_back(len(x), validation, generator).to(x.device)
    name = "/".join(map(str, classes))
    return Task(name, classes, x[~held], y[~held], x_test, y_test, x[held], y[held])


def _rows(x: Tensor, y: Tensor, classes: tuple[int, ...], *, within: bool) -> tuple[Tensor, Tensor]:
    matches = y[:, None] == torch.tensor(classes, device=y.device)  # (n, classes)
    found = matches.any(dim=0).tolist()
    if not all(found):
        missing = [label for label, there in zip(classes, found, strict=True) if not there]
        raise ValueError(f"expected rows of the classes {classes}, got none of {missing}")
    kept = matches.any(dim=1)
    return x[kept], matches[kept].int().argmax(dim=1) if within else y[kept]


def _held_back(count: int, fraction: float, generator: torch.Generator | None) -> Tensor:
    """Which of ``count`` rows are for validation, (count,) bool, on the CPU."""
    if not 0.0 <= fraction < 1.0:
        raise ValueError(f"validation must be a fraction from 0 to below 1, got {fraction}")
    held = torch.zeros(count, dtype=torch.bool)
    if fraction:
        if generator is None:
            raise ValueError("validation rows are drawn at random: expected a generator, got None")
        held[torch.randperm(count, generator=generator)[: round(fraction * count)]] = True
    if held.all():
        raise ValueError(f"validation {fraction} leaves none of {count} rows to train on")
    return held
