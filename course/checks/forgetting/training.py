"""Checks of ``train_epochs``."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import SGD

from course.checks.expect import RETURN, close, number, unchanged
from course.checks.forgetting.step import small
from course.checks.student import Checks, Function

LN2 = math.log(2)  # cross-entropy of a network that finds two classes equally likely


def _one_hot(n: int, lr: float) -> tuple[nn.Module, SGD, Tensor, Tensor]:
    """Rows of which row i has only pixel i: its weights show how row i was trained on."""
    model = nn.Linear(n, 2, bias=False)
    nn.init.zeros_(model.weight)
    return model, SGD(model.parameters(), lr=lr), torch.eye(n), torch.arange(n) % 2


def _moved(model: nn.Module, y: Tensor) -> Tensor:
    """How far each row's weight moved towards its label; (n,)."""
    weight: Tensor = model.get_parameter("weight").detach()
    return weight[y, torch.arange(len(y))]


def uses_every_row(train_epochs: Function) -> None:
    """Trains on every row once an epoch."""
    model, optimizer, x, y = _one_hot(7, lr=1.0)
    train_epochs(model, optimizer, x, y, 1, 3, torch.Generator().manual_seed(1))
    moved = _moved(model, y)
    unused = int((moved == 0).sum())
    assert unused < 7, "No weight moved: no row was trained on."
    assert unused != 1, (
        "7 rows in batches of 3 are 3 + 3 + 1, and the last, smaller batch was not trained on."
    )
    assert unused == 0, f"{unused} of 7 rows were not trained on in one epoch, batch size 3."
    assert bool((moved > 0).all()), (
        "Some rows were trained towards the label of another row: shuffle x and y together."
    )
    # A row of a batch of 3 moves by 1/6, one alone in its batch by 1/2.
    expected = torch.tensor([1 / 6] * 6 + [1 / 2])
    assert torch.allclose(moved.sort().values, expected, atol=1e-4), (
        "7 rows in batches of 3 should make two steps with 3 rows and one with 1 row, each on its"
        " batch alone. These weights moved differently: are the batches 3 rows each, and the"
        " gradients cleared before each step?"
    )


def _losses(value: Any, epochs: int) -> list[Any]:
    assert value is not None, f"The result should be a list of losses; nothing came back. {RETURN}"
    kind = type(value).__name__
    right = isinstance(value, list | tuple) or getattr(value, "ndim", None) == 1
    assert right, f"The result should be a list of losses, not of type {kind}."
    assert len(value) == epochs, f"{epochs} epochs should give {epochs} losses, not {len(value)}."
    return list(value)


def gives_the_losses(train_epochs: Function) -> None:
    """Returns one loss an epoch, before the steps."""
    model, optimizer, x, y = _one_hot(6, lr=1.0)
    losses = train_epochs(model, optimizer, x, y, 2, 3, torch.Generator().manual_seed(2))
    first, second = _losses(losses, epochs=2)
    mistakes = {
        0.5403: "That is the loss after the rows were trained on; take it before each step.",
        2 * LN2: "That is the sum over the batches; it should be the mean over the rows.",
        6 * LN2: "That is the sum over the rows; it should be their mean.",
    }
    close(first, LN2, "The mean loss of the first epoch", mistakes)
    close(second, 0.5403, "The mean loss of the second epoch")


def averages_over_rows(train_epochs: Function) -> None:
    """Averages over rows, not batches."""
    model, _, x, y = _one_hot(3, lr=1.0)
    with torch.no_grad():
        model.get_parameter("weight").copy_(torch.tensor([[0.0, 4.0, 0.0], [0.0, 0.0, 9.0]]))
    still = SGD(model.parameters(), lr=0.0)
    result = train_epochs(model, still, x, y, 1, 2, torch.Generator().manual_seed(3))
    # The rows' losses are 0.6931, 4.0181 and 9.0001, and with learning rate 0 they stay so.
    value = number(_losses(result, epochs=1)[0], "The loss of the epoch")
    assert abs(value - 4.5705) < 1e-3, (
        "Three rows with losses 0.69, 4.02 and 9.00 have the mean 4.57, in whatever batches of 2"
        f" they come, but {value:.4g} came. A batch of 1 row must not count as much as one of 2."
    )


def shuffles_each_epoch(train_epochs: Function) -> None:
    """Shuffles anew in each epoch."""
    model, optimizer, x, y = _one_hot(17, lr=1.0)
    train_epochs(model, optimizer, x, y, 6, 16, torch.Generator().manual_seed(4))
    # The row that is left alone in the last batch moves sixteen times as far as the others.
    alone = (_moved(model, y) > 0.25).nonzero().flatten().tolist()
    assert alone != [16], (
        "In 6 epochs the last row always came last: the rows must be shuffled in every epoch."
    )
    assert len(alone) != 1, (
        "All 6 epochs had the same order. Draw a new one in each epoch, and do not seed the"
        " generator again."
    )
    assert alone, "The last batch, with 1 row of 17, was not trained on."


def draws_from_the_generator(train_epochs: Function) -> None:
    """Draws from the generator alone."""
    x = torch.tensor([[1.0, -2.0], [0.5, 3.0], [-1.0, 1.0], [2.0, 0.0], [-3.0, 1.5], [0.0, -1.0]])
    y = torch.tensor([0, 0, 1, 1, 0, 1])
    x_before, y_before = x.clone(), y.clone()
    ends = []
    for seed in (5, 5, 6, 7):
        model, _, _, _ = small()
        optimizer = SGD(model.parameters(), lr=0.5)
        train_epochs(model, optimizer, x, y, 4, 1, torch.Generator().manual_seed(seed))
        ends.append(model.get_parameter("weight").detach().clone())
    assert not torch.equal(ends[0], torch.eye(2)), "No weight moved: no row was trained on."
    assert torch.allclose(ends[0], ends[1], atol=1e-5), (
        "Two runs with equal generators ended with different weights. Draw the order from the"
        " `generator` that is handed over, and from nothing else."
    )
    assert not (torch.allclose(ends[0], ends[2]) and torch.allclose(ends[0], ends[3])), (
        "Runs with differently seeded generators ended with the same weights: the order does not"
        " come from the `generator` that is handed over."
    )
    unchanged(x_before, x, "x")
    unchanged(y_before, y, "y")


CHECKS: Checks = {
    "train_epochs": [
        uses_every_row,
        gives_the_losses,
        averages_over_rows,
        shuffles_each_epoch,
        draws_from_the_generator,
    ],
}
