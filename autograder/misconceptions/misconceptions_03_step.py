"""Wrong answers for `train_step_with_penalty`."""

from __future__ import annotations

import copy
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.optim import Optimizer

from autograder.misconceptions.entry import Entries

ENTRIES = Entries()
Penalty = Callable[[nn.Module], Tensor]


def descend(optimizer: Optimizer, total: Tensor) -> float:
    """A right step on ``total``, and its value."""
    optimizer.zero_grad()
    total.backward()
    optimizer.step()
    return total.item()


@ENTRIES.add(
    "no-zero-grad",
    "train_step_with_penalty",
    "You never clear the gradients. `backward` adds to what is already in `.grad`, so every step "
    "still follows all those before it.",
)
def _(m: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor, p: Penalty, s: float) -> float:
    total = cross_entropy(m(x), y) + s * p(m)
    total.backward()
    optimizer.step()
    return total.item()


@ENTRIES.add(
    "zero-grad-after-step",
    "train_step_with_penalty",
    "You clear the gradients after the step. What somebody else left in `.grad` before your "
    "function was called still counts: clear it before `backward`.",
)
def _(m: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor, p: Penalty, s: float) -> float:
    total = cross_entropy(m(x), y) + s * p(m)
    total.backward()
    optimizer.step()
    optimizer.zero_grad()
    return total.item()


@ENTRIES.add(
    "step-without-gradients",
    "train_step_with_penalty",
    "The weights never move: there are no gradients when the optimizer makes its step. Compute "
    "them (`backward`) before, and do not clear them in between.",
)
def _(m: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor, p: Penalty, s: float) -> float:
    total = cross_entropy(m(x), y) + s * p(m)
    total.backward()
    optimizer.zero_grad()
    optimizer.step()
    return total.item()


@ENTRIES.add(
    "penalty-left-out",
    "train_step_with_penalty",
    "The penalty is left out altogether: both the step and the result are those of plain "
    "cross-entropy. Add strength * penalty(model) to the loss.",
)
def _(m: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor, p: Penalty, s: float) -> float:
    return descend(optimizer, cross_entropy(m(x), y))


@ENTRIES.add(
    "penalty-in-the-result-only",
    "train_step_with_penalty",
    "The total that you return is right, but the step follows cross-entropy alone: the penalty was "
    "turned into a plain number, detached, or added after `backward`.",
)
def _(m: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor, p: Penalty, s: float) -> float:
    return descend(optimizer, cross_entropy(m(x), y) + s * p(m).item())


@ENTRIES.add(
    "penalty-in-the-step-only",
    "train_step_with_penalty",
    "The step is right, but you return the cross-entropy alone. Asked for is the total that the "
    "step was made on.",
)
def _(m: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor, p: Penalty, s: float) -> float:
    loss = cross_entropy(m(x), y)
    descend(optimizer, loss + s * p(m))
    return loss.item()


@ENTRIES.add(
    "cross-entropy-left-out",
    "train_step_with_penalty",
    "You step on the penalty alone, so nothing is learnt from the batch. Add it to the "
    "cross-entropy.",
)
def _(m: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor, p: Penalty, s: float) -> float:
    return descend(optimizer, s * p(m))


@ENTRIES.add(
    "strength-left-out",
    "train_step_with_penalty",
    "You add the penalty as it is. Multiply it by `strength` first.",
)
def _(m: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor, p: Penalty, s: float) -> float:
    return descend(optimizer, cross_entropy(m(x), y) + p(m))


@ENTRIES.add(
    "strength-twice",
    "train_step_with_penalty",
    "You multiply by `strength` twice. Once is enough.",
)
def _(m: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor, p: Penalty, s: float) -> float:
    return descend(optimizer, cross_entropy(m(x), y) + s * s * p(m))


@ENTRIES.add(
    "strength-on-everything",
    "train_step_with_penalty",
    "You multiply the cross-entropy by `strength` too. Only the penalty is multiplied by it.",
)
def _(m: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor, p: Penalty, s: float) -> float:
    return descend(optimizer, s * (cross_entropy(m(x), y) + p(m)))


@ENTRIES.add(
    "strength-on-cross-entropy",
    "train_step_with_penalty",
    "You multiply the cross-entropy by `strength` and not the penalty. It is the other way round.",
)
def _(m: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor, p: Penalty, s: float) -> float:
    return descend(optimizer, s * cross_entropy(m(x), y) + p(m))


@ENTRIES.add(
    "weighted-average",
    "train_step_with_penalty",
    "You take (1 - strength) of the one and strength of the other. The cross-entropy counts in "
    "full, whatever the strength, which can be far above 1.",
)
def _(m: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor, p: Penalty, s: float) -> float:
    return descend(optimizer, (1 - s) * cross_entropy(m(x), y) + s * p(m))


@ENTRIES.add(
    "penalty-subtracted",
    "train_step_with_penalty",
    "You subtract the penalty, so the step drives it up. Add it.",
)
def _(m: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor, p: Penalty, s: float) -> float:
    return descend(optimizer, cross_entropy(m(x), y) - s * p(m))


