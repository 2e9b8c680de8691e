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
    """Each row's gradient of ``value(logits of the row, label)``.

    A linear layer's is the outer product of that at its outputs and of its inputs.
    """
    layers = {name: m for name, m in model.named_modules() if isinstance(m, nn.Linear)}
    kept: dict[str, tuple[Tensor, Tensor]] = {}

    def watched(name: str) -> Callable[..., None]:
        return lambda _, given, output: kept.update({name: (given[0].detach(), output)})

    handles = [layer.register_forward_hook(watched(name)) for name, layer in layers.items()]
    try:
        total = vmap(value)(model(x), y).sum()
    finally:
        for handle in handles:
            handle.remove()
    slopes = torch.autograd.grad(total, [kept[name][1] for name in layers])
    found: Weights = {}
    for name, slope in zip(layers, slopes, strict=True):
        found[f"{name}.weight"] = slope[:, :, None] * kept[name][0][:, None, :]
        found[f"{name}.bias"] = slope
    return found


def in_vmap(model: nn.Module, x: Tensor, y: Tensor) -> Weights:
    """As ``right``, by ``vmap``, which refuses to work where Dropout draws."""
    parameters = {name: p.detach() for name, p in model.named_parameters()}

    def of_row(parameters: Weights, row: Tensor, label: Tensor) -> Tensor:
        return log_p(functional_call(model, parameters, (row[None],))[0], label)

    found: Weights = vmap(grad(of_row), in_dims=(None, 0, 0))(parameters, x, y)
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
    for row, label in zip(x, y, strict=True):
        model.zero_grad()
        model(row[None]).log_softmax(dim=1)[0, label].backward()
    return right(model, x, y)


@ENTRIES.also("grad-overwritten")
def _(model: nn.Module, x: Tensor, y: Tensor) -> Weights:
    for p in model.parameters():
        p.grad = None
    return right(model, x, y)


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


@ENTRIES.add(
    "gradients-of-the-last-row-only",
    "sample_gradients",
    "All your rows hold the gradient of the last one: `.grad` is one tensor, written anew for each "
    "row. Keep a clone of it, or use `torch.autograd.grad`.",
)
def _(model: nn.Module, x: Tensor, y: Tensor) -> Weights:
    return {n: g[-1:].repeat(len(g), *[1] * (g.dim() - 1)) for n, g in right(model, x, y).items()}


@ENTRIES.add(
    "gradients-reshaped",
    "sample_gradients",
    "The numbers are there, in another shape. Rows come first, and behind them the parameter's own "
    "shape as it is.",
)
def _(model: nn.Module, x: Tensor, y: Tensor) -> Weights:
    return {n: g.flatten(1) for n, g in right(model, x, y).items()}


@ENTRIES.also("gradients-reshaped")
def _(model: nn.Module, x: Tensor, y: Tensor) -> Weights:
    return {n: g.movedim(0, -1) for n, g in right(model, x, y).items()}


@ENTRIES.add(
    "gradients-of-one-row-squeezed",
    "sample_gradients",
    "With one row the dimension of the rows is lost, as `squeeze` does. Keep it: (1, *shape).",
)
def _(model: nn.Module, x: Tensor, y: Tensor) -> Weights:
    return {n: g.squeeze(0) for n, g in right(model, x, y).items()}


@ENTRIES.add(
    "softmax-over-rows-in-gradients",
    "sample_gradients",
    "You take the softmax over rows (`dim=0`). Each row's probabilities add up to 1 over its "
    "classes: `dim=1`.",
)
def _(model: nn.Module, x: Tensor, y: Tensor) -> Weights:
    log_p = model(x).log_softmax(dim=0)[torch.arange(len(x)), y]
    rows = [torch.autograd.grad(v, list(model.parameters()), retain_graph=True) for v in log_p]
    names = [n for n, _ in model.named_parameters()]
    return {n: torch.stack(g) for n, g in zip(names, zip(*rows, strict=True), strict=True)}


@ENTRIES.add(
    "logarithm-softened",
    "sample_gradients",
    "You add a small number to p inside the logarithm, or keep p away from 0. That changes the "
    "gradient where p is small; the log-softmax needs no such help.",
)
def _(model: nn.Module, x: Tensor, y: Tensor) -> Weights:
    return softened(1e-8)(model, x, y)


def softened(more: float) -> Callable[[nn.Module, Tensor, Tensor], Weights]:
    def value(logits: Tensor, label: Tensor) -> Tensor:
        return (logits.softmax(0).gather(0, label[None])[0] + more).log()

    return lambda model, x, y: per_row(model, x, y, value)


for epsilon in (1e-12, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3):
    ENTRIES.also("logarithm-softened")(softened(epsilon))


@ENTRIES.add(
    "gradients-change-the-mode",
    "sample_gradients",
    "You leave the model in another mode than it came in. Use it as it is, or put the mode back.",
)
def _(model: nn.Module, x: Tensor, y: Tensor) -> Weights:
    return right(model.eval(), x, y)


@ENTRIES.also("gradients-change-the-mode")
def _(model: nn.Module, x: Tensor, y: Tensor) -> Weights:
    return right(model.train(), x, y)


@ENTRIES.add(
    "gradients-without-biases",
    "sample_gradients",
    "You leave the biases out. Every parameter has a gradient.",
)
def _(model: nn.Module, x: Tensor, y: Tensor) -> Weights:
    return {n: g for n, g in right(model, x, y).items() if n.endswith("weight")}


@ENTRIES.add(
    "gradients-in-float32",
    "sample_gradients",
    "Your result is float32 whatever the model is. Make tensors like the parameters, with "
    "`zeros_like` or `dtype=p.dtype`, and convert nothing.",
)
def _(model: nn.Module, x: Tensor, y: Tensor) -> Weights:
    return {n: g.float() for n, g in right(model, x, y).items()}


@ENTRIES.add(
    "gradients-of-all-labels",
    "sample_gradients",
    "`log_p[:, y]` takes the columns of all labels from every row, a matrix. Each row goes with "
    "its own label: `gather`, or one index for the rows and one for the labels.",
)
def _(model: nn.Module, x: Tensor, y: Tensor) -> Weights:
    return per_row(model, x, y, lambda z, _: z.log_softmax(0)[y].sum())
