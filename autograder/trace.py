"""What a function did in a test, as plain data: the evidence that diagnosis compares."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from hashlib import blake2b
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from autograder.inside.modules import optimizer_state
from autograder.inside.observe import Seen

Trace = list[tuple[Any, ...]]
MAX_EVIDENCE = 1 << 20  # numbers kept of one result; the traces of a whole suite lie in memory


def snapshot(
    name: str, result: Any, args: tuple[Any, ...], kwargs: dict[str, Any], seen: dict[int, Seen]
) -> tuple[Any, ...]:
    """A call's name, its result, and its arguments as the call left them."""
    used = [astuple(seen[key]) for key in seen]
    return (name, _kept(result), _kept(args), _kept(kwargs), used)


def _kept(value: Any) -> Any:
    """The value as plain data, unless there is so much of it that only a forger sends it."""
    made = plain(value)
    return made if _count(made) <= MAX_EVIDENCE else "more than is kept"


def _count(value: Any) -> int:
    """How many numbers are in plain data; a long text counts as many."""
    if isinstance(value, Tensor):
        return value.numel()
    if isinstance(value, list | tuple):
        return 1 + sum(map(_count, value))
    if isinstance(value, dict):
        return 1 + sum(map(_count, value.values()))
    return len(value) // 8 if isinstance(value, str) else 1


def without_use(trace: Trace) -> Trace:
    """A trace without what was seen of the models' use, and the mode they were left in."""
    return [(name, result, _modeless(args), _modeless(kwargs)) for name, result, args, kwargs, _ in
            trace]  # fmt: skip


def _modeless(value: Any) -> Any:
    if isinstance(value, tuple):  # a model: its mode and its weights
        return value[1]
    if isinstance(value, list):
        return [_modeless(item) for item in value]
    if isinstance(value, dict):
        return {key: _modeless(item) for key, item in value.items()}
    return value


def plain(value: Any) -> Any:
    """A copy made of numbers, strings, tensors, lists, dicts; of the rest, the type's name.

    A tensor without dimensions becomes a number, an array a tensor: which it is, is no mistake, or
    one that a message names.
    """
    if isinstance(value, Tensor):
        return value.detach().clone() if value.dim() else value.item()
    if isinstance(value, np.ndarray) and value.dtype.kind in "biuf":
        return plain(torch.from_numpy(value.copy()))
    if isinstance(value, nn.Module):
        return (value.training, [p.detach().clone() for p in value.parameters()])
    if isinstance(value, Optimizer):
        return [plain(state) for state in optimizer_state(value)]
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, np.generic):
        return value.item()
    evidence = getattr(getattr(value, "__self__", None), "evidence", None)
    if evidence is not None:  # a callback of the suite that noted how it was called
        return plain(evidence())
    return type(value).__name__  # generators, callables: how they draw is free


def alike(a: Any, b: Any) -> bool:
    """Whether two traces agree, numbers to float32 tolerance, whichever floats they are."""
    if isinstance(a, Tensor) and isinstance(b, Tensor):
        if a.shape != b.shape or a.is_floating_point() != b.is_floating_point():
            return False
        if a.dtype == b.dtype and torch.equal(a, b):  # the usual case, and much faster
            return True
        return torch.allclose(a.double(), b.double(), rtol=1e-4, atol=1e-6, equal_nan=True)
    if type(a) in (int, float) and type(b) in (int, float):
        both_nan = math.isnan(a) and math.isnan(b)
        return both_nan or math.isclose(a, b, rel_tol=1e-4, abs_tol=1e-6)
    if type(a) is not type(b):
        return False
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(alike(x, y) for x, y in zip(a, b, strict=True))
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(alike(a[key], b[key]) for key in a)
    return bool(a == b)


@dataclass(frozen=True)
class Marked:
    """Plain data with a fingerprint: where fingerprints agree, nothing need be looked at."""

    value: Any
    fingerprint: bytes


def marked(trace: Sequence[Any]) -> list[Marked]:
    """The calls of a trace made ready for being compared with many others."""
    found = []
    for call in trace:
        digest = blake2b(digest_size=16)
        _feed(digest, call)
        found.append(Marked(call, digest.digest()))
    return found


def alike_marked(a: list[Marked], b: list[Marked]) -> bool:
    """What ``alike`` says of the two traces."""
    pairs = zip(a, b, strict=False)
    return len(a) == len(b) and all(
        x.fingerprint == y.fingerprint or alike(x.value, y.value) for x, y in pairs
    )


def _feed(digest: blake2b, value: Any) -> None:
    """Only what ``alike`` calls equal may feed the same bytes."""
    if isinstance(value, Tensor):
        digest.update(f"{value.dtype}{tuple(value.shape)}".encode())
        digest.update(value.contiguous().flatten().view(torch.uint8).numpy().tobytes())
    elif isinstance(value, list | tuple):
        digest.update(f"{type(value).__name__}{len(value)}".encode())
        for item in value:
            _feed(digest, item)
    elif isinstance(value, dict):
        digest.update(f"dict{len(value)}".encode())
        for key, item in value.items():
            _feed(digest, key)
            _feed(digest, item)
    else:
        text = f"{type(value).__name__}{value!r}"
        digest.update(f"{len(text)}:{text}".encode(errors="surrogatepass"))
