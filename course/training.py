"""The one training loop, and accuracy."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.optim import SGD, Adam, Optimizer
from tqdm import tqdm

__all__ = ["accuracy", "make_optimizer", "make_train_on", "train"]

Penalty = Callable[[nn.Module], Tensor | float]
Loss = Callable[[nn.Module, Tensor, Tensor], Tensor]

PATIENCE = 2.0  # seconds of work before a progress bar is worth its line
CHUNK = 8192  # rows measured at once


def make_optimizer(name: str, model: nn.Module, lr: float, momentum: float = 0.0) -> Optimizer:
    """``"sgd"`` or ``"adam"`` over all parameters of ``model``, in PyTorch's fused form.

    Move the model to its device first. Raises ``ValueError`` for another name, a learning rate that
    is not positive, or momentum with Adam.
    """
    if not 0.0 < lr < math.inf:
        raise ValueError(f"the learning rate must be positive, got {lr}")
    if name == "sgd":
        return SGD(model.parameters(), lr=lr, momentum=momentum, fused=True)
    if name == "adam" and not momentum:
        return Adam(model.parameters(), lr=lr, fused=True)
    raise ValueError(
        f"expected 'sgd', or 'adam' without momentum, got {name!r}, momentum {momentum}"
    )


def make_train_on(
    optimizer: str,
    lr: float,
    *,
    momentum: float = 0.0,
    epochs: int,
    batch_size: int,
    generator: torch.Generator,
    progress: bool | None = None,
) -> Callable[..., None]:
    """The callable ``train_on(model, x, y, penalty=None)`` that methods of this course are handed.

    It trains ``model`` in place as ``train`` does, with a fresh optimizer each time, made as in
    ``make_optimizer``. Raises what these two raise.
    """

    def train_on(model: nn.Module, x: Tensor, y: Tensor, penalty: Penalty | None = None) -> None:
        train(
            model,
            x,
            y,
            optimizer=make_optimizer(optimizer, model, lr, momentum),
            epochs=epochs,
            batch_size=batch_size,
            generator=generator,
            penalty=penalty,
            progress=progress,
        )

    return train_on


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
    loss: Loss | None = None,
    on_gradients: Callable[[], None] | None = None,
    on_step: Callable[[int], None] | None = None,
    progress: bool | None = None,
) -> list[float]:
    """Trains ``model`` in place on the mean cross-entropy, plus ``penalty(model)`` where given.

    ``x`` (n, d) of the model's dtype and ``y`` (n,) int64 are on the model's device already, and no
    step moves anything there or waits for it. Each epoch goes through all rows once, in a new order
    drawn from ``generator``, a CPU one; the last, smaller batch counts too. The model trains in
    training mode and is left in the mode it came in. ``penalty(model)`` is a scalar, computed for
    every batch. ``loss(model, rows, labels)``, where given, is a scalar that takes the place of the
    batch's mean cross-entropy. ``on_gradients()`` is called when the gradients of a batch are there
    and no step has been made with them, ``on_step(step)`` after every step, counted from 1.
    ``progress`` asks for a progress bar or forbids it; by default work of some seconds shows one if
    somebody is looking.

    Returns for each epoch the mean over examples of the loss (penalty included) just before the
    step that used them. Raises ``ValueError`` for arguments that do not fit together, and
    ``FloatingPointError`` at the end of an epoch in which the loss was not finite: training
    diverged, and what the model now says means nothing.
    """
    _check(model, x, y)
    _check_training(model, y, optimizer, epochs, batch_size)
    classes = int(y.max()) + 1
    shown = _watched() if progress is None else progress
    delay = PATIENCE if progress is None else 0.0
    steps = epochs * -(-len(x) // batch_size)
    history: list[float] = []
    step = 0
    was_training = model.training
    model.train()
    try:
        with tqdm(total=steps, delay=delay, disable=not shown, leave=False, unit="step") as bar:
            for _ in range(epochs):
                order = torch.randperm(len(x), generator=generator).to(x.device)
                losses = []
                batches = zip(x[order].split(batch_size), y[order].split(batch_size), strict=True)
                for rows, labels in batches:
                    optimizer.zero_grad(set_to_none=True)
                    total = _loss(model, rows, labels, classes, penalty, loss)
                    total.backward()
                    if on_gradients is not None:
                        on_gradients()
                    optimizer.step()
                    losses.append(total.detach() * len(rows))
                    bar.update()
                    step += 1
                    if on_step is not None:
                        on_step(step)
                history.append(_mean(losses, len(x)))
    finally:
        model.train(was_training)
    return history


def accuracy(model: nn.Module, x: Tensor, y: Tensor) -> float:
    """Fraction of rows, in [0, 1], whose largest logit is the label's.

    Measured in evaluation mode and without gradients; the model's mode is as it was afterwards.
    A row with a logit that is not a number counts as wrong. Raises ``ValueError`` for ``x`` and
    ``y`` that do not fit, as ``train`` does.
    """
    _check(model, x, y)
    was_training = model.training
    model.eval()
    correct = torch.zeros((), dtype=torch.int64, device=x.device)
    try:
        with torch.no_grad():
            for rows, labels in zip(x.split(CHUNK), y.split(CHUNK), strict=True):
                logits = model(rows)
                # argmax takes NaN for the largest: a diverged model would always say class 0.
                right = (logits.argmax(dim=1) == labels) & ~logits.isnan().any(dim=1)
                correct += right.sum()
    finally:
        model.train(was_training)
    return correct.item() / len(x)


def _loss(
    model: nn.Module,
    rows: Tensor,
    labels: Tensor,
    classes: int,
    penalty: Penalty | None,
    own: Loss | None = None,
) -> Tensor:
    fit = own(model, rows, labels) if own else _fit(model, rows, labels, classes)
    return fit if penalty is None else fit + _scalar(penalty(model))


def _fit(model: nn.Module, rows: Tensor, labels: Tensor, classes: int) -> Tensor:
    """The mean cross-entropy of a batch."""
    logits = model(rows)
    if logits.dim() != 2 or logits.shape[1] < classes:
        raise ValueError(
            f"expected logits (n, C) with C at least {classes}, as many as the labels need, "
            f"got {tuple(logits.shape)}"
        )
    return cross_entropy(logits, labels)


def _scalar(penalty: Tensor | float) -> Tensor | float:
    if not isinstance(penalty, Tensor):
        return penalty
    if penalty.numel() != 1:
        raise ValueError(f"expected a penalty that is a scalar, got shape {tuple(penalty.shape)}")
    return penalty.reshape(())


def _mean(losses: list[Tensor], rows: int) -> float:
    """The only time in an epoch that anything waits for the device."""
    mean = torch.stack(losses).sum().item() / rows
    if not math.isfinite(mean):
        raise FloatingPointError(
            f"training diverged: the loss is {mean}. Lower the learning rate, or the strength of "
            "the penalty"
        )
    return mean


def _watched() -> bool:
    """Whether a person sees a progress bar: in a terminal or in a notebook that is being used."""
    in_notebook = "ipykernel" in sys.modules and "NBGRADER_EXECUTION" not in os.environ
    return sys.stderr.isatty() or in_notebook


def _check(model: nn.Module, x: Tensor, y: Tensor) -> None:
    if x.dim() == 0 or len(x) == 0 or y.shape != x.shape[:1] or y.dtype != torch.int64:
        raise ValueError(
            "expected x (n, d) and y (n,) int64 with n at least 1, "
            f"got {tuple(x.shape)} and {tuple(y.shape)} {y.dtype}"
        )
    places = {(p.device, p.dtype) for p in model.parameters()}
    if places != {(x.device, x.dtype)} or y.device != x.device:
        raise ValueError(
            "expected x and y on the model's device, x of its dtype, got "
            f"x {x.device} {x.dtype}, y {y.device}, model {sorted(map(str, places))}"
        )


def _check_training(
    model: nn.Module, y: Tensor, optimizer: Optimizer, epochs: int, batch_size: int
) -> None:
    if epochs < 0 or batch_size < 1:
        raise ValueError(f"expected epochs >= 0, batch_size >= 1, got {epochs} and {batch_size}")
    if y.min() < 0:
        raise ValueError(f"expected labels from 0, got {int(y.min())}")
    trained = {id(p) for group in optimizer.param_groups for p in group["params"]}
    if not trained & {id(p) for p in model.parameters()}:
        raise ValueError("the optimizer holds none of this model's parameters")
