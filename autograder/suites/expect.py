"""Judges what a student's function gave back; the messages are read by the student.

A message says what was looked at, which kind of thing was expected and what came, never the
expected value itself. All helpers raise ``AssertionError`` when the answer is wrong.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from autograder.student import StudentRaised

# Rounding in float32 is 6e-8 of a value. Another order of summation, over some hundred terms and
# steps, stays a hundred times below these bounds; no mistake comes near them.
RTOL = 1e-4
ATOL = 1e-6
# Of which `how_it_differs` says one; they tell that values are wrong, but little of why.
DIFFERENCES = ("differs from the right one", "times the right one", "too large", "too small",
               "wrong sign", "not finite", "in another order")  # fmt: skip


class WrongKind(AssertionError):
    """Not the kind of thing that was asked for: its type, shape or dtype, whatever its values."""


class Partly(AssertionError):
    """Earns a part of the test's points, ``share``, from 0 to below 1.

    ``misconception`` is the key of the mistake, where the test itself recognises it.
    """

    def __init__(self, message: str, share: float = 0.0, misconception: str | None = None) -> None:
        super().__init__(message)
        self.share = share
        self.misconception = misconception


def kind(value: Any) -> str:
    """What ``value`` is, in a few words."""
    if value is None:
        return "None (is a `return` missing?)"
    if isinstance(value, Tensor | np.ndarray):
        return f"a {value.dtype} {type(value).__name__} of shape {tuple(value.shape)}"
    if isinstance(value, list | tuple):
        return f"a {type(value).__name__} of length {len(value)}"
    return f"of type {type(value).__name__}"


def number(value: Any, what: str) -> float:
    """One finite number: a float, or what does as well (int, numpy scalar, detached 0-d tensor)."""
    if isinstance(value, Tensor) and value.dim() == 0:
        if value.requires_grad:
            raise WrongKind(
                f"{what} is a live tensor: it still requires a gradient, so the whole computation "
                "that led to it is kept in memory. A plain Python float was expected."
            )
        value = value.item()
    elif isinstance(value, np.generic | np.ndarray) and value.ndim == 0:
        value = value.item()
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise WrongKind(f"{what} should be one number, but is {kind(value)}.")
    assert math.isfinite(value), f"{what} should be a finite number, but is {value}."
    return float(value)


def numbers(values: Any, what: str, count: int) -> list[float]:
    """``count`` finite numbers, in a list or in another sequence."""
    one_dimensional = isinstance(values, Tensor | np.ndarray) and values.ndim == 1
    if not (isinstance(values, list | tuple) or one_dimensional):
        raise WrongKind(f"{what} should be a list of numbers, but is {kind(values)}.")
    if len(values) != count:
        raise WrongKind(f"{what} should hold {count} numbers, but holds {len(values)}.")
    inside = what[0].lower() + what[1:]
    return [number(value, f"Entry {n} of {inside}") for n, value in enumerate(values)]


def pair(value: Any, what: str) -> tuple[Any, Any]:
    """Two things in a tuple or a list."""
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise WrongKind(f"{what} should be a pair `x, y`, but is {kind(value)}.")
    return value[0], value[1]


def tensor(value: Any, what: str, like: Tensor, *, any_dtype: bool = False) -> Tensor:
    """A tensor with the shape and, unless ``any_dtype``, the dtype of ``like``."""
    if not isinstance(value, Tensor):
        raise WrongKind(f"{what} should be a tensor, but is {kind(value)}.")
    if value.shape != like.shape:
        raise WrongKind(
            f"{what} should have the shape {tuple(like.shape)}, but has {tuple(value.shape)}."
        )
    if not any_dtype and value.dtype != like.dtype:
        raise WrongKind(f"{what} should be {like.dtype}, but is {value.dtype}.")
    return value.detach()


def scalar(value: Any, what: str, like: Tensor) -> Tensor:
    """A tensor of shape () with the dtype of ``like``, as it came."""
    if not isinstance(value, Tensor):
        raise WrongKind(
            f"{what} should be a scalar tensor, so that it can be differentiated, but it is "
            f"{kind(value)}."
        )
    tensor(value, what, like.new_zeros(()))
    return value


def by_name(value: Any, what: str, names: Iterable[str]) -> dict[str, Any]:
    """A dict with one entry for each parameter's name and no other."""
    if not isinstance(value, dict):
        raise WrongKind(f"{what} should be a dict from names to tensors, but is {kind(value)}.")
    wanted = set(names)
    if set(value) != wanted:
        others = len(value) == len(wanted) and not wanted & set(value)
        came = "as many, but under other names" if others else f"{sorted(map(str, value))}"
        raise WrongKind(
            f"{what} should have one entry for each parameter, under its name in "
            f"`model.named_parameters()`: {sorted(wanted)}. It has {came}."
        )
    return value


