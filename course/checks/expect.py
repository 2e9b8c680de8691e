"""What several checks expect of a value, said in words when it is not so."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from numbers import Real
from typing import Any

import torch
from torch import Tensor

RETURN = "Is the `return` missing?"


def number(value: Any, what: str) -> float:
    """``value`` as a float: a number, or a 0-d tensor without gradient history."""
    assert value is not None, f"{what} should be a float, but nothing came back. {RETURN}"
    if isinstance(value, Tensor):
        assert value.dim() == 0, f"{what} should be one float, not a tensor {tuple(value.shape)}."
        assert not value.requires_grad, (
            f"{what} should be a Python float. This tensor still carries all that is needed for"
            " gradients, which fills the memory step after step; `.item()` gives the bare number."
        )
        value = value.item()
    kind = type(value).__name__
    right = isinstance(value, Real) and not isinstance(value, bool)
    assert right, f"{what} should be a float, not of type {kind}."
    assert math.isfinite(value), f"{what} is {value}."
    return float(value)


def close(
    value: Any, expected: float, what: str, mistakes: Mapping[float, str] | None = None
) -> None:
    """A float near ``expected``; ``mistakes`` says of known wrong values how they come about."""
    found = number(value, what)
    if math.isclose(found, expected, abs_tol=1e-4):
        return
    known = (
        text for wrong, text in (mistakes or {}).items() if math.isclose(found, wrong, abs_tol=1e-4)
    )
    raise AssertionError(
        f"{what} should be {expected:.4g}, but is {found:.4g}. {next(known, '')}".rstrip()
    )


def tensor(value: Any, what: str, shape: Sequence[int], dtype: torch.dtype | None = None) -> Tensor:
    """A tensor of this shape, and of this dtype where one is given."""
    assert value is not None, f"{what} should be a tensor, but nothing came back. {RETURN}"
    kind = type(value).__name__
    assert isinstance(value, Tensor), f"{what} should be a torch tensor, not of type {kind}."
    found = tuple(value.shape)
    assert found == tuple(shape), f"{what} should have the shape {tuple(shape)}, but has {found}."
    assert dtype in (None, value.dtype), f"{what} should be {dtype}, but is {value.dtype}."
    return value


def pair(value: Any, what: str) -> tuple[Any, Any]:
    """Two things, as ``return x, y`` gives them."""
    assert value is not None, f"{what} should be two tensors, but nothing came back. {RETURN}"
    kind = type(value).__name__
    assert isinstance(value, tuple | list), f"{what} should be two tensors, x and y, not a {kind}."
    assert len(value) == 2, f"{what} should be two tensors, x and y, not {len(value)}."
    return value[0], value[1]


def unchanged(before: Tensor, after: Tensor, what: str) -> None:
    """A tensor that was handed over is as it was."""
    assert torch.equal(before, after), (
        f"{what} was changed in place; whoever called still needs it. Work on a copy."
    )
