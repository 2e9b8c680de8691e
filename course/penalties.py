"""The quadratic penalty: of one network, or of each member of a population."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from course.losses import Penalty
from course.population import members_of

__all__ = ["quadratic"]


def quadratic(
    anchor: Mapping[str, Tensor],
    strength: float | Tensor,
    importance: Mapping[str, Tensor] | None = None,
) -> Penalty:
    """A penalty for ``course.training``: strength / 2 * sum of importance * (theta - anchor)^2.

    The sum goes over all parameters; ``anchor`` and ``importance`` go by the names of
    ``model.named_parameters()`` and are detached. Without importance every parameter counts alike,
    which is the L2 penalty; with the Fisher it is that of elastic weight consolidation (Kirkpatrick
    et al. 2017, eq. 3). Of a population it gives (K,), one value a member, where ``strength`` may
    be (K,) too, and anchor and importance have K in front or are the same for all.
    """

    def penalty(model: nn.Module) -> Tensor:
        each = len(members_of(model))  # how many dimensions are kept: 1 of a population
        terms = []
        for name, p in model.named_parameters():
            squares = (p - anchor[name]) ** 2
            if importance is not None:
                squares = importance[name] * squares
            terms.append(squares.flatten(each).sum(dim=-1))
        return strength / 2 * torch.stack(terms).sum(dim=0)

    return penalty
