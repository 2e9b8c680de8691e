"""What an entry of the catalogue of wrong answers is made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(frozen=True)
class Misconception:
    """A wrong answer that can be run.

    ``key`` names the mistake in reports, ``function`` has the signature of its ``exercise``, and
    ``hint`` is what a student who made the mistake is told. ``others`` are other forms of the same
    mistake, which differ from outside and deserve the same hint.
    """

    key: str
    exercise: str
    function: Callable[..., Any]
    hint: str
    others: tuple[Callable[..., Any], ...] = ()

    @property
    def forms(self) -> tuple[Callable[..., Any], ...]:
        """All functions that have the mistake."""
        return (self.function, *self.others)


class Entries(list[Misconception]):
    """Misconceptions of one assignment, in the order in which they are written down."""

    def add(self, key: str, exercise: str, hint: str) -> Callable[[Function], Function]:
        """A decorator that enters the function below it, and leaves the function as it is."""

        def enter(function: Function) -> Function:
            self.append(Misconception(key, exercise, function, hint))
            return function

        return enter

    def also(self, key: str) -> Callable[[Function], Function]:
        """A decorator that enters another form of the mistake ``key``, which is there already."""

        def enter(function: Function) -> Function:
            (place,) = (n for n, entry in enumerate(self) if entry.key == key)
            self[place] = replace(self[place], others=(*self[place].others, function))
            return function

        return enter
