"""What the state of a learner weighs, whichever way it is packed."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from autograder.suites.expect import Partly, WrongKind, kind

# For counters, names, a generator's state (5 KB): nobody should have to count these.
SMALL_CHANGE = 16 << 10


def checked(state: Any, allowed: int) -> dict[str, Tensor]:
    """The state, if it is one and weighs at most ``allowed`` bytes beside small change."""
    if not isinstance(state, dict):
        raise WrongKind(f"`state()` should return a dict of tensors by name, but is {kind(state)}.")
    for name, value in state.items():
        if not isinstance(name, str) or not isinstance(value, Tensor):
            raise WrongKind(
                "`state()` should return a dict of tensors by name, but holds "
                f"{str(name)[:40]!r}: {kind(value)}."
            )
    weight = weigh(state)
    if weight > allowed + SMALL_CHANGE:
        raise Partly(
            f"What `state()` returned takes {weight:,} bytes. `memory_bytes` and one network of "
            f"the reference's size together are {allowed:,}.",
            misconception="over-budget",
        )
    return {name: value.detach().clone() for name, value in state.items()}


def weigh(state: dict[str, Tensor]) -> int:
    """Bytes of all tensors; names and shapes count too, for one may write anything into them."""
    return sum(
        value.numel() * value.element_size() + len(name.encode()) + 8 * value.dim()
        for name, value in state.items()
    )


def same(a: dict[str, Tensor], b: dict[str, Tensor]) -> bool:
    """Whether two states hold the same numbers under the same names."""
    return a.keys() == b.keys() and all(
        a[name].dtype == b[name].dtype and torch.equal(a[name], b[name]) for name in a
    )
