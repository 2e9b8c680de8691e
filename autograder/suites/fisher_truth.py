"""Gradients and Fishers of small networks, worked out in NumPy, in float64, by the chain rule."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from autograder.suites.recorder import Weights

Array = np.ndarray[Any, Any]


def sample_gradients(model: nn.Module, x: Tensor, y: Tensor) -> Weights:
    """Of each parameter (n, *shape): the gradient of log p(y_i|x_i), Dropout left out."""
    inputs, slopes, p = _forward(model, x)
    delta = np.eye(p.shape[1])[y.numpy()] - p
    found: dict[str, Array] = {}
    layers = _linear_layers(model)
    for k in range(len(layers) - 1, -1, -1):
        name, layer = layers[k]
        found[f"{name}.weight"] = delta[:, :, None] * inputs[k][:, None, :]
        found[f"{name}.bias"] = delta
        if k:
            delta = (delta @ layer.weight.detach().double().numpy()) * slopes[k - 1]
    return {name: torch.from_numpy(found[name]) for name, _ in model.named_parameters()}


def empirical_fisher(model: nn.Module, x: Tensor, y: Tensor) -> Weights:
    """Mean over rows of the squared gradient of log p(y_i|x_i)."""
    gradients = sample_gradients(model, x, y)
    return {name: (g**2).mean(dim=0) for name, g in gradients.items()}


def fisher_diagonal(model: nn.Module, x: Tensor) -> Weights:
    """Mean over rows of the sum over classes of p(c|x_i) times the squared gradient."""
    return {name: rows.mean(dim=0) for name, rows in fisher_of_rows(model, x).items()}


def fisher_of_rows(model: nn.Module, x: Tensor) -> Weights:
    """Of each row (n, *shape): the sum over classes of p(c|x_i) times the squared gradient."""
    p = torch.from_numpy(_forward(model, x)[2])
    found = {name: torch.zeros(len(x), *w.shape).double() for name, w in model.named_parameters()}
    for c in range(p.shape[1]):
        gradients = sample_gradients(model, x, torch.full((len(x),), c))
        for name, g in gradients.items():
            found[name] += torch.einsum("n,n...->n...", p[:, c], g**2)
    return found


def _linear_layers(model: nn.Module) -> list[tuple[str, nn.Linear]]:
    return [(name, m) for name, m in model.named_modules() if isinstance(m, nn.Linear)]


def _forward(model: nn.Module, x: Tensor) -> tuple[list[Array], list[Array], Array]:
    """What goes into each linear layer, the slope of each activation, and the probabilities."""
    relu = any(isinstance(m, nn.ReLU) for m in model.modules())
    layers = _linear_layers(model)
    inputs, slopes = [x.double().numpy()], []
    for number, (_, layer) in enumerate(layers, start=1):
        weight, bias = (t.detach().double().numpy() for t in (layer.weight, layer.bias))
        z = inputs[-1] @ weight.T + bias
        if number == len(layers):
            break
        inputs.append(np.maximum(z, 0) if relu else np.tanh(z))
        slopes.append((z > 0).astype(float) if relu else 1 - np.tanh(z) ** 2)
    powers = np.exp(z - z.max(axis=1, keepdims=True))
    return inputs, slopes, powers / powers.sum(axis=1, keepdims=True)
