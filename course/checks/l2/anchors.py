"""Checks of ``snapshot`` and ``l2_penalty``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from course.checks.expect import RETURN, close, tensor
from course.checks.student import Checks, Function

# What the parameters of `_two_layers` are, by name.
FIRST = {"0.weight": [[1.0, -2.0], [0.5, 3.0]], "0.bias": [0.25, -1.0]}
SECOND = {"2.weight": [[-1.5, 2.0], [4.0, 0.0]], "2.bias": [1.0, 0.75]}
TWO_LAYERS = {**FIRST, **SECOND}


def _two_layers(dtype: torch.dtype = torch.float32) -> nn.Sequential:
    model = nn.Sequential(nn.Linear(2, 2), nn.Tanh(), nn.Linear(2, 2)).to(dtype)
    _set(model, TWO_LAYERS)
    return model


def _set(model: nn.Module, values: Mapping[str, Any]) -> None:
    with torch.no_grad():
        for name, value in values.items():
            model.get_parameter(name).copy_(torch.as_tensor(value))


def _unchanged(model: nn.Module, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        parameter = model.get_parameter(name)
        same = torch.equal(parameter.detach(), torch.as_tensor(value, dtype=parameter.dtype))
        assert same, f"The network's own `{name}` was changed; it must stay as it is."


def _gradients_unchanged(model: nn.Module) -> None:
    kept = all(p.grad is not None and bool((p.grad == 1).all()) for p in model.parameters())
    assert kept, (
        "What was in `.grad` of the network's parameters was changed or cleared; leave it alone."
    )


def _entries(value: Any, dtype: torch.dtype = torch.float32) -> dict[str, Tensor]:
    """A snapshot of ``_two_layers``, with the right names, shapes and values."""
    assert value is not None, f"The result should be a dict, but nothing came back. {RETURN}"
    kind = type(value).__name__
    assert isinstance(value, dict), f"The result should be a dict, not of type {kind}."
    missing = [name for name in TWO_LAYERS if name not in value]
    assert not missing, (
        f"The dict should have an entry for each of {', '.join(TWO_LAYERS)}, the names of the"
        f" network's parameters, but there is none for {', '.join(missing)}."
    )
    more = [str(name) for name in value if name not in TWO_LAYERS]
    assert not more, f"The network has no parameter called {', '.join(more)}."
    for name, expected in TWO_LAYERS.items():
        right = torch.tensor(expected, dtype=dtype)
        copied = tensor(value[name], f"The copy of `{name}`", right.shape, dtype)
        assert torch.equal(copied.detach(), right), (
            f"The copy of `{name}` should hold {expected}, but holds {copied.tolist()}."
        )
    return value


def holds_every_parameter(snapshot: Function) -> None:
    """Holds every parameter under its name."""
    _entries(snapshot(_two_layers()))


def stays_behind(snapshot: Function) -> None:
    """Does not follow the network."""
    model = _two_layers()
    kept = _entries(snapshot(model))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(1.0)
    followed = kept["0.bias"].tolist() != FIRST["0.bias"]
    assert not followed, (
        "Afterwards 1 was added to all parameters of the network, as training would change them,"
        " and the snapshot changed with them: its tensors share their memory. Make copies."
    )
    new = snapshot(model)["0.bias"].tolist()
    right = [new, kept["0.bias"].tolist()] == [[1.25, 0.0], FIRST["0.bias"]]
    assert right, (
        "A second snapshot, taken after that, should hold the new values, and the first one still"
        " the old ones. Make a new dict in every call."
    )


def needs_no_gradients(snapshot: Function) -> None:
    """Requires no gradients."""
    kept = _entries(snapshot(_two_layers()))
    live = [name for name, copied in kept.items() if copied.requires_grad]
    assert not live, (
        f"The copy of `{live[0]}` still requires gradients, as if it were to be trained. Detach"
        " the copies from the network."
    )


def keeps_the_dtype(snapshot: Function) -> None:
    """Keeps float64 and leaves the network alone."""
    model = _two_layers(torch.float64)
    for parameter in model.parameters():
        parameter.grad = torch.ones_like(parameter)
    _entries(snapshot(model), torch.float64)
    _gradients_unchanged(model)
    _unchanged(model, TWO_LAYERS)
    assert all(parameter.requires_grad for parameter in model.parameters()), (
        "The network can no longer be trained: `requires_grad` of its own parameters was switched"
        " off. Only the copies need no gradients."
    )
    assert model.training, "The network came in training mode and must be so afterwards."


# A network of three parameters, and an anchor: they differ by 1, 2 and -5.
THETA = {"weight": [[1.0, 3.0]], "bias": [2.0]}
ANCHOR = {"weight": [[0.0, 1.0]], "bias": [7.0]}


def _three(dtype: torch.dtype = torch.float32) -> tuple[nn.Module, dict[str, Tensor]]:
    model = nn.Linear(2, 1).to(dtype)
    _set(model, THETA)
    return model, {name: torch.tensor(value, dtype=dtype) for name, value in ANCHOR.items()}


def _scalar(value: Any, dtype: torch.dtype = torch.float32) -> Tensor:
    assert not isinstance(value, float), (
        "The penalty is a bare number, which has no gradient. Return the tensor as it is, without"
        " `.item()`."
    )
    return tensor(value, "The penalty", (), dtype)


def half_the_sum_of_squares(l2_penalty: Function) -> None:
    """Is half the sum of the squared differences."""
    mistakes = {
        30.0: "The half is missing.",
        7.5: "Halve the sum of the squares, not the differences.",
        5.0: "That is half the mean over all entries; take their sum.",
        10.0: "That is the mean over all entries; take half their sum.",
        13.75: "That is the mean over each tensor; take the sum.",
        5.4772: "That is the root of the sum of the squares; take half the sum itself.",
        2.7386: "Leave the root out.",
        7.2361: "That is the sum of the lengths of weight and bias; take half the sum of squares.",
        3.6180: "Those are the lengths of weight and bias; take half the sum of squares.",
        2.5: "The bias counts too.",
        12.5: "Only the last parameter counts: add up the parts of all.",
        7.0: "Those are the squares of the parameters: subtract the anchor first.",
        8.0: "Those are absolute differences: square them.",
        4.0: "Those are absolute differences: square them.",
        17.0: "Square each difference before you add them up.",
        2.0: "Square each difference before you add them up.",
        -1.0: "The differences are not squared.",
        -18.0: "Take the differences first, then square them.",
    }
    value = _scalar(l2_penalty(*_three())).detach()
    close(value, 15.0, "With differences 1, 2 and -5 the penalty", mistakes)


def _slopes(penalty: Tensor, model: nn.Module) -> dict[str, Tensor]:
    """How the penalty changes with ``weight`` and ``bias``."""
    assert penalty.requires_grad, (
        "The penalty has no gradient, so it cannot pull the parameters back. Compute it from the"
        " parameters themselves: not detached, not under `no_grad`, not made into a new tensor."
    )
    parameters = [model.get_parameter(name) for name in THETA]
    try:
        found: Sequence[Tensor | None] = torch.autograd.grad(penalty, parameters, allow_unused=True)
    except RuntimeError:
        raise AssertionError(
            "The gradient of the penalty is used up already: do not ask for it in the function."
        ) from None
    pairs = zip(THETA, parameters, found, strict=True)
    return {n: torch.zeros_like(p) if slope is None else slope for n, p, slope in pairs}


def pulls_towards_the_anchor(l2_penalty: Function) -> None:
    """Has the gradient theta - anchor."""
    model, anchor = _three()
    slopes = _slopes(_scalar(l2_penalty(model, anchor)), model)
    for name, right in {"weight": [[1.0, 2.0]], "bias": [-5.0]}.items():
        found = slopes[name]
        assert torch.allclose(found, torch.tensor(right), atol=1e-4), (
            f"The gradient of the penalty by the {name} should be theta - anchor, {right}, but is"
            f" {found.tolist()}."
        )


def is_zero_at_the_anchor(l2_penalty: Function) -> None:
    """Is zero at the anchor, and so is its gradient."""
    model, _ = _three()
    penalty = _scalar(l2_penalty(model, {n: torch.tensor(v) for n, v in THETA.items()}))
    close(penalty.detach(), 0.0, "At the anchor itself the penalty")
    flat = torch.cat([slope.flatten() for slope in _slopes(penalty, model).values()])
    assert not flat.isnan().any(), (
        "At the anchor itself the gradient is not a number. Is there a root in the penalty?"
    )
    assert not flat.any(), f"At the anchor the gradient should be 0, but is {flat.tolist()}."


def goes_by_name(l2_penalty: Function) -> None:
    """Looks the anchor up by name."""
    # Each parameter is at its anchor; only the order of the anchor's entries is another.
    model = _two_layers()
    anchor = {name: torch.tensor(value) for name, value in {**SECOND, **FIRST}.items()}
    try:
        close(_scalar(l2_penalty(model, anchor)).detach(), 0.0, "At the anchor itself the penalty")
    except AssertionError as failure:
        raise AssertionError(
            f"{failure} The anchor's entries came in another order than the network's parameters:"
            " pair them by their names."
        ) from None


def leaves_all_as_it_is(l2_penalty: Function) -> None:
    """Works in float64 and changes nothing."""
    model, anchor = _three(torch.float64)
    for parameter in model.parameters():
        parameter.grad = torch.ones_like(parameter)
    close(_scalar(l2_penalty(model, anchor), torch.float64).detach(), 15.0, "The penalty")
    _unchanged(model, THETA)
    _gradients_unchanged(model)
    assert model.training, "The network came in training mode and must be so afterwards."
    same = list(anchor) == list(ANCHOR) and all(
        torch.equal(anchor[name].detach(), torch.tensor(value, dtype=torch.float64))
        for name, value in ANCHOR.items()
    )
    assert same, "The anchor was changed; it is needed again for the next batch."


CHECKS: Checks = {
    "snapshot": [
        holds_every_parameter,
        stays_behind,
        needs_no_gradients,
        keeps_the_dtype,
    ],
    "l2_penalty": [
        half_the_sum_of_squares,
        pulls_towards_the_anchor,
        is_zero_at_the_anchor,
        goes_by_name,
        leaves_all_as_it_is,
    ],
}
