"""The one training loop, and accuracy: of one network, or of a population of them."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Callable, Iterator
from typing import Any, overload

import torch
from torch import Tensor, nn
from torch.optim import SGD, Adam, Optimizer
from tqdm import tqdm

from course.fitting import Source, check_rows, check_training
from course.losses import Loss, Penalty, batch_loss
from course.population import Population, members_of

__all__ = ["accuracy", "make_optimizer", "make_train_on", "train"]

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
    generator: Source,
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
    generator: Source,
    penalty: Penalty | None = None,
    loss: Loss | None = None,
    on_gradients: Callable[[], None] | None = None,
    on_step: Callable[[int], None] | None = None,
    progress: bool | None = None,
) -> list[float] | list[Tensor]:
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

    Each of the K members of a ``course.population.Population`` is trained as it would be alone. It
    has the order of ``generator``, or of its own where there is a sequence of K, and rows of its
    own where ``x`` is (K, n, d) and ``y`` (K, n). ``penalty`` and ``loss`` give (K,) values, one a
    member (``population.each`` makes them from a function of one network), and so does each epoch,
    on the CPU. A member that diverges leaves the others alone and raises nothing: its losses are
    not finite.
    """
    check_rows(model, x, y)
    check_training(model, y, optimizer, epochs, batch_size, generator)
    classes, count = int(y.max()) + 1, y.shape[-1]
    shown = _watched() if progress is None else progress
    delay = PATIENCE if progress is None else 0.0
    steps = epochs * -(-count // batch_size)
    history: list[Any] = []  # of floats, or of a population's tensors
    step = 0
    was_training = model.training
    model.train()
    try:
        with tqdm(total=steps, delay=delay, disable=not shown, leave=False, unit="step") as bar:
            for _ in range(epochs):
                order = _order(count, generator).to(x.device)
                losses = []
                for rows, labels in _batches(x, y, order, batch_size):
                    optimizer.zero_grad(set_to_none=True)
                    total = batch_loss(model, rows, labels, classes, penalty, loss)
                    total.backward(torch.ones_like(total))  # no member feels another's loss
                    if on_gradients is not None:
                        on_gradients()
                    optimizer.step()
                    losses.append(total.detach() * labels.shape[-1])
                    bar.update()
                    step += 1
                    if on_step is not None:
                        on_step(step)
                history.append(_mean(losses, count))
    finally:
        model.train(was_training)
    return history


@overload
def accuracy(model: Population, x: Tensor, y: Tensor) -> Tensor: ...  # type: ignore[overload-overlap]  # a population is a module, too
@overload
def accuracy(model: nn.Module, x: Tensor, y: Tensor) -> float: ...
def accuracy(model: nn.Module, x: Tensor, y: Tensor) -> float | Tensor:
    """Fraction of rows, in [0, 1], whose largest logit is the label's; of a population (K,).

    Measured in evaluation mode and without gradients; the model's mode is as it was afterwards.
    A row with a logit that is not a number counts as wrong. The fractions of a population's members
    are float64, on the CPU; its rows may be each member's own, as in ``train``. Raises
    ``ValueError`` for ``x`` and ``y`` that do not fit, as ``train`` does.
    """
    check_rows(model, x, y)
    members = members_of(model)
    size = max(1, CHUNK // math.prod(members))
    was_training = model.training
    model.eval()
    correct = torch.zeros(members, dtype=torch.int64, device=x.device)
    try:
        with torch.no_grad():
            chunks = zip(x.split(size, y.dim() - 1), y.split(size, y.dim() - 1), strict=True)
            for rows, labels in chunks:
                logits = model(rows)
                # argmax takes NaN for the largest: a diverged model would always say class 0.
                right = (logits.argmax(dim=-1) == labels) & ~logits.isnan().any(dim=-1)
                correct += right.sum(dim=-1)
    finally:
        model.train(was_training)
    return correct.cpu().double() / y.shape[-1] if members else correct.item() / y.shape[-1]


def _order(count: int, generator: Source) -> Tensor:
    """A new order of the rows, (n,), or each member's own, (K, n)."""
    if isinstance(generator, torch.Generator):
        return torch.randperm(count, generator=generator)
    return torch.stack([torch.randperm(count, generator=own) for own in generator])


def _batches(
    x: Tensor, y: Tensor, order: Tensor, batch_size: int
) -> Iterator[tuple[Tensor, Tensor]]:
    """The batches of an epoch: rows (b, d), or (K, b, d) where members differ in rows or order."""
    if order.dim() == y.dim() == 1:  # gathered once an epoch: quicker than a little every step
        yield from zip(x[order].split(batch_size), y[order].split(batch_size), strict=True)
        return
    if y.dim() == 2:  # all members' rows one below the other
        order = order + len(x[0]) * torch.arange(len(x), device=x.device)[:, None]
        x, y = x.flatten(0, 1), y.flatten()
    for places in order.split(batch_size, dim=1):
        rows = x.index_select(0, places.flatten())
        yield rows.unflatten(0, places.shape), y.take(places)


def _mean(losses: list[Tensor], rows: int) -> float | Tensor:
    """The only time in an epoch that anything waits for the device."""
    total = torch.stack(losses).sum(dim=0)
    if total.dim():
        return total.cpu() / rows
    mean = total.item() / rows
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
