"""Wrong answers for `fisher_diagonal` with right squares: which rows, which mode, what size."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn

from autograder.misconceptions.entry import Entries
from autograder.misconceptions.misconceptions_04_fisher import NAME, exact, labels_like
from autograder.misconceptions.misconceptions_04_gradients import Weights, evaluating, in_vmap

ENTRIES = Entries()


@ENTRIES.add(
    "sum-over-rows",
    NAME,
    "You add up over rows. The mean is asked for, so that the Fisher does not depend on how many "
    "rows there are.",
)
def _(model: nn.Module, x: Tensor) -> Weights:
    with evaluating(model):
        return {n: f * len(x) for n, f in exact(model, x).items()}


@ENTRIES.add(
    "divided-by-rows-twice",
    NAME,
    "You divide by the number of rows twice: once in a mean, once more at the end.",
)
def _(model: nn.Module, x: Tensor) -> Weights:
    with evaluating(model):
        return {n: f / len(x) for n, f in exact(model, x).items()}


@ENTRIES.add(
    "divided-by-one-row-more",
    NAME,
    "You divide by n + 1. There are n rows.",
)
def _(model: nn.Module, x: Tensor) -> Weights:
    with evaluating(model):
        return {n: f * len(x) / (len(x) + 1) for n, f in exact(model, x).items()}


@ENTRIES.add(
    "divided-by-batches",
    NAME,
    "You average, or add up, the means of batches, or divide by something else than the number of "
    "rows. A smaller last batch must count less: divide by the number of rows once, at the end.",
)
def _(model: nn.Module, x: Tensor) -> Weights:
    with evaluating(model):
        parts = [exact(model, rows) for rows in x.split(256)]
        return {n: sum(p[n] for p in parts[1:]) + parts[0][n] for n in parts[0]}


def divided_by(model: nn.Module, x: Tensor, divisor: Callable[[list[int]], int]) -> Weights:
    """The sum over rows, over something that depends on the sizes of batches."""
    sizes = [len(rows) for rows in x.split(256)]
    with evaluating(model):
        return {n: f * len(x) / divisor(sizes) for n, f in exact(model, x).items()}


@ENTRIES.also("divided-by-batches")
def _(model: nn.Module, x: Tensor) -> Weights:
    return divided_by(model, x, lambda sizes: sizes[-1])


@ENTRIES.also("divided-by-batches")
def _(model: nn.Module, x: Tensor) -> Weights:
    return divided_by(model, x, lambda sizes: sizes[0] * len(sizes))


@ENTRIES.add(
    "last-rows-dropped",
    NAME,
    "The last, smaller batch of rows has no part in your Fisher.",
)
def _(model: nn.Module, x: Tensor) -> Weights:
    with evaluating(model):
        size = min(256, len(x))
        return exact(model, x[: len(x) // size * size])


@ENTRIES.add(
    "last-batch-only",
    NAME,
    "Only the last batch is left in your Fisher: in the loop you replace the total, in place of "
    "adding to it.",
)
def _(model: nn.Module, x: Tensor) -> Weights:
    with evaluating(model):
        return exact(model, x.split(256)[-1])


@ENTRIES.add(
    "first-rows-only",
    NAME,
    "You use only the first rows. All of them count: is there a `return` or `break` in the loop?",
)
def _(model: nn.Module, x: Tensor) -> Weights:
    with evaluating(model):
        return exact(model, x[:64])


@ENTRIES.add(
    "fisher-in-training-mode",
    NAME,
    "The model runs in training mode, where Dropout switches off part of it at random. Take the "
    "Fisher in evaluation mode.",
)
def _(model: nn.Module, x: Tensor) -> Weights:
    return exact(model, x)


@ENTRIES.also("fisher-in-training-mode")
def _(model: nn.Module, x: Tensor) -> Weights:
    in_vmap(model, x, labels_like(x, 0))
    return exact(model, x)


@ENTRIES.add(
    "fisher-leaves-evaluation-mode",
    NAME,
    "You leave the model in evaluation mode. Put back the mode in which it came, or Dropout stays "
    "off while it trains on.",
)
def _(model: nn.Module, x: Tensor) -> Weights:
    model.eval()
    return exact(model, x)


@ENTRIES.add(
    "fisher-leaves-training-mode",
    NAME,
    "You leave the model in training mode, even if it came in evaluation mode. Put back what was.",
)
def _(model: nn.Module, x: Tensor) -> Weights:
    model.eval()
    result = exact(model, x)
    model.train()
    return result


@ENTRIES.add(
    "fisher-scaled-to-one",
    NAME,
    "You divide by the largest entry. Its size matters: it says how sure the model is, and how "
    "tasks weigh against one another.",
)
def _(model: nn.Module, x: Tensor) -> Weights:
    with evaluating(model):
        fisher = exact(model, x)
    largest = max(f.max() for f in fisher.values())
    return {n: f / largest for n, f in fisher.items()}


@ENTRIES.also("fisher-scaled-to-one")
def _(model: nn.Module, x: Tensor) -> Weights:
    with evaluating(model):
        return {n: f / f.max() for n, f in exact(model, x).items()}


@ENTRIES.also("fisher-scaled-to-one")
def _(model: nn.Module, x: Tensor) -> Weights:
    with evaluating(model):
        return {n: (f - f.min()) / (f.max() - f.min()) for n, f in exact(model, x).items()}


@ENTRIES.add(
    "fisher-clipped",
    NAME,
    "You clip or round the entries. Large ones are the very ones that matter.",
)
def _(model: nn.Module, x: Tensor) -> Weights:
    with evaluating(model):
        return {n: f.clamp(max=1e-3) for n, f in exact(model, x).items()}


def clipped_at(largest: float) -> Callable[[nn.Module, Tensor], Weights]:
    def clipped(model: nn.Module, x: Tensor) -> Weights:
        with evaluating(model):
            return {n: f.clamp(max=largest) for n, f in exact(model, x).items()}

    return clipped


for threshold in (1e-4, 1e-2, 0.1, 1.0, 10.0, 100.0):
    ENTRIES.also("fisher-clipped")(clipped_at(threshold))


def rounded_to(decimals: int) -> Callable[[nn.Module, Tensor], Weights]:
    def rounded(model: nn.Module, x: Tensor) -> Weights:
        with evaluating(model):
            return {n: f.round(decimals=decimals) for n, f in exact(model, x).items()}

    return rounded


for places in (3, 4):
    ENTRIES.also("fisher-clipped")(rounded_to(places))


@ENTRIES.add(
    "fisher-rooted",
    NAME,
    "You give the root of the Fisher. The squares themselves are averaged.",
)
def _(model: nn.Module, x: Tensor) -> Weights:
    with evaluating(model):
        return {n: f.sqrt() for n, f in exact(model, x).items()}


@ENTRIES.add(
    "fisher-halved",
    NAME,
    "Your Fisher is half of the right one. The half belongs into the penalty.",
)
def _(model: nn.Module, x: Tensor) -> Weights:
    with evaluating(model):
        return {n: f / 2 for n, f in exact(model, x).items()}


@ENTRIES.add(
    "fisher-averaged-over-an-axis",
    NAME,
    "You average over an axis of the weights, so that a matrix's Fisher becomes a vector. Every "
    "entry has an importance of its own.",
)
def _(model: nn.Module, x: Tensor) -> Weights:
    with evaluating(model):
        return {n: f.mean(dim=0) if f.dim() == 2 else f for n, f in exact(model, x).items()}


@ENTRIES.add(
    "fisher-still-live",
    NAME,
    "Your Fisher still hangs on a graph and requires gradients. Detach it: it is a constant in the "
    "penalty.",
)
def _(model: nn.Module, x: Tensor) -> Weights:
    own = dict(model.named_parameters())
    with evaluating(model):
        return {n: f + 0 * own[n] for n, f in exact(model, x).items()}


@ENTRIES.add(
    "fisher-without-biases",
    NAME,
    "You leave the biases out. Every parameter has a Fisher.",
)
def _(model: nn.Module, x: Tensor) -> Weights:
    with evaluating(model):
        return {n: f for n, f in exact(model, x).items() if n.endswith("weight")}


@ENTRIES.add(
    "fisher-in-float32",
    NAME,
    "Your result is float32 whatever the model is. Make tensors like the parameters, with "
    "`zeros_like` or `dtype=p.dtype`, and convert nothing.",
)
def _(model: nn.Module, x: Tensor) -> Weights:
    with evaluating(model):
        return {n: f.float() for n, f in exact(model, x).items()}


@ENTRIES.also("fisher-averaged-over-an-axis")
def _(model: nn.Module, x: Tensor) -> Weights:
    with evaluating(model):
        return {n: f.mean(dim=-1) if f.dim() == 2 else f for n, f in exact(model, x).items()}
