"""The output space of a stream, declared once for each of the three scenarios."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from course.data import SCENARIOS, Task
from course.models import MLP


@dataclass(frozen=True)
class Outputs:
    """``heads`` linear heads of ``width`` outputs each (van de Ven and Tolias 2019).

    ``"task"``: a head for each task, and the task is known. ``"domain"``: one head for the labels
    within the task. ``"class"``: one head for all classes, each softmax over all of them.

    Rows of several tasks in one batch carry *global* labels, task * width + label where there are
    several heads and the label itself where there is one; from these follows each row's head.
    """

    scenario: str
    heads: int
    width: int

    @classmethod
    def of(cls, tasks: Sequence[Task], scenario: str) -> Outputs:
        """Those that ``tasks``, labelled as ``course.data.split`` does, need under ``scenario``.

        Raises ``ValueError`` for another scenario or without a task.
        """
        if scenario not in SCENARIOS:
            known = ", ".join(SCENARIOS)
            raise ValueError(f"unknown scenario {scenario!r}: expected one of {known}")
        if not tasks:
            raise ValueError("expected at least one task, got none")
        width = 1 + max(int(task.y_train.max()) for task in tasks)
        return cls(scenario, len(tasks) if scenario == "task" else 1, width)

    def network(
        self, input_size: int, hidden: Sequence[int], generator: torch.Generator | None = None
    ) -> MLP:
        """A network with these outputs, its weights drawn as ``course.models.MLP`` does."""
        return MLP(input_size, hidden, self.width, num_heads=self.heads, generator=generator)

    def view(self, model: MLP, task: int) -> nn.Module:
        """The part of ``model`` that learns task number ``task`` and is asked about it."""
        return model.for_task(task) if self.heads > 1 else model

    def to_global(self, labels: Tensor, task: int) -> Tensor:
        """Global labels (n,) of rows of one task, from the labels (n,) that the task has."""
        return labels + task * self.width if self.heads > 1 else labels

    def to_local(self, labels: Tensor) -> Tensor:
        """The labels (n,) within each row's own head, from global ones."""
        return labels % self.width

    def logits(self, model: MLP, x: Tensor, labels: Tensor) -> Tensor:
        """Logits (n, width) of rows (n, d), each from the head of its global label (n,)."""
        features = model.features(x)
        every = torch.stack([head(features) for head in model.heads], dim=1)  # (n, heads, width)
        head = (labels // self.width)[:, None, None].expand(-1, 1, self.width)
        return every.gather(1, head).squeeze(1)
