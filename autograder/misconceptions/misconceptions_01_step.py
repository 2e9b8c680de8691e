"""Wrong answers for `train_step`."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, mse_loss, nll_loss, one_hot
from torch.optim import SGD, Adam, Optimizer

from autograder.misconceptions.entry import Entries

ENTRIES = Entries()


def train_step(model: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor) -> float:
    """The right answer, for mistakes that lie around it."""
    optimizer.zero_grad()
    loss = cross_entropy(model(x), y)
    loss.backward()
    optimizer.step()
    return loss.item()


@ENTRIES.add(
    "no-zero-grad",
    "train_step",
    "You never clear the gradients. `backward` adds to what is already in `.grad`, so every step "
    "still follows all batches before it.",
)
def _(model: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor) -> float:
    loss = cross_entropy(model(x), y)
    loss.backward()
    optimizer.step()
    return loss.item()


@ENTRIES.add(
    "zero-grad-after-step",
    "train_step",
    "You clear the gradients after the step. What somebody else left in `.grad` before your "
    "function was called still counts: clear it before `backward`.",
)
def _(model: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor) -> float:
    loss = cross_entropy(model(x), y)
    loss.backward()
    optimizer.step()
    optimizer.zero_grad()
    return loss.item()


@ENTRIES.add(
    "step-without-gradients",
    "train_step",
    "The weights never move: `step` is missing, or there are no gradients when it runs. It needs "
    "those of this batch: computed before it, and not cleared in between.",
)
def _(model: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor) -> float:
    optimizer.zero_grad()
    loss = cross_entropy(model(x), y)
    optimizer.step()
    loss.backward()
    return loss.item()


@ENTRIES.add(
    "gradients-zeroed-before-step",
    "train_step",
    "You set the gradients to zero between `backward` and `step`, so there is nothing left to step "
    "along but momentum and weight decay. Clear them before they are computed.",
)
def _(model: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor) -> float:
    loss = cross_entropy(model(x), y)
    loss.backward()
    optimizer.zero_grad(set_to_none=False)
    optimizer.step()
    return loss.item()


@ENTRIES.add(
    "step-before-backward",
    "train_step",
    "You step between the loss and its `backward`. The step follows old gradients, and by then the "
    "weights are no longer those that the loss was computed with: which has to come first?",
)
def _(model: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor) -> float:
    loss = cross_entropy(model(x), y)
    optimizer.step()
    loss.backward()
    return loss.item()


@ENTRIES.add(
    "stale-gradients",
    "train_step",
    "You step first, along the gradients of the call before, and compute those of this batch "
    "afterwards. The step belongs at the end.",
)
def _(model: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor) -> float:
    optimizer.step()
    optimizer.zero_grad()
    loss = cross_entropy(model(x), y)
    loss.backward()
    return loss.item()


@ENTRIES.add(
    "softmax-before-loss",
    "train_step",
    "You take the softmax before `cross_entropy`, which takes it once more. Hand it the logits as "
    "the model gives them.",
)
def _(model: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor) -> float:
    optimizer.zero_grad()
    loss = cross_entropy(model(x).softmax(dim=1), y)
    loss.backward()
    optimizer.step()
    return loss.item()


@ENTRIES.add(
    "logits-as-log-probabilities",
    "train_step",
    "`nll_loss` expects log-probabilities, but the model gives logits. Without a log-softmax in "
    "between, the loss can fall without end.",
)
def _(model: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor) -> float:
    optimizer.zero_grad()
    loss = nll_loss(model(x), y)
    loss.backward()
    optimizer.step()
    return loss.item()


@ENTRIES.add(
    "squared-error",
    "train_step",
    "You measure the squared distance to the one-hot labels. The loss that is asked for is the "
    "mean cross-entropy.",
)
def _(model: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor) -> float:
    optimizer.zero_grad()
    logits = model(x)
    loss = mse_loss(logits, one_hot(y, logits.shape[1]).to(logits.dtype))
    loss.backward()
    optimizer.step()
    return loss.item()


@ENTRIES.add(
    "sum-instead-of-mean",
    "train_step",
    "You add up the losses of the rows. With the sum, the step grows with the size of the batch; "
    "take the mean.",
)
def _(model: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor) -> float:
    optimizer.zero_grad()
    loss = cross_entropy(model(x), y, reduction="sum")
    loss.backward()
    optimizer.step()
    return loss.item()


@ENTRIES.add(
    "step-on-the-sum",
    "train_step",
    "You return the mean loss, but step on the sum over the rows, so the step grows with the size "
    "of the batch. Call `backward` on the mean.",
)
def _(model: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor) -> float:
    optimizer.zero_grad()
    loss = cross_entropy(model(x), y, reduction="sum")
    loss.backward()
    optimizer.step()
    return loss.item() / len(x)


@ENTRIES.add(
    "mean-divided-again",
    "train_step",
    "You divide by the number of rows a second time: `cross_entropy` takes the mean by itself.",
)
def _(model: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor) -> float:
    optimizer.zero_grad()
    loss = cross_entropy(model(x), y) / len(x)
    loss.backward()
    optimizer.step()
    return loss.item()


@ENTRIES.add(
    "mean-over-classes-too",
    "train_step",
    "Your mean is over rows and classes, so the loss is too small by the number of classes. Each "
    "row has one loss, that of its label: take the mean over the rows.",
)
def _(model: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor) -> float:
    optimizer.zero_grad()
    logits = model(x)
    loss = -(one_hot(y, logits.shape[1]) * logits.log_softmax(dim=1)).mean()
    loss.backward()
    optimizer.step()
    return loss.item()


@ENTRIES.add(
    "softmax-over-rows",
    "train_step",
    "Your softmax runs along the wrong dimension: it compares the rows of the batch with each "
    "other. It belongs over the classes of one row.",
)
def _(model: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor) -> float:
    optimizer.zero_grad()
    loss = nll_loss(model(x).log_softmax(dim=0), y)
    loss.backward()
    optimizer.step()
    return loss.item()


@ENTRIES.add(
    "step-for-each-row",
    "train_step",
    "You make a step for each row. One step on the mean loss of the whole batch is asked for.",
)
def _(model: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor) -> float:
    losses = [train_step(model, optimizer, x[k : k + 1], y[k : k + 1]) for k in range(len(x))]
    return sum(losses) / len(losses)


@ENTRIES.add(
    "one-row-fails",
    "train_step",
    "Your function fails on a batch of one row, as the last one of an epoch may be. `squeeze` "
    "removes every dimension of size 1, also the one that counts the rows.",
)
def _(model: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor) -> float:
    optimizer.zero_grad()
    loss = cross_entropy(model(x).squeeze(), y)
    loss.backward()
    optimizer.step()
    return loss.item()


@ENTRIES.also("one-row-fails")
def _(model: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor) -> float:
    optimizer.zero_grad()
    loss = nll_loss(model(x).squeeze().log_softmax(dim=1), y)
    loss.backward()
    optimizer.step()
    return loss.item()


@ENTRIES.add(
    "batch-made-float32",
    "train_step",
    "You convert the rows to float32, and a model in float64 cannot take them. Leave the dtype as "
    "it is: rows and model fit when they come.",
)
def _(model: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor) -> float:
    return train_step(model, optimizer, x.float(), y)


@ENTRIES.add(
    "loss-without-gradients",
    "train_step",
    "You compute the loss where gradients are switched off, so `backward` has nothing to go back "
    "through. `no_grad` is for measuring; training needs the gradients.",
)
def _(model: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor) -> float:
    optimizer.zero_grad()
    with torch.no_grad():
        loss = cross_entropy(model(x), y)
    loss.backward()
    optimizer.step()
    return loss.item()


@ENTRIES.add(
    "no-gradient-there-yet",
    "train_step",
    "You clear `.grad` by hand, but before the first `backward` it is None and cannot be zeroed. "
    "The optimizer's own way of clearing copes with that.",
)
def _(model: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor) -> float:
    for parameter in model.parameters():
        parameter.grad.zero_()  # type: ignore[union-attr]
    loss = cross_entropy(model(x), y)
    loss.backward()
    optimizer.step()
    return loss.item()


@ENTRIES.add(
    "loss-times-batch-size",
    "train_step",
    "The step is right, but you return the loss times the number of rows. What is asked for is the "
    "mean over the batch.",
)
def _(model: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor) -> float:
    return train_step(model, optimizer, x, y) * len(x)


@ENTRIES.add(
    "loss-after-step",
    "train_step",
    "You return the loss that the batch has after the step. Return the one that you computed the "
    "gradients from.",
)
def _(model: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor) -> float:
    train_step(model, optimizer, x, y)
    with torch.no_grad():
        return cross_entropy(model(x), y).item()


@ENTRIES.add(
    "live-loss",
    "train_step",
    "You return the loss as a tensor that still holds on to its whole computation. Turn it into a "
    "plain number, or memory fills up while you collect losses.",
)
def _(model: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor) -> Tensor:
    optimizer.zero_grad()
    loss = cross_entropy(model(x), y)
    loss.backward()
    optimizer.step()
    return loss


@ENTRIES.add(
    "own-gradient-descent",
    "train_step",
    "You move the weights by hand, against the gradient. That is plain SGD: let the optimizer that "
    "you were given do it, which may have momentum or be Adam.",
)
def _(model: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor) -> float:
    optimizer.zero_grad()
    loss = cross_entropy(model(x), y)
    loss.backward()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.sub_(optimizer.param_groups[0]["lr"] * parameter.grad)
    return loss.item()


@ENTRIES.add(
    "new-optimizer-each-step",
    "train_step",
    "You make a new optimizer in every step, so momentum and Adam never remember anything, and its "
    "settings may be others. Use the one that you were given.",
)
def _(model: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor) -> float:
    return train_step(model, type(optimizer)(optimizer.param_groups), x, y)  # type: ignore[call-arg]


@ENTRIES.also("new-optimizer-each-step")
def _(model: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor) -> float:
    return train_step(model, SGD(model.parameters(), lr=0.1), x, y)


@ENTRIES.also("new-optimizer-each-step")
def _(model: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor) -> float:
    return train_step(model, SGD(model.parameters(), lr=0.01), x, y)


@ENTRIES.also("new-optimizer-each-step")
def _(model: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor) -> float:
    return train_step(model, Adam(model.parameters()), x, y)


@ENTRIES.add(
    "trained-in-evaluation-mode",
    "train_step",
    "You put the model into evaluation mode, where Dropout does nothing. While it is trained, it "
    "stays in training mode.",
)
def _(model: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor) -> float:
    model.eval()
    return train_step(model, optimizer, x, y)


@ENTRIES.add(
    "step-leaves-evaluation-mode",
    "train_step",
    "Your step is right, but afterwards the model is in evaluation mode. It came in training mode: "
    "the next step would go without Dropout.",
)
def _(model: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor) -> float:
    loss = train_step(model, optimizer, x, y)
    model.eval()
    return loss
