"""Wrong answers for `choose_informative`: which rows, and what is done to the model."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Generator, Tensor, nn

from autograder.misconceptions.entry import Entries

ENTRIES = Entries()
NAME = "choose_informative"
Pair = tuple[Tensor, Tensor]
Order = Callable[[nn.Module, Tensor, int, Generator], Tensor]


def asked(model: nn.Module, x: Tensor, what: str = "forward") -> Tensor:
    """What the model says in evaluation mode; its mode is as it was afterwards."""
    was_training = model.training
    model.eval()
    with torch.no_grad():
        said: Tensor = getattr(model, what)(x)
    model.train(was_training)
    return said


def nearest_to_mean(model: nn.Module, x: Tensor, count: int, generator: Generator) -> Tensor:
    """Those of the rows of one class whose features are closest to their mean."""
    features = asked(model, x, "features")
    return (features - features.mean(dim=0)).norm(dim=1).argsort()[:count]


def shares(y: Tensor, n: int) -> list[tuple[Tensor, int]]:
    """The row numbers of each class, and how many to choose."""
    labels = y.unique()
    return [((y == label).nonzero().flatten(), n // len(labels) + (k < n % len(labels)))
            for k, label in enumerate(labels)]  # fmt: skip


def by_class(
    model: nn.Module, x: Tensor, y: Tensor, n: int, g: Generator, order: Order = nearest_to_mean
) -> Tensor:
    """Numbers of rows, of each class as many as it is due: right, if ``order`` is."""
    return torch.cat([own[order(model, x[own], count, g)] for own, count in shares(y, n)])


def confidence(model: nn.Module, x: Tensor) -> Tensor:
    """The largest probability of each row."""
    return asked(model, x).softmax(dim=1).amax(dim=1)


@ENTRIES.add(
    "random-rows",
    NAME,
    "You draw rows at random, which is what your choice is to beat. Ask the model what it makes of "
    "each row.",
)
def _(model: nn.Module, x: Tensor, y: Tensor, n: int, generator: Generator) -> Pair:
    rows = torch.randperm(len(x), generator=generator)[:n]
    return x[rows], y[rows]


@ENTRIES.add(
    "random-rows-of-each-class",
    NAME,
    "You draw at random from each class, without asking the model. Which rows of a class are the "
    "best examples of it? Look at `model.features(x)`.",
)
def _(model: nn.Module, x: Tensor, y: Tensor, n: int, generator: Generator) -> Pair:
    def order(model: nn.Module, x: Tensor, count: int, generator: Generator) -> Tensor:
        return torch.randperm(len(x), generator=generator)[:count]

    rows = by_class(model, x, y, n, generator, order)
    return x[rows], y[rows]


@ENTRIES.add(
    "pixels-instead-of-features",
    NAME,
    "You look at the pixels and never ask the model. What it makes of a row shows in "
    "`model.features(x)`.",
)
def _(model: nn.Module, x: Tensor, y: Tensor, n: int, generator: Generator) -> Pair:
    def order(model: nn.Module, x: Tensor, count: int, generator: Generator) -> Tensor:
        return (x - x.mean(dim=0)).norm(dim=1).argsort()[:count]

    rows = by_class(model, x, y, n, generator, order)
    return x[rows], y[rows]


@ENTRIES.add(
    "first-rows-of-each-class",
    NAME,
    "You take the first rows of each class, whatever they are. Let the model say which are worth "
    "most.",
)
def _(model: nn.Module, x: Tensor, y: Tensor, n: int, generator: Generator) -> Pair:
    rows = torch.cat([own[:count] for own, count in shares(y, n)])
    return x[rows], y[rows]


@ENTRIES.add(
    "most-uncertain-rows",
    NAME,
    "You choose the rows that the model is least sure of, wherever they are. They are the "
    "strangest ones, often all of one class: choose typical rows, of every class equally many.",
)
def _(model: nn.Module, x: Tensor, y: Tensor, n: int, generator: Generator) -> Pair:
    rows = confidence(model, x).argsort()[:n]
    return x[rows], y[rows]


@ENTRIES.add(
    "most-certain-rows",
    NAME,
    "You choose the rows that the model is surest of, wherever they are. They are all alike, and "
    "some classes may be missing: choose equally many of every class.",
)
def _(model: nn.Module, x: Tensor, y: Tensor, n: int, generator: Generator) -> Pair:
    rows = confidence(model, x).argsort(descending=True)[:n]
    return x[rows], y[rows]


@ENTRIES.add(
    "largest-loss-rows",
    NAME,
    "You choose the rows with the largest loss. Many of them are hard to read or wrong: choose "
    "typical rows, of every class equally many.",
)
def _(model: nn.Module, x: Tensor, y: Tensor, n: int, generator: Generator) -> Pair:
    loss = nn.functional.cross_entropy(asked(model, x), y, reduction="none")
    rows = loss.argsort(descending=True)[:n]
    return x[rows], y[rows]


@ENTRIES.add(
    "nearest-to-the-mean-of-all",
    NAME,
    "You take the mean over all classes, which is typical of none. Take each class on its own.",
)
def _(model: nn.Module, x: Tensor, y: Tensor, n: int, generator: Generator) -> Pair:
    rows = nearest_to_mean(model, x, n, generator)
    return x[rows], y[rows]


@ENTRIES.add(
    "farthest-from-the-mean-of-all",
    NAME,
    "You choose the rows farthest from the mean of all. They are the strangest ones, and of some "
    "classes there are none: take each class on its own.",
)
def _(model: nn.Module, x: Tensor, y: Tensor, n: int, generator: Generator) -> Pair:
    rows = nearest_to_mean(model, x, len(x), generator).flip(0)[:n]
    return x[rows], y[rows]


@ENTRIES.add(
    "means-instead-of-rows",
    NAME,
    "You return class means, which are images that nobody ever saw. Choose among the rows of `x`.",
)
def _(model: nn.Module, x: Tensor, y: Tensor, n: int, generator: Generator) -> Pair:
    chosen = [(x[own].mean(dim=0), y[own[0]]) for own, count in shares(y, n) for _ in range(count)]
    return torch.stack([image for image, _ in chosen]), torch.stack([label for _, label in chosen])


@ENTRIES.add(
    "features-instead-of-images",
    NAME,
    "You return the features of the rows. They are for choosing; what is kept are the images.",
)
def _(model: nn.Module, x: Tensor, y: Tensor, n: int, generator: Generator) -> Pair:
    rows = by_class(model, x, y, n, generator)
    return asked(model, x, "features")[rows], y[rows]


@ENTRIES.add(
    "same-row-again-and-again",
    NAME,
    "You choose the best row of a class several times. The n rows are distinct: one that is chosen "
    "is out of the running.",
)
def _(model: nn.Module, x: Tensor, y: Tensor, n: int, generator: Generator) -> Pair:
    def order(model: nn.Module, x: Tensor, count: int, generator: Generator) -> Tensor:
        return nearest_to_mean(model, x, 1, generator).expand(count)

    rows = by_class(model, x, y, n, generator, order)
    return x[rows], y[rows]


@ENTRIES.add(
    "labels-sorted-apart",
    NAME,
    "The labels that you return are not those of your images. Index `x` and `y` with the same row "
    "numbers.",
)
def _(model: nn.Module, x: Tensor, y: Tensor, n: int, generator: Generator) -> Pair:
    rows = by_class(model, x, y, n, generator)
    return x[rows], y[rows.sort().values.flip(0)]


@ENTRIES.add(
    "chosen-by-global-random-state",
    NAME,
    "Part of your choice comes from a global random state, so nobody can repeat your run. Use "
    "`generator` for every draw.",
)
def _(model: nn.Module, x: Tensor, y: Tensor, n: int, generator: Generator) -> Pair:
    def order(model: nn.Module, x: Tensor, count: int, generator: Generator) -> Tensor:
        nearest = nearest_to_mean(model, x, min(len(x), 4 * count), generator)
        return nearest[torch.randperm(len(nearest))[:count]]

    rows = by_class(model, x, y, n, generator, order)
    return x[rows], y[rows]


@ENTRIES.add(
    "left-in-evaluation-mode",
    NAME,
    "You leave the model in evaluation mode, so whoever trains it next trains without Dropout. "
    "Note its mode first, and set it back at the end.",
)
def _(model: nn.Module, x: Tensor, y: Tensor, n: int, generator: Generator) -> Pair:
    rows = by_class(model, x, y, n, generator)
    model.eval()
    return x[rows], y[rows]


@ENTRIES.add(
    "always-back-to-training",
    NAME,
    "You always end in training mode, but the model may have come in evaluation mode. Note which "
    "it was, and set that again.",
)
def _(model: nn.Module, x: Tensor, y: Tensor, n: int, generator: Generator) -> Pair:
    rows = by_class(model, x, y, n, generator)
    model.train()
    return x[rows], y[rows]


def herd(model: nn.Module, x: Tensor, count: int, repeats: bool) -> Tensor:
    """Rows of one class whose mean comes close to its mean; with ``repeats`` some several times."""
    features = asked(model, x, "features")
    mean, sums = features.mean(dim=0), features.new_zeros(features.shape[1])
    best: list[Tensor] = []
    for k in range(count):
        distance = ((sums + features) / (k + 1) - mean).square().sum(dim=1)
        if best and not repeats:
            distance[torch.stack(best)] = torch.inf
        best.append(distance.argmin())
        sums = sums + features[best[-1]]
    return torch.stack(best) if best else torch.zeros(0, dtype=torch.int64)


@ENTRIES.also("same-row-again-and-again")
def _(model: nn.Module, x: Tensor, y: Tensor, n: int, generator: Generator) -> Pair:
    rows = torch.cat([own[herd(model, x[own], count, True)] for own, count in shares(y, n)])
    return x[rows], y[rows]


@ENTRIES.add(
    "place-in-class-taken-for-row",
    NAME,
    "You number the rows inside each class and use these numbers on all rows. Translate them back "
    "to numbers in `x`.",
)
def _(model: nn.Module, x: Tensor, y: Tensor, n: int, generator: Generator) -> Pair:
    rows = torch.cat([nearest_to_mean(model, x[own], count, generator)
                      for own, count in shares(y, n)])  # fmt: skip
    return x[rows], y[rows]


@ENTRIES.add(
    "dropout-left-on",
    NAME,
    "You look at the model in the mode that it came in. In training mode Dropout is at work, from "
    "a global random state: use evaluation mode, and set the old mode back.",
)
def _(model: nn.Module, x: Tensor, y: Tensor, n: int, generator: Generator) -> Pair:
    def order(model: nn.Module, x: Tensor, count: int, generator: Generator) -> Tensor:
        features = model.features(x).detach()  # type: ignore[operator]
        return (features - features.mean(dim=0)).norm(dim=1).argsort()[:count]

    rows = by_class(model, x, y, n, generator, order)
    return x[rows], y[rows]


@ENTRIES.add(
    "model-trained-while-choosing",
    NAME,
    "You train the model in order to choose. It should only be looked at: work on a copy if you "
    "have to.",
)
def _(model: nn.Module, x: Tensor, y: Tensor, n: int, generator: Generator) -> Pair:
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(0.99)
    rows = by_class(model, x, y, n, generator)
    return x[rows], y[rows]


@ENTRIES.also("place-in-class-taken-for-row")
def _(model: nn.Module, x: Tensor, y: Tensor, n: int, generator: Generator) -> Pair:
    rows = torch.cat([herd(model, x[own], count, False) for own, count in shares(y, n)])
    return x[rows], y[rows]


@ENTRIES.also("dropout-left-on")
def _(model: nn.Module, x: Tensor, y: Tensor, n: int, generator: Generator) -> Pair:
    p = model(x).softmax(dim=1).detach()
    rows = torch.cat([own[(p[own] - p[own].mean(dim=0)).norm(dim=1).argsort()[:count]]
                      for own, count in shares(y, n)])  # fmt: skip
    return x[rows], y[rows]


def entropy(model: nn.Module, x: Tensor) -> Tensor:
    """The entropy (n,) of what the model thinks of each row."""
    log_p = asked(model, x).log_softmax(dim=1)
    return -(log_p.exp() * log_p).sum(dim=1)


@ENTRIES.also("most-uncertain-rows")
def _(model: nn.Module, x: Tensor, y: Tensor, n: int, generator: Generator) -> Pair:
    rows = entropy(model, x).argsort(descending=True)[:n]
    return x[rows], y[rows]


@ENTRIES.also("most-certain-rows")
def _(model: nn.Module, x: Tensor, y: Tensor, n: int, generator: Generator) -> Pair:
    rows = entropy(model, x).argsort()[:n]
    return x[rows], y[rows]
