"""The ``student`` whose functions live in a sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

from autograder.assignments import CLASSES, Assignment
from autograder.inside.codec import Opaque
from autograder.inside.errors import RemoteError
from autograder.inside.observe import Seen
from autograder.inside.slope import attach, detach
from autograder.inside.wire import BROKEN, WireError
from autograder.limits import Limits
from autograder.serving import Serving, TooMuch, numbers_in
from autograder.session import Cell, Handler, Session, Stopped
from autograder.student import (
    NOT_ATTEMPTED,
    BadValue,
    Crashed,
    Missing,
    NotAttempted,
    Student,
    StudentFailure,
    TimedOut,
    Use,
    raised,
)

ENDED = {"timeout": TimedOut, "crashed": Crashed}
MAX_CALLED_BACK = 32 << 20


class RemoteStudent(Student):
    """Arguments go into the sandbox, results and changes come back.

    While an exercise is scored, the exercises before it are served from the reference solutions.
    Once an exercise's function hung or crashed, its remaining tests fail without another call.
    """

    def __init__(
        self,
        assignment: Assignment,
        cells: list[Cell],
        limits: Limits,
        unsafe: bool = False,
    ) -> None:
        super().__init__()
        self._fresh = True
        self._assignment = assignment
        self._limits = limits
        self._ended: dict[str, StudentFailure] = {}
        self._spent: dict[str, float] = {}
        self._errors: list[Exception] = []
        self._serving = Serving(assignment)
        self._called_back = 0  # numbers that the suite's functions were given in this call
        handlers: dict[str, Handler] = {
            "serve": self._serving.serve,
            "serve_use": self._serving.use,
            "function": self._callback,
        }
        self.session = Session(cells, limits, assignment.hidden_modules, handlers, unsafe)

    def call(
        self, what: str | Use, args: tuple[Any, ...], kwargs: dict[str, Any], seed: int
    ) -> Any:
        name = what if isinstance(what, str) else what.class_name
        if name in self._ended:
            raise self._ended[name]
        seconds = self._seconds(name)
        before = self.session.clocks()
        fields = self._fields(what) | {
            "args": args,
            "kwargs": tuple(kwargs.items()),
            "seed": seed,
            "serve": tuple((e.name, e.properties) for e in self._assignment.before(name)),
        }
        try:
            answer = self._ask(seconds, name, str(what), fields)
        finally:
            if not self.trains:
                self._spent[name] = self._spent.get(name, 0.0) + self.session.since(before)
        return self._accept(str(what), answer, args, kwargs)

    @contextmanager
    def keeping(self) -> Iterator[None]:
        self._fresh = True
        with super().keeping():
            yield

    def sync(self) -> None:
        seconds = self._limits.call_seconds
        self._ask(seconds, self.exercise, self.exercise, {"op": "sync"})

    def anew(self) -> None:
        self.session.stop()

    def _seconds(self, name: str) -> float:
        """How long the next call may take."""
        if self.trains:
            return self._limits.training_seconds
        left = self._limits.exercise_seconds - self._spent.get(name, 0.0)
        if left <= 0:
            raise TimedOut(f"`{name}` used up its {self._limits.exercise_seconds:g} seconds.")
        return min(left, self._limits.call_seconds)

    def _fields(self, what: str | Use) -> dict[str, Any]:
        """What the agent is to do, as a message."""
        if isinstance(what, str):
            return {"op": "call", "name": what, "hold": what in CLASSES}
        return {"op": "use", "key": what.key, "member": what.member, "read": what.read}

    def _ask(self, seconds: float, name: str, what: str, fields: dict[str, Any]) -> Any:
        self._errors.clear()
        self._called_back = 0
        fresh, self._fresh = self._fresh or not self._kept, False
        self._serving.exercise = self.exercise
        if fresh:
            self._serving.begin()
        try:
            return self.session.call(seconds, what, fresh=fresh, **fields)
        except Stopped as stopped:
            self._ended[name] = ENDED[stopped.status](str(stopped))
            raise self._ended[name] from None
        except RemoteError as error:
            if self._errors:
                raise self._errors[0] from None
            raise self._failure(what, error) from None
        except WireError as error:
            raise BadValue(f"What `{what}` gave back cannot be read: {error}.") from None

    def _accept(self, name: str, answer: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        models = [arg for arg in (*args, *kwargs.values()) if isinstance(arg, nn.Module)]
        try:
            result, seen = answer
            self._seen = {
                id(model): self._serving.used(model, Seen(*(flag is True for flag in flags)))
                for model, flags in zip(models, seen, strict=True)
            }
            result = attach(result, args, kwargs)
        except (TypeError, ValueError):
            raise BadValue(f"What `{name}` gave back cannot be read.") from None
        if isinstance(result, Opaque):
            raise BadValue(f"`{name}` gave back a value of type {result.type_name}.")
        return result

    def _failure(self, name: str, error: RemoteError) -> StudentFailure:
        if error.kind != "NameNotDefined":
            return raised(name, error.kind, str(error))
        for cell in self.session.cells:
            if cell.name == name and cell.status != "passed":
                if cell.message.startswith("NotImplementedError"):
                    break
                text = f"`{name}` does not exist, because its cell failed: {cell.message}"
                return ENDED.get(cell.status, Missing)(text)
        return NotAttempted(NOT_ATTEMPTED.format(name=name).split(":")[0] + f": no `{name}`.")

    def _callback(self, message: dict[str, Any]) -> Any:
        """A function that the suite handed over. What it raises is the suite's to see."""
        function = self.session.function(message.get("number"))
        args, kwargs = message["args"], dict(message["kwargs"])
        self._called_back += numbers_in((*args, *kwargs.values()))
        if self._called_back > MAX_CALLED_BACK:
            raise TooMuch(f"functions were given more than {MAX_CALLED_BACK} numbers in one call")
        try:
            with torch.set_grad_enabled(message.get("gradients") is not False):
                return detach(function(*args, **kwargs), args, kwargs)
        except BROKEN:  # the sandbox's doing, also when it timed out
            raise
        except Exception as error:  # noqa: BLE001 - raised again in the suite
            if not self._errors:  # only the first is told, and each holds on to what it was about
                self._errors.append(error)
            raise RuntimeError("this call was refused") from None
