"""Names a mistake: which wrong answer of the catalogue behaves as the student's function did."""

from __future__ import annotations

from functools import cache

from autograder import solutions
from autograder.assignments import Assignment
from autograder.misconceptions import CATALOGUE, Misconception
from autograder.scoring import Outcome, run_suite
from autograder.student import LocalStudent
from autograder.trace import alike

FAILED = "failed"


def diagnose(
    assignment: Assignment, exercise: str, outcomes: list[Outcome], seed: int, dataset: str
) -> Misconception | None:
    """The misconception that explains every failed test of an exercise, or None.

    A test is explained when the misconception fails it too, with the same values for the same
    inputs, or, where values are drawn at random, with the same message.
    """
    failed = [n for n, outcome in enumerate(outcomes) if outcome.verdict.status != "passed"]
    if not failed or any(
        o.verdict.status in ("timeout", "crashed", "not_attempted") for o in outcomes
    ):
        return None
    best: tuple[int, int, Misconception] | None = None
    for misconception in CATALOGUE.get(assignment.id, ()):
        if misconception.exercise != exercise:
            continue
        theirs = _outcomes(assignment, misconception, seed, dataset)
        if not all(_explains(theirs[n], outcomes[n]) for n in failed):
            continue
        same_failures = sum(
            (a.verdict.status == "passed") == (b.verdict.status == "passed")
            for a, b in zip(theirs, outcomes, strict=True)
        )
        same_values = sum(alike(a.trace, b.trace) for a, b in zip(theirs, outcomes, strict=True))
        if best is None or (same_failures, same_values) > best[:2]:
            best = (same_failures, same_values, misconception)
    return best[2] if best else None


def _explains(theirs: Outcome, students: Outcome) -> bool:
    if theirs.verdict.status == "passed":
        return False
    return alike(theirs.trace, students.trace) or theirs.verdict.message == students.verdict.message


@cache
def _outcomes(
    assignment: Assignment, misconception: Misconception, seed: int, dataset: str
) -> list[Outcome]:
    """How a misconception fares: the same for a whole class, so worked out once."""
    name = misconception.exercise
    student = LocalStudent({**solutions.load(assignment), name: misconception.function})
    return run_suite(assignment, student, seed, dataset, name)[name]