def close(got: float | Tensor, want: float | Tensor, what: str, hint: str = "") -> None:
    """The right value to rounding; ``got`` comes from ``number`` or ``tensor``.

    The message says how ``got`` differs, then ``hint``.
    """
    got, want = torch.as_tensor(got), torch.as_tensor(want).double()
    rtol = max(RTOL, torch.finfo(got.dtype).eps) if got.is_floating_point() else RTOL
    got = got.double()
    if torch.allclose(got, want, rtol=rtol, atol=ATOL):
        return
    came = f" ({got.item():.6g})" if got.dim() == 0 else ""
    raise AssertionError(f"{what}{came} {how_it_differs(got, want)}. {hint}".strip())


def how_it_differs(got: Tensor, want: Tensor) -> str:
    """In which way ``got`` is not ``want``: not finite, a factor, a sign, the order, or other."""
    if not torch.isfinite(got).all():
        return "is not finite"
    factor = _factor(got, want)
    if factor == -1:
        return "has the right size but the wrong sign"
    if got.dim() == 0:
        return _how_a_number_differs(float(got), float(want), factor)
    if factor is not None:
        return f"is {factor:.5g} times the right one"
    if torch.allclose(_sorted(got), _sorted(want), rtol=RTOL, atol=ATOL):
        return "holds the right numbers, but in another order"
    wrong = ~torch.isclose(got, want, rtol=RTOL, atol=ATOL)
    return f"differs from the right one in {int(wrong.sum())} of {wrong.numel()} entries"


def _sorted(values: Tensor) -> Tensor:
    return values.flatten().sort().values


def _how_a_number_differs(got: float, want: float, factor: float | None) -> str:
    whole = max(abs(factor), 1 / abs(factor)) if factor else 0.5
    if factor is not None and round(whole) > 1 and abs(whole - round(whole)) < 1e-3:
        return f"is {factor:.4g} times the right one"
    if got * want < 0:
        return "has the wrong sign"
    return f"is too {'large' if got > want else 'small'}"


def _factor(got: Tensor, want: Tensor) -> float | None:
    """``f`` where ``got`` is ``f * want``, and neither is all zero."""
    if not want.abs().max() > ATOL or not got.abs().max() > ATOL:
        return None
    factor = float((got * want).sum() / (want * want).sum())
    fits = factor and torch.allclose(got, factor * want, rtol=RTOL, atol=ATOL)
    return round(factor, 6) if fits and abs(factor - 1) > RTOL else None


class Untouched:
    """Remembers tensors, to see that a function leaves its caller's own as they were."""

    def __init__(self, **tensors: Tensor) -> None:
        self._tensors = tensors
        self._before = {name: tensor.clone() for name, tensor in tensors.items()}

    def check(self, function: str) -> None:
        for name, tensor in self._tensors.items():
            before = self._before[name]
            same = tensor.shape == before.shape and torch.equal(tensor, before)
            untouched = same and not tensor.requires_grad
            assert untouched, (
                f"`{function}` changed `{name}`, which belongs to whoever called it. "
                "Make a new tensor instead of writing into the one you were given."
            )


def mode(model: nn.Module, training: bool, function: str) -> None:
    """The model and all its parts are in this mode after the call."""
    names = {True: "training", False: "evaluation"}
    modes = {module.training for module in model.modules()}
    assert modes == {training} or model.training != training, (
        f"The model came in {names[training]} mode, and `model.training` says so again, but after "
        f"`{function}` a module inside it is still in {names[not training]} mode."
    )
    assert modes == {training}, (
        f"The model came in {names[training]} mode, but `{function}` did not leave it so."
    )


def refuses(call: Callable[[], Any], what: str) -> None:
    """``call`` raises ValueError."""
    try:
        call()
    except ValueError:
        return
    except StudentRaised as error:
        raise AssertionError(f"{what} should raise ValueError, but {error.args[0]}") from None
    raise AssertionError(f"{what} should raise ValueError, but a result came back.")
