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
    "You weigh a whole layer by one number, the mean or the sum of its importances. Each entry has "
    "one of its own.",
)
def _(model: nn.Module, anchor: Weights, fisher: Weights) -> Any:
    return terms(model, anchor, lambda name, d: fisher[name].mean() * d**2)


@ENTRIES.also("fisher-averaged-in-penalty")
def _(model: nn.Module, anchor: Weights, fisher: Weights) -> Any:
    return terms(model, anchor, lambda name, d: fisher[name].sum() * d**2)


@ENTRIES.also("fisher-averaged-in-penalty")
def _(model: nn.Module, anchor: Weights, fisher: Weights) -> Any:
    return terms(model, anchor, lambda name, d: fisher[name].mean(dim=0) * d**2)


@ENTRIES.add(
    "fisher-divides",
    "ewc_penalty",
    "You divide by the Fisher. Important weights should be held harder: multiply.",
)
def _(model: nn.Module, anchor: Weights, fisher: Weights) -> Any:
    return terms(model, anchor, lambda name, d: d**2 / (fisher[name] + 1e-8))


@ENTRIES.also("fisher-divides")
def _(model: nn.Module, anchor: Weights, fisher: Weights) -> Any:
    return terms(model, anchor, lambda name, d: d**2 / (fisher[name] + 1e-3))


@ENTRIES.also("fisher-divides")
def _(model: nn.Module, anchor: Weights, fisher: Weights) -> Any:
    return terms(model, anchor, lambda name, d: d**2 / fisher[name])


@ENTRIES.add(
    "ewc-distance-not-squared",
    "ewc_penalty",
    "The distance from the anchor is not squared.",
)
def _(model: nn.Module, anchor: Weights, fisher: Weights) -> Any:
    return terms(model, anchor, lambda name, d: fisher[name] * d.abs())


@ENTRIES.also("ewc-distance-not-squared")
def _(model: nn.Module, anchor: Weights, fisher: Weights) -> Any:
    return terms(model, anchor, lambda name, d: fisher[name] * d)


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
    "You take a mean, over entries or over parameters. The larger a layer or the network, the less "
    "each entry then counts: sum them.",
)
def _(model: nn.Module, anchor: Weights, fisher: Weights) -> Any:
    return terms(model, anchor, lambda name, d: fisher[name] * d**2 / d.numel())


@ENTRIES.also("ewc-mean-over-entries")
def _(model: nn.Module, anchor: Weights, fisher: Weights) -> Any:
    return right(model, anchor, fisher) / sum(p.numel() for p in model.parameters())


@ENTRIES.also("ewc-mean-over-entries")
def _(model: nn.Module, anchor: Weights, fisher: Weights) -> Any:
    return right(model, anchor, fisher) / len(list(model.parameters()))


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


@ENTRIES.also("ewc-without-gradient")
def _(model: nn.Module, anchor: Weights, fisher: Weights) -> Any:
    return right(model, anchor, fisher).detach().requires_grad_()


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


@ENTRIES.also("ewc-last-parameter-only")
def _(model: nn.Module, anchor: Weights, fisher: Weights) -> Any:
    name, p = next(model.named_parameters())
    return (fisher[name] * (p - anchor[name]) ** 2).sum() / 2


@ENTRIES.add(
    "ewc-vector",
    "ewc_penalty",
    "You return one number for each parameter. Add them up: a scalar is asked for.",
)
def _(model: nn.Module, anchor: Weights, fisher: Weights) -> Any:
    own = dict(model.named_parameters())
    return torch.stack([(fisher[n] * (p - anchor[n]) ** 2).sum() / 2 for n, p in own.items()])


@ENTRIES.also("ewc-vector")
def _(model: nn.Module, anchor: Weights, fisher: Weights) -> Any:
    own = model.named_parameters()
    return [(fisher[n] * (p - anchor[n]) ** 2).sum() for n, p in own]


@ENTRIES.also("ewc-vector")
def _(model: nn.Module, anchor: Weights, fisher: Weights) -> Any:
    own = model.named_parameters()
    return {n: (fisher[n] * (p - anchor[n]) ** 2).sum() for n, p in own}


@ENTRIES.add(
    "ewc-fisher-changed",
    "ewc_penalty",
    "You write into the Fisher or the anchor, or take entries out. They belong to whoever called.",
)
def _(model: nn.Module, anchor: Weights, fisher: Weights) -> Any:
    value = right(model, anchor, {n: f.clone() for n, f in fisher.items()})
    for f in fisher.values():
        f.mul_(0.5)
    return value


@ENTRIES.also("ewc-fisher-changed")
def _(model: nn.Module, anchor: Weights, fisher: Weights) -> Any:
    value = right(model, {n: a.clone() for n, a in anchor.items()}, fisher)
    for a in anchor.values():
        a.zero_()
    return value


@ENTRIES.add(
    "ewc-half-twice",
    "ewc_penalty",
    "Your penalty is half of the right one: the half is there twice.",
)
def _(model: nn.Module, anchor: Weights, fisher: Weights) -> Any:
    return right(model, anchor, fisher) / 2


