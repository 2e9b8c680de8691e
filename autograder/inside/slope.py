"""A number together with its gradient, for functions whose caller differentiates what they give."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from .wire import WireError


@dataclass(frozen=True)
class Slope:
    """A scalar that was computed elsewhere, and its gradient by each input; None where it has none.

    The inputs are the parameters of the models, and the tensors, that the function was given.
    """

    value: Tensor
    gradients: list[Tensor | None]


def inputs(args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[Tensor]:
    """What a function's result may be differentiated by, in an order both sides agree on."""
    return [tensor for arg in (*args, *kwargs.values()) for tensor in _tensors(arg)]


def _tensors(arg: Any) -> Iterator[Tensor]:
    if isinstance(arg, nn.Module):
        yield from arg.parameters()
    elif isinstance(arg, Tensor) and arg.is_floating_point():
        yield arg


def detach(result: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """``result``, or a ``Slope`` where it is one number with a gradient by the arguments."""
    if not isinstance(result, Tensor) or result.numel() != 1 or not result.requires_grad:
        return result
    sources = inputs(args, kwargs)
    wanted = [k for k, source in enumerate(sources) if source.requires_grad]
    if not wanted:
        return result
    try:
        found = torch.autograd.grad(result, [sources[k] for k in wanted], allow_unused=True)
    except RuntimeError as error:
        if "second time" not in str(error):
            raise
        return result  # its graph is used up: a live tensor that leads nowhere
    gradients: list[Tensor | None] = [None] * len(sources)
    for k, gradient in zip(wanted, found, strict=True):
        gradients[k] = gradient
    return Slope(result.detach(), gradients)


def attach(result: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """``result``, or for a ``Slope`` a scalar here that can be differentiated by the arguments.

    Raises ``WireError`` for a gradient that does not fit.
    """
    if not isinstance(result, Slope):
        return result
    sources = inputs(args, kwargs)
    number = result.value.numel() == 1 and result.value.is_floating_point()
    if not number or len(sources) != len(result.gradients):
        raise WireError("a gradient that does not fit what it is a gradient by")
    for gradient, source in zip(result.gradients, sources, strict=True):
        if gradient is not None and gradient.shape != source.shape:
            raise WireError("a gradient that does not fit what it is a gradient by")
    return _Attach.apply(result.value, result.gradients, *sources)


def flat(tensors: Iterable[Tensor]) -> Tensor:
    """All entries in one vector, without gradient history."""
    return torch.cat([tensor.detach().flatten() for tensor in tensors])


def put_flat(model: nn.Module, vector: Tensor) -> None:
    """Gives the model the parameters that ``flat`` made a vector of."""
    parameters = list(model.parameters())
    with torch.no_grad():
        for parameter, part in zip(parameters, _split(vector, parameters), strict=True):
            parameter.copy_(part)


def detach_flat(result: Any, model: nn.Module) -> Any:
    """As ``detach``, for a function of a model alone: its gradient as one vector."""
    slope = detach(result, (model,), {})
    if not isinstance(slope, Slope):
        return slope
    gradients = [
        torch.zeros_like(p) if gradient is None else gradient
        for p, gradient in zip(model.parameters(), slope.gradients, strict=True)
    ]
    return Slope(slope.value, [flat(gradients)])


def attach_flat(result: Any, model: nn.Module) -> Any:
    """As ``attach``, for what ``detach_flat`` made."""
    if not isinstance(result, Slope):
        return result
    if len(result.gradients) != 1 or result.gradients[0] is None:
        raise WireError("a gradient that does not fit its model")
    gradients: list[Tensor | None] = [*_split(result.gradients[0], list(model.parameters()))]
    return attach(Slope(result.value, gradients), (model,), {})


def _split(vector: Tensor, like: Sequence[Tensor]) -> list[Tensor]:
    sizes = [tensor.numel() for tensor in like]
    if vector.shape != (sum(sizes),):
        raise WireError("a vector that does not fit its model")
    return [part.view_as(tensor) for part, tensor in zip(vector.split(sizes), like, strict=True)]


class _Attach(torch.autograd.Function):
    """The value, whose gradient by the sources is already known."""

    @staticmethod
    def forward(
        ctx: Any, value: Tensor, gradients: list[Tensor | None], *sources: Tensor
    ) -> Tensor:
        ctx.gradients = gradients
        return value.clone()

    @staticmethod
    def backward(ctx: Any, upstream: Tensor) -> Any:
        known = [None if g is None else upstream * g for g in ctx.gradients]
        return None, None, *known
