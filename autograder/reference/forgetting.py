"""The numbers of 01-forgetting: what is forgotten when nothing is done, and joint training."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context

import torch

from course.data import Dataset, Task, digit_pairs, even_odd, joint, load
from course.device import generator
from course.models import MLP
from course.training import accuracy, make_optimizer, train


@dataclass(frozen=True)
class Protocol:
    """How one line of the table is trained. ``published`` is in percent, one run each.

    ``sequential`` trains on the tasks one after another, else on all rows at once. Momentum 1 is
    what SGD does when the gradients of earlier steps are never cleared.
    """

    name: str
    stream: str
    hidden: tuple[int, ...]
    optimizer: str
    lr: float
    batch_size: int
    epochs: int
    sequential: bool = True
    momentum: float = 0.0
    published: tuple[float, float] | None = None


PAIRS = Protocol("digit pairs, nothing done", "pairs", (500, 300), "sgd", 0.1, 64, 2)
PARITY = Protocol("even/odd, nothing done", "parity", (128,), "adam", 1e-3, 32, 6)

PROTOCOLS: dict[str, tuple[Protocol, ...]] = {
    "mnist": (
        PAIRS,
        replace(PAIRS, name="digit pairs, joint", sequential=False),
        replace(PAIRS, name="digit pairs, lr 0.001, with zero_grad", lr=0.001),
        replace(
            PAIRS,
            name="digit pairs, lr 0.001, no zero_grad (momentum 1)",
            lr=0.001,
            momentum=1.0,
            published=(57.45, 95.1),
        ),
        replace(PARITY, published=(27.71, 98.38)),
        replace(PARITY, name="even/odd, joint", sequential=False, published=(97.58, 97.38)),
    ),
    "digits": (
        replace(PARITY, epochs=40),
        replace(PARITY, name="even/odd, joint", epochs=40, sequential=False),
    ),
}


@dataclass(frozen=True)
class Measured:
    """Accuracies in percent at the end of training: (seeds, tasks)."""

    protocol: Protocol
    accuracies: torch.Tensor

    @property
    def mean(self) -> torch.Tensor:
        return self.accuracies.mean(dim=0)

    @property
    def deviation(self) -> torch.Tensor:
        """Standard deviation over seeds."""
        return self.accuracies.std(dim=0)

    @property
    def error(self) -> torch.Tensor:
        """Standard error of the mean."""
        return self.deviation / len(self.accuracies) ** 0.5


def stream(dataset: Dataset, protocol: Protocol) -> list[Task]:
    """The tasks that a protocol trains on."""
    return digit_pairs(dataset, 2) if protocol.stream == "pairs" else even_odd(dataset)


def run(dataset: Dataset, protocol: Protocol, seed: int) -> list[float]:
    """Accuracy in percent on each task after the whole training, for one seed."""
    tasks = stream(dataset, protocol)
    source = generator(seed)
    outputs = len(tasks[0].classes)
    model = MLP(dataset.input_size, protocol.hidden, outputs, generator=source)
    model.to(dataset.x_train.device)
    optimizer = make_optimizer(protocol.optimizer, model, protocol.lr, protocol.momentum)
    for task in tasks if protocol.sequential else [joint(tasks)]:
        train(
            model,
            task.x_train,
            task.y_train,
            optimizer=optimizer,
            epochs=protocol.epochs,
            batch_size=protocol.batch_size,
            generator=source,
            progress=False,
        )
    return [100 * accuracy(model, task.x_test, task.y_test) for task in tasks]


def measure(dataset: str, seeds: Sequence[int]) -> Iterator[Measured]:
    """Every protocol of a dataset, each over all seeds, on all cores; never downloads."""
    workers = min(os.cpu_count() or 1, len(seeds))
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        for protocol in PROTOCOLS[dataset]:
            runs = [pool.submit(_run_named, dataset, protocol, seed) for seed in seeds]
            yield Measured(protocol, torch.tensor([run.result() for run in runs]))


_loaded: dict[str, Dataset] = {}


def _run_named(dataset: str, protocol: Protocol, seed: int) -> list[float]:
    torch.set_num_threads(1)
    if dataset not in _loaded:
        _loaded[dataset] = load(dataset, device="cpu", download=False)
    return run(_loaded[dataset], protocol, seed)
