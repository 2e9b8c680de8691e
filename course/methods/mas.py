"""Memory aware synapses: importance from how much the outputs change."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from course.methods.quadratic import Named, Quadratic

CHUNK = 2048  # rows at once


class MAS(Quadratic):
    """Importance: how sensitive the length of the outputs is, summed over tasks.

    After a task, the mean over its rows of |d ||f(x)||^2 / d theta| is added to it, exact for each
    row, with f the logits; no label is needed (Aljundi et al. 2018, eq. 3 and section 4.1). The
    anchor is the latest parameters.
    """

    def end(self, x: Tensor, y: Tensor) -> None:
        self.accumulate(output_sensitivity(self.view, x))


def output_sensitivity(model: nn.Module, x: Tensor) -> Named:
    """Mean over rows (n, d) of the absolute gradient of the squared length of the logits, by name.

    A linear layer's gradient for one row is an outer product, so the mean of absolute gradients is
    one matrix product of absolute values.
    """
    layers = {name: layer for name, layer in model.named_modules() if isinstance(layer, nn.Linear)}
    found = {name: torch.zeros_like(p).detach() for name, p in model.named_parameters()}
    for rows in x.split(CHUNK):
        seen, outputs = _watched(model, layers, rows)
        deltas = torch.autograd.grad(outputs.square().sum(), [out for _, out in seen.values()])
        for (name, (inputs, _)), delta in zip(seen.items(), deltas, strict=True):
            found[f"{name}.weight"] += delta.abs().T @ inputs.abs() / len(x)
            found[f"{name}.bias"] += delta.abs().sum(dim=0) / len(x)
    return found


def _watched(
    model: nn.Module, layers: dict[str, nn.Linear], rows: Tensor
) -> tuple[dict[str, tuple[Tensor, Tensor]], Tensor]:
    """What went into each layer and came out of it, by name, and the logits."""
    seen: dict[str, tuple[Tensor, Tensor]] = {}

    def remember(name: str) -> Any:
        def hook(_: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
            seen[name] = inputs[0].detach(), output

        return hook

    handles = [layer.register_forward_hook(remember(name)) for name, layer in layers.items()]
    try:
        return seen, model(rows)
    finally:
        for handle in handles:
            handle.remove()
