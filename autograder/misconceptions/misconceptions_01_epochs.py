"""Wrong answers for `train_epochs`: the right one, with one of its parts exchanged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import torch
from torch import Generator, Tensor, nn
from torch.nn.functional import cross_entropy
from torch.optim import Optimizer

from autograder.misconceptions.entry import Entries
from autograder.misconceptions.misconceptions_01_step import train_step

ENTRIES = Entries()


def draw_orders(n: int, epochs: int, generator: Generator) -> list[Tensor]:
    """The order of the ``n`` rows in each epoch."""
    return [torch.randperm(n, generator=generator) for _ in range(epochs)]


def mean_over_examples(losses: list[Any], sizes: list[int], batch_size: int) -> Any:
    """The loss of an epoch, from the mean losses of its batches and their numbers of rows."""
    total = sum(loss * size for loss, size in zip(losses, sizes, strict=True))
    return total / sum(sizes)


def train_epochs(
    model: nn.Module,
    optimizer: Optimizer,
    x: Tensor,
    y: Tensor,
    epochs: int,
    batch_size: int,
    generator: Generator,
    *,
    draw: Callable[[int, int, Generator], Sequence[Tensor]] = draw_orders,
    cut: Callable[[Tensor, int], Sequence[Tensor]] = torch.split,
    step: Callable[[nn.Module, Optimizer, Tensor, Tensor], Any] = train_step,
    summarise: Callable[[list[Any], list[int], int], Any] = mean_over_examples,
) -> list[Any]:
    """The right answer; its parts are what the entries exchange."""
    means = []
    for order in draw(len(x), epochs, generator):
        batches = cut(order, batch_size)
        losses = [step(model, optimizer, x[rows], y[rows]) for rows in batches]
        means.append(summarise(losses, [len(rows) for rows in batches], batch_size))
    return means


def enter(key: str, hint: str, part: str) -> Callable[[Callable[..., Any]], None]:
    """A decorator: the function below it takes the place of ``part`` in the right answer."""

    def exchange(function: Callable[..., Any]) -> None:
        parts: dict[str, Any] = {part: function}
        ENTRIES.add(key, "train_epochs", hint)(partial(train_epochs, **parts))

    return exchange


def also(key: str, part: str) -> Callable[[Callable[..., Any]], None]:
    """A decorator: the function below it, in the place of ``part``, is another form of ``key``."""

    def exchange(function: Callable[..., Any]) -> None:
        parts: dict[str, Any] = {part: function}
        ENTRIES.also(key)(partial(train_epochs, **parts))

    return exchange


@enter(
    "never-shuffled",
    "The rows are used in the order in which they came. Draw a random order, anew in every epoch.",
    part="draw",
)
def _(n: int, epochs: int, generator: Generator) -> list[Tensor]:
    return [torch.arange(n)] * epochs


@enter(
    "first-epoch-not-shuffled",
    "Your first epoch uses the rows in the order in which they came; only later ones are shuffled. "
    "Draw an order before every epoch, also before the first.",
    part="draw",
)
def _(n: int, epochs: int, generator: Generator) -> list[Tensor]:
    return [torch.arange(n), *draw_orders(n, epochs - 1, generator)]


@enter(
    "shuffled-once",
    "You draw one random order and use it in every epoch, so the same rows always meet in a batch. "
    "Draw inside the loop over epochs.",
    part="draw",
)
def _(n: int, epochs: int, generator: Generator) -> list[Tensor]:
    return [torch.randperm(n, generator=generator)] * epochs


@enter(
    "generator-seeded-again",
    "You seed the generator again in every epoch, so every epoch has the same order, and every "
    "call too. It was seeded before you got it: only draw from it.",
    part="draw",
)
def _(n: int, epochs: int, generator: Generator) -> list[Tensor]:
    return [torch.randperm(n, generator=generator.manual_seed(0)) for _ in range(epochs)]


@enter(
    "generator-rewound",
    "You set the generator back to its first seed in every epoch, so every epoch has the same "
    "order. It goes on by itself from draw to draw: let it.",
    part="draw",
)
def _(n: int, epochs: int, generator: Generator) -> list[Tensor]:
    seed = generator.initial_seed()
    return [torch.randperm(n, generator=generator.manual_seed(seed)) for _ in range(epochs)]


@enter(
    "global-random-state",
    "Your order comes from a global random state, so nobody can repeat your run. Hand `generator` "
    "to the function that draws.",
    part="draw",
)
def _(n: int, epochs: int, generator: Generator) -> list[Tensor]:
    return [torch.randperm(n) for _ in range(epochs)]


@enter(
    "drawn-with-replacement",
    "You draw rows independently of each other, so in an epoch some come twice and others never. "
    "An epoch uses every row once, in random order.",
    part="draw",
)
def _(n: int, epochs: int, generator: Generator) -> list[Tensor]:
    return [torch.randint(n, (n,), generator=generator) for _ in range(epochs)]


@enter(
    "mean-over-batches",
    "You average over batches, so rows of the last, smaller batch count more than others. Weigh "
    "each batch's loss with its number of rows.",
    part="summarise",
)
def _(losses: list[float], sizes: list[int], batch_size: int) -> float:
    return sum(losses) / len(losses)


@enter(
    "every-batch-counted-full",
    "You weigh every batch with `batch_size`, also the last one, which is smaller. Weigh it with "
    "the number of rows that it really has.",
    part="summarise",
)
def _(losses: list[float], sizes: list[int], batch_size: int) -> float:
    return sum(losses) * batch_size / sum(sizes)


@enter(
    "divided-by-full-batches",
    "You divide by a number of batches times `batch_size`, but the last batch is smaller than "
    "that. Divide by the number of rows.",
    part="summarise",
)
def _(losses: list[float], sizes: list[int], batch_size: int) -> float:
    total = sum(loss * size for loss, size in zip(losses, sizes, strict=True))
    return total / max(1, sum(sizes) // batch_size * batch_size)


@also("divided-by-full-batches", part="summarise")
def _(losses: list[float], sizes: list[int], batch_size: int) -> float:
    total = sum(loss * size for loss, size in zip(losses, sizes, strict=True))
    return total / (len(sizes) * batch_size)


@enter(
    "batch-means-over-examples",
    "You add up means of batches and divide by the number of rows: divided twice. Turn each mean "
    "back into a sum over its rows first.",
    part="summarise",
)
def _(losses: list[float], sizes: list[int], batch_size: int) -> float:
    return sum(losses) / sum(sizes)


@enter(
    "sum-over-batches",
    "You return the sum of the losses of an epoch's batches. What is asked for is the mean over "
    "its examples.",
    part="summarise",
)
def _(losses: list[float], sizes: list[int], batch_size: int) -> float:
    return sum(losses)


@enter(
    "sum-over-examples",
    "You return the sum of the losses of an epoch's rows. What is asked for is the mean: divide by "
    "the number of rows.",
    part="summarise",
)
def _(losses: list[float], sizes: list[int], batch_size: int) -> float:
    return sum(loss * size for loss, size in zip(losses, sizes, strict=True))


@enter(
    "first-batch-loss",
    "You return the loss of the first batch of each epoch. Collect the losses of all batches, and "
    "take the mean over examples.",
    part="summarise",
)
def _(losses: list[float], sizes: list[int], batch_size: int) -> float:
    return losses[0]


@enter(
    "last-batch-loss",
    "You return the loss of the last batch of each epoch. Collect the losses of all batches, and "
    "take the mean over examples.",
    part="summarise",
)
def _(losses: list[float], sizes: list[int], batch_size: int) -> float:
    return losses[-1]


@enter(
    "loss-after-each-step",
    "You measure the loss of a batch again after its step. The loss that counts is the one that "
    "the step was computed from.",
    part="step",
)
def _(model: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor) -> float:
    train_step(model, optimizer, x, y)
    with torch.no_grad():
        return cross_entropy(model(x), y).item()


@enter(
    "live-losses",
    "Your losses are tensors that still hold on to their computations, so memory grows with every "
    "batch. Turn each loss into a plain number before you add it up.",
    part="step",
)
def _(model: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor) -> Tensor:
    optimizer.zero_grad()
    loss = cross_entropy(model(x), y)
    loss.backward()
    optimizer.step()
    return loss


@enter(
    "gradients-never-cleared",
    "You never clear the gradients between steps. `backward` adds to what is already in `.grad`, "
    "so every step still follows all batches before it.",
    part="step",
)
def _(model: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor) -> float:
    loss = cross_entropy(model(x), y)
    loss.backward()
    optimizer.step()
    return loss.item()


@enter(
    "epochs-in-evaluation-mode",
    "You put the model into evaluation mode, where Dropout does nothing. While it is trained, it "
    "stays in training mode.",
    part="step",
)
def _(model: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor) -> float:
    model.eval()
    return train_step(model, optimizer, x, y)


@enter(
    "epochs-summed-loss",
    "You step on the sum of the losses of a batch. With the sum, the step grows with the size of "
    "the batch; take the mean.",
    part="step",
)
def _(model: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor) -> float:
    optimizer.zero_grad()
    loss = cross_entropy(model(x), y, reduction="sum")
    loss.backward()
    optimizer.step()
    return loss.item() / len(x)


@enter(
    "epochs-softmax-before-loss",
    "You take the softmax before `cross_entropy`, which takes it once more. Hand it the logits as "
    "the model gives them.",
    part="step",
)
def _(model: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor) -> float:
    optimizer.zero_grad()
    loss = cross_entropy(model(x).softmax(dim=1), y)
    loss.backward()
    optimizer.step()
    return loss.item()


@enter(
    "logits-squeezed",
    "Your function fails on a batch of one row, as the last one may be. `squeeze` removes every "
    "dimension of size 1, also the one that counts the rows.",
    part="step",
)
def _(model: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor) -> float:
    optimizer.zero_grad()
    loss = cross_entropy(model(x).squeeze(), y)
    loss.backward()
    optimizer.step()
    return loss.item()
