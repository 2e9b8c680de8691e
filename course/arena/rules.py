"""What a learner of 05-showdown must keep to: the weight of its state, the labels it gives."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from course.arena.streams import CLASSES, TASKS
from course.methods import HIDDEN
from course.models import MLP

MEMORY = {"digits": 64 << 10, "mnist": 3 << 20}  # bytes beside the network
SMALL_CHANGE = 16 << 10  # bytes for counters, names, a generator's state: nobody need count these


def network_bytes(dataset: str, input_size: int) -> int:
    """The bytes of the reference's network, with as many outputs for each task as labels."""
    widest = MLP(input_size, HIDDEN[dataset], CLASSES * TASKS)
    return sum(p.nbytes for p in widest.parameters())


def allowed_bytes(dataset: str, input_size: int, memory_bytes: int) -> int:
    """What a state may weigh: the memory, one network of the reference's size, small change."""
    return memory_bytes + network_bytes(dataset, input_size) + SMALL_CHANGE


def weigh(state: dict[str, Tensor]) -> int:
    """Bytes of all tensors of a state, its names and shapes included."""
    return sum(
        value.numel() * value.element_size() + len(name.encode()) + 8 * value.dim()
        for name, value in state.items()
    )


def checked_state(state: Any, allowed: int) -> dict[str, Tensor]:
    """A copy of the state, if it is one and not too large."""
    if not isinstance(state, dict):
        raise ValueError(f"expected `state()` to give a dict, got {type(state).__name__}")
    for name, value in state.items():
        if not isinstance(name, str) or not isinstance(value, Tensor):
            kind = type(value).__name__
            raise ValueError(f"expected tensors by name in `state()`, got {name!r}: {kind}")
    if weigh(state) > allowed:
        raise ValueError(f"expected a state of at most {allowed:,} bytes, got {weigh(state):,}")
    return {name: value.detach().clone() for name, value in state.items()}


def checked_labels(labels: Any, n: int, outputs: int) -> Tensor:
    """The labels, if there are n and they are among the outputs; else ``ValueError``."""
    if not isinstance(labels, Tensor) or labels.shape != (n,) or labels.dtype != torch.int64:
        tensor = isinstance(labels, Tensor)
        came = f"{tuple(labels.shape)} {labels.dtype}" if tensor else type(labels).__name__
        raise ValueError(f"expected `predict` to give ({n},) int64, got {came}")
    if not ((labels >= 0) & (labels < outputs)).all():
        raise ValueError(
            f"expected labels from 0 to {outputs - 1}, as in y_train, got "
            f"{int(labels.min())} to {int(labels.max())}"
        )
    return labels
