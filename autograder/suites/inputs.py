"""Small random inputs for suites, all drawn from one generator."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn


def network(
    rng: torch.Generator,
    sizes: Sequence[int],
    *,
    scale: float = 1.0,
    dropout: float | None = None,
    dtype: torch.dtype = torch.float32,
) -> nn.Sequential:
    """Linear layers with Tanh between them, in training mode.

    ``scale`` is the standard deviation of the weights; ``dropout`` puts a Dropout of that
    probability after each Tanh.
    """
    layers: list[nn.Module] = []
    for inputs, outputs in pairwise(sizes):
        linear = nn.Linear(inputs, outputs, dtype=dtype)
        with torch.no_grad():
            for parameter in linear.parameters():
                draw = torch.randn(parameter.shape, generator=rng, dtype=dtype)
                parameter.copy_(scale * draw)
        layers += [linear, nn.Tanh()]
        layers += [] if dropout is None else [nn.Dropout(dropout)]
    while not isinstance(layers[-1], nn.Linear):
        layers.pop()
    return nn.Sequential(*layers)


def batch(
    rng: torch.Generator, n: int, d: int, classes: int, dtype: torch.dtype = torch.float32
) -> tuple[Tensor, Tensor]:
    """Random rows (n, d) and labels (n,); every class occurs when ``n`` is large enough."""
    x = torch.randn(n, d, generator=rng, dtype=dtype)
    return x, shuffled(rng, torch.arange(n) % classes)


def shuffled(rng: torch.Generator, tensor: Tensor) -> Tensor:
    """The rows of ``tensor`` in random order."""
    return tensor[torch.randperm(len(tensor), generator=rng)]


def between(rng: torch.Generator, low: float, high: float, *shape: int) -> Tensor:
    """Uniform numbers, float64."""
    return low + (high - low) * torch.rand(*shape, generator=rng, dtype=torch.float64)


def whole(rng: torch.Generator, low: int, high: int) -> int:
    """A random integer from ``low`` to ``high``, both included."""
    return int(torch.randint(low, high + 1, (), generator=rng))


def spread(tensor: Tensor) -> Tensor:
    """The same values in another memory order: neither contiguous nor overlapping."""
    return torch.stack([tensor, tensor], dim=-1)[..., 0]
