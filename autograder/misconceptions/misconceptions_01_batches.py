"""Wrong answers for `train_epochs` that cut the rows into the wrong batches."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from torch import Tensor

from autograder.misconceptions.entry import Entries
from autograder.misconceptions.misconceptions_01_epochs import mean_over_examples, train_epochs

ENTRIES = Entries()
Cut = Callable[[Tensor, int], Sequence[Tensor]]


def over_all(n: int) -> Callable[[list[Any], list[int], int], Any]:
    """Divides what the rows in the batches add up to by ``n``, however many they are."""
    return lambda losses, sizes, batch_size: (
        mean_over_examples(losses, sizes, batch_size) * sum(sizes) / n
    )


def enter(key: str, hint: str) -> Callable[[Cut], None]:
    """A decorator: the function below it cuts an order into batches.

    The mean is taken over the rows in the batches, or in another form over all rows.
    """

    def exchange(cut: Cut) -> None:
        def answer(model: Any, optimizer: Any, x: Tensor, *args: Any) -> list[Any]:
            mean = over_all(len(x))
            return train_epochs(model, optimizer, x, *args, cut=cut, summarise=mean)

        ENTRIES.add(key, "train_epochs", hint)(partial(train_epochs, cut=cut))
        ENTRIES.also(key)(answer)

    return exchange


@enter(
    "last-batch-dropped",
    "You train on full batches only: the rows that are left over at the end of an epoch are never "
    "used. The last batch may be smaller.",
)
def _(order: Tensor, batch_size: int) -> Sequence[Tensor]:
    return order[: len(order) // batch_size * batch_size].split(batch_size)


@enter(
    "loop-ends-one-batch-early",
    "Your loop never reaches the last batch, even where it is full. The last batch starts at the "
    "last multiple of `batch_size` below the number of rows.",
)
def _(order: Tensor, batch_size: int) -> Sequence[Tensor]:
    return order.split(batch_size)[:-1] or [order[:0]]


@enter(
    "empty-batch-at-the-end",
    "Where `batch_size` divides the number of rows, you make one more batch, with no row in it, "
    "and its mean loss is not a number. Round the number of batches up, do not add 1.",
)
def _(order: Tensor, batch_size: int) -> Sequence[Tensor]:
    starts = range(0, len(order) + 1, batch_size)
    return [order[start : start + batch_size] for start in starts]


@enter(
    "that-many-batches",
    "You cut the rows into `batch_size` batches. It says how many rows are in a batch, not how "
    "many batches there are.",
)
def _(order: Tensor, batch_size: int) -> Sequence[Tensor]:
    return order.chunk(batch_size)


@enter(
    "batches-of-other-sizes",
    "Your batches have other sizes. Each has `batch_size` rows, and only the last one takes what "
    "is left, however little: it is not joined to another, and no batch shares its rows with it.",
)
def _(order: Tensor, batch_size: int) -> Sequence[Tensor]:
    return order.tensor_split(math.ceil(len(order) / batch_size))


@enter(
    "one-step-an-epoch",
    "You step once an epoch, on all rows together. Step after every batch.",
)
def _(order: Tensor, batch_size: int) -> Sequence[Tensor]:
    return [order]
