"""Earlier exercises, answered by the reference solutions while a later one is scored."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from torch import Tensor, nn

from autograder import solutions
from autograder.assignments import CLASSES, Assignment
from autograder.inside import observe
from autograder.inside.observe import Seen
from autograder.inside.slope import detach
from autograder.inside.wire import WireError
from course.data import Task

MAX_OBJECTS = 10_000
# In all tensors of a call. The hidden tests never come near, whatever a right answer asks for.
MAX_NUMBERS = 4 << 20
MAX_WORK = 32 << 20  # rows times what is computed for each: a gradient of all parameters, at most
MAX_HELD = 32 << 20  # numbers put into objects, all together
MAX_CAPACITY = 100_000  # rows that an object may be made for


class TooMuch(ValueError):
    """More than this process computes for a student's code."""


class Serving:
    """``exercise`` is the one that is scored now: those before it are served.

    ``begin`` starts a call of it. What is asked here may come from a forger, who would like this
    process to be slow or out of memory, so it is weighed before it is done.
    """

    def __init__(self, assignment: Assignment) -> None:
        self.exercise = ""
        self._assignment = assignment
        self._made: list[tuple[Any, str]] = []
        self._over = 0  # how many objects were made in calls that are over
        self.begin()

    def begin(self) -> None:
        """Forgets the objects that were made before."""
        self._over += len(self._made)
        self._made = []
        self._seen: list[tuple[nn.Module, Seen]] = []
        self._held = 0

    def serve(self, message: dict[str, Any]) -> Any:
        """The result of a function; for a class, the key of a new object."""
        name = message.get("name")
        if name not in [exercise.name for exercise in self._assignment.before(self.exercise)]:
            raise WireError(f"{str(name)[:40]!r} is not served")
        args, kwargs = message["args"], dict(message["kwargs"])
        weigh(name, args, kwargs)
        models = [arg for arg in (*args, *kwargs.values()) if isinstance(arg, nn.Module)]
        with observe.watch(models) as watchers:
            result = solutions.load(self._assignment)[name](*args, **kwargs)
        self._seen += [(m, w.seen) for m, w in zip(models, watchers, strict=True)]
        if name not in CLASSES:
            return detach(result, args, kwargs)
        if len(self._made) >= MAX_OBJECTS:
            raise TooMuch(f"`{name}` was made more than {MAX_OBJECTS} times")
        self._made.append((result, name))
        return self._over + len(self._made) - 1

    def use(self, message: dict[str, Any]) -> Any:
        """A method or a property of an object that was made here."""
        key, member = message.get("key"), message.get("member")
        if type(key) is not int or not 0 <= key - self._over < len(self._made):
            raise LookupError("this object was made in another call, which is over")
        made, name = self._made[key - self._over]
        if not isinstance(member, str) or (member.startswith("_") and member != "__len__"):
            raise WireError("no such member is served")
        args, kwargs = message["args"], dict(message["kwargs"])
        self._held += weigh(f"{name}.{member}", args, kwargs)
        if self._held > MAX_HELD:
            raise TooMuch(f"`{name}` was given more than {MAX_HELD} numbers in all")
        value = getattr(made, member)
        return value if member in CLASSES[name] else value(*args, **kwargs)

    def used(self, model: nn.Module, seen: Seen) -> Seen:
        """How the student's code used ``model``, also by what was served to it."""
        for other, own in self._seen:
            if other is model:
                seen = seen.also(own)
        return seen


def weigh(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> int:
    """How many numbers are in the tensors given to ``name``.

    Raises ``TooMuch`` where to compute with them would take long, or much memory.
    """
    values = list(_flat((*args, *kwargs.values())))
    tables = [value for value in values if isinstance(value, Tensor) and value.dim()]
    numbers = numbers_in(values)
    places = max((v for v in values if isinstance(v, int) and name in CLASSES), default=0)
    rows = max((len(table) for table in tables), default=1)
    width = max((table.numel() // max(len(table), 1) for table in tables), default=1)
    models = [_per_row(value, width) for value in values if isinstance(value, nn.Module)]
    work = max(rows, 1) * max([*models, len(values)])
    if numbers > MAX_NUMBERS or work > MAX_WORK or places > MAX_CAPACITY:
        raise TooMuch(f"`{name}` was asked for more than is computed while grading")
    return numbers


def numbers_in(values: Iterable[Any]) -> int:
    """How many numbers are in the tensors that ``values`` hold, at any depth."""
    return sum(value.numel() for value in _flat(values) if isinstance(value, Tensor))


def _per_row(model: nn.Module, width: int) -> int:
    """At most how many numbers a model makes of one row of that width, gradients included."""
    layers = list(model.modules())
    linear = [layer for layer in layers if isinstance(layer, nn.Linear)]
    widest = max([width, *(n for layer in linear for n in (layer.in_features, layer.out_features))])
    return sum(p.numel() for p in model.parameters()) + len(layers) * widest


def _flat(values: Iterable[Any]) -> Iterator[Any]:
    """What containers hold, at any depth."""
    for value in values:
        if isinstance(value, list | tuple):
            yield from _flat(value)
        elif isinstance(value, dict):
            yield from _flat(value.values())
        elif isinstance(value, Task):
            yield from _flat(vars(value).values())
        else:
            yield value
