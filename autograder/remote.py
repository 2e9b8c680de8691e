"""The ``student`` whose functions live in a sandbox."""

from __future__ import annotations

import time
from typing import Any

from torch import nn

from autograder import solutions
from autograder.assignments import Assignment
from autograder.inside.codec import Opaque
from autograder.inside.observe import Seen
from autograder.inside.peer import RemoteError
from autograder.inside.wire import WireError
from autograder.limits import Limits
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
    raised,
)

ENDED = {"timeout": TimedOut, "crashed": Crashed}


class RemoteStudent(Student):
    """Arguments go into the sandbox, results and changes come back.

    While an exercise is scored, the exercises before it are served from the
    reference solutions. Once an
    exercise's function hung or crashed, its remaining tests fail without another call.
    """

    def __init__(
        self,
        assignment: Assignment,
        cells: list[Cell],
        limits: Limits,
        unsafe: bool = False,
    ) -> None:
        super().__init__()
        self._assignment = assignment
        self._limits = limits
        self._ended: dict[str, StudentFailure] = {}
        self._spent: dict[str, float] = {}
        self._errors: list[Exception] = []
        handlers: dict[str, Handler] = {"serve": self._serve, "function": self._callback}
        self.session = Session(cells, limits, assignment.hidden_modules, handlers, unsafe)

    def call(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], seed: int) -> Any:
        if name in self._ended:
            raise self._ended[name]
        left = self._limits.exercise_seconds - self._spent.get(name, 0.0)
        if left <= 0:
            raise TimedOut(f"`{name}` used up its {self._limits.exercise_seconds:g} seconds.")
        started = time.monotonic()
        try:
            return self._call(min(left, self._limits.call_seconds), name, args, kwargs, seed)
        finally:
            self._spent[name] = self._spent.get(name, 0.0) + time.monotonic() - started

    def _call(
        self, seconds: float, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], seed: int
    ) -> Any:
        self._errors.clear()
        serve = tuple(self._assignment.before(name))
        pairs = tuple(kwargs.items())
        try:
            answer = self.session.call(
                seconds, name, args=args, kwargs=pairs, seed=seed, serve=serve
            )
        except Stopped as stopped:
            self._ended[name] = ENDED[stopped.status](str(stopped))
            raise self._ended[name] from None
        except RemoteError as error:
            if self._errors:
                raise self._errors[0] from None
            raise self._failure(name, error) from None
        except WireError as error:
            raise BadValue(f"What `{name}` gave back cannot be read: {error}.") from None
        return self._accept(name, answer, args, kwargs)

    def _accept(self, name: str, answer: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        models = [arg for arg in (*args, *kwargs.values()) if isinstance(arg, nn.Module)]
        try:
            result, seen = answer
            self._seen = {
                id(model): Seen(*(flag is True for flag in flags))
                for model, flags in zip(models, seen, strict=True)
            }
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
                text = f"`{name}` does not exist, because its cell failed: {cell.message}"
                return ENDED.get(cell.status, Missing)(text)
        return NotAttempted(NOT_ATTEMPTED.format(name=name).split(":")[0] + f": no `{name}`.")

    def _serve(self, message: dict[str, Any]) -> Any:
        """An earlier exercise's function, called by the student's code."""
        name = message.get("name")
        if name not in self._assignment.before(self.exercise):
            raise WireError(f"{str(name)[:40]!r} is not served")
        return solutions.load(self._assignment)[name](*message["args"], **dict(message["kwargs"]))

    def _callback(self, message: dict[str, Any]) -> Any:
        """A function that the suite handed over. What it raises is the suite's to see."""
        function = self.session.function(message.get("number"))
        try:
            return function(*message["args"], **dict(message["kwargs"]))
        except Exception as error:  # noqa: BLE001 - raised again in the suite
            self._errors.append(error)
            raise RuntimeError("this call was refused") from None
