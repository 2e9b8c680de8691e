"""The verb ``bench``: the training loop against the usual idiom and against the bare minimum.

Everything is timed in one process, in turns, so that ratios mean something on a noisy machine.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from rich.console import Console
from rich.table import Table
from torch import nn
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader

from course.data import Dataset, digit_pairs, load
from course.device import generator
from course.models import MLP
from course.training import make_optimizer, train

BATCH, EPOCHS, LR = 64, 2, 0.1
HIDDEN = {"digits": (128,), "mnist": (500, 300)}


@dataclass(frozen=True)
class Timing:
    """Seconds of one way to do the work: the median and all rounds."""

    name: str
    rounds: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.rounds)


def training_loop(dataset: str, rounds: int = 5) -> list[Timing]:
    """Times two epochs on the digits 0 and 1: with a DataLoader, with ``train``, and bare.

    On MNIST the DataLoader serves torchvision's own dataset with its usual transforms.
    """
    torch.set_num_threads(1)  # networks this small only wait for a second thread
    data = load(dataset, download=False)
    ways: dict[str, Callable[[nn.Module], None]] = {
        "torchvision DataLoader": _data_loader(data),
        "course.training.train": _ours(data),
        "bare forward, backward, step": _bare(data),
    }
    times: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(rounds + 1):  # the first turn warms up
        for name, way in ways.items():
            model = MLP(data.input_size, HIDDEN[dataset], 2, generator=generator(turn))
            model.to(data.x_train.device)
            taken = seconds(partial(way, model))
            if turn:
                times[name].append(taken)
    return [Timing(name, tuple(taken)) for name, taken in times.items()]


def seconds(work: Callable[[], object]) -> float:
    """How long ``work()`` takes, until the device has done it."""
    started = time.perf_counter()
    work()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter() - started


def _ours(data: Dataset) -> Callable[[nn.Module], None]:
    task = digit_pairs(data, 1)[0]

    def way(model: nn.Module) -> None:
        train(
            model,
            task.x_train,
            task.y_train,
            optimizer=make_optimizer("sgd", model, LR),
            epochs=EPOCHS,
            batch_size=BATCH,
            generator=generator(0),
            progress=False,
        )

    return way


def _bare(data: Dataset) -> Callable[[nn.Module], None]:
    """No shuffle, no gathering of rows, no loss kept: what any loop must at least do."""
    task = digit_pairs(data, 1)[0]
    batches = list(zip(task.x_train.split(BATCH), task.y_train.split(BATCH), strict=True))

    def way(model: nn.Module) -> None:
        optimizer = make_optimizer("sgd", model, LR)
        for _ in range(EPOCHS):
            for x, y in batches:
                optimizer.zero_grad()
                cross_entropy(model(x), y).backward()
                optimizer.step()

    return way


def _data_loader(data: Dataset) -> Callable[[nn.Module], None]:
    """The idiom of most tutorials: images one by one through transforms into batches."""
    device = data.x_train.device
    loader = DataLoader(_images(data), batch_size=BATCH, shuffle=True)

    def way(model: nn.Module) -> None:
        optimizer = torch.optim.SGD(model.parameters(), lr=LR)
        for _ in range(EPOCHS):
            for x, y in loader:
                x, y = x.to(device), y.to(device)
                optimizer.zero_grad()
                loss = cross_entropy(model(x.flatten(1)), y)
                loss.backward()
                optimizer.step()

    return way


def _images(data: Dataset) -> torch.utils.data.Dataset[tuple[torch.Tensor, torch.Tensor]]:
    """The digits 0 and 1 as 8-bit pictures, converted by torchvision whenever one is asked for."""
    from torchvision.transforms import ToTensor

    task = digit_pairs(data, 1)[0]
    shape = data.image_shape
    pictures = [(row.view(shape) * 255).byte().cpu().numpy() for row in task.x_train]
    labels = task.y_train.tolist()
    to_tensor = ToTensor()

    class Pictures(torch.utils.data.Dataset):  # type: ignore[type-arg]
        def __len__(self) -> int:
            return len(pictures)

        def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
            return to_tensor(pictures[index]), labels[index]

    return Pictures()


def show(dataset: str, timings: list[Timing], console: Console | None = None) -> None:
    """Prints seconds, and each way's time as a multiple of the bare one's."""
    bare = timings[-1].median
    table = Table(title=f"Two epochs of 0/1, {dataset}, batch {BATCH}, one thread")
    for heading in ("way", "median seconds", "times bare"):
        table.add_column(heading, justify="left" if heading == "way" else "right")
    for timing in timings:
        table.add_row(timing.name, f"{timing.median:.3f}", f"{timing.median / bare:.2f}")
    (console or Console()).print(table)
