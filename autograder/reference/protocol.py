"""What is measured: a study trains networks in one way and compares methods on one stream."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from course import methods
from course.data import Dataset, Task, digit_pairs, even_odd, permuted, split

# Which notebook a method belongs to.
ASSIGNMENT = {
    "nothing": "01-forgetting",
    "joint": "01-forgetting",
    "replay": "02-replay",
    "L2": "03-l2",
    "EWC": "04-ewc",
    "online EWC": "04-ewc",
}


@dataclass(frozen=True)
class Line:
    """A method and its argument: a fraction kept, or a strength.

    Where there are several ``values``, one of them is chosen on validation rows. ``published`` is
    in percent, for each task, one run.
    """

    method: str
    values: tuple[float, ...] = ()
    published: tuple[float, ...] | None = None


@dataclass(frozen=True)
class Training(methods.Training):
    """How a task is learnt. Momentum 1 is what SGD does when gradients are never cleared."""

    def __str__(self) -> str:
        momentum = f", momentum {self.momentum:g}" if self.momentum else ""
        name = {"sgd": "SGD", "adam": "Adam"}[self.optimizer]
        return f"{name} {self.lr:g}{momentum}, batch {self.batch_size}, {self.epochs} epochs"


@dataclass(frozen=True)
class Study:
    """How the networks of some lines are trained; ``first`` where the first task differs."""

    name: str
    stream: str
    tasks: int
    hidden: tuple[int, ...]
    training: Training
    lines: tuple[Line, ...]
    first: Training | None = None

    def outputs(self) -> int:
        """Outputs of the network."""
        return {"pairs": 2, "parity": 5}.get(self.stream, 10)

    def draw(self, dataset: Dataset, seed: int, validation: float = 0.0) -> list[Task]:
        """The tasks; the seed draws the validation rows and the orders of pixels."""
        source = torch.Generator().manual_seed(seed)
        if self.stream == "permuted":
            return permuted(dataset, self.tasks, source, validation=validation)
        if self.stream == "pairs":
            return digit_pairs(dataset, self.tasks, validation=validation, generator=source)
        if self.stream == "classes":
            return split(dataset, "class", validation=validation, generator=source)[: self.tasks]
        return even_odd(dataset, validation=validation, generator=source)

    def describe(self, inputs: int) -> str:
        """The protocol in one line."""
        sizes = "-".join(map(str, (inputs, *self.hidden, self.outputs())))
        first = f"first task {self.first}; then " if self.first else ""
        return f"MLP {sizes}; {first}{self.training} a task"
