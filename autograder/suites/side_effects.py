"""What a function should have left alone: the model's weights and gradients, the tasks."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from autograder.suites import expect
from autograder.suites.recorder import Weights
from course.data import Task


def weights_untouched(model: nn.Module, before: Weights, function: str) -> None:
    """The weights are as ``before``, and can still be trained."""
    same = all(torch.equal(p, before[name]) for name, p in model.named_parameters())
    assert same, f"`{function}` changed the weights of the model. It should only look at them."
    assert all(p.requires_grad for p in model.parameters()), (
        f"After `{function}` some parameters of the model no longer require gradients."
    )


def fill_grad(model: nn.Module) -> None:
    """As in the middle of training: something is in ``.grad``."""
    for parameter in model.parameters():
        parameter.grad = torch.full_like(parameter, 2.0)


def grad_untouched(model: nn.Module, function: str) -> None:
    """Still as ``fill_grad`` left it."""
    alone = all(p.grad is not None and bool((p.grad == 2.0).all()) for p in model.parameters())
    cleared = all(p.grad is None or not p.grad.any() for p in model.parameters())
    assert alone, (
        f"`{function}` {'cleared' if cleared else 'changed'} `.grad` of the model. Whoever trains "
        "the model may still need what was there."
    )


def watched(tasks: Sequence[Task], *parts: str) -> expect.Untouched:
    """Notes these parts of the tasks; where none is said, their training rows."""
    noted = {
        f"{part}` of task `{k}": getattr(task, part)
        for part in parts or ("x_train", "y_train")
        for k, task in enumerate(tasks)
    }
    return expect.Untouched(**noted)
