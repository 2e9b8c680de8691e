"""Where the rewritten mistakes are entered."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])

# By assignment and key of the catalogue. A key may be used in several assignments.
AGAIN: dict[tuple[str, str], Callable[..., Any]] = {}


class Assigned:
    """Enters functions for the mistakes of one assignment: ``@again("no-zero-grad")``."""

    def __init__(self, assignment: str) -> None:
        self._assignment = assignment

    def __call__(self, key: str) -> Callable[[Function], Function]:
        """A decorator for the function that has the mistake ``key``."""

        def enter(function: Function) -> Function:
            if (self._assignment, key) in AGAIN:
                raise ValueError(f"{self._assignment}: {key} is there twice")
            AGAIN[self._assignment, key] = function
            return function

        return enter


def load() -> dict[tuple[str, str], Callable[..., Any]]:
    """All rewritten mistakes, by assignment and key."""
    for path in sorted(Path(__file__).parent.glob("restyled_*.py")):
        import_module(f"autograder.quality.restyled.{path.stem}")
    return AGAIN
