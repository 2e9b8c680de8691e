"""The device, chosen once, and randomness, passed on as a generator."""

from __future__ import annotations

import random

import numpy as np
import torch

__all__ = ["choose_device", "generator", "seed_everything"]


def choose_device(name: str | None = None) -> torch.device:
    """The device called ``name``, or the best there is: CUDA, then MPS, then CPU.

    Raises ``ValueError`` when ``name`` is no device of this machine.
    """
    counts = {
        "cuda": torch.cuda.device_count() if torch.cuda.is_available() else 0,
        "mps": int(torch.backends.mps.is_available()),
        "cpu": 1,
    }
    usable = [kind for kind, count in counts.items() if count]
    if name is None:
        return torch.device(usable[0])
    kind, _, index = name.partition(":")
    if kind not in usable or (index and index not in map(str, range(counts[kind]))):
        raise ValueError(f"no device {name!r} on this machine: expected one of {', '.join(usable)}")
    return torch.device(name)


def generator(seed: int) -> torch.Generator:
    """A CPU generator that starts from ``seed``; whatever the device, numbers come from the CPU."""
    return torch.Generator().manual_seed(seed)


def seed_everything(seed: int) -> torch.Generator:
    """Seeds Python's, NumPy's and PyTorch's global generators; returns one to pass on.

    The course draws from the generator that it is given; what cannot be given one, such as dropout,
    draws from PyTorch's global state.
    """
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002 - the global one is what is meant
    torch.manual_seed(seed)
    return generator(seed)
