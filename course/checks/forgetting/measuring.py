"""Checks of ``accuracy``."""

from __future__ import annotations

import torch
from torch import nn

from course.checks.expect import close
from course.checks.student import Checks, Function


def _identity(dropout: float = 0.0) -> nn.Sequential:
    """A network of three classes whose logits are the three pixels themselves."""
    linear = nn.Linear(3, 3, bias=False)
    nn.init.eye_(linear.weight)
    return nn.Sequential(nn.Dropout(dropout), linear)


def fraction_of_rows(accuracy: Function) -> None:
    """Is the fraction of rows that are right."""
    x = torch.tensor([[2.0, 0, 1], [0, 2, 1], [1, 0, 2], [3, 1, 0], [0, 1, 3]])
    y = torch.tensor([0, 1, 1, 2, 2])
    mistakes = {
        60.0: "Fractions are from 0 to 1, not in percent.",
        3.0: "That is how many are right; divide by the number of rows.",
    }
    close(accuracy(_identity(), x, y), 0.6, "With 3 of 5 rows right the accuracy", mistakes)


def all_rows_count(accuracy: Function) -> None:
    """Counts every row."""
    y = torch.arange(1001) % 3
    x = torch.eye(3)[y]
    y[-7:] = (y[-7:] + 1) % 3
    what = "With 994 of 1001 rows right the accuracy"
    mistakes = {1.0: "Are the last rows left out? Every row counts, in whatever batches."}
    close(accuracy(_identity(), x, y), 0.99301, what, mistakes)


def one_row_counts(accuracy: Function) -> None:
    """Takes a single row, in float64."""
    x, y = torch.tensor([[0.0, 2, 1]], dtype=torch.float64), torch.tensor([1])
    close(accuracy(_identity().double(), x, y), 1.0, "The accuracy on one row that is right")


def without_dropout(accuracy: Function) -> None:
    """Is measured without dropout."""
    model = _identity(dropout=0.9).train()
    y = torch.arange(30) % 3
    what = "The accuracy of a network that is always right, but has Dropout,"
    hint = "Dropout must be off while measuring: switch to evaluation mode."
    try:
        close(accuracy(model, torch.eye(3)[y], y), 1.0, what)
    except AssertionError as failure:
        raise AssertionError(f"{failure} {hint}") from None


def mode_as_before(accuracy: Function) -> None:
    """Leaves the network's mode as it was."""
    y = torch.arange(9) % 3
    for training, mode in ((True, "training"), (False, "evaluation")):
        model = _identity().train(training)
        close(accuracy(model, torch.eye(3)[y], y), 1.0, "The accuracy of a network always right")
        assert model.training == training, (
            f"The network came in {mode} mode and must be in {mode} mode again afterwards."
        )


def without_gradients(accuracy: Function) -> None:
    """Tracks no gradients."""
    y = torch.arange(9) % 3
    model = _identity()
    tracked: list[bool] = []
    model[1].register_forward_hook(lambda _module, _inputs, out: tracked.append(out.requires_grad))
    close(accuracy(model, torch.eye(3)[y], y), 1.0, "The accuracy of a network always right")
    assert not any(tracked), (
        "Gradients were tracked while measuring, which costs time and memory. Tell PyTorch that"
        " none are needed here."
    )
    assert not accuracy.left_gradients_off, (
        "Gradients are still switched off after the call, for everybody. Switch them off for a"
        " block only, in a `with` statement."
    )
    assert all(p.requires_grad for p in model.parameters()), (
        "The network's weights can no longer be trained: `requires_grad` was switched off."
    )


CHECKS: Checks = {
    "accuracy": [
        fraction_of_rows,
        all_rows_count,
        one_row_counts,
        without_dropout,
        mode_as_before,
        without_gradients,
    ],
}
