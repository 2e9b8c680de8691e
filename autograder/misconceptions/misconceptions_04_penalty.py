"""Wrong answers for `ewc_penalty`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from autograder.misconceptions.entry import Entries

ENTRIES = Entries()
Weights = dict[str, Tensor]


def terms(model: nn.Module, anchor: Weights, term: Callable[[str, Tensor], Tensor]) -> Any:
    """Half the sum of ``term(name, theta - anchor)`` over all entries."""
    own = model.named_parameters()
    return sum((term(name, p - anchor[name]).sum() for name, p in own), torch.zeros(())) / 2


def right(model: nn.Module, anchor: Weights, fisher: Weights) -> Any:
    return terms(model, anchor, lambda name, d: fisher[name] * d**2)


@ENTRIES.add(
    "ewc-no-half",
    "ewc_penalty",
    "Your penalty is twice too large: the half is missing.",
)
def _(model: nn.Module, anchor: Weights, fisher: Weights) -> Any:
    return 2 * right(model, anchor, fisher)


@ENTRIES.add(
    "fisher-squared-again",
    "ewc_penalty",
    "You square the Fisher. It is made of squared gradients already: only the distance is squared "
    "here.",
)
def _(model: nn.Module, anchor: Weights, fisher: Weights) -> Any:
    return terms(model, anchor, lambda name, d: (fisher[name] * d) ** 2)


@ENTRIES.add(
    "fisher-to-the-half",
    "ewc_penalty",
    "You take the root of the Fisher. It weighs the squared distance as it is.",
)
def _(model: nn.Module, anchor: Weights, fisher: Weights) -> Any:
    return terms(model, anchor, lambda name, d: fisher[name].sqrt() * d**2)


@ENTRIES.add(
    "fisher-ignored",
    "ewc_penalty",
    "The Fisher has no part in your penalty: that is plain L2.",
)
def _(model: nn.Module, anchor: Weights, fisher: Weights) -> Any:
    return terms(model, anchor, lambda name, d: d**2)


@ENTRIES.add(
    "fisher-averaged-in-penalty",
    "ewc_penalty",
    "You weigh a whole layer by the mean of its importances. Each entry has one of its own.",
)
def _(model: nn.Module, anchor: Weights, fisher: Weights) -> Any:
    return terms(model, anchor, lambda name, d: fisher[name].mean() * d**2)


@ENTRIES.add(
    "fisher-divides",
    "ewc_penalty",
    "You divide by the Fisher. Important weights should be held harder: multiply.",
)
def _(model: nn.Module, anchor: Weights, fisher: Weights) -> Any:
    return terms(model, anchor, lambda name, d: d**2 / (fisher[name] + 1e-8))


@ENTRIES.add(
    "ewc-distance-not-squared",
    "ewc_penalty",
    "The distance from the anchor is not squared.",
)
def _(model: nn.Module, anchor: Weights, fisher: Weights) -> Any:
    return terms(model, anchor, lambda name, d: fisher[name] * d.abs())


@ENTRIES.add(
    "ewc-pulls-to-zero",
    "ewc_penalty",
    "You leave the anchor out and pull the weights towards zero.",
)
def _(model: nn.Module, anchor: Weights, fisher: Weights) -> Any:
    return terms(model, anchor, lambda name, d: fisher[name] * (d + anchor[name]) ** 2)


@ENTRIES.add(
    "ewc-compared-with-itself",
    "ewc_penalty",
    "You compare theta with itself, so the penalty is always zero.",
)
def _(model: nn.Module, anchor: Weights, fisher: Weights) -> Any:
    return right(model, {n: p.detach() for n, p in model.named_parameters()}, fisher)


@ENTRIES.add(
    "ewc-mean-over-entries",
    "ewc_penalty",
    "You take means over entries. With them, a layer counts less the larger it is; sum them.",
)
def _(model: nn.Module, anchor: Weights, fisher: Weights) -> Any:
    return terms(model, anchor, lambda name, d: fisher[name] * d**2 / d.numel())


@ENTRIES.add(
    "ewc-without-biases",
    "ewc_penalty",
    "You leave the biases out. They have importances too.",
)
def _(model: nn.Module, anchor: Weights, fisher: Weights) -> Any:
    return terms(model, anchor, lambda name, d: fisher[name] * d**2 * name.endswith("weight"))


@ENTRIES.add(
    "ewc-without-gradient",
    "ewc_penalty",
    "The value is right, but it has no gradient, so it cannot pull the weights. Detach the anchor "
    "and the Fisher, never the model's parameters.",
)
def _(model: nn.Module, anchor: Weights, fisher: Weights) -> Any:
    return right(model, anchor, fisher).detach()


@ENTRIES.add(
    "ewc-as-number",
    "ewc_penalty",
    "You turn the penalty into a plain number with `.item()` or `float()`. It must stay a tensor.",
)
def _(model: nn.Module, anchor: Weights, fisher: Weights) -> Any:
    return right(model, anchor, fisher).item()


@ENTRIES.add(
    "ewc-last-parameter-only",
    "ewc_penalty",
    "Only one parameter counts: in the loop you replace the total, or return, in place of adding.",
)
def _(model: nn.Module, anchor: Weights, fisher: Weights) -> Any:
    last = list(anchor)[-1]
    return terms(model, anchor, lambda name, d: fisher[name] * d**2 * (name == last))


@ENTRIES.add(
    "ewc-vector",
    "ewc_penalty",
    "You return one number for each parameter. Add them up: a scalar is asked for.",
)
def _(model: nn.Module, anchor: Weights, fisher: Weights) -> Any:
    own = dict(model.named_parameters())
    return torch.stack([(fisher[n] * (p - anchor[n]) ** 2).sum() / 2 for n, p in own.items()])


@ENTRIES.add(
    "ewc-fisher-changed",
    "ewc_penalty",
    "You write into the Fisher or the anchor. They belong to whoever called.",
)
def _(model: nn.Module, anchor: Weights, fisher: Weights) -> Any:
    value = right(model, anchor, {n: f.clone() for n, f in fisher.items()})
    for f in fisher.values():
        f.mul_(0.5)
    return value
