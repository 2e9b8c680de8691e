"""A network and two rows whose probabilities and gradients can be worked out on paper."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from course.checks.expect import RETURN

# For row (1, 1) the probabilities are 3/4 and 1/4, for row (0, 1) they are equal.
X = torch.tensor([[1.0, 1.0], [0.0, 1.0]])
Y = torch.tensor([0, 1])


def network(dropout: float = 0.0, dtype: torch.dtype = torch.float32) -> nn.Sequential:
    """Two inputs, two classes; its parameters are called `1.weight` and `1.bias`."""
    linear = nn.Linear(2, 2, dtype=dtype)
    with torch.no_grad():
        linear.weight.copy_(torch.tensor([[math.log(3), 0.0], [0.0, 0.0]]))
        linear.bias.zero_()
    return nn.Sequential(nn.Dropout(dropout), linear)


def weights(value: Any, shape: tuple[int, ...], what: str) -> Tensor:
    """The entry of the network's weights, in a dict with an entry for each parameter."""
    return entry(value, ("1.weight", "1.bias"), shape, what)


def entry(value: Any, names: tuple[str, ...], shape: tuple[int, ...], what: str) -> Tensor:
    """The tensor under the first of the ``names``, when ``value`` is a dict that has them all."""
    assert value is not None, f"{what} should be a dict of tensors, but nothing came back. {RETURN}"
    kind = type(value).__name__
    assert isinstance(value, Mapping), f"{what} should be a dict by parameter names, not a {kind}."
    assert set(value) == set(names), (
        f"{what} should have one entry for each parameter, by its name in `named_parameters()`:"
        f" here {', '.join(names)}, but the names are {sorted(map(str, value))}."
    )
    found = value[names[0]]
    assert isinstance(found, Tensor), f"The entry {names[0]!r} should be a tensor."
    assert tuple(found.shape) == shape, (
        f"The entry {names[0]!r} should have the shape {shape}, but has {tuple(found.shape)}."
    )
    assert not found.requires_grad, (
        f"The entry {names[0]!r} still requires a gradient, so the whole computation that led to it"
        " is kept. Detach it."
    )
    return found


def keeps_float64(value: Any, shape: tuple[int, ...], what: str) -> Tensor:
    """As ``weights``, of a model in double precision."""
    found = weights(value, shape, what)
    in_double(found, what)
    return found


def in_double(found: Tensor, what: str) -> None:
    """A tensor made of float64 tensors is float64 too."""
    assert found.dtype == torch.float64, (
        f"{what} should be torch.float64 where all that was handed over is, but is {found.dtype}."
    )


def compare(
    found: Tensor, wanted: list[Any], what: str, mistakes: Mapping[str, Any], hint: str = ""
) -> None:
    """The right numbers; ``mistakes`` says how known wrong ones come about, ``hint`` of others."""
    if torch.allclose(found.float(), torch.tensor(wanted), atol=1e-4):
        return
    for text, wrong in mistakes.items():
        if torch.allclose(found.float(), torch.tensor(wrong).expand_as(found), atol=1e-4):
            raise AssertionError(f"Not right: {what[0].lower()}{what[1:]}. {text}")
    numbers = [round(number, 4) for number in found.flatten().tolist()]
    right = [round(number, 4) for number in torch.tensor(wanted).flatten().tolist()]
    message = f"{what} should be {right} (row by row); what came is {numbers}. {hint}"
    raise AssertionError(message.rstrip())


def mode_is(model: nn.Module, training: bool) -> None:
    """The model is in the mode in which it came."""
    names = {True: "training", False: "evaluation"}
    right = all(module.training == training for module in model.modules())
    assert right, (
        f"The model came in {names[training]} mode and is in another one now. Put back the mode"
        " that it had."
    )
