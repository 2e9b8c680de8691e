"""Datasets as tensors that already live on the device, and streams of tasks cut from them."""

from __future__ import annotations

import os
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from course.device import choose_device

NAMES = ("auto", "digits", "mnist")
SCENARIOS = ("task", "domain", "class")
PAIRS = ((0, 1), (2, 3), (4, 5), (6, 7), (8, 9))
CACHE = Path.home() / ".cache" / "forget-me-not"
MNIST_FILES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)


@dataclass(frozen=True)
class Dataset:
    """Images (n, d) float32 in [0, 1], flattened; labels (n,) int64; all on one device."""

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


@dataclass(frozen=True)
class Task:
    """One task of a stream.

    ``classes`` holds the original labels in the order of the within-task labels. ``x_*`` are (n, d)
    float32, ``y_*`` (n,) int64. The validation rows are held back from training, for choosing
    strengths; there are none unless asked for.
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
    """The dataset called ``name``, moved to ``device`` once.

    ``"mnist"`` is looked for under ``root``, then under the environment variable
    ``COURSE_DATA_DIR``, then in the user's cache, and downloaded there if ``download``.
    ``"digits"``, the 8x8 digits inside scikit-learn (1,347 training and 450 test rows), is always
    there. ``"auto"`` takes MNIST where it can be had, else digits, and prints which and why.

    Raises ``ValueError`` for another name, ``FileNotFoundError`` when MNIST is neither on disk nor
    to be downloaded.
    """
    if name not in NAMES:
        raise ValueError(f"unknown dataset {name!r}: expected one of {', '.join(NAMES)}")
    device = torch.device(device) if device is not None else choose_device()
    if name == "digits":
        return _digits(device)
    if name == "mnist":
        return _mnist(root, device, download)
    try:
        dataset = _mnist(root, device, download)
        print("Data: MNIST (28x28 images, 60,000 to train on and 10,000 to test).")
    except FileNotFoundError as reason:
        dataset = _digits(device)
        print(f"Data: the 8x8 digits of scikit-learn, because {reason}.")
    return dataset


def _digits(device: torch.device) -> Dataset:
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    x, y = load_digits(return_X_y=True)
    parts = train_test_split(x / 16.0, y, test_size=450, random_state=0, stratify=y)
    x_train, x_test = (torch.tensor(p, dtype=torch.float32, device=device) for p in parts[:2])
    y_train, y_test = (torch.tensor(p, dtype=torch.int64, device=device) for p in parts[2:])
    return Dataset("digits", x_train, y_train, x_test, y_test, (8, 8))


def _mnist(root: str | Path | None, device: torch.device, download: bool) -> Dataset:
    folder = _mnist_folder(root, download)
    from torchvision.datasets import MNIST  # slow to import, so only here

    parts: list[Tensor] = []
    for train in (True, False):
        raw = MNIST(folder, train=train, download=False)
        parts += [raw.data.to(device).float().div_(255).flatten(1), raw.targets.to(device)]
    x_train, y_train, x_test, y_test = parts
    return Dataset("mnist", x_train, y_train, x_test, y_test, (28, 28))


def _mnist_folder(root: str | Path | None, download: bool) -> Path:
    """The folder that holds MNIST, downloaded when it must be."""
    named = [Path(p) for p in (root, os.environ.get("COURSE_DATA_DIR")) if p]
    for folder in (*named, CACHE):
        if all((folder / "MNIST" / "raw" / file).exists() for file in MNIST_FILES):
            return folder
    where = named[0] if named else CACHE
    if not download:
        raise FileNotFoundError(f"MNIST is not on disk (looked in {where}/MNIST/raw)")
    from torchvision.datasets import MNIST

    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(10)
    try:
        MNIST(where, download=True)
    except (OSError, RuntimeError) as error:
        reason = f"MNIST is not on disk and cannot be downloaded ({type(error).__name__})"
        raise FileNotFoundError(reason) from None
    finally:
        socket.setdefaulttimeout(before)
    return where


def digit_pairs(
    dataset: Dataset,
    num_tasks: int = 5,
    *,
    validation: float = 0.0,
    generator: torch.Generator | None = None,
) -> list[Task]:
    """Tasks 0/1, 2/3, ...; labels within the task, so always 0 and 1.

    ``validation`` is the fraction of training rows held back, drawn with ``generator``.
    """
    if not 1 <= num_tasks <= len(PAIRS):
        raise ValueError(f"num_tasks must be from 1 to {len(PAIRS)}, got {num_tasks}")
    return [_task(dataset, pair, validation, generator) for pair in PAIRS[:num_tasks]]


def even_odd(
    dataset: Dataset, *, validation: float = 0.0, generator: torch.Generator | None = None
) -> list[Task]:
    """Even digits, then odd digits; label = digit // 2, from 0 to 4."""
    groups = ((0, 2, 4, 6, 8), (1, 3, 5, 7, 9))
    names = ("even", "odd")
    return [
        _task(dataset, classes, validation, generator, name=name)
        for classes, name in zip(groups, names, strict=True)
    ]


