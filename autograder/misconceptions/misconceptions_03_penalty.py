"""Wrong answers for `l2_penalty` whose value is another."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

from autograder.misconceptions.entry import Entries

ENTRIES = Entries()
Anchor = dict[str, Tensor]
Penalty = Callable[[nn.Module, Anchor], Tensor]


def differences(model: nn.Module, anchor: Anchor) -> Iterator[Tensor]:
    """How far each parameter is from the anchor."""
    return (p - anchor[name] for name, p in model.named_parameters())


def squares(model: nn.Module, anchor: Anchor) -> Tensor:
    """The sum of all squared differences: twice the right answer."""
    return torch.stack([(d**2).sum() for d in differences(model, anchor)]).sum()


@ENTRIES.add(
    "pulled-to-zero",
    "l2_penalty",
    "You square the parameters themselves, as weight decay does. That pulls them towards zero, and "
    "the old task is forgotten all the same. Square their distance from the anchor.",
)
def _(model: nn.Module, anchor: Anchor) -> Tensor:
    return squares(model, {name: torch.zeros_like(tensor) for name, tensor in anchor.items()}) / 2


@ENTRIES.add(
    "compared-with-itself",
    "l2_penalty",
    "You take the anchor from the model as it is now, so the distance is always zero. Use the "
    "`anchor` that was handed over.",
)
def _(model: nn.Module, anchor: Anchor) -> Tensor:
    return squares(model, {name: p.detach().clone() for name, p in model.named_parameters()}) / 2


@ENTRIES.add(
    "mean-over-all-entries",
    "l2_penalty",
    "You take the mean over all entries. The larger the network, the weaker that pulls; take the "
    "sum.",
)
def _(model: nn.Module, anchor: Anchor) -> Tensor:
    return torch.cat([d.flatten() for d in differences(model, anchor)]).square().mean() / 2


@ENTRIES.add(
    "mean-over-each-tensor",
    "l2_penalty",
    "Of each parameter tensor you take the mean, so that an entry of a large layer counts less "
    "than one of a small layer. Take the sum: every entry counts alike.",
)
def _(model: nn.Module, anchor: Anchor) -> Tensor:
    return torch.stack([(d**2).mean() for d in differences(model, anchor)]).sum() / 2


@ENTRIES.add(
    "no-half",
    "l2_penalty",
    "Your penalty is twice the one asked for: the factor 1/2 is missing. With it the gradient is "
    "just theta - anchor.",
)
def _(model: nn.Module, anchor: Anchor) -> Tensor:
    return squares(model, anchor)


@ENTRIES.add(
    "half-of-each-difference",
    "l2_penalty",
    "You halve the differences before you square them, which makes a quarter of it. Halve the sum "
    "of the squares.",
)
def _(model: nn.Module, anchor: Anchor) -> Tensor:
    return squares(model, anchor) / 4


@ENTRIES.add(
    "norm",
    "l2_penalty",
    "You take the length of the difference, a root. Asked for is half the square of that length, "
    "which pulls the harder the farther the weights are away.",
)
def _(model: nn.Module, anchor: Anchor) -> Tensor:
    return squares(model, anchor).sqrt()


@ENTRIES.add(
    "half-of-the-norm",
    "l2_penalty",
    "You take the root of the sum of the squares before you halve it. Leave the root out.",
)
def _(model: nn.Module, anchor: Anchor) -> Tensor:
    return squares(model, anchor).sqrt() / 2


@ENTRIES.add(
    "sum-of-norms",
    "l2_penalty",
    "You add up the lengths of the differences, one for each tensor. Each length has to be squared "
    "before; half the sum of those squares is what is asked for.",
)
def _(model: nn.Module, anchor: Anchor) -> Tensor:
    return torch.stack([d.norm() for d in differences(model, anchor)]).sum()


@ENTRIES.also("sum-of-norms")
def _(model: nn.Module, anchor: Anchor) -> Tensor:
    return torch.stack([d.norm() / 2 for d in differences(model, anchor)]).sum()


@ENTRIES.add(
    "root-and-square",
    "l2_penalty",
    "You take a root and square it again. At the anchor, where training starts, the root has no "
    "slope, and the gradient is not a number. Leave the root out.",
)
def _(model: nn.Module, anchor: Anchor) -> Tensor:
    return squares(model, anchor).sqrt() ** 2 / 2


@ENTRIES.add(
    "absolute-differences",
    "l2_penalty",
    "You add up absolute differences, as an L1 penalty does. Square them.",
)
def _(model: nn.Module, anchor: Anchor) -> Tensor:
    return torch.stack([d.abs().sum() for d in differences(model, anchor)]).sum() / 2


@ENTRIES.add(
    "square-of-the-sum",
    "l2_penalty",
    "You add up the differences and square the sum, so that positive and negative ones cancel. "
    "Square each first.",
)
def _(model: nn.Module, anchor: Anchor) -> Tensor:
    return torch.stack([d.sum() ** 2 for d in differences(model, anchor)]).sum() / 2


@ENTRIES.also("square-of-the-sum")
def _(model: nn.Module, anchor: Anchor) -> Tensor:
    return torch.cat([d.flatten() for d in differences(model, anchor)]).sum() ** 2 / 2


@ENTRIES.add(
    "anchor-added",
    "l2_penalty",
    "You add the anchor to the parameters. Subtract it: the penalty measures how far apart they "
    "are.",
)
def _(model: nn.Module, anchor: Anchor) -> Tensor:
    return squares(model, {name: -tensor for name, tensor in anchor.items()}) / 2


@ENTRIES.add(
    "negative-penalty",
    "l2_penalty",
    "Your penalty has the wrong sign: it pushes the weights away from the anchor. It is added to "
    "the loss, so it must grow with the distance.",
)
def _(model: nn.Module, anchor: Anchor) -> Tensor:
    return -squares(model, anchor) / 2


@ENTRIES.add(
    "difference-of-squares",
    "l2_penalty",
    "You subtract squares from squares. Take the difference first and then square it.",
)
def _(model: nn.Module, anchor: Anchor) -> Tensor:
    parts = [(p**2 - anchor[name] ** 2).sum() for name, p in model.named_parameters()]
    return torch.stack(parts).sum() / 2


@ENTRIES.add(
    "not-squared",
    "l2_penalty",
    "You add up the differences as they are, so that positive and negative ones cancel. Square "
    "each of them.",
)
def _(model: nn.Module, anchor: Anchor) -> Tensor:
    return torch.stack([d.sum() for d in differences(model, anchor)]).sum() / 2


@ENTRIES.add(
    "biases-left-out",
    "l2_penalty",
    "You leave out the biases. They are parameters too, and moving them changes what the network "
    "says.",
)
def _(model: nn.Module, anchor: Anchor) -> Tensor:
    kept = [p - anchor[n] for n, p in model.named_parameters() if not n.endswith("bias")]
    return torch.stack([(d**2).sum() for d in kept]).sum() / 2


@ENTRIES.add(
    "mean-over-the-parameters",
    "l2_penalty",
    "You divide the sum by the number of parameter tensors. Nothing is averaged here: take the sum "
    "over all of them.",
)
def _(model: nn.Module, anchor: Anchor) -> Tensor:
    return torch.stack([(d**2).sum() for d in differences(model, anchor)]).mean() / 2


@ENTRIES.add(
    "layers-counted-again",
    "l2_penalty",
    "You go through `model.modules()` and take all parameters of each. A module's parameters are "
    "those of its parts too, so they count more than once. Go through the model's alone.",
)
def _(model: nn.Module, anchor: Anchor) -> Tensor:
    names = {p: name for name, p in model.named_parameters()}
    all_of = [p for module in model.modules() for p in module.parameters()]
    return torch.stack([((p - anchor[names[p]]) ** 2).sum() for p in all_of]).sum() / 2


@ENTRIES.add(
    "last-parameter-only",
    "l2_penalty",
    "In your loop each parameter's part replaces that of the one before, so only the last counts. "
    "Add the parts up.",
)
def _(model: nn.Module, anchor: Anchor) -> Tensor:
    return (list(differences(model, anchor))[-1] ** 2).sum() / 2


@ENTRIES.add(
    "first-parameter-only",
    "l2_penalty",
    "You return within the loop, after the first parameter. Go through all of them first.",
)
def _(model: nn.Module, anchor: Anchor) -> Tensor:
    return (next(differences(model, anchor)) ** 2).sum() / 2


@ENTRIES.add(
    "paired-by-position",
    "l2_penalty",
    "You pair parameters and anchor by the order they come in. The anchor is a dict: look each "
    "parameter up by its name, whatever the order.",
)
def _(model: nn.Module, anchor: Anchor) -> Tensor:
    pairs = zip(model.parameters(), anchor.values(), strict=False)
    return torch.stack([((p - tensor) ** 2).sum() for p, tensor in pairs]).sum() / 2


# Some who make one of these mistakes leave the half out besides.
WITHOUT_HALF = (
    "pulled-to-zero",
    "mean-over-all-entries",
    "mean-over-each-tensor",
    "mean-over-the-parameters",
    "absolute-differences",
    "square-of-the-sum",
    "difference-of-squares",
    "not-squared",
    "biases-left-out",
    "last-parameter-only",
    "first-parameter-only",
)


def without_half(wrong: Penalty) -> Penalty:
    return lambda model, anchor: 2 * wrong(model, anchor)


for entry in [entry for entry in ENTRIES if entry.key in WITHOUT_HALF]:
    for form in entry.forms:
        ENTRIES.also(entry.key)(without_half(form))
