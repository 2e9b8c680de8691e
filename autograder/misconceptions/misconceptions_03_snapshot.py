"""Wrong answers for `snapshot`."""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils import parameters_to_vector

from autograder.misconceptions.entry import Entries

ENTRIES = Entries()


def snapshot(model: nn.Module) -> dict[str, Tensor]:
    """The right answer, for mistakes that lie around it."""
    return {name: p.detach().clone() for name, p in model.named_parameters()}


@ENTRIES.add(
    "parameters-themselves",
    "snapshot",
    "Your dict holds the parameters themselves. When the model is trained, they change, and the "
    "snapshot with them. Copy their values, without the gradients.",
)
def _(model: nn.Module) -> dict[str, Tensor]:
    return dict(model.named_parameters())


@ENTRIES.add(
    "detached-but-not-copied",
    "snapshot",
    "`detach`, `.data` and `state_dict()` give tensors that lie in the same memory as the "
    "parameters. When the model is trained, your snapshot follows it. Copy the values.",
)
def _(model: nn.Module) -> dict[str, Tensor]:
    return {name: p.detach() for name, p in model.named_parameters()}


@ENTRIES.add(
    "copied-but-not-detached",
    "snapshot",
    "Your copies still require gradients. A snapshot is a place to remember, nothing that is "
    "trained: leave the gradient history behind when you copy.",
)
def _(model: nn.Module) -> dict[str, Tensor]:
    return {name: p.clone() for name, p in model.named_parameters()}


@ENTRIES.add(
    "whole-model-copied",
    "snapshot",
    "You return a copy of the whole model. Asked for is a dict with a tensor for each parameter, "
    "under the parameter's name.",
)
def _(model: nn.Module) -> nn.Module:
    return copy.deepcopy(model)


@ENTRIES.add(
    "list-instead-of-dict",
    "snapshot",
    "You return the tensors without their names. Put each under its name in "
    "`model.named_parameters()`, so that whoever uses it need not rely on an order.",
)
def _(model: nn.Module) -> list[Tensor]:
    return list(snapshot(model).values())


@ENTRIES.add(
    "pairs-instead-of-dict",
    "snapshot",
    "You return a list of pairs (name, tensor). Make a dict of them.",
)
def _(model: nn.Module) -> list[tuple[str, Tensor]]:
    return list(snapshot(model).items())


@ENTRIES.add(
    "one-long-vector",
    "snapshot",
    "You return all parameters in one vector. Asked for is a dict with a tensor for each, of the "
    "parameter's own shape, under its name.",
)
def _(model: nn.Module) -> Tensor:
    return parameters_to_vector(model.parameters()).detach()


@ENTRIES.add(
    "flattened-copies",
    "snapshot",
    "Your copies are flat vectors. Each should have the shape of its parameter.",
)
def _(model: nn.Module) -> dict[str, Tensor]:
    return {name: tensor.flatten() for name, tensor in snapshot(model).items()}


@ENTRIES.add(
    "keyed-by-position",
    "snapshot",
    "You number the parameters. Use the names that `model.named_parameters()` gives.",
)
def _(model: nn.Module) -> dict[int, Tensor]:
    return dict(enumerate(snapshot(model).values()))


@ENTRIES.add(
    "last-part-of-the-name",
    "snapshot",
    "You keep only the last part of each name, so that the weights of all layers end up under one "
    "name and only those of the last layer are left. Use the whole name.",
)
def _(model: nn.Module) -> dict[str, Tensor]:
    return {name.rpartition(".")[2]: tensor for name, tensor in snapshot(model).items()}


@ENTRIES.add(
    "snapshot-without-biases",
    "snapshot",
    "Your snapshot holds the weights, but not the biases. They are parameters too.",
)
def _(model: nn.Module) -> dict[str, Tensor]:
    return {name: tensor for name, tensor in snapshot(model).items() if "weight" in name}


@ENTRIES.add(
    "numpy-arrays",
    "snapshot",
    "You return numpy arrays. Keep torch tensors: they stay on the model's device and are ready to "
    "be compared with the parameters.",
)
def _(model: nn.Module) -> dict[str, Any]:
    return {name: tensor.numpy() for name, tensor in snapshot(model).items()}


@ENTRIES.add(
    "copied-as-float32",
    "snapshot",
    "Your copies are float32 whatever the parameters are. Keep their dtype: `clone` does.",
)
def _(model: nn.Module) -> dict[str, Tensor]:
    return {name: torch.tensor(p.tolist()) for name, p in model.named_parameters()}


@ENTRIES.add(
    "empty-copies",
    "snapshot",
    "Your tensors have the right names and shapes, but nothing was copied into them: they hold "
    "zeros.",
)
def _(model: nn.Module) -> dict[str, Tensor]:
    return {name: torch.zeros_like(tensor) for name, tensor in snapshot(model).items()}


@ENTRIES.add(
    "gradients-instead-of-values",
    "snapshot",
    "You copy the gradients. What is to be remembered are the values of the parameters.",
)
def _(model: nn.Module) -> dict[str, Tensor | None]:
    return {n: None if p.grad is None else p.grad.clone() for n, p in model.named_parameters()}


@ENTRIES.add(
    "model-frozen",
    "snapshot",
    "After your function the model can no longer be trained: `requires_grad` of its own parameters "
    "was switched off. Detach the copies, not the parameters.",
)
def _(model: nn.Module) -> dict[str, Tensor]:
    return {name: p.requires_grad_(False).clone() for name, p in model.named_parameters()}


@ENTRIES.add(
    "left-in-evaluation-mode",
    "snapshot",
    "You switch the model to evaluation mode and leave it there. A snapshot leaves the model as "
    "it is; the mode makes no difference to the parameters.",
)
def _(model: nn.Module) -> dict[str, Tensor]:
    return snapshot(model.eval())