def split(
    dataset: Dataset,
    scenario: str,
    *,
    validation: float = 0.0,
    generator: torch.Generator | None = None,
) -> list[Task]:
    """Five pairs of digits under one of the three scenarios (van de Ven and Tolias 2019).

    ``"task"`` and ``"domain"``: labels within the task (0, 1); ``"class"``: the digits themselves.
    """
    if scenario not in SCENARIOS:
        raise ValueError(f"unknown scenario {scenario!r}: expected one of {', '.join(SCENARIOS)}")
    within = scenario != "class"
    return [_task(dataset, pair, validation, generator, within=within) for pair in PAIRS]


def permuted(
    dataset: Dataset,
    num_tasks: int,
    generator: torch.Generator,
    *,
    validation: float = 0.0,
) -> list[Task]:
    """All ten digits in every task, the pixels of each task in one fixed order of its own.

    The first task keeps the pixels as they are (Goodfellow et al. 2013).
    """
    if num_tasks < 1:
        raise ValueError(f"num_tasks must be at least 1, got {num_tasks}")
    classes = tuple(range(dataset.num_classes))
    tasks = []
    for number in range(num_tasks):
        order = torch.arange(dataset.input_size)
        if number:
            order = torch.randperm(dataset.input_size, generator=generator)
        order = order.to(dataset.x_train.device)
        shuffled = Dataset(
            dataset.name,
            dataset.x_train[:, order],
            dataset.y_train,
            dataset.x_test[:, order],
            dataset.y_test,
            dataset.image_shape,
            dataset.num_classes,
        )
        name = f"permutation {number}"
        tasks.append(_task(shuffled, classes, validation, generator, name=name))
    return tasks


def joint(tasks: Sequence[Task]) -> Task:
    """All rows of all tasks as one task: what training on everything at once sees."""
    if not tasks:
        raise ValueError("expected at least one task, got none")
    rows = {
        field: torch.cat([getattr(task, field) for task in tasks])
        for field in ("x_train", "y_train", "x_test", "y_test", "x_val", "y_val")
    }
    classes = tuple(dict.fromkeys(c for task in tasks for c in task.classes))
    return Task("joint", classes, **rows)


def _task(
    dataset: Dataset,
    classes: tuple[int, ...],
    validation: float,
    generator: torch.Generator | None,
    *,
    name: str = "",
    within: bool = True,
) -> Task:
    x, y = _rows(dataset.x_train, dataset.y_train, classes, within)
    x_test, y_test = _rows(dataset.x_test, dataset.y_test, classes, within)
    held = _held_back(len(x), validation, generator).to(x.device)
    name = name or "/".join(map(str, classes))
    return Task(name, classes, x[~held], y[~held], x_test, y_test, x[held], y[held])


def _rows(x: Tensor, y: Tensor, classes: tuple[int, ...], within: bool) -> tuple[Tensor, Tensor]:
    wanted = torch.tensor(classes, device=y.device)
    kept = torch.isin(y, wanted)
    x, y = x[kept], y[kept]
    if within:
        y = (y[:, None] == wanted).int().argmax(dim=1)
    return x, y


def _held_back(n: int, fraction: float, generator: torch.Generator | None) -> Tensor:
    """Which of n rows are validation rows, (n,) bool."""
    if not 0.0 <= fraction < 1.0:
        raise ValueError(f"validation must be a fraction from 0 to below 1, got {fraction}")
    held = torch.zeros(n, dtype=torch.bool)
    if fraction:
        if generator is None:
            raise ValueError("validation rows are drawn at random: expected a generator, got None")
        held[torch.randperm(n, generator=generator)[: int(fraction * n)]] = True
    return held
