"""Methods that hold the parameters near where they were, each with an importance of its own."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.autograd.function import FunctionCtx

from course.methods.method import Method, tensor_bytes
from course.methods.outputs import Outputs
from course.models import MLP

Named = dict[str, Tensor]


class Quadratic(Method):
    """Adds strength / 2 * sum over parameters of importance * (theta - anchor)^2, with the half.

    ``importance`` and ``anchor`` go by the names of ``model.named_parameters()``; a parameter
    without an importance, such as a head that has not been trained yet, is free. What the kinds of
    this method differ in is how ``end`` sets the two. Raises ``ValueError`` for a negative
    strength.
    """

    def __init__(self, strength: float) -> None:
        if not strength >= 0:
            raise ValueError(f"expected a strength that is not negative, got {strength}")
        self.strength = strength

    def start(self, model: MLP, outputs: Outputs, generator: torch.Generator) -> None:
        super().start(model, outputs, generator)
        self.importance: Named = {}
        self.anchor: Named = {}

    def penalty(self, model: nn.Module) -> Tensor | float:
        held = [(name, p) for name, p in model.named_parameters() if name in self.importance]
        if not held:
            return 0.0
        anchors = [self.anchor[name] for name, _ in held]
        weights = [self.importance[name] for name, _ in held]
        pull: Tensor = _Pull.apply(anchors, weights, *(p for _, p in held))
        return self.strength * pull

    def accumulate(self, importance: Named, decay: float = 1.0) -> None:
        """One importance, decay * old + new, and one anchor, the parameters as they are now."""
        for name, new in importance.items():
            old = self.importance.get(name)
            self.importance[name] = new if old is None else decay * old + new
        self.anchor |= parameters(self.view)

    @property
    def nbytes(self) -> int:
        return tensor_bytes(self.importance, self.anchor)


def parameters(model: nn.Module) -> Named:
    """Copies of all parameters by name, detached."""
    return {name: p.detach().clone() for name, p in model.named_parameters()}


class _Pull(torch.autograd.Function):
    """Half the sum of weight * (parameter - anchor)^2 and its gradient, in few passes."""

    @staticmethod
    def forward(
        ctx: FunctionCtx, anchors: list[Tensor], weights: list[Tensor], *parameters: Tensor
    ) -> Tensor:
        away = [p - anchor for p, anchor in zip(parameters, anchors, strict=True)]
        slopes = [weight * gap for weight, gap in zip(weights, away, strict=True)]
        ctx.save_for_backward(*slopes)
        pairs = zip(away, slopes, strict=True)
        return torch.stack([gap.flatten().dot(slope.flatten()) for gap, slope in pairs]).sum() / 2

    @staticmethod
    def backward(ctx: FunctionCtx, *outer: Tensor) -> tuple[Tensor | None, ...]:
        slopes: tuple[Tensor, ...] = ctx.saved_tensors  # type: ignore[attr-defined]
        return None, None, *(slope * outer[0] for slope in slopes)
