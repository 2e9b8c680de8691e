"""The device, chosen once, and randomness, passed on as a generator."""

from __future__ import annotations

import random

import numpy as np
import torch


def choose_device(name: str | None = None) -> torch.device:
    """The device called ``name``, or the best there is: CUDA, then MPS, then CPU.

    Raises ``ValueError`` when ``name`` is a device that this machine does not have.
    """
    there = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    if name is None:
        return torch.device(next(kind for kind, is_there in there.items() if is_there))
    kind = name.split(":")[0]
    if not there.get(kind, False):
        usable = ", ".join(kind for kind, is_there in there.items() if is_there)
        raise ValueError(f"no device {name!r} on this machine: expected one of {usable}")
    return torch.device(name)


def generator(seed: int) -> torch.Generator:
    """A CPU generator that starts from ``seed``."""
    return torch.Generator().manual_seed(seed)


def seed_everything(seed: int) -> torch.Generator:
    """Seeds Python's, NumPy's and PyTorch's global generators; returns one to pass on."""
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002 - the global one is what is meant
    torch.manual_seed(seed)
    return generator(seed)
