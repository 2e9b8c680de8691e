"""Wrong answers for `fisher_diagonal` with right squares: which rows, which mode, what size."""

from __future__ import annotations

from torch import Tensor, nn

from autograder.misconceptions.entry import Entries
from autograder.misconceptions.misconceptions_04_fisher import NAME, exact
from autograder.misconceptions.misconceptions_04_gradients import Weights, evaluating

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
    "You add up the means of batches but divide by something else than the number of rows. A "
    "smaller last batch must count less.",
)
def _(model: nn.Module, x: Tensor) -> Weights:
    with evaluating(model):
        parts = [exact(model, rows) for rows in x.split(256)]
        return {n: sum(p[n] for p in parts[1:]) + parts[0][n] for n in parts[0]}


@ENTRIES.add(
    "last-rows-dropped",
    NAME,
    "The last, smaller batch of rows has no part in your Fisher.",
)
def _(model: nn.Module, x: Tensor) -> Weights:
    with evaluating(model):
        return exact(model, x[: max(len(x) // 256 * 256, min(len(x), 255))])


@ENTRIES.add(
    "first-rows-only",
    NAME,
    "You use only the first batch of rows. All rows count.",
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


@ENTRIES.add(
    "fisher-clipped",
    NAME,
    "You clip or round the entries. Large ones are the very ones that matter.",
)
def _(model: nn.Module, x: Tensor) -> Weights:
    with evaluating(model):
        return {n: f.clamp(max=1e-3) for n, f in exact(model, x).items()}


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
