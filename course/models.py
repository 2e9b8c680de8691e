"""The one kind of network of this course: a multilayer perceptron, with one head or several."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn

__all__ = ["MLP"]


class MLP(nn.Module):
    """Linear layers, each followed by ReLU (and Dropout if above 0), then a linear head.

    Rows (n, input_size) give logits (n, num_outputs). With several heads every task has a head of
    its own on the shared hidden layers, and ``for_task(i)`` is the network of task i.

    Weights and biases are drawn from ``generator`` with PyTorch's own distribution: uniformly
    between plus and minus 1 / sqrt(inputs of the layer). ``config`` holds the arguments with which
    a network of the same shape can be built. Raises ``ValueError`` for a size below 1 or a
    ``dropout`` outside [0, 1).
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
        self.config: dict[str, Any] = {
            "input_size": input_size,
            "hidden": list(hidden),
            "num_outputs": num_outputs,
            "num_heads": num_heads,
            "dropout": dropout,
        }
        sizes = [input_size, *hidden]
        if min(*sizes, num_outputs, num_heads) < 1 or not 0.0 <= dropout < 1.0:
            raise ValueError(f"expected sizes >= 1 and dropout in [0, 1), got {self.config}")
        layers: list[nn.Module] = []
        for inputs, outputs in pairwise(sizes):
            layers += [nn.Linear(inputs, outputs), nn.ReLU()]
            layers += [nn.Dropout(dropout)] if dropout else []
        self.hidden = nn.Sequential(*layers)
        self.heads = nn.ModuleList(nn.Linear(sizes[-1], num_outputs) for _ in range(num_heads))
        if generator is not None:
            _draw(self, generator)

    def features(self, x: Tensor) -> Tensor:
        """The last hidden layer, (n, its size)."""
        out: Tensor = self.hidden(x)
        return out

    def forward(self, x: Tensor) -> Tensor:
        """Logits (n, num_outputs). Raises ``ValueError`` where there is a head for each task."""
        if len(self.heads) > 1:
            raise ValueError("this network has a head for each task: call model.for_task(i)(x)")
        out: Tensor = self.heads[0](self.hidden(x))
        return out

    def for_task(self, task: int) -> nn.Module:
        """The network of one task: the shared hidden layers and that task's head, no copies.

        Its parameters have the names that they have in the whole network. Raises ``ValueError`` for
        a task without a head.
        """
        if not 0 <= task < len(self.heads):
            raise ValueError(f"no head {task}: there are {len(self.heads)}, counted from 0")
        return _TaskNetwork(self, task)


class _TaskNetwork(nn.Module):
    def __init__(self, model: MLP, task: int) -> None:
        super().__init__()
        self.hidden = model.hidden
        self.heads = nn.ModuleDict({str(task): model.heads[task]})
        self.training = self.heads.training = model.training

    def features(self, x: Tensor) -> Tensor:
        out: Tensor = self.hidden(x)
        return out

    def forward(self, x: Tensor) -> Tensor:
        (head,) = self.heads.values()
        out: Tensor = head(self.hidden(x))
        return out


def _draw(model: nn.Module, generator: torch.Generator) -> None:
    for layer in model.modules():
        if isinstance(layer, nn.Linear):
            bound = 1 / math.sqrt(layer.in_features)
            nn.init.uniform_(layer.weight, -bound, bound, generator=generator)
            nn.init.uniform_(layer.bias, -bound, bound, generator=generator)
