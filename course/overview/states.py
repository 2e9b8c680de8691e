"""How far each exercise and each written answer of one saved notebook is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from course.checks.title import read
from course.overview.saved import Cell

STUB = re.compile(r"^[^#\n]*\braise NotImplementedError\b", flags=re.MULTILINE)
TEXT_STUB = "YOUR ANSWER HERE"
TEST, ANSWER = "test-", "answer-"
NAME = re.compile(r"[\w-]+")


@dataclass(frozen=True)
class Standing:
    """One exercise: its name, ``"to do"``, ``"written"``, ``"not yet"`` or ``"passed"``, and why.

    A written answer is never more than written: a person judges it.
    """

    name: str
    state: str
    reason: str

    @property
    def done(self) -> bool:
        """Whether the learner can go on to the next."""
        return self.state == "passed" or (self.state == "written" and self.name.startswith(ANSWER))


def standings(cells: Sequence[Cell]) -> list[Standing]:
    """One for each exercise and written answer, in order; none for a notebook without any."""
    named = {cell.name: cell for cell in cells if NAME.fullmatch(cell.name)}
    found = []
    for name, cell in named.items():
        if name.startswith(TEST):
            exercise = name.removeprefix(TEST)
            found.append(_exercise(exercise, named.get(exercise), cell))
        elif name.startswith(ANSWER):
            found.append(_answer(cell))
    return found


def _exercise(name: str, solution: Cell | None, check: Cell) -> Standing:
    if solution is None:
        return Standing(name, "to do", "its cell is no longer in the notebook")
    if not solution.source.strip():
        return Standing(name, "to do", "its cell is empty")
    if STUB.search(solution.source):
        return Standing(name, "to do", "raise NotImplementedError() is still there")
    outcomes = [outcome for text in check.shown if (outcome := read(text)) is not None]
    mine = [outcome for outcome in outcomes if outcome.name == name]
    if not mine:
        return Standing(name, "written", "run its check, then save")
    last = mine[-1]
    if last.passed < last.total:
        return Standing(name, "not yet", f"{last.passed} of {last.total} checks passed")
    return Standing(name, "passed", f"all {last.total} checks passed")


def _answer(cell: Cell) -> Standing:
    if TEXT_STUB in cell.source or not cell.source.strip():
        return Standing(cell.name, "to do", "nothing is written yet")
    return Standing(cell.name, "written", "no check: a person reads it")
