"""What a suite calls: a student's functions, here or in a sandbox, behind one interface."""

from __future__ import annotations

import builtins
import operator
import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from torch import nn

from autograder.assignments import CLASSES
from autograder.inside import observe, state
from autograder.inside.errors import described
from autograder.inside.observe import Seen
from autograder.trace import Trace, snapshot


class StudentFailure(Exception):
    """The student's code gave no value. ``status`` is the word for the report."""

    status = "error"


class StudentRaised(StudentFailure):
    """The student's function raised. Also an instance of the builtin type that was raised."""


class NotAttempted(StudentFailure):
    """The stub is still there, or nothing is."""

    status = "not_attempted"


class Missing(StudentFailure):
    """The function is not there, because the cell that should define it failed."""


class TimedOut(StudentFailure):
    """The function, or the cell that should define it, outlasted its limit."""

    status = "timeout"


class Crashed(StudentFailure):
    """The function, or its cell, ended the process."""

    status = "crashed"


class BadValue(StudentFailure):
    """What came back is nothing that can be judged: too large, of an unknown type, or forged."""

    status = "failed"


NOT_ATTEMPTED = "Not attempted yet: `{name}` still raises NotImplementedError."


def raised(name: str, kind: str, message: str) -> StudentFailure:
    """The exception to raise here for one of type ``kind`` that the student's ``name`` raised."""
    if kind == "NotImplementedError" and not message:  # with one it is torch's, of a wrong dtype
        return NotAttempted(NOT_ATTEMPTED.format(name=name))
    text = f"`{name}` raised {kind}: {message[:500]}" if message else f"`{name}` raised {kind}."
    base = getattr(builtins, kind, None)
    if not (isinstance(base, type) and issubclass(base, Exception)):
        return StudentRaised(text)
    try:
        return type(kind, (StudentRaised, base), {})(text)
    except TypeError:  # a builtin whose constructor or layout does not combine (UnicodeError, ...)
        return StudentRaised(text)


class Held:
    """An object of a class that the student wrote, which stays where it was made.

    Its methods are called, its properties read, as if it were here.
    """

    def __init__(self, student: Student, class_name: str, key: Any) -> None:
        self._student = student
        self._class_name = class_name
        self._key = key

    def __getattr__(self, member: str) -> Any:
        if member.startswith("_"):
            raise AttributeError(member)
        return self._student.member(self._class_name, self._key, member)

    def __len__(self) -> int:
        length = self._student.member(self._class_name, self._key, "__len__")()
        try:
            return len(range(operator.index(length)))
        except TypeError:
            kind = type(length).__name__
            text = (
                f"`len()` of a `{self._class_name}` should be a whole number, not of type {kind}."
            )
            raise BadValue(text) from None


class Student:
    """Calls go by attribute: ``student.relabel(y, classes)``; a class gives ``Held`` objects.

    Changes that a function makes to a model, optimizer, generator, tensor, list or dict handed
    to it are visible in the caller's own objects afterwards. Before every call the global random
    state is seeded with a new number. Subclasses say where the function runs.
    """

    def __init__(self) -> None:
        self.exercise = ""
        self.trains = False
        self._kept = False
        self.trace: Trace = []
        self._seeds = random.Random(0)
        self._seen: dict[int, Seen] = {}

    def begin(self, exercise: str, seed: int, trains: bool = False) -> None:
        """Starts a test of ``exercise``; global seeds are drawn from ``seed``.

        ``trains``: real networks are trained in it, which takes longer than anything else.
        """
        self.exercise = exercise
        self.trains = trains
        self.trace = []
        self._seeds = random.Random(seed)

    @contextmanager
    def keeping(self) -> Iterator[None]:
        """For this long everything that crosses stays one object on both sides, also between calls.

        So a function that holds on to what it was given, or gave away, sees what becomes of it.
        """
        self._kept = True
        try:
            yield
        finally:
            self._kept = False

    def sync(self) -> None:
        """While ``keeping``: what was changed here is changed there, and what follows from it here.

        Where the functions are of this process, that is so anyway.
        """

    def anew(self) -> None:
        """Forgets what the student's code keeps: it goes on in a new sandbox.

        Where the functions are of this process, they keep what they keep outside of their objects.
        """

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("_"):
            raise AttributeError(name)
        return lambda *args, **kwargs: self._record(name, args, kwargs)

    def member(self, class_name: str, key: Any, member: str) -> Any:
        """A property's value, or a method to be called, of the object held under ``key``."""
        read = member in CLASSES[class_name]

        def use(*args: Any, **kwargs: Any) -> Any:
            return self._record(Use(class_name, key, member, read), args, kwargs)

        return use() if read else use

    def _record(self, what: str | Use, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        self._seen = {}
        name = str(what)
        try:
            result = self.call(what, args, kwargs, self._seeds.getrandbits(31))
        except StudentFailure as failure:
            self.trace.append(snapshot(name, type(failure).__name__, args, kwargs, self._seen))
            raise
        held = name in CLASSES
        self.trace.append(snapshot(name, None if held else result, args, kwargs, self._seen))
        return Held(self, name, result) if held else result

    def seen(self, model: nn.Module) -> Seen:
        """How the last call used ``model``; reported from where the function ran."""
        return self._seen.get(id(model), Seen())

    def call(
        self, what: str | Use, args: tuple[Any, ...], kwargs: dict[str, Any], seed: int
    ) -> Any:  # pragma: no cover - the interface
        raise NotImplementedError


@dataclass(frozen=True)
class Use:
    """What is done to a held object: its method called, or its property read."""

    class_name: str
    key: Any
    member: str
    read: bool

    def __str__(self) -> str:
        return f"{self.class_name}.{self.member}"


class LocalStudent(Student):
    """Functions of this process: for reference solutions, misconceptions and tests."""

    def __init__(
        self,
        namespace: Mapping[str, Callable[..., Any]],
        seed: int = 0,
    ) -> None:
        super().__init__()
        self._namespace = namespace
        self.begin("", seed)

    def call(
        self, what: str | Use, args: tuple[Any, ...], kwargs: dict[str, Any], seed: int
    ) -> Any:
        if isinstance(what, str) and what not in self._namespace:
            raise NotAttempted(f"`{what}` is not defined.")
        models = [arg for arg in (*args, *kwargs.values()) if isinstance(arg, nn.Module)]
        with state.restored(seed), observe.watch(models) as watchers:
            self._seen = {id(m): w.seen for m, w in zip(models, watchers, strict=True)}
            errors: list[Exception] = []
            args = tuple(_callback(arg, watchers, errors) for arg in args)
            kwargs = {key: _callback(arg, watchers, errors) for key, arg in kwargs.items()}
            try:
                if isinstance(what, str):
                    return self._namespace[what](*args, **kwargs)
                member = getattr(what.key, what.member)
                return member if what.read else member(*args, **kwargs)
            except Exception as error:
                if errors:
                    raise errors[0] from None
                raise raised(str(what), *described(error)) from error


def _callback(arg: Any, watchers: list[observe.Watcher], errors: list[Exception]) -> Any:
    """A callback of the suite, which is not the student's doing.

    What it does is not recorded, and what it raises is kept, to be raised in the suite again.
    """
    if not callable(arg) or isinstance(arg, nn.Module):
        return arg

    def callback(*args: Any, **kwargs: Any) -> Any:
        with observe.paused(watchers):
            try:
                return arg(*args, **kwargs)
            except Exception as error:
                errors.append(error)
                raise

    return callback
