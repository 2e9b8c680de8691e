"""What a step makes smaller: cross-entropy, or a loss of one's own, and a penalty."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from course.population import members_of

__all__ = ["batch_loss"]

Penalty = Callable[[nn.Module], Tensor | float]
Loss = Callable[[nn.Module, Tensor, Tensor], Tensor]


def batch_loss(
    model: nn.Module,
    rows: Tensor,
    labels: Tensor,
    classes: int,
    penalty: Penalty | None,
    own: Loss | None = None,
) -> Tensor:
    """The loss of a batch, which a step makes smaller: a scalar, or (K,) of a population.

    The mean cross-entropy, or ``own(model, rows, labels)`` in its place, plus ``penalty(model)``.
    ``classes`` is how many the labels need. Raises ``ValueError`` for logits, a penalty or a loss
    of another shape.
    """
    members = members_of(model)
    fit = own(model, rows, labels) if own else _fit(model, rows, labels, classes, members)
    if members:
        fit = _one_each(fit, "loss", members)
    if penalty is None:
        return fit
    pull = penalty(model)
    return fit + (_one_each(pull, "penalty", members) if isinstance(pull, Tensor) else pull)


def _fit(
    model: nn.Module, rows: Tensor, labels: Tensor, classes: int, members: tuple[int, ...]
) -> Tensor:
    """The mean cross-entropy of a batch."""
    logits = model(rows)
    if logits.shape[:-2] != members or logits.dim() < 2 or logits.shape[-1] < classes:
        raise ValueError(
            f"expected logits (n, C) with C at least {classes}, as many as the labels need, "
            f"got {tuple(logits.shape)}"
        )
    if not members:
        return cross_entropy(logits, labels)
    every = cross_entropy(logits.mT, labels.expand(logits.shape[:-1]), reduction="none")
    return every.mean(dim=-1)


def _one_each(value: Tensor, what: str, members: tuple[int, ...]) -> Tensor:
    """A scalar, or one value a member: the sum over members would be counted for every one."""
    if members and value.shape != members:
        raise ValueError(
            f"expected a {what} for each member, {members}, got shape {tuple(value.shape)}: "
            "population.each gives that"
        )
    if not members and value.numel() != 1:
        raise ValueError(f"expected a {what} that is a scalar, got shape {tuple(value.shape)}")
    return value.reshape(members)
