"""What the state of a learner weighs, whichever way it is packed."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from autograder.suites.expect import Partly, WrongKind, kind
from course.arena import weigh


def checked(state: Any, allowed: int) -> dict[str, Tensor]:
    """A copy of the state, if it is one and weighs at most ``allowed`` bytes."""
    if not isinstance(state, dict):
        raise WrongKind(f"`state()` should return a dict of tensors by name, but is {kind(state)}.")
    for name, value in state.items():
        if not isinstance(name, str) or not isinstance(value, Tensor):
            raise WrongKind(
                "`state()` should return a dict of tensors by name, but holds "
                f"{str(name)[:40]!r}: {kind(value)}."
            )
    weight = weigh(state)
    if weight > allowed:
        raise Partly(
            f"What `state()` returned takes {weight:,} bytes. `memory_bytes`, one network of the "
            f"reference's size and some small change together are {allowed:,}.",
            misconception="over-budget",
        )
    return {name: value.detach().clone() for name, value in state.items()}
