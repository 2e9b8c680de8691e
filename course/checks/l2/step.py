"""Checks of ``train_step_with_penalty``."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import SGD

from course.checks.expect import close, unchanged
from course.checks.student import Checks, Function


def _weight(model: nn.Module) -> Tensor:
    own: Tensor = model.get_parameter("weight")
    return own


class Penalty:
    """The sum of all weights: 2 for the network below, and its gradient is 1 everywhere."""

    def __init__(self) -> None:
        self.given: list[Any] = []

    def __call__(self, model: Any) -> Tensor:
        self.given.append(model)
        return _weight(model).sum()


def _small() -> tuple[nn.Module, SGD, Tensor, Tensor]:
    """A network whose logits are the two pixels themselves; SGD with learning rate 1; 3 rows."""
    model = nn.Linear(2, 2)
    with torch.no_grad():
        _weight(model).copy_(torch.eye(2))
        model.bias.zero_()
    x = torch.tensor([[1.0, 0.0], [0.0, 2.0], [1.0, 1.0]])
    return model, SGD(model.parameters(), lr=1.0), x, torch.tensor([0, 1, 0])


STRENGTH = 0.25
START = [[1.0, 0.0], [0.0, 1.0]]
STAYED = (
    "The weights are what they were before. The gradients must be computed before the optimizer"
    " makes its step, and kept until then."
)
# After one step on the cross-entropy alone; the penalty takes STRENGTH off every weight besides.
PLAIN = [[1.2563, 0.0872], [-0.2563, 0.9128]]


def _less(weights: list[list[float]], by: float) -> list[list[float]]:
    return [[weight - by for weight in row] for row in weights]


def _weights_are(model: nn.Module, expected: list[list[float]]) -> bool:
    return torch.allclose(_weight(model).detach(), torch.tensor(expected), atol=2e-4)


def gives_the_total(train_step_with_penalty: Function) -> None:
    """Returns the total before the step."""
    mistakes = {
        0.3778: "That is the cross-entropy alone: add strength times the penalty.",
        0.5: "That is strength times the penalty alone: add the cross-entropy.",
        2.3778: "The penalty was not multiplied by the strength.",
        0.5028: "The penalty was multiplied by the strength twice.",
        0.5944: "The cross-entropy was multiplied by the strength too; it counts in full.",
        2.0944: "The strength belongs to the penalty, not to the cross-entropy.",
        0.7833: "The cross-entropy counts in full, not 1 - strength times.",
        -0.1222: "The penalty is added, not subtracted.",
        0.4750: "That is the total after the step; return the one before it.",
        1.6333: "That is the sum of the rows' cross-entropies; it should be their mean.",
        1.0216: "Cross-entropy takes the softmax itself: hand it the logits as they are.",
        0.5444: "The penalty was divided by the number of rows; it is added as it is.",
        1.8778: "The penalty was added for each row; it is added once.",
    }
    total = train_step_with_penalty(*_small(), Penalty(), STRENGTH)
    what = "With cross-entropy 0.3778, penalty 2 and strength 0.25 the total"
    close(total, 0.8778, what, mistakes)


def moves_the_weights(train_step_with_penalty: Function) -> None:
    """Makes one step on the total."""
    model, optimizer, x, y = _small()
    before = x.clone(), y.clone()
    train_step_with_penalty(model, optimizer, x, y, Penalty(), STRENGTH)
    assert not _weights_are(model, START), STAYED
    assert not _weights_are(model, PLAIN), (
        "The weights moved as if there were no penalty. Add strength times the penalty, with its"
        " gradient, to the loss before the gradients are computed."
    )
    assert not _weights_are(model, _less(START, STRENGTH)), (
        "The weights moved as if there were only the penalty: the cross-entropy had no part."
    )
    assert not _weights_are(model, _less(PLAIN, 1.0)), (
        "The weights moved as if the strength were 1: multiply the penalty by the strength."
    )
    assert _weights_are(model, _less(PLAIN, STRENGTH)), (
        "The weights moved, but not by one step of SGD on the mean cross-entropy of the 3 rows"
        " plus strength times the penalty."
    )
    unchanged(before[0], x, "x")
    unchanged(before[1], y, "y")


def clears_gradients(train_step_with_penalty: Function) -> None:
    """Ignores left-over gradients."""
    ends = []
    for left in (None, 5.0, torch.nan):
        model, optimizer, x, y = _small()
        for parameter in model.parameters():
            parameter.grad = None if left is None else torch.full_like(parameter, left)
        train_step_with_penalty(model, optimizer, x, y, Penalty(), STRENGTH)
        assert not _weights_are(model, START), STAYED
        ends.append(_weight(model).tolist())
        nan = left is not None and math.isnan(left)
        assert _weights_are(model, ends[0]), (
            "Gradients that were left over from before had a part in this step. PyTorch adds new"
            " gradients to the old ones; clear the old ones before the new ones are computed."
            f"{' NaN was left over, which times 0 is NaN.' if nan else ''}"
        )


def strength_zero_is_plain_training(train_step_with_penalty: Function) -> None:
    """Is plain training with strength 0."""
    model, optimizer, x, y = _small()
    total = train_step_with_penalty(model, optimizer, x, y, Penalty(), 0.0)
    close(total, 0.3778, "With strength 0 the total is the cross-entropy alone, which")
    assert _weights_are(model, PLAIN), (
        "With strength 0 the step should be the one on the cross-entropy alone."
    )


def asks_about_this_model(train_step_with_penalty: Function) -> None:
    """Asks for the penalty of this very model, in training mode."""
    linear, _, x, y = _small()
    modes: list[bool] = []
    linear.register_forward_hook(lambda module, _inputs, _out: modes.append(module.training))
    penalty = Penalty()
    optimizer = SGD(linear.parameters(), lr=1.0)
    train_step_with_penalty(linear, optimizer, x, y, penalty, STRENGTH)
    assert penalty.given, "`penalty` was never called. Ask it about the model: `penalty(model)`."
    assert all(given is linear for given in penalty.given), (
        "`penalty` must be asked about the very model that is trained, not about a copy: the"
        " gradient has to reach that model's weights."
    )
    assert all(modes), "The model ran in evaluation mode; it is trained in training mode."


CHECKS: Checks = {
    "train_step_with_penalty": [
        gives_the_total,
        moves_the_weights,
        clears_gradients,
        strength_zero_is_plain_training,
        asks_about_this_model,
    ],
}
