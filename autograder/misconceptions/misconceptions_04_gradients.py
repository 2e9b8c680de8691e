"""Wrong answers for `sample_gradients`, and what those for the Fishers are made of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.func import functional_call, grad, vmap

from autograder.misconceptions.entry import Entries

ENTRIES = Entries()
Weights = dict[str, Tensor]


def per_row(
    model: nn.Module, x: Tensor, y: Tensor, value: Callable[[Tensor, Tensor], Tensor]
) -> Weights:
    """Each row's gradient of ``value(logits of the row, label)``."""
    parameters = {name: p.detach() for name, p in model.named_parameters()}

    def of_row(parameters: Weights, row: Tensor, label: Tensor) -> Tensor:
        return value(functional_call(model, parameters, (row[None],))[0], label)

    found: Weights = vmap(
        grad(of_row), in_dims=(None, 0, 0), chunk_size=256, randomness="different"
    )(parameters, x, y)
    return found


def log_p(logits: Tensor, label: Tensor) -> Tensor:
    return logits.log_softmax(dim=0).gather(0, label[None])[0]


def right(model: nn.Module, x: Tensor, y: Tensor) -> Weights:
    return per_row(model, x, y, log_p)


@contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """In evaluation mode for this long."""
    mode = model.training
    model.eval()
    yield
    model.train(mode)


@ENTRIES.add(
    "gradient-of-the-loss",
    "sample_gradients",
    "Your gradients have the wrong sign: they are those of the loss. Asked for is the gradient of "
    "log p, which is minus the loss.",
)
def _(model: nn.Module, x: Tensor, y: Tensor) -> Weights:
    return {n: -g for n, g in right(model, x, y).items()}


@ENTRIES.add(
    "gradient-of-the-logit",
    "sample_gradients",
    "You differentiate the logit of the label. Its log-probability is asked for: take the "
    "log-softmax first.",
)
def _(model: nn.Module, x: Tensor, y: Tensor) -> Weights:
    return per_row(model, x, y, lambda logits, label: logits.gather(0, label[None])[0])


@ENTRIES.add(
    "gradient-of-the-probability",
    "sample_gradients",
    "You differentiate the probability itself. Take its logarithm first.",
)
def _(model: nn.Module, x: Tensor, y: Tensor) -> Weights:
    return per_row(model, x, y, lambda logits, label: logits.softmax(0).gather(0, label[None])[0])


@ENTRIES.add(
    "softmax-taken-twice",
    "sample_gradients",
    "You take the softmax before a function that takes it once more. Hand over the logits as they "
    "are.",
)
def _(model: nn.Module, x: Tensor, y: Tensor) -> Weights:
    return per_row(model, x, y, lambda logits, label: log_p(logits.softmax(0), label))


@ENTRIES.add(
    "gradient-of-all-classes",
    "sample_gradients",
    "You add up the log-probabilities of all classes. Only that of the row's own label is asked "
    "for.",
)
def _(model: nn.Module, x: Tensor, y: Tensor) -> Weights:
    return per_row(model, x, y, lambda logits, label: logits.log_softmax(0).sum())


@ENTRIES.add(
    "gradients-of-the-predicted-label",
    "sample_gradients",
    "You use the label that the model predicts. The label `y_i` that was handed over is meant.",
)
def _(model: nn.Module, x: Tensor, y: Tensor) -> Weights:
    with torch.no_grad():
        return right(model, x, model(x).argmax(dim=1))


@ENTRIES.add(
    "mean-gradient-repeated",
    "sample_gradients",
    "All your rows are alike: that is the gradient of the mean over the batch. Each row needs the "
    "gradient of its own log-probability.",
)
def _(model: nn.Module, x: Tensor, y: Tensor) -> Weights:
    return {n: g.mean(dim=0, keepdim=True).expand_as(g) for n, g in right(model, x, y).items()}


@ENTRIES.add(
    "gradients-summed-up",
    "sample_gradients",
    "You give one gradient for the whole batch. One for each row is asked for, in a first "
    "dimension of length n.",
)
def _(model: nn.Module, x: Tensor, y: Tensor) -> Weights:
    return {n: g.sum(dim=0) for n, g in right(model, x, y).items()}


@ENTRIES.add(
    "gradients-divided-by-rows",
    "sample_gradients",
    "You differentiate the mean loss, so each row's gradient is divided by the number of rows and "
    "depends on the batch it stands in.",
)
def _(model: nn.Module, x: Tensor, y: Tensor) -> Weights:
    return {n: g / len(x) for n, g in right(model, x, y).items()}


@ENTRIES.add(
    "gradients-pile-up-over-rows",
    "sample_gradients",
    "The gradient of row i still holds those of the rows before it: `backward` adds to `.grad`. "
    "Clear it before each row.",
)
def _(model: nn.Module, x: Tensor, y: Tensor) -> Weights:
    return {n: g.cumsum(dim=0) for n, g in right(model, x, y).items()}


@ENTRIES.add(
    "gradients-averaged-over-an-axis",
    "sample_gradients",
    "You average over the first axis of each gradient, so that a weight matrix's becomes a vector. "
    "Keep the parameter's whole shape behind the rows.",
)
def _(model: nn.Module, x: Tensor, y: Tensor) -> Weights:
    return {n: g.mean(dim=1) if g.dim() == 3 else g for n, g in right(model, x, y).items()}


@ENTRIES.add(
    "grad-overwritten",
    "sample_gradients",
    "The gradients are right, but you leave `.grad` of the model changed. Somebody may be in the "
    "middle of training it: use `torch.autograd.grad`, `torch.func` or a copy.",
)
def _(model: nn.Module, x: Tensor, y: Tensor) -> Weights:
    rows: dict[str, list[Tensor]] = {n: [] for n, _ in model.named_parameters()}
    for row, label in zip(x, y, strict=True):
        model.zero_grad()
        model(row[None]).log_softmax(dim=1)[0, label].backward()
        for n, p in model.named_parameters():
            rows[n].append(p.grad.clone() if p.grad is not None else torch.zeros_like(p))
    return {n: torch.stack(g) for n, g in rows.items()}


@ENTRIES.add(
    "gradients-squared-too-early",
    "sample_gradients",
    "You square the gradients here already. That is the Fisher's business.",
)
def _(model: nn.Module, x: Tensor, y: Tensor) -> Weights:
    return {n: g**2 for n, g in right(model, x, y).items()}


@ENTRIES.add(
    "gradients-still-live",
    "sample_gradients",
    "Your gradients still hang on a graph and require gradients themselves, so all of it stays in "
    "memory. Detach them.",
)
def _(model: nn.Module, x: Tensor, y: Tensor) -> Weights:
    own = dict(model.named_parameters())
    return {n: g + 0 * own[n] for n, g in right(model, x, y).items()}


@ENTRIES.add(
    "gradients-as-list",
    "sample_gradients",
    "You return the gradients in a list or tuple. A dict by the names of `named_parameters()` is "
    "asked for.",
)
def _(model: nn.Module, x: Tensor, y: Tensor) -> list[Tensor]:
    return list(right(model, x, y).values())
