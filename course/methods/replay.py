"""Methods that keep rows of earlier tasks: replay, A-GEM and DER++."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, mse_loss

from course.methods.memory import Reservoir
from course.methods.method import Method
from course.methods.outputs import Outputs
from course.models import MLP


class Rehearsal(Method):
    """Keeps ``capacity`` rows of all tasks so far in a reservoir, with global labels.

    A task's rows come in when it ends. Draws from memory as many rows as the batch has (all, if it
    holds fewer). Raises ``ValueError`` for a capacity below 1.
    """

    def __init__(self, capacity: int) -> None:
        if capacity < 1:
            raise ValueError(f"expected a capacity of at least 1, got {capacity}")
        self.capacity = capacity

    def start(self, model: MLP, outputs: Outputs, generator: torch.Generator) -> None:
        super().start(model, outputs, generator)
        self.memory = Reservoir(self.capacity, generator)

    def end(self, x: Tensor, y: Tensor) -> None:
        self.memory.add(x, self.outputs.to_global(y, self.task))

    def logits(self, x: Tensor, labels: Tensor) -> Tensor:
        """Logits (n, width) of remembered rows, by each row's own head."""
        return self.outputs.logits(self.model, x, labels)

    def remembered_loss(self, x: Tensor, labels: Tensor) -> Tensor:
        """The mean cross-entropy of remembered rows."""
        return cross_entropy(self.logits(x, labels), self.outputs.to_local(labels))

    @property
    def nbytes(self) -> int:
        return self.memory.nbytes


class Replay(Rehearsal):
    """The loss is the mean of the batch's cross-entropy and that of as many remembered rows."""

    def loss(self, model: nn.Module, rows: Tensor, labels: Tensor) -> Tensor:
        fit = super().loss(model, rows, labels)
        if not len(self.memory):
            return fit
        return (fit + self.remembered_loss(*self.memory.sample(len(rows)))) / 2


class AGEM(Rehearsal):
    """Averaged gradient episodic memory: no step may raise the loss of remembered rows.

    Where the gradient g of the batch and the gradient r of as many remembered rows disagree, that
    is g . r < 0, the step is made with g - (g . r / r . r) r instead (Chaudhry et al. 2019,
    eq. 11), over all parameters of the network.
    """

    def begin(self, task: int) -> None:
        super().begin(task)
        self._rows = 0

    def loss(self, model: nn.Module, rows: Tensor, labels: Tensor) -> Tensor:
        self._rows = len(rows)
        return super().loss(model, rows, labels)

    def on_gradients(self) -> None:
        if not len(self.memory):
            return
        every = list(self.model.parameters())
        loss = self.remembered_loss(*self.memory.sample(self._rows))
        reference = torch.autograd.grad(loss, every, allow_unused=True, materialize_grads=True)
        own = [torch.zeros_like(p) if p.grad is None else p.grad for p in every]
        for p, gradient in zip(every, project(own, list(reference)), strict=True):
            p.grad = gradient


def project(own: list[Tensor], reference: list[Tensor]) -> list[Tensor]:
    """``own`` without its part against ``reference``, both gradients of one list of parameters.

    Unchanged where their dot product is not negative; else the dot product becomes 0.
    """
    dot = sum((g * r).sum() for g, r in zip(own, reference, strict=True))
    square = sum(r.square().sum() for r in reference)
    assert isinstance(dot, Tensor)
    assert isinstance(square, Tensor)
    share = torch.where(dot < 0, dot / square, 0.0)
    return [g - share * r for g, r in zip(own, reference, strict=True)]


class DERPlusPlus(Rehearsal):
    """Dark experience replay: remembered rows keep their labels and what was said about them.

    To the batch's cross-entropy come alpha times the mean squared difference between the logits of
    remembered rows and those stored with them, and beta times the cross-entropy of other remembered
    rows (Buzzega et al. 2020, eq. 6). As there, rows come in batch by batch while they are learnt,
    so the stored logits are of all stages of training and a row can be in the memory twice.
    """

    def __init__(self, capacity: int, alpha: float = 0.5, beta: float = 0.5) -> None:
        super().__init__(capacity)
        self.alpha, self.beta = alpha, beta

    def loss(self, model: nn.Module, rows: Tensor, labels: Tensor) -> Tensor:
        logits = model(rows)
        total = cross_entropy(logits, labels)
        if len(self.memory):
            x, known, said = self.memory.sample(len(rows))
            total = total + self.alpha * mse_loss(self.logits(x, known), said)
            x, known, _ = self.memory.sample(len(rows))
            total = total + self.beta * self.remembered_loss(x, known)
        self.memory.add(rows, self.outputs.to_global(labels, self.task), logits)
        return total

    def end(self, x: Tensor, y: Tensor) -> None:
        """Everything is in the memory already."""
