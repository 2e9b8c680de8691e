"""The one kind of network of this course: a multilayer perceptron, with one head or several."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn


class MLP(nn.Module):
    """Linear layers with ReLU between them (and Dropout where asked for), then a linear head.

    Rows (n, input_size) give logits (n, num_outputs). With ``num_heads`` above 1 every task has a
    head of its own on the shared hidden layers: ``for_task(i)`` is the network of task i. Weights
    are drawn from ``generator``, uniformly between plus and minus 1 / sqrt(inputs of the layer).
    """

    def __init__(
        self,
        input_size: int,
        hidden: Sequence[int],
        num_outputs: int,
        *,
        num_heads: int = 1,
        dropout: float = 0.0,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        sizes = [input_size, *hidden]
        if min(*sizes, num_outputs, num_heads) < 1:
            raise ValueError(
                f"all sizes must be at least 1, got {sizes}, {num_outputs}, {num_heads}"
            )
        if not 0.0 <= dropout < 1.0:
            raise ValueError(f"dropout must be a fraction from 0 to below 1, got {dropout}")
        self.config: dict[str, Any] = {
            "input_size": input_size,
            "hidden": list(hidden),
            "num_outputs": num_outputs,
            "num_heads": num_heads,
            "dropout": dropout,
        }
        layers: list[nn.Module] = []
        for inputs, outputs in pairwise(sizes):
            layers += [nn.Linear(inputs, outputs), nn.ReLU()]
            layers += [nn.Dropout(dropout)] if dropout else []
        self.hidden = nn.Sequential(*layers)
        self.heads = nn.ModuleList(nn.Linear(sizes[-1], num_outputs) for _ in range(num_heads))
        if generator is not None:
            self._draw(generator)

    def _draw(self, generator: torch.Generator) -> None:
        for layer in self.modules():
            if isinstance(layer, nn.Linear):
                bound = 1 / math.sqrt(layer.in_features)
                for parameter in (layer.weight, layer.bias):
                    nn.init.uniform_(parameter, -bound, bound, generator=generator)

    def features(self, x: Tensor) -> Tensor:
        """The last hidden layer, (n, size of that layer)."""
        out: Tensor = self.hidden(x)
        return out

    def forward(self, x: Tensor) -> Tensor:
        """Logits (n, num_outputs); a network with several heads must be asked by task."""
        if len(self.heads) > 1:
            raise ValueError("this network has a head for each task: use model.for_task(i)(x)")
        out: Tensor = self.heads[0](self.hidden(x))
        return out

    def for_task(self, task: int) -> nn.Module:
        """The network of one task; its hidden layers are shared with all other tasks."""
        if not 0 <= task < len(self.heads):
            raise ValueError(f"no head {task}: there are {len(self.heads)}, counted from 0")
        return nn.Sequential(self.hidden, self.heads[task])
