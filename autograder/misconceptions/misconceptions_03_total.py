"""Wrong answers for `train_step_with_penalty` whose total is another."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, nll_loss
from torch.optim import Optimizer

from autograder.misconceptions.entry import Entries
from autograder.misconceptions.misconceptions_03_step import Penalty, descend

ENTRIES = Entries()


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
    "strength-not-in-the-result",
    "train_step_with_penalty",
    "The step is right, but in what you return the penalty is not multiplied by `strength`. Return "
    "the total that the step was made on.",
)
def _(m: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor, p: Penalty, s: float) -> float:
    loss, extra = cross_entropy(m(x), y), p(m)
    descend(optimizer, loss + s * extra)
    return loss.item() + extra.item()


@ENTRIES.add(
    "penalty-of-your-own",
    "train_step_with_penalty",
    "You do not ask the `penalty` that was handed over, but take the squares of the parameters, as "
    "weight decay does. Call `penalty(model)`.",
)
def _(m: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor, p: Penalty, s: float) -> float:
    decay = torch.stack([(parameter**2).sum() for parameter in m.parameters()]).sum()
    return descend(optimizer, cross_entropy(m(x), y) + s * decay / 2)


@ENTRIES.also("penalty-of-your-own")
def _(m: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor, p: Penalty, s: float) -> float:
    decay = torch.stack([(parameter**2).sum() for parameter in m.parameters()]).sum()
    return descend(optimizer, cross_entropy(m(x), y) + s * decay)


@ENTRIES.add(
    "penalty-halved-again",
    "train_step_with_penalty",
    "You take half of strength times the penalty. A half, where one is wanted, is in the penalty "
    "already: multiply by `strength` and nothing else.",
)
def _(m: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor, p: Penalty, s: float) -> float:
    return descend(optimizer, cross_entropy(m(x), y) + s / 2 * p(m))


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
    "cross-entropy-over-batch-size",
    "train_step_with_penalty",
    "You divide the cross-entropy by the number of rows. `cross_entropy` is their mean already.",
)
def _(m: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor, p: Penalty, s: float) -> float:
    return descend(optimizer, cross_entropy(m(x), y) / len(x) + s * p(m))


@ENTRIES.also("cross-entropy-over-batch-size")
def _(m: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor, p: Penalty, s: float) -> float:
    return descend(optimizer, (cross_entropy(m(x), y) + s * p(m)) / len(x))


@ENTRIES.add(
    "log-left-out",
    "train_step_with_penalty",
    "You hand `nll_loss` logits or probabilities. It takes their logarithm for granted: use "
    "`cross_entropy` on the logits, or `log_softmax` first.",
)
def _(m: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor, p: Penalty, s: float) -> float:
    return descend(optimizer, nll_loss(m(x).softmax(dim=1), y) + s * p(m))


@ENTRIES.also("log-left-out")
def _(m: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor, p: Penalty, s: float) -> float:
    return descend(optimizer, nll_loss(m(x), y) + s * p(m))


@ENTRIES.add(
    "softmax-before-loss",
    "train_step_with_penalty",
    "You take the softmax before `cross_entropy`, which takes it once more. Hand it the logits as "
    "the model gives them.",
)
def _(m: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor, p: Penalty, s: float) -> float:
    return descend(optimizer, cross_entropy(m(x).softmax(dim=1), y) + s * p(m))
