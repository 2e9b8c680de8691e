"""Wrong answers for `train_step_with_penalty` whose step is made wrongly."""

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
    "infinite-gradients-left",
    "train_step_with_penalty",
    "You clear the gradients by arithmetic, such as times 0. Where NaN or infinity was left over "
    "it stays so: set them to None or to zero, as `zero_grad` does.",
)
def _(m: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor, p: Penalty, s: float) -> float:
    for parameter in m.parameters():
        if parameter.grad is not None:
            parameter.grad.mul_(0)
    total = cross_entropy(m(x), y) + s * p(m)
    total.backward()
    optimizer.step()
    return total.item()


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


@ENTRIES.also("two-steps")
def _(m: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor, p: Penalty, s: float) -> float:
    loss = descend(optimizer, cross_entropy(m(x), y))
    return loss + descend(optimizer, s * p(m))


@ENTRIES.also("two-steps")
def _(m: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor, p: Penalty, s: float) -> float:
    extra = descend(optimizer, s * p(m))
    return extra + descend(optimizer, cross_entropy(m(x), y))


@ENTRIES.also("two-steps")
def _(m: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor, p: Penalty, s: float) -> float:
    loss = cross_entropy(m(x), y).item()
    extra = descend(optimizer, s * p(m))
    descend(optimizer, cross_entropy(m(x), y))
    return extra + loss


@ENTRIES.also("two-steps")
def _(m: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor, p: Penalty, s: float) -> float:
    loss, extra = cross_entropy(m(x), y), s * p(m)
    return descend(optimizer, loss) + descend(optimizer, extra)


@ENTRIES.add(
    "stepped-twice",
    "train_step_with_penalty",
    "You make the same step twice. Call `optimizer.step()` once.",
)
def _(m: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor, p: Penalty, s: float) -> float:
    total = descend(optimizer, cross_entropy(m(x), y) + s * p(m))
    optimizer.step()
    return total


@ENTRIES.add(
    "gradients-clipped",
    "train_step_with_penalty",
    "You clip the gradients. That hides a strength that is too large, and nobody asked for it: "
    "step on the gradients as they are.",
)
def _(m: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor, p: Penalty, s: float) -> float:
    total = cross_entropy(m(x), y) + s * p(m)
    optimizer.zero_grad()
    total.backward()
    nn.utils.clip_grad_norm_(m.parameters(), 1.0)
    optimizer.step()
    return total.item()


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
    "You move the weights by hand, or with an SGD of your own. That is plain SGD: let the "
    "optimizer that you were given do it, which may have momentum or be Adam.",
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
    "You make a new optimizer in every step, or empty the old one, so momentum and Adam never "
    "remember anything. Use the one that you were given, as it is.",
)
def _(m: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor, p: Penalty, s: float) -> float:
    own = type(optimizer)(optimizer.param_groups)  # type: ignore[call-arg]
    return descend(own, cross_entropy(m(x), y) + s * p(m))


@ENTRIES.also("new-optimizer-each-step")
def _(m: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor, p: Penalty, s: float) -> float:
    optimizer.state.clear()
    return descend(optimizer, cross_entropy(m(x), y) + s * p(m))


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
