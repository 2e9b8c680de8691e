"""Finds out which rows a training loop put into which batch, without looking inside it.

The rows are the unit vectors, so row i reaches column i of the weight and no other. The learning
rate is 0: the weights stay 0, and every use of a row gives its column the same gradient, divided
by the size of the batch. Momentum 1 / base then writes the steps down as the digits of a number
in that base: the last step is the whole part, the one before it the first digit after the point.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import SGD

CLASSES = 4
BITS = 44  # float64 has 53; the others are left to rounding
UNREADABLE = (
    "The steps cannot be explained by batches of `batch_size` rows in which every row counts "
    "alike, with the gradient of the batch's mean loss."
)


class BatchRecord:
    """A model and an optimizer that ``n`` rows ``x`` are to be trained with, in float64."""

    def __init__(self, n: int, base: int = 16) -> None:
        self._base = base
        self.x = torch.eye(n, dtype=torch.float64)
        self.model = nn.Linear(n, CLASSES, bias=False, dtype=torch.float64)
        nn.init.zeros_(self.model.weight)
        self.optimizer = SGD(self.model.parameters(), lr=0.0, momentum=1 / base)

    def momentum(self) -> Tensor:
        """(classes, n): what the optimizer remembers of each row."""
        state: dict[str, Any] = self.optimizer.state.get(self.model.weight, {})
        momentum = state.get("momentum_buffer")
        never = "The optimizer was never asked for a step on the rows."
        assert isinstance(momentum, Tensor), never
        assert momentum.abs().max() > 0, never
        return momentum.detach()

    def uses(self, label: int, unit: int) -> Tensor:
        """(steps, n) int64, the first step first: ``unit`` / size of the batch where a row is used.

        For rows that all have the label ``label``; ``unit`` is a common multiple of the batch
        sizes.
        """
        per_use = 1 - 1 / CLASSES  # the gradient of minus log softmax of four zeros
        digits = round(BITS / math.log2(self._base))
        amounts = -self.momentum()[label] / per_use * unit * self._base ** (digits - 1)
        whole = amounts.round()
        in_range = whole.min() >= 0 and whole.max() < self._base**digits
        readable = in_range and (whole - amounts).abs().max() < 0.03
        assert readable, UNREADABLE
        places = self._base ** torch.arange(digits - 1, -1, -1)
        by_step = whole.long() // places[:, None] % self._base
        steps = int(by_step.any(dim=1).nonzero().max()) + 1
        assert by_step[:steps].any(dim=1).all(), UNREADABLE  # a step on no row at all
        return by_step[:steps].flip(0)