@ENTRIES.add(
    "ewc-wrong-sign",
    "ewc_penalty",
    "Your penalty is negative, so it pushes the weights away from the anchor.",
)
def _(model: nn.Module, anchor: Weights, fisher: Weights) -> Any:
    return -right(model, anchor, fisher)


@ENTRIES.add(
    "ewc-rooted",
    "ewc_penalty",
    "You take the root of the sum, as a norm does. The squared distance itself is asked for.",
)
def _(model: nn.Module, anchor: Weights, fisher: Weights) -> Any:
    return (2 * right(model, anchor, fisher)).sqrt() / 2


@ENTRIES.also("ewc-rooted")
def _(model: nn.Module, anchor: Weights, fisher: Weights) -> Any:
    return (2 * right(model, anchor, fisher)).sqrt()


@ENTRIES.also("ewc-rooted")
def _(model: nn.Module, anchor: Weights, fisher: Weights) -> Any:
    return right(model, anchor, fisher).sqrt()


@ENTRIES.also("ewc-rooted")
def _(model: nn.Module, anchor: Weights, fisher: Weights) -> Any:
    own = model.named_parameters()
    return sum(((fisher[n] * (p - anchor[n]) ** 2).sum().sqrt() for n, p in own)) / 2


@ENTRIES.add(
    "ewc-summed-before-squaring",
    "ewc_penalty",
    "You add up distances before squaring, so that they cancel. Square each entry's own first.",
)
def _(model: nn.Module, anchor: Weights, fisher: Weights) -> Any:
    own = model.named_parameters()
    return sum(((fisher[n].sqrt() * (p - anchor[n])).sum() ** 2 for n, p in own)) / 2


@ENTRIES.also("ewc-summed-before-squaring")
def _(model: nn.Module, anchor: Weights, fisher: Weights) -> Any:
    own = model.named_parameters()
    return sum(((fisher[n] * (p - anchor[n])).sum() ** 2 for n, p in own)) / 2


@ENTRIES.add(
    "ewc-difference-of-squares",
    "ewc_penalty",
    "You square theta and the anchor, then subtract. Subtract first, then square.",
)
def _(model: nn.Module, anchor: Weights, fisher: Weights) -> Any:
    own = model.named_parameters()
    return sum(((fisher[n] * (p**2 - anchor[n] ** 2)).sum() for n, p in own)) / 2


@ENTRIES.add(
    "fisher-scaled-in-penalty",
    "ewc_penalty",
    "You scale or clip the Fisher. It weighs the squared distance as it is.",
)
def _(model: nn.Module, anchor: Weights, fisher: Weights) -> Any:
    return terms(model, anchor, lambda name, d: fisher[name] / fisher[name].max() * d**2)


@ENTRIES.also("fisher-scaled-in-penalty")
def _(model: nn.Module, anchor: Weights, fisher: Weights) -> Any:
    largest = max(f.max() for f in fisher.values())
    return right(model, anchor, fisher) / largest


@ENTRIES.also("fisher-scaled-in-penalty")
def _(model: nn.Module, anchor: Weights, fisher: Weights) -> Any:
    return terms(model, anchor, lambda name, d: fisher[name].clamp(max=1) * d**2)


@ENTRIES.add(
    "ewc-by-order-not-by-name",
    "ewc_penalty",
    "You pair parameters, anchor and Fisher in the order in which they come. Look them up by name: "
    "a dict may come in any order.",
)
def _(model: nn.Module, anchor: Weights, fisher: Weights) -> Any:
    threes = zip(model.parameters(), anchor.values(), fisher.values(), strict=True)
    return sum(((f * (p - a) ** 2).sum() for p, a, f in threes)) / 2


@ENTRIES.also("ewc-by-order-not-by-name")
def _(model: nn.Module, anchor: Weights, fisher: Weights) -> Any:
    every = (model.parameters(), anchor.values(), fisher.values())
    theta, star, weights = (torch.cat([t.flatten() for t in tensors]) for tensors in every)
    return weights @ (theta - star) ** 2 / 2


@ENTRIES.add(
    "ewc-backward-inside",
    "ewc_penalty",
    "You call `backward` yourself, which writes to `.grad`. Return the penalty; whoever trains "
    "differentiates it, together with the loss.",
)
def _(model: nn.Module, anchor: Weights, fisher: Weights) -> Any:
    value = right(model, anchor, fisher)
    value.backward(retain_graph=True)
    return value


@ENTRIES.also("ewc-backward-inside")
def _(model: nn.Module, anchor: Weights, fisher: Weights) -> Any:
    value = right(model, anchor, fisher)
    value.backward()
    return value


@ENTRIES.add(
    "ewc-in-float32",
    "ewc_penalty",
    "Your penalty is float32 whatever the model is. Let it have the dtype of the parameters.",
)
def _(model: nn.Module, anchor: Weights, fisher: Weights) -> Any:
    return right(model, anchor, fisher).float()