@ENTRIES.add(
    "penalty-over-batch-size",
    "train_step_with_penalty",
    "You divide the penalty by the number of rows. It belongs to the weights, not to the rows: add "
    "strength * penalty(model) to the mean cross-entropy.",
)
def _(m: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor, p: Penalty, s: float) -> float:
    return descend(optimizer, cross_entropy(m(x), y) + s * p(m) / len(x))


@ENTRIES.add(
    "penalty-once-a-row",
    "train_step_with_penalty",
    "You add the penalty once for each row of the batch. It is added once.",
)
def _(m: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor, p: Penalty, s: float) -> float:
    return descend(optimizer, cross_entropy(m(x), y) + s * p(m) * len(x))


@ENTRIES.add(
    "sum-instead-of-mean",
    "train_step_with_penalty",
    "You add up the losses of the rows. Then a larger batch outweighs the penalty; take the mean.",
)
def _(m: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor, p: Penalty, s: float) -> float:
    return descend(optimizer, cross_entropy(m(x), y, reduction="sum") + s * p(m))


@ENTRIES.add(
    "softmax-before-loss",
    "train_step_with_penalty",
    "You take the softmax before `cross_entropy`, which takes it once more. Hand it the logits as "
    "the model gives them.",
)
def _(m: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor, p: Penalty, s: float) -> float:
    return descend(optimizer, cross_entropy(m(x).softmax(dim=1), y) + s * p(m))


@ENTRIES.add(
    "two-steps",
    "train_step_with_penalty",
    "You make two steps, one on the cross-entropy and one on the penalty. Add them up first and "
    "make one step on the sum.",
)
def _(m: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor, p: Penalty, s: float) -> float:
    loss, extra = cross_entropy(m(x), y), float(s * p(m).detach())
    descend(optimizer, loss)
    descend(optimizer, s * p(m))
    return loss.item() + extra


@ENTRIES.add(
    "cleared-between",
    "train_step_with_penalty",
    "You clear the gradients between the two `backward` calls, so the step follows the penalty "
    "alone. Clear them once, before both.",
)
def _(m: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor, p: Penalty, s: float) -> float:
    loss = cross_entropy(m(x), y)
    return loss.item() + descend(optimizer, s * p(m))


@ENTRIES.add(
    "total-after-step",
    "train_step_with_penalty",
    "You return the total that the batch has after the step. Return the one that you computed the "
    "gradients from.",
)
def _(m: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor, p: Penalty, s: float) -> float:
    descend(optimizer, cross_entropy(m(x), y) + s * p(m))
    with torch.no_grad():
        return (cross_entropy(m(x), y) + s * p(m)).item()


@ENTRIES.add(
    "live-total",
    "train_step_with_penalty",
    "You return the total as a tensor that still holds on to its whole computation. Turn it into a "
    "plain number, or memory fills up while you collect losses.",
)
def _(m: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor, p: Penalty, s: float) -> Tensor:
    total = cross_entropy(m(x), y) + s * p(m)
    descend(optimizer, total)
    return total


@ENTRIES.add(
    "own-gradient-descent",
    "train_step_with_penalty",
    "You move the weights by hand, against the gradient. That is plain SGD: let the optimizer that "
    "you were given do it, which may have momentum or be Adam.",
)
def _(m: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor, p: Penalty, s: float) -> float:
    total = cross_entropy(m(x), y) + s * p(m)
    gradients = torch.autograd.grad(total, list(m.parameters()))
    with torch.no_grad():
        for parameter, gradient in zip(m.parameters(), gradients, strict=True):
            parameter.sub_(optimizer.param_groups[0]["lr"] * gradient)
    return total.item()


@ENTRIES.add(
    "new-optimizer-each-step",
    "train_step_with_penalty",
    "You make a new optimizer in every step, so momentum and Adam never remember anything. Use the "
    "one that you were given.",
)
def _(m: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor, p: Penalty, s: float) -> float:
    own = type(optimizer)(optimizer.param_groups)  # type: ignore[call-arg]
    return descend(own, cross_entropy(m(x), y) + s * p(m))


@ENTRIES.add(
    "trained-in-evaluation-mode",
    "train_step_with_penalty",
    "You put the model into evaluation mode, where Dropout does nothing. While it is trained, it "
    "stays in training mode.",
)
def _(m: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor, p: Penalty, s: float) -> float:
    m.eval()
    return descend(optimizer, cross_entropy(m(x), y) + s * p(m))


@ENTRIES.add(
    "penalty-of-a-copy",
    "train_step_with_penalty",
    "You ask for the penalty of a copy of the model. Its gradient goes to the copy's parameters "
    "and is lost: hand `penalty` the model that you train.",
)
def _(m: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor, p: Penalty, s: float) -> float:
    return descend(optimizer, cross_entropy(m(x), y) + s * p(copy.deepcopy(m)))
