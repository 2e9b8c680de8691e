"""The process-wide state that one function must not hand on to the next."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch


@contextmanager
def restored(seed: int) -> Iterator[None]:
    """``reset`` before and after the block."""
    reset(seed)
    try:
        yield
    finally:
        reset(seed)


def reset(seed: int) -> None:
    """Seeds every global generator and undoes global switches that an earlier call left set."""
    random.seed(seed)
    np.random.seed(seed)
    torch.default_generator.manual_seed(seed)  # torch.manual_seed also looks for GPUs: slow
    torch.set_grad_enabled(True)
    torch.set_default_dtype(torch.float32)


def randomness() -> tuple[object, ...]:
    """Where the global generators stand: equal as long as nothing is drawn from any of them."""
    numpy = np.random.get_state(legacy=False)["state"]
    drawn = bytes(torch.get_rng_state().numpy()), bytes(numpy["key"]), numpy["pos"]
    return random.getstate(), *drawn
