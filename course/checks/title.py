"""The first line of what ``check`` shows: written here, and read again from saved notebooks."""

from __future__ import annotations

import re
from dataclasses import dataclass

STUCK = "Stuck? Two hints are folded in the cell below this one, the second one stronger."
PATTERN = re.compile(r"(\w+): (?:all (\d{1,4})|(\d{1,4}) of (\d{1,4})) checks passed")


@dataclass(frozen=True)
class Outcome:
    """How many of the ``total`` checks of the exercise ``name`` passed."""

    name: str
    passed: int
    total: int


def write(outcome: Outcome, *, attempted: bool) -> str:
    """The line: what passed, and what helps further."""
    if outcome.passed == outcome.total:
        more = "(The hidden tests look at more cases.)"
        return f"{outcome.name}: all {outcome.total} checks passed. {more}"
    line = f"{outcome.name}: {outcome.passed} of {outcome.total} checks passed"
    return f"{line}. {STUCK}" if attempted else line


def read(text: str) -> Outcome | None:
    """What a text that begins with such a line says, or ``None`` if it does not."""
    found = PATTERN.match(text)
    if found is None:
        return None
    name, every, passed, total = found.groups()
    return Outcome(name, int(every or passed), int(every or total))
