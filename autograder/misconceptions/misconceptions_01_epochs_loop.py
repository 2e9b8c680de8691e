"""Wrong answers for `train_epochs` that go wrong around the loop over batches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Generator, Tensor, nn
from torch.nn.functional import cross_entropy
from torch.optim import Optimizer

from autograder.misconceptions.entry import Entries
from autograder.misconceptions.misconceptions_01_epochs import draw_orders, train_epochs
from autograder.misconceptions.misconceptions_01_step import train_step

ENTRIES = Entries()


@ENTRIES.add(
    "x-and-y-shuffled-apart",
    "train_epochs",
    "`x` and `y` are not in the same order (two orders drawn, or only one of the two shuffled), so "
    "rows get the labels of other rows. Draw one order and use it for both.",
)
def _(
    model: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor, epochs: int, b: int, g: Generator
) -> list[float]:
    means = []
    for _ in range(epochs):
        own_x, own_y = (rows[torch.randperm(len(rows), generator=g)] for rows in (x, y))
        means += train_epochs(model, optimizer, own_x, own_y, 1, b, g)
    return means


@ENTRIES.add(
    "shuffle-repeated",
    "train_epochs",
    "You draw one shuffle and apply it again and again to what the last epoch left. The orders "
    "differ, but only the first is random: draw inside the loop over epochs.",
)
def _(
    model: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor, epochs: int, b: int, g: Generator
) -> list[float]:
    order = torch.randperm(len(x), generator=g)
    means = []
    for _ in range(epochs):
        x, y = x[order], y[order]
        losses = [train_step(model, optimizer, x[k : k + b], y[k : k + b]) * len(x[k : k + b])
                  for k in range(0, len(x), b)]  # fmt: skip
        means.append(sum(losses) / len(x))
    return means


@ENTRIES.add(
    "shuffled-in-place",
    "train_epochs",
    "You shuffle inside the tensors that you were given, so the caller's rows change places. Index "
    "with the order, and leave `x` and `y` alone.",
)
def _(
    model: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor, epochs: int, b: int, g: Generator
) -> list[float]:
    order = torch.randperm(len(x), generator=g)
    own_x, own_y = x[order], y[order]
    x.copy_(own_x), y.copy_(own_y)
    return train_epochs(model, optimizer, x, y, epochs, b, g)


@ENTRIES.add(
    "only-batches-shuffled",
    "train_epochs",
    "You shuffle the order of the batches, but each batch always holds the same rows. Shuffle the "
    "rows, then cut them into batches.",
)
def _(
    model: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor, epochs: int, b: int, g: Generator
) -> list[float]:
    batches = list(zip(x.split(b), y.split(b), strict=True))
    means = []
    for order in draw_orders(len(batches), epochs, g):
        rows = [batches[k] for k in order.tolist()]
        means.append(sum(train_step(model, optimizer, a, b) * len(a) for a, b in rows) / len(x))
    return means


@ENTRIES.add(
    "gradients-cleared-once-an-epoch",
    "train_epochs",
    "You clear the gradients once an epoch, but they pile up from batch to batch. Clear them "
    "before every `backward`.",
)
def _(
    model: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor, epochs: int, b: int, g: Generator
) -> list[float]:
    means = []
    for order in draw_orders(len(x), epochs, g):
        optimizer.zero_grad()
        total = 0.0
        for rows in order.split(b):
            loss = cross_entropy(model(x[rows]), y[rows])
            loss.backward()
            optimizer.step()
            total += loss.item() * len(rows)
        means.append(total / len(x))
    return means


@ENTRIES.add(
    "loss-after-the-epoch",
    "train_epochs",
    "You measure the loss of all rows when the epoch is over. Collect it along the way: of each "
    "batch the loss just before its step.",
)
def _(
    model: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor, epochs: int, b: int, g: Generator
) -> list[float]:
    means = []
    for _ in range(epochs):
        train_epochs(model, optimizer, x, y, 1, b, g)
        with torch.no_grad():
            means.append(cross_entropy(model(x), y).item())
    return means


@ENTRIES.add(
    "one-loss-per-batch",
    "train_epochs",
    "Your list has an entry for each batch. It should have one for each epoch.",
)
def _(
    model: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor, epochs: int, b: int, g: Generator
) -> list[float]:
    orders = draw_orders(len(x), epochs, g)
    batches = [rows for order in orders for rows in order.split(b)]
    return [train_step(model, optimizer, x[rows], y[rows]) for rows in batches]


@ENTRIES.add(
    "last-epochs-loss-only",
    "train_epochs",
    "You return one number. What is asked for is a list: the loss of every epoch, in order.",
)
def _(
    model: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor, epochs: int, b: int, g: Generator
) -> Any:
    return train_epochs(model, optimizer, x, y, epochs, b, g)[-1]


@ENTRIES.add(
    "total-not-reset",
    "train_epochs",
    "The loss of earlier epochs is still in your total, so it grows from epoch to epoch. Where "
    "does the total have to start at 0?",
)
def _(
    model: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor, epochs: int, b: int, g: Generator
) -> list[float]:
    means = train_epochs(model, optimizer, x, y, epochs, b, g)
    return [sum(means[: epoch + 1]) for epoch in range(epochs)]


@ENTRIES.add(
    "loss-before-the-epoch",
    "train_epochs",
    "You measure the loss of all rows before the epoch begins. Collect it along the way: of each "
    "batch the loss just before its step.",
)
def _(
    model: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor, epochs: int, b: int, g: Generator
) -> list[float]:
    means = []
    for _ in range(epochs):
        with torch.no_grad():
            means.append(cross_entropy(model(x), y).item())
        train_epochs(model, optimizer, x, y, 1, b, g)
    return means


@ENTRIES.add(
    "returned-after-one-epoch",
    "train_epochs",
    "Your function returns when the first epoch is over: `return` stands inside the loop over "
    "epochs. Move it out.",
)
def _(
    model: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor, epochs: int, b: int, g: Generator
) -> list[float]:
    return train_epochs(model, optimizer, x, y, 1, b, g)


@ENTRIES.add(
    "one-epoch-missing",
    "train_epochs",
    "You go through the rows one epoch too few. `range(epochs)` has `epochs` numbers, from 0 on.",
)
def _(
    model: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor, epochs: int, b: int, g: Generator
) -> list[float]:
    return train_epochs(model, optimizer, x, y, epochs - 1, b, g)


@ENTRIES.add(
    "new-optimizer-each-epoch",
    "train_epochs",
    "You make an optimizer of your own, so momentum and Adam forget what they know, and settings "
    "may get lost. Use the one that you were given.",
)
def _(
    model: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor, epochs: int, b: int, g: Generator
) -> list[float]:
    means = []
    for _ in range(epochs):
        own = type(optimizer)(model.parameters(), **optimizer.defaults)
        means += train_epochs(model, own, x, y, 1, b, g)
    return means


@ENTRIES.add(
    "last-batch-counted-full",
    "train_epochs",
    "You add up the losses of a batch's rows and divide by `batch_size`. The last batch may be "
    "smaller, and its step is then too small: divide by the rows that it really has.",
)
def _(
    model: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor, epochs: int, b: int, g: Generator
) -> list[float]:
    def step(model: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor) -> float:
        optimizer.zero_grad()
        total = cross_entropy(model(x), y, reduction="sum")
        (total / b).backward()
        optimizer.step()
        return total.item() / len(x)

    return train_epochs(model, optimizer, x, y, epochs, b, g, step=step)


@ENTRIES.add(
    "epochs-leave-evaluation-mode",
    "train_epochs",
    "Your training is right, but afterwards the model is in evaluation mode. It came in training "
    "mode: whoever trains it further trains without Dropout.",
)
def _(
    model: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor, epochs: int, b: int, g: Generator
) -> list[float]:
    means = train_epochs(model, optimizer, x, y, epochs, b, g)
    model.eval()
    return means


def _all_at_once(
    model: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor, batches: Sequence[Tensor]
) -> float:
    """One step on the sum of the batches' mean losses; the mean loss over the rows."""
    optimizer.zero_grad()
    total = 0.0
    for rows in batches:
        loss = cross_entropy(model(x[rows]), y[rows])
        loss.backward()
        total += loss.item() * len(rows)
    optimizer.step()
    return total / len(x)


@ENTRIES.add(
    "gradients-of-an-epoch-in-one-step",
    "train_epochs",
    "You compute the gradients batch by batch, but step only when the epoch is over, on all that "
    "has piled up. `step` belongs into the loop over batches.",
)
def _(
    model: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor, epochs: int, b: int, g: Generator
) -> list[float]:
    orders = draw_orders(len(x), epochs, g)
    return [_all_at_once(model, optimizer, x, y, order.split(b)) for order in orders]


@ENTRIES.also("last-epochs-loss-only")
def _(
    model: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor, epochs: int, b: int, g: Generator
) -> Any:
    return sum(train_epochs(model, optimizer, x, y, epochs, b, g)) / epochs
