"""Real training that is looked up, as long as an answer does what the reference answer did.

In one class all submissions are trained from the same weights on the same rows. An answer whose
penalty agrees with the reference's, in value and gradient, at places all along the way that the
weights took then, would take that way again. So it is given the weights at its end. From the first
lesson on that differs, an answer is trained for real.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from typing import Any

import torch
from torch import Tensor, nn

from autograder.inside.wire import BROKEN
from autograder.suites.recorder import Teach, Weights, named, put

PLACES = (0.0, 0.1, 0.3, 0.6, 1.0)  # of a lesson's steps, where penalties are compared
TOLERANCE = 1e-3  # between two penalties, relative: float32, and Fishers summed in any order
MAX_WAYS = 32


@dataclass(frozen=True)
class Place:
    """Weights that came up in a lesson, with the penalty there, and its gradient."""

    weights: Weights
    value: float
    gradient: list[Tensor]


@dataclass
class Lesson:
    """One lesson of the reference answer: its rows, places on the way, and where it ended.

    ``drawn`` is the state of the generator, that orders the rows, after it.
    """

    x: Tensor
    y: Tensor
    places: list[Place] = field(default_factory=list)
    end: Weights = field(default_factory=dict)
    drawn: Tensor = field(default_factory=lambda: torch.empty(0))


Way = list[Lesson]
_ways: dict[Any, Way] = {}


def known(key: Any, walk: Callable[[], Way]) -> Way:
    """The way called ``key``, walked when it is first asked for."""
    if key not in _ways:
        if len(_ways) >= MAX_WAYS:
            _ways.pop(next(iter(_ways)))
        _ways[key] = walk()
    return _ways[key]


def noting(way: Way, teach: Teach, order: torch.Generator, steps: Callable[[int], int]) -> Teach:
    """``teach``, noting in ``way`` what happens; ``steps(n)`` is how many n rows make."""

    def noted(model: nn.Module, x: Tensor, y: Tensor, penalty: Any) -> None:
        lesson = Lesson(x.detach().clone(), y.clone())
        wanted = {round(place * (steps(len(x)) - 1)) for place in PLACES}
        numbers = count()

        def watched(model: nn.Module) -> Any:
            value = 0.0 if penalty is None else penalty(model)
            if next(numbers) in wanted:
                lesson.places.append(Place(named(model), *_slope(value, model)))
            return value

        teach(model, x, y, watched)
        lesson.end, lesson.drawn = named(model), order.get_state()
        way.append(lesson)

    return noted


def following(way: Way, teach: Teach, order: torch.Generator) -> Teach:
    """``teach``, but for lessons that are those of ``way``: these only have their outcome."""
    left = list(way)

    def taught(model: nn.Module, x: Tensor, y: Tensor, penalty: Any) -> None:
        lesson = left.pop(0) if left else None
        if lesson is None or not _same(lesson, model, x, y, penalty):
            left.clear()
            teach(model, x, y, penalty)
            return
        put(model, lesson.end)
        order.set_state(lesson.drawn)

    return taught


def _same(lesson: Lesson, model: nn.Module, x: Tensor, y: Tensor, penalty: Any) -> bool:
    if not torch.equal(lesson.x, x) or not torch.equal(lesson.y, y):
        return False
    before, mode = named(model), model.training
    model.train()
    try:
        return all(map(partial(_agrees, model, penalty), lesson.places))
    except BROKEN:
        raise
    except Exception:  # noqa: BLE001 - real training will raise it again, and it is told there
        return False
    finally:
        put(model, before)
        model.train(mode)


def _agrees(model: nn.Module, penalty: Any, place: Place) -> bool:
    put(model, place.weights)
    value, gradient = _slope(0.0 if penalty is None else penalty(model), model)
    near = abs(value - place.value) <= TOLERANCE * max(abs(place.value), 1e-3)
    theirs, ours = (torch.cat([g.flatten() for g in found]) for found in (gradient, place.gradient))
    return near and bool((theirs - ours).norm() <= TOLERANCE * ours.norm() + 1e-6)


def _slope(value: Any, model: nn.Module) -> tuple[float, list[Tensor]]:
    """A penalty as a number, and its gradient by each parameter, zero where it has none."""
    parameters = list(model.parameters())
    zeros = [torch.zeros_like(p) for p in parameters]
    if not isinstance(value, Tensor):
        return float(value), zeros
    if not value.requires_grad:
        return value.item(), zeros
    found = torch.autograd.grad(value, parameters, retain_graph=True, allow_unused=True)
    pairs: Any = zip(zeros, found, strict=True)  # None by whom it does not depend on
    gradient = [z if g is None else g for z, g in pairs]
    return value.detach().item(), gradient
