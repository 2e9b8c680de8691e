"""Wrong answers for `l2_penalty` that are about its gradient, its kind or its side effects."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from autograder.misconceptions.entry import Entries
from autograder.misconceptions.misconceptions_03_penalty import Anchor, differences, squares

ENTRIES = Entries()


@ENTRIES.add(
    "penalty-without-gradient",
    "l2_penalty",
    "The value is right, but it has no gradient: it was computed from detached parameters, under "
    "`no_grad`, or made into a new tensor. Without a gradient it pulls nothing.",
)
def _(model: nn.Module, anchor: Anchor) -> Tensor:
    return squares(model, anchor).detach() / 2


@ENTRIES.also("penalty-without-gradient")
def _(model: nn.Module, anchor: Anchor) -> Tensor:
    return (squares(model, anchor) / 2).detach().requires_grad_()


@ENTRIES.also("penalty-without-gradient")
def _(model: nn.Module, anchor: Anchor) -> Tensor:
    return torch.tensor(float(squares(model, anchor)) / 2, requires_grad=True)


@ENTRIES.also("penalty-without-gradient")
def _(model: nn.Module, anchor: Anchor) -> Tensor:
    return torch.tensor(float(squares(model, anchor)) / 2)


@ENTRIES.add(
    "half-of-the-gradient",
    "l2_penalty",
    "The value is right, but one of the two factors of the square is detached, so the gradient is "
    "only half of what it should be. Square the difference as it is.",
)
def _(model: nn.Module, anchor: Anchor) -> Tensor:
    return torch.stack([(d * d.detach()).sum() for d in differences(model, anchor)]).sum() / 2


@ENTRIES.add(
    "penalty-as-a-float",
    "l2_penalty",
    "You return a plain number: `.item()` cuts it off from the parameters, and no gradient comes "
    "back. Return the tensor.",
)
def _(model: nn.Module, anchor: Anchor) -> float:
    return squares(model, anchor).item() / 2


@ENTRIES.add(
    "backward-inside",
    "l2_penalty",
    "You call `backward` within the penalty. That uses its gradient up and leaves it in `.grad`. "
    "Return the tensor; whoever asked for it will differentiate it.",
)
def _(model: nn.Module, anchor: Anchor) -> Tensor:
    total = squares(model, anchor) / 2
    total.backward()
    return total


@ENTRIES.also("backward-inside")
def _(model: nn.Module, anchor: Anchor) -> Tensor:
    total = squares(model, anchor) / 2
    total.backward(retain_graph=True)
    return total


@ENTRIES.add(
    "penalty-clears-gradients",
    "l2_penalty",
    "You clear the model's gradients within the penalty. Whoever makes the step does that; here "
    "something may be lost that is still needed.",
)
def _(model: nn.Module, anchor: Anchor) -> Tensor:
    model.zero_grad()
    return squares(model, anchor) / 2


@ENTRIES.add(
    "penalty-sets-the-mode",
    "l2_penalty",
    "You switch the model's mode (`eval()` or `train()`) and leave it so. The penalty only looks "
    "at the parameters, which are the same in either mode.",
)
def _(model: nn.Module, anchor: Anchor) -> Tensor:
    return squares(model.eval(), anchor) / 2


@ENTRIES.also("penalty-sets-the-mode")
def _(model: nn.Module, anchor: Anchor) -> Tensor:
    return squares(model.train(), anchor) / 2


@ENTRIES.add(
    "penalty-freezes-the-model",
    "l2_penalty",
    "You switch `requires_grad` of the model's own parameters off. Then no gradient reaches them, "
    "and they can no longer be trained.",
)
def _(model: nn.Module, anchor: Anchor) -> Tensor:
    total = squares(model, anchor) / 2
    model.requires_grad_(False)
    return total


@ENTRIES.also("penalty-freezes-the-model")
def _(model: nn.Module, anchor: Anchor) -> Tensor:
    return squares(model.requires_grad_(False), anchor) / 2


@ENTRIES.add(
    "vector-of-one-entry",
    "l2_penalty",
    "Your result has the shape (1,). A scalar has no dimension at all: start the sum from 0, not "
    "from `torch.zeros(1)`.",
)
def _(model: nn.Module, anchor: Anchor) -> Tensor:
    return (torch.zeros(1) + squares(model, anchor)) / 2


@ENTRIES.add(
    "one-number-per-parameter",
    "l2_penalty",
    "You return one number for each parameter tensor. Add them up to a single one.",
)
def _(model: nn.Module, anchor: Anchor) -> Tensor:
    return torch.stack([(d**2).sum() for d in differences(model, anchor)]) / 2


@ENTRIES.also("one-number-per-parameter")
def _(model: nn.Module, anchor: Anchor) -> list[Tensor]:
    return list((torch.stack([(d**2).sum() for d in differences(model, anchor)]) / 2).unbind())


@ENTRIES.also("one-number-per-parameter")
def _(model: nn.Module, anchor: Anchor) -> dict[str, Tensor]:
    return {name: ((p - anchor[name]) ** 2).sum() for name, p in model.named_parameters()}


@ENTRIES.add(
    "summed-in-float32",
    "l2_penalty",
    "You add the parts up in a float32 tensor, whatever dtype the parameters have. Start from a "
    "plain 0, or from a tensor of their dtype.",
)
def _(model: nn.Module, anchor: Anchor) -> Tensor:
    return squares(model, anchor).float() / 2


@ENTRIES.add(
    "anchor-overwritten",
    "l2_penalty",
    "You compute the difference in place, inside the anchor's own tensors. The next call then "
    "measures from another place. Make new tensors.",
)
def _(model: nn.Module, anchor: Anchor) -> Tensor:
    parts = [(anchor[name].sub_(p) ** 2).sum() for name, p in model.named_parameters()]
    return torch.stack(parts).sum() / 2


@ENTRIES.also("anchor-overwritten")
def _(model: nn.Module, anchor: Anchor) -> Tensor:
    total = squares(model, anchor) / 2
    for name, parameter in model.named_parameters():
        anchor[name] = parameter.detach().clone()
    return total


@ENTRIES.add(
    "parameters-overwritten",
    "l2_penalty",
    "You subtract the anchor in place, inside the model's own parameters. Measuring the distance "
    "must not move the model: make new tensors.",
)
def _(model: nn.Module, anchor: Anchor) -> Tensor:
    for name, parameter in model.named_parameters():
        parameter.data -= anchor[name]
    return torch.stack([(p**2).sum() for p in model.parameters()]).sum() / 2


@ENTRIES.add(
    "anchor-used-up",
    "l2_penalty",
    "You take the entries out of the anchor while you use them, so that it is empty afterwards. It "
    "belongs to whoever called you: look things up in it only.",
)
def _(model: nn.Module, anchor: Anchor) -> Tensor:
    parts = [((p - anchor.pop(name)) ** 2).sum() for name, p in model.named_parameters()]
    return torch.stack(parts).sum() / 2
