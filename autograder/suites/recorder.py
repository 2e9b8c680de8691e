"""A ``train_on`` that notes what it was given, and whether only it changed the model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod
from numbers import Real
from typing import Any

import torch
from torch import Tensor, nn

from autograder.inside.wire import BROKEN
from autograder.suites.expect import kind

Weights = dict[str, Tensor]
Teach = Callable[[nn.Module, Tensor, Tensor, Any], None]


def named(model: nn.Module) -> Weights:
    """Copies of all parameters by name."""
    return {name: p.detach().clone() for name, p in model.named_parameters()}


def put(model: nn.Module, weights: Weights) -> None:
    """Gives ``model`` these parameters."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(weights[name])


def scripted(weights: Sequence[Weights]) -> Teach:
    """Instead of training, puts the next of ``weights`` into the model; the last one repeats."""
    left = list(weights)

    def teach(model: nn.Module, x: Tensor, y: Tensor, penalty: Any) -> None:
        put(model, left.pop(0) if len(left) > 1 else left[0])

    return teach


@dataclass(frozen=True)
class Probe:
    """A penalty at one place: its value, and its gradient by parameter."""

    value: float
    gradient: Weights


@dataclass(frozen=True)
class Lesson:
    """One call of ``train_on``.

    ``own_model``: it was given the suite's model. ``untouched``: with the weights that the lesson
    before left, or those at the start. ``training``: all of it in training mode. ``penalty``: what
    it is at each probe, None without one.
    """

    x: Tensor
    y: Tensor
    own_model: bool
    untouched: bool
    training: bool
    gradients: bool
    penalty: list[Probe] | None


GRADIENTS_OFF = (
    "`train_on` was called while gradients are switched off, as within `torch.no_grad()`. Nothing "
    "can be trained like that."
)


class Recorder:
    """``train_on`` is what the student's function is handed; ``teach`` does what it is asked.

    In every lesson the penalty is looked at where the model has the weights of each probe.
    """

    def __init__(self, model: nn.Module, teach: Teach, probes: Sequence[Weights] = ()) -> None:
        self._model = model
        self._teach = teach
        self._probes = probes
        self._weights = named(model)
        self._trainable = [p.requires_grad for p in model.parameters()]
        self.lessons: list[Lesson] = []

    def train_on(self, model: Any, x: Any, y: Any, penalty: Any = None) -> None:
        """Notes the call, then teaches. Raises ``AssertionError`` where it makes no sense."""
        for what in (x, y):
            assert isinstance(what, Tensor), (
                "`train_on(model, x, y)` takes rows and labels as tensors, but got one of type "
                f"{type(what).__name__}."
            )
        assert len(x) == len(y), (
            f"`train_on` was given {len(x)} images but {len(y)} labels. Each image needs its own."
        )
        own = model is self._model
        untouched = own and self._as_left()
        training = own and all(module.training for module in model.modules())
        noted = self._look(penalty) if own and penalty is not None else None
        gradients = torch.is_grad_enabled()
        lesson = Lesson(x.detach().clone(), y.clone(), own, untouched, training, gradients, noted)
        self.lessons.append(lesson)
        if own:
            self._teach(model, x, y, penalty)
            self._weights = named(model)

    def evidence(self) -> list[Any]:
        """What was noted, as plain data, for whoever compares two answers.

        Neither the order of the rows matters, nor whether there is no penalty or one that is zero.
        """
        return [
            [*_in_order(lesson.x, lesson.y), lesson.own_model, lesson.untouched]
            + [lesson.training, lesson.gradients]
            + [[p.value, p.gradient] for p in lesson.penalty or () if p.value or _pulls(p.gradient)]
            for lesson in self.lessons
        ]

    def check(self, function: str) -> None:
        """Nothing but ``train_on`` changed the model, and all lessons were this model's."""
        assert all(lesson.own_model for lesson in self.lessons), (
            f"`{function}` handed `train_on` another model than the one that it was given. One and "
            "the same model learns all tasks."
        )
        untouched = all(lesson.untouched for lesson in self.lessons) and self._as_left()
        assert untouched, (
            f"`{function}` changed the weights of the model outside `train_on`. Only training "
            "should change them."
        )
        assert all(lesson.gradients for lesson in self.lessons), GRADIENTS_OFF
        assert [p.requires_grad for p in self._model.parameters()] == self._trainable, (
            f"`{function}` left `requires_grad` of some parameters changed: they can no longer be "
            "trained."
        )

    def _as_left(self) -> bool:
        now = named(self._model)
        return all(torch.equal(now[name], weight) for name, weight in self._weights.items())

    def _look(self, penalty: Any) -> list[Probe]:
        before = named(self._model)
        try:
            return [self._probe(penalty, weights) for weights in self._probes]
        finally:
            put(self._model, before)

    def _probe(self, penalty: Any, weights: Weights) -> Probe:
        assert callable(penalty), (
            "The penalty that `train_on` is given should be a function of the model, but it is of "
            f"type {type(penalty).__name__}."
        )
        put(self._model, weights)
        try:
            return self._slope(penalty(self._model))
        except (AssertionError, *BROKEN):
            raise
        except Exception as error:  # noqa: BLE001 - the student reads it
            raise AssertionError(
                "The penalty that `train_on` was given raised "
                f"{type(error).__name__}: {str(error)[:300]}"
            ) from None

    def _slope(self, value: Any) -> Probe:
        one = isinstance(value, Real) or (isinstance(value, Tensor) and value.numel() == 1)
        assert one, (
            f"The penalty should give a scalar, a tensor of shape (), but it is {kind(value)}."
            f"{' `.sum()` makes one number of many.' if isinstance(value, Tensor) else ''}"
        )
        parameters = dict(self._model.named_parameters())
        gradient = {name: torch.zeros_like(p) for name, p in parameters.items()}
        live = {name: p for name, p in parameters.items() if p.requires_grad}
        if isinstance(value, Tensor) and value.requires_grad and live:
            found: Sequence[Tensor | None] = torch.autograd.grad(
                value, list(live.values()), allow_unused=True
            )
            gradient |= {n: g for n, g in zip(live, found, strict=True) if g is not None}
        return Probe(float(torch.as_tensor(value).detach()), gradient)


def _in_order(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """The rows in an order that depends on the rows alone."""
    flat = [rows.double().reshape(len(rows), prod(rows.shape[1:])) for rows in (x, y)]
    table = torch.cat(flat, dim=1).tolist()
    order = sorted(range(len(table)), key=table.__getitem__)
    return x[order], y[order]


def _pulls(gradient: Weights) -> bool:
    return any(bool(slope.any()) for slope in gradient.values())
