"""What a method is: the hooks of the one training loop, and what it keeps between tasks."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from course.methods.outputs import Outputs
from course.models import MLP


class Method:
    """Learns each task as it comes; nothing is done against forgetting.

    Other methods replace what they need of it. ``start`` comes first and clears what an earlier run
    left; ``begin(task)`` before each task, counted from 0, ``end(x, y)`` after it with the task's
    rows. In between ``course.training.train`` calls ``loss``, ``penalty``, ``on_gradients`` and
    ``on_step``; the ``model`` that it hands over is the part that learns this task (its trunk and
    its head), the attribute ``model`` is the whole network.

    ``at_once`` says that all tasks are learnt together, as one task with global labels.
    """

    at_once = False

    model: MLP
    outputs: Outputs
    generator: torch.Generator
    task: int

    def start(self, model: MLP, outputs: Outputs, generator: torch.Generator) -> None:
        """Takes the network; all random draws of the method come from ``generator``, a CPU one."""
        self.model, self.outputs, self.generator = model, outputs, generator

    def begin(self, task: int) -> None:
        """The next task to learn is number ``task``."""
        self.task = task

    @property
    def view(self) -> nn.Module:
        """The part of the network that learns the current task."""
        return self.outputs.view(self.model, self.task)

    def loss(self, model: nn.Module, rows: Tensor, labels: Tensor) -> Tensor:
        """The mean cross-entropy of a batch, a scalar."""
        return cross_entropy(model(rows), labels)

    def penalty(self, model: nn.Module) -> Tensor | float:
        """What is added to the loss of every batch, a scalar."""
        return 0.0

    def on_gradients(self) -> None:
        """The gradients of a batch are there; no step has been made with them."""

    def on_step(self, step: int) -> None:
        """A step was made; ``.grad`` still holds its gradients."""

    def end(self, x: Tensor, y: Tensor) -> None:
        """The current task has been learnt from rows ``x`` (n, d) with the labels ``y`` (n,)."""

    @property
    def nbytes(self) -> int:
        """Bytes kept from one task to the next beside the network itself."""
        return 0


class Joint(Method):
    """Learns all tasks at once: what a method without forgetting would reach.

    It holds every row of every task.
    """

    at_once = True

    def start(self, model: MLP, outputs: Outputs, generator: torch.Generator) -> None:
        super().start(model, outputs, generator)
        self._nbytes = 0

    def loss(self, model: nn.Module, rows: Tensor, labels: Tensor) -> Tensor:
        logits = self.outputs.logits(self.model, rows, labels)
        return cross_entropy(logits, self.outputs.to_local(labels))

    def end(self, x: Tensor, y: Tensor) -> None:
        self._nbytes = x.nbytes + y.nbytes

    @property
    def nbytes(self) -> int:
        return self._nbytes


def tensor_bytes(*groups: dict[str, Tensor]) -> int:
    """Bytes of all tensors in some dictionaries."""
    return sum(tensor.nbytes for group in groups for tensor in group.values())
