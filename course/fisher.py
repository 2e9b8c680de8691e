"""Fisher diagonals of a network of linear layers, without a single example's gradient."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import log_softmax

__all__ = ["empirical_diagonal", "fisher_diagonal"]

CHUNK = 2048  # rows at once: it bounds the memory, and what is computed stays in the cache

Found = tuple[Tensor, Tensor]  # of one layer: its inputs squared (n, in), its outputs (n, out)


def fisher_diagonal(model: nn.Module, x: Tensor) -> dict[str, Tensor]:
    """How much each parameter matters for what ``model`` says about the rows ``x`` (n, d).

    The diagonal of the Fisher information, exact: for each parameter w, the mean over rows x_i of
    sum_c p(c|x_i) (d log p(c|x_i) / d w)^2, the sum over all classes c and no label needed. It
    comes under the names of ``model.named_parameters()``, detached, of the parameters' shapes,
    dtype and device. (It weighs the parameters in elastic weight consolidation, Kirkpatrick et al.
    2017, eq. 3.)

    A linear layer with inputs a and, for class c, the gradient delta_c of log p(c|x_i) at its
    outputs has the gradient delta_c a^T for its weights. So their Fisher is the mean over rows of
    (sum_c p_c delta_c^2) (a^2)^T, which is one matrix product, and for its bias the mean of the
    left factor alone (Goodfellow 2015, arXiv 1510.01799, for the idea).

    ``model`` gives logits (n, C); it is made of ``nn.Linear``, each used once, and modules without
    parameters that leave the rows apart (activations, Dropout), as ``course.models.MLP`` is. Of a
    network with a head for each task, take ``model.for_task(i)``. It is run in evaluation mode; its
    modes and ``.grad`` stay as they were. Raises ``TypeError`` for what is no network or no tensor,
    ``ValueError`` for a network of other layers and for rows that are none, have another shape, or
    are not on the model's device and of its dtype.
    """
    return _diagonal(model, x, None)


def empirical_diagonal(model: nn.Module, x: Tensor, y: Tensor) -> dict[str, Tensor]:
    """The empirical Fisher diagonal: the mean over rows of (d log p(y_i|x_i) / d w)^2.

    With the given labels ``y`` (n,) int64 alone where ``fisher_diagonal`` weighs all classes;
    otherwise as there. It equals the exact one in expectation where the labels are drawn from the
    network's own predictions (Kunstner et al. 2019). Raises ``ValueError`` for labels that are not
    as many as the rows or not int64, and what ``fisher_diagonal`` raises.
    """
    if y.shape != x.shape[:1] or y.dtype != torch.int64:
        raise ValueError(f"expected labels ({len(x)},) int64, got {tuple(y.shape)} {y.dtype}")
    return _diagonal(model, x, y)


def _diagonal(model: nn.Module, x: Tensor, y: Tensor | None) -> dict[str, Tensor]:
    layers = _linear_layers(model)
    _check(layers[0].weight, x)
    names: dict[Tensor, str] = {p: name for name, p in model.named_parameters()}
    total = {name: torch.zeros_like(p).detach() for name, p in model.named_parameters()}
    modes = {module: module.training for module in model.modules()}
    model.eval()
    try:
        for start in range(0, len(x), CHUNK):
            rows = slice(start, start + CHUNK)
            labels = None if y is None else y[rows]
            for layer, (inputs, outputs) in _sums(model, layers, x[rows], labels).items():
                total[names[layer.weight]] += outputs.T @ inputs
                if layer.bias is not None:
                    total[names[layer.bias]] += outputs.sum(dim=0)
    finally:
        for module, training in modes.items():
            module.training = training
    return {name: values / len(x) for name, values in total.items()}


def _sums(
    model: nn.Module, layers: list[nn.Linear], rows: Tensor, labels: Tensor | None
) -> dict[nn.Linear, Found]:
    """Of each layer: its inputs squared, and sum_c p_c delta_c^2 at its outputs (n, out).

    With labels delta^2 of each row's label alone.
    """
    with torch.enable_grad():
        logits, seen = _watched(model, layers, rows)
        log_p = log_softmax(logits, dim=1)
        outputs = [seen[layer][1] for layer in layers]
        sums = [torch.zeros_like(output) for output in outputs]
        turns = log_p if labels is None else log_p.gather(1, labels[:, None])
        last = turns.shape[1] - 1
        for c in range(last + 1):
            # Each row's log p depends on that row alone, so the gradient of the sum is each row's.
            deltas = torch.autograd.grad(turns[:, c].sum(), outputs, retain_graph=c < last)
            p = turns[:, c, None].detach().exp() if labels is None else 1.0
            for total, delta in zip(sums, deltas, strict=True):
                total += p * delta.square()
    return {layer: (seen[layer][0], total) for layer, total in zip(layers, sums, strict=True)}


def _watched(
    model: nn.Module, layers: list[nn.Linear], rows: Tensor
) -> tuple[Tensor, dict[nn.Linear, Found]]:
    """The logits, and what went into each linear layer and what came out."""
    seen: dict[nn.Linear, Found] = {}

    def before(layer: nn.Linear, inputs: tuple[Tensor, ...]) -> None:
        expected = (len(rows), layer.in_features)
        if layer in seen:
            raise ValueError(f"expected a network that uses each layer once, got {layer} again")
        if inputs[0].shape != expected:
            raise ValueError(f"expected rows {expected} for {layer}, got {tuple(inputs[0].shape)}")

    def after(layer: nn.Linear, inputs: tuple[Tensor, ...], output: Tensor) -> Tensor:
        seen[layer] = (inputs[0].detach().square(), output)
        return output.clone()  # so that an activation that works in place leaves ours alone

    handles = [layer.register_forward_pre_hook(before) for layer in layers]
    handles += [layer.register_forward_hook(after) for layer in layers]
    try:
        # Rows that ask for a gradient: so each layer's output has one, also with frozen weights.
        logits = model(rows.detach().requires_grad_())
    finally:
        for handle in handles:
            handle.remove()
    unused = [layer for layer in layers if layer not in seen]
    if unused:
        raise ValueError(f"expected a network that uses each layer once, got unused {unused}")
    if logits.dim() != 2 or len(logits) != len(rows):
        raise ValueError(f"expected logits ({len(rows)}, C), got {tuple(logits.shape)}")
    return logits, seen


def _linear_layers(model: nn.Module) -> list[nn.Linear]:
    if not isinstance(model, nn.Module):
        raise TypeError(f"expected a network (nn.Module), got {type(model).__name__}")
    layers = [module for module in model.modules() if type(module) is nn.Linear]
    others = [
        f"{type(module).__name__} {name!r}"
        for name, module in model.named_modules()
        if type(module) is not nn.Linear and any(True for _ in module.parameters(recurse=False))
    ]
    if others or not layers:
        raise ValueError(
            "expected a network whose only layers with parameters are nn.Linear, got "
            + (", ".join(others) or "one without parameters")
        )
    every = [parameter for _, parameter in model.named_parameters(remove_duplicate=False)]
    if len(set(every)) < len(every):
        raise ValueError("expected a network in which no two layers share their weights")
    if len({(p.device, p.dtype) for p in every}) > 1:
        raise ValueError("expected all parameters on one device and of one dtype")
    return layers


def _check(weight: Tensor, x: Tensor) -> None:
    if not isinstance(x, Tensor):
        raise TypeError(f"expected rows x as a tensor (n, d), got {type(x).__name__}")
    if x.dim() != 2 or not len(x):
        raise ValueError(f"expected x (n, d) with n at least 1, got {tuple(x.shape)}")
    if (x.device, x.dtype) != (weight.device, weight.dtype):
        raise ValueError(
            f"expected x on the model's device and of its dtype ({weight.device}, {weight.dtype}), "
            f"got ({x.device}, {x.dtype})"
        )
