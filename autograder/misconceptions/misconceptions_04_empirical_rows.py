"""Wrong answers for `empirical_fisher` with right squares: which rows, which mode, what size."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from autograder.misconceptions.entry import Entries
from autograder.misconceptions.misconceptions_04_empirical import NAME, squares
from autograder.misconceptions.misconceptions_04_gradients import (
    Weights,
    evaluating,
    in_vmap,
    right,
)

ENTRIES = Entries()


@ENTRIES.add(
    "empirical-summed",
    NAME,
    "You add up over rows. The mean is asked for.",
)
def _(model: nn.Module, x: Tensor, y: Tensor) -> Weights:
    with evaluating(model):
        return {n: f * len(x) for n, f in squares(model, x, y).items()}


@ENTRIES.add(
    "empirical-in-training-mode",
    NAME,
    "The model runs in training mode, where Dropout switches off part of it at random. Take the "
    "Fisher in evaluation mode.",
)
def _(model: nn.Module, x: Tensor, y: Tensor) -> Weights:
    return squares(model, x, y)


@ENTRIES.also("empirical-in-training-mode")
def _(model: nn.Module, x: Tensor, y: Tensor) -> Weights:
    return {n: (g**2).mean(dim=0) for n, g in in_vmap(model, x, y).items()}


@ENTRIES.add(
    "empirical-leaves-evaluation-mode",
    NAME,
    "You leave the model in evaluation mode. Put back the mode in which it came.",
)
def _(model: nn.Module, x: Tensor, y: Tensor) -> Weights:
    model.eval()
    return squares(model, x, y)


@ENTRIES.add(
    "empirical-first-rows-only",
    NAME,
    "You use only the first rows. All of them count: is there a `return` or `break` in the loop?",
)
def _(model: nn.Module, x: Tensor, y: Tensor) -> Weights:
    with evaluating(model):
        return squares(model, x[:256], y[:256])


@ENTRIES.add(
    "empirical-still-live",
    NAME,
    "Your Fisher still hangs on a graph and requires gradients. Detach it.",
)
def _(model: nn.Module, x: Tensor, y: Tensor) -> Weights:
    own = dict(model.named_parameters())
    with evaluating(model):
        return {n: f + 0 * own[n] for n, f in squares(model, x, y).items()}


@ENTRIES.add(
    "empirical-last-rows-dropped",
    NAME,
    "The last, smaller batch of rows has no part in your Fisher.",
)
def _(model: nn.Module, x: Tensor, y: Tensor) -> Weights:
    size = min(256, len(x))
    kept = len(x) // size * size
    with evaluating(model):
        return squares(model, x[:kept], y[:kept])


@ENTRIES.add(
    "empirical-of-the-last-batch-only",
    NAME,
    "Only the last batch is left in your Fisher: in the loop you replace the total, in place of "
    "adding to it.",
)
def _(model: nn.Module, x: Tensor, y: Tensor) -> Weights:
    with evaluating(model):
        return squares(model, x.split(256)[-1], y.split(256)[-1])


@ENTRIES.add(
    "empirical-divided-by-batches",
    NAME,
    "You average, or add up, the means of batches. A smaller last batch must count less: add up "
    "rows and divide by their number once, at the end.",
)
def _(model: nn.Module, x: Tensor, y: Tensor) -> Weights:
    pairs = zip(x.split(256), y.split(256), strict=True)
    with evaluating(model):
        parts = [squares(model, *pair) for pair in pairs]
    return {n: torch.stack([part[n] for part in parts]).mean(dim=0) for n in parts[0]}


@ENTRIES.add(
    "empirical-divided-by-rows-twice",
    NAME,
    "You divide by the number of rows twice: once in a mean, once more at the end.",
)
def _(model: nn.Module, x: Tensor, y: Tensor) -> Weights:
    with evaluating(model):
        return {n: f / len(x) for n, f in squares(model, x, y).items()}


@ENTRIES.add(
    "empirical-halved",
    NAME,
    "Your Fisher is half of the right one. The half belongs into the penalty.",
)
def _(model: nn.Module, x: Tensor, y: Tensor) -> Weights:
    with evaluating(model):
        return {n: f / 2 for n, f in squares(model, x, y).items()}


@ENTRIES.add(
    "empirical-rooted",
    NAME,
    "You give the root of the Fisher. The squares themselves are averaged.",
)
def _(model: nn.Module, x: Tensor, y: Tensor) -> Weights:
    with evaluating(model):
        return {n: f.sqrt() for n, f in squares(model, x, y).items()}


@ENTRIES.add(
    "empirical-scaled-to-one",
    NAME,
    "You divide by the largest entry. Its size matters: it says how sure the model is.",
)
def _(model: nn.Module, x: Tensor, y: Tensor) -> Weights:
    with evaluating(model):
        found = squares(model, x, y)
    largest = max(f.max() for f in found.values())
    return {n: f / largest for n, f in found.items()}


@ENTRIES.also("empirical-scaled-to-one")
def _(model: nn.Module, x: Tensor, y: Tensor) -> Weights:
    with evaluating(model):
        return {n: f / f.max() for n, f in squares(model, x, y).items()}


@ENTRIES.add(
    "empirical-not-averaged",
    NAME,
    "You give one square for each row. Average over the rows, so that the parameter's own shape is "
    "left.",
)
def _(model: nn.Module, x: Tensor, y: Tensor) -> Weights:
    with evaluating(model):
        return {n: g**2 for n, g in right(model, x, y).items()}


@ENTRIES.add(
    "empirical-one-number-a-parameter",
    NAME,
    "You average over the entries of a parameter as well. Every entry has a Fisher of its own: "
    "average over rows alone.",
)
def _(model: nn.Module, x: Tensor, y: Tensor) -> Weights:
    with evaluating(model):
        return {n: (g**2).mean() for n, g in right(model, x, y).items()}


@ENTRIES.add(
    "empirical-averaged-over-an-axis",
    NAME,
    "You average over an axis of the weights, so that a matrix's Fisher becomes a vector. Every "
    "entry has an importance of its own.",
)
def _(model: nn.Module, x: Tensor, y: Tensor) -> Weights:
    with evaluating(model):
        found = squares(model, x, y)
        return {n: f.mean(dim=0) if f.dim() == 2 else f for n, f in found.items()}


@ENTRIES.add(
    "empirical-leaves-training-mode",
    NAME,
    "You leave the model in training mode, even if it came in evaluation mode. Put back what was.",
)
def _(model: nn.Module, x: Tensor, y: Tensor) -> Weights:
    model.eval()
    found = squares(model, x, y)
    model.train()
    return found


@ENTRIES.add(
    "empirical-without-biases",
    NAME,
    "You leave the biases out. Every parameter has a Fisher.",
)
def _(model: nn.Module, x: Tensor, y: Tensor) -> Weights:
    with evaluating(model):
        return {n: f for n, f in squares(model, x, y).items() if n.endswith("weight")}


@ENTRIES.add(
    "empirical-in-float32",
    NAME,
    "Your result is float32 whatever the model is. Make tensors like the parameters, with "
    "`zeros_like` or `dtype=p.dtype`, and convert nothing.",
)
def _(model: nn.Module, x: Tensor, y: Tensor) -> Weights:
    with evaluating(model):
        return {n: f.float() for n, f in squares(model, x, y).items()}


@ENTRIES.add(
    "empirical-divided-by-one-row-more",
    NAME,
    "You divide by n + 1. There are n rows.",
)
def _(model: nn.Module, x: Tensor, y: Tensor) -> Weights:
    with evaluating(model):
        return {n: f * len(x) / (len(x) + 1) for n, f in squares(model, x, y).items()}
