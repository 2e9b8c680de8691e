"""Whether what is to be trained or measured fits together: early, and saying what came."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from course.population import Population

__all__ = ["check_rows", "check_training"]

Source = torch.Generator | Sequence[torch.Generator]


def check_rows(model: nn.Module, x: Tensor, y: Tensor) -> None:
    """Raises ``ValueError`` for rows and labels that do not fit each other, or the model.

    One network takes x (n, ...) and y (n,); a population also x (K, n, d) and y (K, n).
    """
    if isinstance(model, Population) and y.dim() == 2:
        own, form = len(model), f"x ({len(model)}, n, d) and y ({len(model)}, n) int64"
        fits = x.dim() == 3 and y.shape == x.shape[:2] and len(y) == own and y.shape[1] > 0
    else:
        form = "x (n, d) and y (n,) int64"
        fits = x.dim() > 0 and len(x) > 0 and y.shape == x.shape[:1]
    if not fits or y.dtype != torch.int64:
        raise ValueError(
            f"expected {form} with n at least 1, "
            f"got {tuple(x.shape)} and {tuple(y.shape)} {y.dtype}"
        )
    places = {(p.device, p.dtype) for p in model.parameters()}
    if places != {(x.device, x.dtype)} or y.device != x.device:
        raise ValueError(
            "expected x and y on the model's device, x of its dtype, got "
            f"x {x.device} {x.dtype}, y {y.device}, model {sorted(map(str, places))}"
        )


def check_training(
    model: nn.Module,
    y: Tensor,
    optimizer: Optimizer,
    epochs: int,
    batch_size: int,
    generator: Source,
) -> None:
    """Raises ``ValueError`` for numbers or labels out of range.

    Also for an optimizer that does not hold the model's parameters, and for generators that are
    neither one nor as many as a population has members.
    """
    if epochs < 0 or batch_size < 1:
        raise ValueError(f"expected epochs >= 0, batch_size >= 1, got {epochs} and {batch_size}")
    if y.min() < 0:
        raise ValueError(f"expected labels from 0, got {int(y.min())}")
    trained = {id(p) for group in optimizer.param_groups for p in group["params"]}
    if not trained & {id(p) for p in model.parameters()}:
        raise ValueError("the optimizer holds none of this model's parameters")
    if isinstance(generator, torch.Generator):
        return
    if not isinstance(model, Population) or len(generator) != len(model):
        members = len(model) if isinstance(model, Population) else "no population"
        raise ValueError(
            "expected one generator, or one for each member of a population, "
            f"got {len(generator)} for {members}"
        )
