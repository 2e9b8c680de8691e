"""Checks of ``train_step``."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.optim import SGD

from course.checks.expect import close
from course.checks.student import Checks, Function


def small() -> tuple[nn.Module, SGD, Tensor, Tensor]:
    """A network whose logits are the two pixels themselves; SGD with learning rate 1; 3 rows."""
    model = nn.Linear(2, 2)
    with torch.no_grad():
        model.weight.copy_(torch.eye(2))
        model.bias.zero_()
    x = torch.tensor([[1.0, 0.0], [0.0, 2.0], [1.0, 1.0]])
    return model, SGD(model.parameters(), lr=1.0), x, torch.tensor([0, 1, 0])


START = [[1.0, 0.0], [0.0, 1.0]]
AFTER_ONE = [[1.2563, 0.0872], [-0.2563, 0.9128]]
AFTER_TWO = [[1.3800, 0.0170], [-0.3800, 0.9830]]
STAYED = (
    "The weights are what they were before. The gradients must be computed (`backward`) before the"
    " optimizer makes its step, and kept until then."
)


def _after(train_step: Function, steps: int, left_over: float = 0.0) -> Tensor:
    """The weights after these steps, where gradients of this size were left over before them."""
    model, optimizer, x, y = small()
    if left_over:
        for parameter in model.parameters():
            parameter.grad = torch.full_like(parameter, left_over)
    for _ in range(steps):
        train_step(model, optimizer, x, y)
    weight: Tensor = model.get_parameter("weight").detach()
    return weight


def _near(weights: Tensor, expected: list[list[float]]) -> bool:
    return torch.allclose(weights, torch.tensor(expected), atol=2e-4, equal_nan=True)


def gives_the_loss(train_step: Function) -> None:
    """Returns the loss before the step."""
    mistakes = {
        0.2250: "That is the loss after the step; return the one before it.",
        0.5216: "Cross-entropy takes the softmax itself: hand it the logits as they are.",
        1.1333: "That is the sum over the rows; it should be their mean.",
    }
    close(train_step(*small()), 0.3778, "The loss of the 3 rows before the step", mistakes)


def moves_the_weights(train_step: Function) -> None:
    """Makes one step of SGD."""
    weights = _after(train_step, steps=1)
    assert not _near(weights, START), STAYED
    assert not _near(weights, [[1.1340, 0.0388], [-0.1340, 0.9612]]), (
        "The weights moved too little: softmax was applied twice. Cross-entropy applies it itself."
    )
    assert _near(weights, AFTER_ONE), (
        "The weights moved, but not by one step of SGD on the mean cross-entropy of the 3 rows."
    )


def clears_gradients(train_step: Function) -> None:
    """Ignores left-over gradients."""
    clean = _after(train_step, steps=1)
    moved = _after(train_step, steps=1, left_over=5.0)
    assert not _near(moved, START), STAYED
    assert _near(moved, clean.tolist()), (
        "Gradients that were left over from before had a part in this step. PyTorch adds new"
        " gradients to the old ones; they must be cleared before `backward`."
    )


def steps_twice(train_step: Function) -> None:
    """Makes a second step."""
    assert _near(_after(train_step, steps=1), AFTER_ONE), (
        "The first step did not lead where it should, so neither can the second."
    )
    assert _near(_after(train_step, steps=2), AFTER_TWO), (
        "After two steps the weights are not where two steps of SGD lead. Does the second step"
        " still use the gradients of the first?"
    )
    model, optimizer, x, y = small()
    train_step(model, optimizer, x, y)
    close(train_step(model, optimizer, x, y), 0.2250, "The loss before the second step")


def takes_one_row(train_step: Function) -> None:
    """Takes a batch of one row, in float64."""
    model, optimizer, x, y = small()
    loss = train_step(model.double(), optimizer, x[:1].double(), y[:1])
    close(loss, 0.3133, "The loss of a batch of one row, all in float64,")


CHECKS: Checks = {
    "train_step": [
        gives_the_loss,
        moves_the_weights,
        clears_gradients,
        steps_twice,
        takes_one_row,
    ],
}
