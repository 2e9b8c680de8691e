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
    "names-of-its-own",
    "snapshot",
    "You number the parameters, or change their names. Use the names that "
    "`model.named_parameters()` gives, as they are.",
)
def _(model: nn.Module) -> dict[int, Tensor]:
    return dict(enumerate(snapshot(model).values()))


@ENTRIES.also("names-of-its-own")
def _(model: nn.Module) -> dict[str, Tensor]:
    return {f"anchor {name}": tensor for name, tensor in snapshot(model).items()}


@ENTRIES.add(
    "part-of-the-name",
    "snapshot",
    "You keep only a part of each name, so that several parameters end up under one name and only "
    "the last of them is left. Use the whole name.",
)
def _(model: nn.Module) -> dict[str, Tensor]:
    return {name.rpartition(".")[2]: tensor for name, tensor in snapshot(model).items()}


@ENTRIES.also("part-of-the-name")
def _(model: nn.Module) -> dict[str, Tensor]:
    return {name.partition(".")[0]: tensor for name, tensor in snapshot(model).items()}


@ENTRIES.also("part-of-the-name")
def _(model: nn.Module) -> dict[str, Tensor]:
    return {name.rpartition(".")[0]: tensor for name, tensor in snapshot(model).items()}


@ENTRIES.add(
    "snapshot-without-biases",
    "snapshot",
    "Your snapshot holds the weights, but not the biases. They are parameters too.",
)
def _(model: nn.Module) -> dict[str, Tensor]:
    return {name: tensor for name, tensor in snapshot(model).items() if "weight" in name}


@ENTRIES.add(
    "inner-layers-left-out",
    "snapshot",
    "You look only at the parameters that lie at the top of the model, or one level below. Layers "
    "may lie deeper: `model.named_parameters()` finds them all.",
)
def _(model: nn.Module) -> dict[str, Tensor]:
    return {n: p.detach().clone() for n, p in model.named_parameters(recurse=False)}


@ENTRIES.also("inner-layers-left-out")
def _(model: nn.Module) -> dict[str, Tensor]:
    return {name: tensor for name, tensor in snapshot(model).items() if name.count(".") < 2}


@ENTRIES.add(
    "numpy-arrays",
    "snapshot",
    "You return numpy arrays. Keep torch tensors: they stay on the model's device and are ready to "
    "be compared with the parameters.",
)
def _(model: nn.Module) -> dict[str, Any]:
    return {name: tensor.numpy() for name, tensor in snapshot(model).items()}


@ENTRIES.add(
    "lists-of-numbers",
    "snapshot",
    "You keep lists of plain numbers. Keep torch tensors, which can be compared with the "
    "parameters at once.",
)
def _(model: nn.Module) -> dict[str, Any]:
    return {name: tensor.tolist() for name, tensor in snapshot(model).items()}


@ENTRIES.add(
    "copied-as-float32",
    "snapshot",
    "Your copies have one dtype, such as float32, whatever the parameters have. Keep theirs: "
    "`clone` does.",
)
def _(model: nn.Module) -> dict[str, Tensor]:
    return {name: torch.tensor(p.tolist()) for name, p in model.named_parameters()}


@ENTRIES.also("copied-as-float32")
def _(model: nn.Module) -> dict[str, Tensor]:
    return {name: tensor.double() for name, tensor in snapshot(model).items()}


@ENTRIES.also("copied-as-float32")
def _(model: nn.Module) -> dict[str, Tensor]:
    return {name: tensor.half() for name, tensor in snapshot(model).items()}


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


@ENTRIES.also("gradients-instead-of-values")
def _(model: nn.Module) -> dict[str, Tensor]:
    gradients = [p.grad.detach() for p in model.parameters()]  # type: ignore[union-attr]
    return {n: g.clone() for (n, _), g in zip(model.named_parameters(), gradients, strict=True)}


@ENTRIES.also("gradients-instead-of-values")
def _(model: nn.Module) -> dict[str, Tensor]:
    zeros = {name: torch.zeros_like(p) for name, p in model.named_parameters()}
    gradients = {name: p.grad for name, p in model.named_parameters() if p.grad is not None}
    return zeros | {name: gradient.clone() for name, gradient in gradients.items()}


@ENTRIES.add(
    "snapshot-clears-gradients",
    "snapshot",
    "You clear the model's gradients. Whoever trains the model may still need them: a snapshot "
    "only looks at the values of the parameters.",
)
def _(model: nn.Module) -> dict[str, Tensor]:
    model.zero_grad()
    return snapshot(model)


ONE_FOR_ALL: dict[str, Tensor] = {}
GROWING: dict[str, Tensor] = {}


@ENTRIES.add(
    "one-dict-for-all-snapshots",
    "snapshot",
    "You keep the dict from one call to the next, as a default argument, a global or a cache does. "
    "So an old and a new snapshot are one and the same. Make a new dict in every call.",
)
def _(model: nn.Module) -> dict[str, Tensor]:
    ONE_FOR_ALL.clear()
    ONE_FOR_ALL.update(snapshot(model))
    return ONE_FOR_ALL


@ENTRIES.also("one-dict-for-all-snapshots")
def _(model: nn.Module) -> dict[str, Tensor]:
    GROWING.update(snapshot(model))
    return GROWING


@ENTRIES.also("one-dict-for-all-snapshots")
def _(model: nn.Module) -> dict[str, Tensor]:
    taken: dict[str, Tensor] = model.__dict__.setdefault("taken", snapshot(model))
    return taken


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
    "You switch the model's mode (`eval()` or `train()`) and leave it so. A snapshot leaves the "
    "model as it is; the mode makes no difference to the parameters.",
)
def _(model: nn.Module) -> dict[str, Tensor]:
    return snapshot(model.eval())


@ENTRIES.also("left-in-evaluation-mode")
def _(model: nn.Module) -> dict[str, Tensor]:
    return snapshot(model.train())
