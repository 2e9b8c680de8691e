"""Learning without forgetting: what the old network says about the new rows is kept."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn
from torch.nn.functional import kl_div

from course.methods.method import Method
from course.methods.outputs import Outputs
from course.models import MLP


class LwF(Method):
    """Distils the network as it was before the task, on the task's own rows.

    To the cross-entropy comes strength * (sum over earlier tasks) T^2 KL(old || new), both softened
    by the temperature T: with a head for each task over the heads of the earlier ones, with one
    head that many times over all its outputs (Li and Hoiem 2016, eq. 2 and 3; the weight of the
    old, growing with the tasks, as in van de Ven and Tolias 2018). Raises ``ValueError`` for a
    temperature that is not positive.
    """

    def __init__(self, strength: float = 1.0, temperature: float = 2.0) -> None:
        if not temperature > 0:
            raise ValueError(f"expected a positive temperature, got {temperature}")
        self.strength, self.temperature = strength, temperature

    def start(self, model: MLP, outputs: Outputs, generator: torch.Generator) -> None:
        super().start(model, outputs, generator)
        self.old: MLP | None = None

    def begin(self, task: int) -> None:
        super().begin(task)
        if task > 0:
            self.old = copy.deepcopy(self.model).eval().requires_grad_(False)

    def loss(self, model: nn.Module, rows: Tensor, labels: Tensor) -> Tensor:
        fit = super().loss(model, rows, labels)
        if self.old is None:
            return fit
        new_features, old_features = self.model.features(rows), self.old.features(rows)
        pairs = list(zip(self.model.heads, self.old.heads, strict=True))[: self.task]
        kept = [
            distillation(new(new_features), old(old_features), self.temperature)
            for new, old in pairs
        ]
        return fit + self.strength * self.task * torch.stack(kept).mean()

    @property
    def nbytes(self) -> int:
        return sum(p.nbytes for p in self.model.parameters()) if self.old is not None else 0


def distillation(new: Tensor, old: Tensor, temperature: float) -> Tensor:
    """T^2 times the mean over rows of KL(softmax(old / T) || softmax(new / T)), logits (n, C).

    The square keeps the gradients' size as T grows (Hinton et al. 2015, section 2).
    """
    log_new = (new / temperature).log_softmax(dim=1)
    log_old = (old / temperature).log_softmax(dim=1)
    return temperature**2 * kl_div(log_new, log_old, reduction="batchmean", log_target=True)
