"""The streams on which learners are judged: the same for all answers, and for the reference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from course.data import Dataset, Task, split
from course.models import MLP

Pair = tuple[int, int]

SCENARIOS = ("task", "domain", "class")
# Hidden: which digits make a task, and in which order the tasks come. Of random ones those in which
# naive training loses most where the task is told, so that there is something to win.
ORDERS: tuple[tuple[Pair, ...], ...] = (
    ((7, 9), (4, 3), (8, 2), (0, 6), (5, 1)),
    ((2, 4), (0, 3), (5, 1), (8, 9), (7, 6)),
    ((5, 6), (3, 2), (8, 9), (4, 7), (0, 1)),
    ((9, 4), (0, 2), (5, 7), (8, 3), (1, 6)),
    ((9, 0), (2, 8), (5, 3), (4, 1), (7, 6)),
)


@dataclass(frozen=True)
class Arena:
    """What is held against each other: the network of the reference, and the memory beside it.

    ``rows``: at most so many rows are trained on, and ``test_rows`` tested with. The rest is how
    the reference trains: SGD, so many epochs a task. (With Adam it forgets too little where the
    task is told: 90 % of the way would be a matter of two test rows.)
    """

    rows: int
    test_rows: int
    hidden: tuple[int, ...]
    memory_bytes: int
    epochs: int
    lr: float = 0.1
    momentum: float = 0.9
    batch_size: int = 32

    def network(
        self, input_size: int, scenario: str, generator: torch.Generator | None = None
    ) -> MLP:
        """The reference's network; in the first scenario it has a head for each task."""
        heads = len(ORDERS[0]) if scenario == "task" else 1
        outputs = num_outputs(scenario)
        return MLP(input_size, self.hidden, outputs, num_heads=heads, generator=generator)

    def network_bytes(self, input_size: int) -> int:
        """The bytes of its largest network: as many outputs for each task as there are labels."""
        tasks, outputs = len(ORDERS[0]), num_outputs("class")
        widest = MLP(input_size, self.hidden, outputs, num_heads=tasks)
        return sum(p.nbytes for p in widest.parameters())


ARENAS = {
    "digits": Arena(1347, 450, (128, 128), memory_bytes=64 << 10, epochs=20),
    "mnist": Arena(5000, 1000, (400, 400), memory_bytes=3 << 20, epochs=5),
}


def num_outputs(scenario: str) -> int:
    """How many labels there are: all digits, or two in every task."""
    return 2 * len(ORDERS[0]) if scenario == "class" else 2


def stream(
    dataset: Dataset, scenario: str, order: Sequence[Pair], rng: torch.Generator
) -> list[Task]:
    """The tasks of one run; its rows are drawn, and its pixels put into an order of their own.

    So what was learnt from these images beforehand is of no use. (Networks of linear layers do not
    care; an image's neighbourhoods are lost.)
    """
    arena = ARENAS[dataset.name]
    pixels = torch.randperm(dataset.input_size, generator=rng)
    x_train, y_train = _some(dataset.x_train, dataset.y_train, arena.rows, rng)
    x_test, y_test = _some(dataset.x_test, dataset.y_test, arena.test_rows, rng)
    drawn = replace(
        dataset,
        x_train=x_train[:, pixels],
        y_train=y_train,
        x_test=x_test[:, pixels],
        y_test=y_test,
    )
    return split(drawn, scenario, pairs=order)


def _some(x: Tensor, y: Tensor, count: int, rng: torch.Generator) -> tuple[Tensor, Tensor]:
    rows = torch.randperm(len(x), generator=rng)[:count]
    return x[rows], y[rows]
