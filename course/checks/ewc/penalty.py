"""Checks of ``ewc_penalty``."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from course.checks.expect import close, tensor
from course.checks.student import Checks, Function


def _penalty(
    ewc_penalty: Function, theta: float, dtype: torch.dtype = torch.float32
) -> tuple[Tensor, nn.Linear]:
    """Weights theta and 2 theta, bias 3; anchor 0, 0, 1; importances 4, 0.5, 2.

    The names of the anchor come in another order than those of the parameters.
    """
    model = nn.Linear(2, 1, dtype=dtype)
    with torch.no_grad():
        model.weight.copy_(torch.tensor([[theta, 2 * theta]]))
        model.bias.fill_(3.0)
    anchor = {"bias": torch.ones(1, dtype=dtype), "weight": torch.zeros(1, 2, dtype=dtype)}
    fisher = {"weight": torch.tensor([[4.0, 0.5]]), "bias": torch.tensor([2.0])}
    value = ewc_penalty(model, anchor, {name: f.to(dtype) for name, f in fisher.items()})
    return tensor(value, "The penalty", (), dtype), model


def half_the_weighted_squares(ewc_penalty: Function) -> None:
    """Is half the weighted sum of squares."""
    # The weights give 4 * 1 + 0.5 * 4 = 6, the bias 2 * 4 = 8.
    mistakes = {
        14.0: "The half is missing.",
        3.0: "The bias is missing: it has an importance too.",
        16.5: "The Fisher was squared again: it is made of squares already.",
        4.5: "The Fisher has no part in it: that is plain L2.",
        12.0: "The anchor was not subtracted.",
        7.0 / 3: "A mean was taken over entries; sum them.",
    }
    close(_penalty(ewc_penalty, 1.0)[0].detach(), 7.0, "The penalty", mistakes)


def pulls_by_importance(ewc_penalty: Function) -> None:
    """Pulls by importance."""
    value, model = _penalty(ewc_penalty, 1.0)
    assert value.requires_grad, (
        "The penalty has no gradient, so it cannot pull the weights. Do not detach the model's"
        " parameters, and do not use `no_grad`."
    )
    value.backward()
    pulls = [model.weight.grad, model.bias.grad]
    found = [round(float(g), 4) for pull in pulls if pull is not None for g in pull.flatten()]
    assert found == [4.0, 1.0, 4.0], (
        "The gradient should be importance times distance, [4, 1, 4], but is " + f"{found}."
    )


def keeps_dtype(ewc_penalty: Function) -> None:
    """Keeps the dtype."""
    close(_penalty(ewc_penalty, 1.0, torch.float64)[0].detach(), 7.0, "The penalty in float64")


CHECKS: Checks = {"ewc_penalty": [half_the_weighted_squares, pulls_by_importance, keeps_dtype]}
