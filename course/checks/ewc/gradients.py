"""Checks of ``sample_gradients``."""

from __future__ import annotations

import torch
from torch import Tensor

from course.checks.ewc.small import X, Y, compare, keeps_float64, mode_is, network, weights
from course.checks.student import Checks, Function

WHAT = "The gradients of the two rows"
RIGHT = [[[0.25, 0.25], [-0.25, -0.25]], [[0.0, -0.5], [0.0, 0.5]]]


def _found(sample_gradients: Function, rows: list[int]) -> Tensor:
    result = sample_gradients(network(), X[rows], Y[rows])
    return weights(result, (len(rows), 2, 2), WHAT)


def one_for_each_row(sample_gradients: Function) -> None:
    """Gives one gradient for each row."""
    right = torch.tensor(RIGHT)
    mean = right.mean(dim=0).tolist()
    mistakes = {
        "Its sign is turned: that is the gradient of the loss. Differentiate log p itself.": (
            -right
        ).tolist(),
        "All rows are alike: that is the gradient of the batch mean. Each row has its own.": [
            mean,
            mean,
        ],
        "It is divided by the number of rows. Differentiate each row's own log p, not a mean.": (
            right / 2
        ).tolist(),
        "The second row still holds the gradient of the first: it was not cleared.": [
            RIGHT[0],
            right.sum(dim=0).tolist(),
        ],
        "That is the gradient of the logit. Take the log-softmax first.": [
            [[1.0, 1.0], [0.0, 0.0]],
            [[0.0, 0.0], [0.0, 1.0]],
        ],
    }
    compare(_found(sample_gradients, [0, 1]), RIGHT, WHAT, mistakes)


def the_same_in_any_batch(sample_gradients: Function) -> None:
    """Does not depend on the other rows."""
    compare(_found(sample_gradients, [1]), RIGHT[1:], "The gradient of the second row alone", {})
    three = _found(sample_gradients, [0, 1, 0])
    compare(three, [*RIGHT, RIGHT[0]], "The gradients of three rows", {})


def leaves_grad_alone(sample_gradients: Function) -> None:
    """Leaves `.grad` alone."""
    for before in (None, torch.ones(2, 2)):
        model = network()
        weight = model.get_parameter("1.weight")
        weight.grad = before if before is None else before.clone()
        found = weights(sample_gradients(model, X, Y), (2, 2, 2), WHAT)
        compare(found, RIGHT, WHAT, {})
        same = (
            weight.grad is None
            if before is None
            else weight.grad is not None and torch.equal(weight.grad, before)
        )
        assert same, (
            "`.grad` of the model was changed. Somebody may be training it: use"
            " `torch.autograd.grad` or `torch.func`, which leave it alone."
        )


def keeps_dtype_and_mode(sample_gradients: Function) -> None:
    """Keeps the dtype, and the mode."""
    for training in (True, False):
        model = network(dtype=torch.float64).train(training)
        found = keeps_float64(sample_gradients(model, X.double(), Y), (2, 2, 2), WHAT)
        compare(found, RIGHT, WHAT, {})
        mode_is(model, training)


CHECKS: Checks = {
    "sample_gradients": [
        one_for_each_row,
        the_same_in_any_batch,
        leaves_grad_alone,
        keeps_dtype_and_mode,
    ],
}
