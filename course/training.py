"""The one training loop, and accuracy."""

from __future__ import annotations

import sys
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.optim import SGD, Adam, Optimizer
from tqdm import tqdm

Penalty = Callable[[nn.Module], Tensor]
LONG = 2000  # steps from which a progress bar is worth its line


def make_optimizer(name: str, model: nn.Module, lr: float, momentum: float = 0.0) -> Optimizer:
    """``"sgd"`` or ``"adam"`` over all parameters of ``model``, in PyTorch's fused form.

    Raises ``ValueError`` for another name, a learning rate that is not positive, or momentum with
    Adam.
    """
    if lr <= 0:
        raise ValueError(f"the learning rate must be positive, got {lr}")
    if name == "sgd":
        return SGD(model.parameters(), lr=lr, momentum=momentum, fused=True)
    if name == "adam" and not momentum:
        return Adam(model.parameters(), lr=lr, fused=True)
    raise ValueError(
        f"expected 'sgd', or 'adam' without momentum, got {name!r}, momentum {momentum}"
    )


def train(
    model: nn.Module,
    x: Tensor,
    y: Tensor,
    *,
    optimizer: Optimizer,
    epochs: int,
    batch_size: int,
    generator: torch.Generator,
    penalty: Penalty | None = None,
    on_step: Callable[[int], None] | None = None,
    progress: bool | None = None,
) -> list[float]:
    """Trains ``model`` in place on the mean cross-entropy, plus ``penalty(model)`` where given.

    ``x`` (n, d) and ``y`` (n,) int64 are on the model's device. Each epoch goes through all rows
    once, in a new order drawn from the CPU generator; the last, smaller batch counts too. No step
    moves data or waits for the device. ``on_step(step)`` is called after every step, counted from
    1. ``progress`` asks for or forbids a progress bar; by default long work shows one when somebody
    is looking.

    Returns for each epoch the mean over examples of the loss just before the step that used them,
    penalty included. Raises ``ValueError`` for rows that do not fit together, and
    ``FloatingPointError`` when the loss is no longer finite, as when SGD diverges.
    """
    _check(model, x, y, epochs, batch_size)
    steps = epochs * -(-len(x) // batch_size)
    quiet = not (progress if progress is not None else steps >= LONG and sys.stderr.isatty())
    was_training = model.training
    model.train()
    history: list[float] = []
    step = 0
    try:
        with tqdm(total=steps, desc="training", unit="step", disable=quiet, leave=False) as bar:
            for epoch in range(epochs):
                order = torch.randperm(len(x), generator=generator).to(x.device)
                total = torch.zeros((), device=x.device)
                for rows in order.split(batch_size):
                    optimizer.zero_grad(set_to_none=True)
                    loss = cross_entropy(model(x[rows]), y[rows])
                    if penalty is not None:
                        loss = loss + penalty(model)
                    loss.backward()
                    optimizer.step()
                    total += loss.detach() * len(rows)
                    step += 1
                    if on_step is not None:
                        on_step(step)
                    bar.update()
                history.append(_finite(total.item() / len(x), epoch))
    finally:
        model.train(was_training)
    return history


def accuracy(model: nn.Module, x: Tensor, y: Tensor, *, chunk: int = 8192) -> float:
    """Fraction of rows, in [0, 1], whose largest logit is the label's; in evaluation mode.

    The model's mode is as it was afterwards. Raises ``ValueError`` for rows that do not fit.
    """
    _check(model, x, y)
    was_training = model.training
    model.eval()
    try:
        with torch.no_grad():
            pairs = zip(x.split(chunk), y.split(chunk), strict=True)
            correct = sum((model(rows).argmax(dim=1) == labels).sum() for rows, labels in pairs)
    finally:
        model.train(was_training)
    return float(correct) / len(x)


def _check(model: nn.Module, x: Tensor, y: Tensor, epochs: int = 0, batch_size: int = 1) -> None:
    if len(x) == 0 or len(x) != len(y):
        raise ValueError(
            f"expected as many rows as labels, at least one; got {len(x)} and {len(y)}"
        )
    if y.dim() != 1 or y.dtype != torch.int64:
        raise ValueError(f"labels must be (n,) int64, got {tuple(y.shape)} {y.dtype}")
    device = next(model.parameters()).device
    if not x.device == y.device == device:
        raise ValueError(f"all on one device, please: model {device}, x {x.device}, y {y.device}")
    if epochs < 0 or batch_size < 1:
        raise ValueError(f"expected epochs >= 0, batch_size >= 1; got {epochs} and {batch_size}")


def _finite(loss: float, epoch: int) -> float:
    if loss - loss != 0.0:  # infinite or not a number
        raise FloatingPointError(
            f"the loss is {loss} in epoch {epoch + 1}: training diverged; lower the learning rate "
            "or the strength of the penalty"
        )
    return loss
