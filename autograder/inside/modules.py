"""Models and optimizers as plain data: how they are built, and what changes in them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn, optim

from course.models import MLP

from .wire import WireError, same_values

ARGUMENTS: dict[type[nn.Module], tuple[str, ...]] = {
    nn.Linear: ("in_features", "out_features"),
    nn.Dropout: ("p",),
    nn.ReLU: (),
    nn.LeakyReLU: ("negative_slope",),
    nn.ELU: ("alpha",),
    nn.GELU: (),
    nn.SiLU: (),
    nn.Softplus: ("beta",),
    nn.Tanh: (),
    nn.Sigmoid: (),
    nn.Identity: (),
    nn.Flatten: (),
}
LAYERS = {layer.__name__: layer for layer in ARGUMENTS}
OPTIMIZERS = {cls.__name__: cls for cls in (optim.SGD, optim.Adam, optim.AdamW, optim.RMSprop)}
MLP_ARGUMENTS = ("input_size", "hidden", "num_outputs", "num_heads", "dropout")
MAX_PARAMETERS = 5_000_000
MAX_LAYERS = 200
MAX_GROUPS = 100


def describe(module: nn.Module) -> dict[str, Any]:
    """What is needed to build an equal module; raises ``WireError`` for an unknown kind."""
    if type(module) is MLP:
        return {"class": "MLP", "config": module.config}
    if type(module) is nn.Sequential:
        children = [[name, describe(child)] for name, child in module.named_children()]
        return {"class": "Sequential", "children": children}
    if type(module) not in ARGUMENTS:
        raise WireError(f"a model may hold Linear, activations and Dropout, not {type(module)}")
    spec = {name: getattr(module, name) for name in ARGUMENTS[type(module)]}
    if isinstance(module, nn.Linear):
        spec["bias"] = module.bias is not None
    return {"class": type(module).__name__, "config": spec}


def crosses(module: nn.Module) -> bool:
    """Whether ``describe`` knows its kind."""
    try:
        describe(module)
    except WireError:
        return False
    return True


def build(spec: Any) -> nn.Module:
    """The module that ``describe`` described, on the CPU, weights not yet set."""
    try:
        if _layers(spec) > MAX_LAYERS:
            raise WireError("a model of too many layers")
        with torch.device("meta"):  # a lie about the size costs no memory
            module = _build(spec)
        if sum(p.numel() for p in module.parameters()) > MAX_PARAMETERS:
            raise WireError("a model that is too large")
        return module.to_empty(device="cpu")
    except WireError:
        raise
    except Exception as error:  # noqa: BLE001 - however torch puts it, it is not one of ours
        raise WireError(f"a model that cannot be built: {type(error).__name__}") from None


def _layers(spec: dict[str, Any]) -> int:
    """How many layers are asked for: even one without weights takes memory and time."""
    if spec["class"] == "Sequential":
        return 1 + sum(_layers(child) for _, child in spec["children"])
    if spec["class"] == "MLP":
        return 3 * len(spec["config"]["hidden"]) + int(spec["config"]["num_heads"])
    return 1


def _build(spec: dict[str, Any]) -> nn.Module:
    if spec["class"] == "Sequential":
        module = nn.Sequential()
        for name, child in spec["children"]:
            module.add_module(name, _build(child))
        return module
    if spec["class"] == "MLP":
        return MLP(**_config(spec, MLP_ARGUMENTS))
    layer = LAYERS[spec["class"]]
    more = ("bias",) if layer is nn.Linear else ()
    return layer(**_config(spec, ARGUMENTS[layer] + more))


def _config(spec: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    """A layer's arguments, if they are these and numbers: no device, and nothing of vast size."""
    config: dict[str, Any] = spec["config"]
    numbers = [n for v in config.values() for n in (v if isinstance(v, list) else [v])]
    known = all(
        isinstance(n, float) or (isinstance(n, int) and n <= MAX_PARAMETERS) for n in numbers
    )
    if set(config) != set(names) or not known:
        raise WireError("a layer with arguments that it does not have")
    return config


def module_state(module: nn.Module) -> dict[str, Any]:
    """Weights, gradients, modes: all that can change. Plain containers around tensors."""
    parameters = dict(module.named_parameters())
    return {
        "weights": {name: p.detach().clone() for name, p in parameters.items()},
        "grads": {n: p.grad.detach().clone() for n, p in parameters.items() if p.grad is not None},
        "frozen": [name for name, p in parameters.items() if not p.requires_grad],
        "training": [name for name, m in module.named_modules() if m.training],
    }


def set_module_state(module: nn.Module, state: Any) -> None:
    """Puts a state from ``module_state`` into ``module``, in place."""
    weights, grads = state["weights"], state["grads"]
    for name, parameter in module.named_parameters():
        weight = _fitting(weights.get(name), parameter)
        if weight.dtype != parameter.dtype:
            parameter.data = parameter.data.to(weight.dtype)
        if not same_values(weight, parameter.detach()):  # a graph may depend on what is there
            with torch.no_grad():
                parameter.copy_(weight)
        parameter.grad = _fitting(grads[name], parameter).clone() if name in grads else None
        parameter.requires_grad_(name not in state["frozen"])
    for name, child in module.named_modules():
        child.training = name in state["training"]


def _fitting(tensor: Any, parameter: Tensor) -> Tensor:
    if not isinstance(tensor, Tensor) or tensor.shape != parameter.shape:
        raise WireError("weights that do not fit their model")
    return tensor


def describe_optimizer(optimizer: optim.Optimizer, names: dict[int, list[Any]]) -> dict[str, Any]:
    """``names`` gives each parameter's ``[module id, name]`` by the parameter's ``id``."""
    if type(optimizer).__name__ not in OPTIMIZERS:
        raise WireError(f"an optimizer of an unknown kind: {type(optimizer)}")
    groups = []
    for group in optimizer.param_groups:
        settings = {key: value for key, value in group.items() if key != "params"}
        if any(id(p) not in names for p in group["params"]):
            raise WireError("an optimizer of parameters that belong to no model that crossed")
        groups.append({"params": [names[id(p)] for p in group["params"]], "settings": settings})
    return {"class": type(optimizer).__name__, "groups": groups}


def build_optimizer(spec: Any, model: Callable[[Any], Any]) -> optim.Optimizer:
    """The optimizer that ``describe_optimizer`` described; ``model`` gives a module by number."""
    if len(spec["groups"]) > MAX_GROUPS:
        raise WireError("an optimizer of too many groups")
    groups = []
    for group in spec["groups"]:
        settings = {
            key: tuple(value) if isinstance(value, list) else value
            for key, value in group["settings"].items()
        }
        parameters = [model(number).get_parameter(name) for number, name in group["params"]]
        groups.append({**settings, "params": parameters})
    return OPTIMIZERS[spec["class"]](groups)


def optimizer_state(optimizer: optim.Optimizer) -> list[Any]:
    """The running state (momentum, ...) of each parameter in turn."""
    return [
        {
            key: value.detach().clone() if isinstance(value, Tensor) else value
            for key, value in optimizer.state.get(parameter, {}).items()
        }
        for group in optimizer.param_groups
        for parameter in group["params"]
    ]


def set_optimizer_state(optimizer: optim.Optimizer, state: Any) -> None:
    """Puts a state from ``optimizer_state`` into ``optimizer``."""
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    for parameter, values in zip(parameters, state, strict=True):
        for value in values.values():
            if isinstance(value, Tensor) and value.shape not in (parameter.shape, ()):
                raise WireError("an optimizer's state that does not fit its parameters")
        optimizer.state[parameter] = dict(values)
