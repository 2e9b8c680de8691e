"""The process-wide state that one function must not hand on to the next."""

from __future__ import annotations

import random

import numpy as np
import torch


def reset(seed: int) -> None:
    """Seeds every global generator and undoes global switches that an earlier call left set."""
    random.seed(seed)
    np.random.seed(seed)
    torch.default_generator.manual_seed(seed)  # torch.manual_seed also looks for GPUs: slow
    torch.set_grad_enabled(True)
    torch.set_default_dtype(torch.float32)
