"""Names a mistake: which wrong answer of the catalogue behaves as the student's function did."""

from __future__ import annotations

from functools import cache

import torch

from autograder import solutions
from autograder.assignments import Assignment
from autograder.misconceptions import CATALOGUE, Misconception
from autograder.scoring import Outcome, run_suite
from autograder.student import LocalStudent
from autograder.trace import alike

SILENT = ("timeout", "crashed", "not_attempted")


def diagnose(
    assignment: Assignment, exercise: str, outcomes: list[Outcome], seed: int, dataset: str
) -> Misconception | None:
    """The misconception that explains every failed test of an exercise, or None.

    One that gave the same values for the same inputs in all failed tests comes first. Where values
    are drawn at random, it must fail the same tests with the same messages.
    """
    statuses = [outcome.verdict.status for outcome in outcomes]
    if all(status == "passed" for status in statuses) or any(s in SILENT for s in statuses):
        return None
    ranked = [
        (_likeness(_outcomes(assignment, entry, seed, dataset), outcomes), -number, entry)
        for number, entry in enumerate(CATALOGUE.get(assignment.id, ()))
        if entry.exercise == exercise
    ]
    likeness, _, entry = max(ranked, default=((0, 0), 0, None), key=lambda row: row[:2])
    return entry if likeness[0] else None


def _likeness(theirs: list[Outcome], students: list[Outcome]) -> tuple[int, int]:
    """How well a misconception explains what the student's function did: (kind, tests alike).

    Kind 2: the same values wherever the student failed; 1: the same verdicts and messages; 0: none.
    """
    pairs = list(zip(theirs, students, strict=True))
    failed = [(a, b) for a, b in pairs if b.verdict.status != "passed"]
    same_values = sum(alike(a.trace, b.trace) for a, b in pairs)
    if all(a.verdict.status != "passed" and alike(a.trace, b.trace) for a, b in failed):
        return 2, same_values
    if all(a.verdict == b.verdict for a, b in pairs) and any(_drew(b) for _, b in failed):
        return 1, same_values
    return 0, same_values


def _drew(outcome: Outcome) -> bool:
    """Whether the function was given a generator, so that right values need not be equal."""
    return any(torch.Generator.__name__ in call[2] for call in outcome.trace)


@cache
def _outcomes(
    assignment: Assignment, misconception: Misconception, seed: int, dataset: str
) -> list[Outcome]:
    """How a misconception fares: the same for a whole class, so worked out once."""
    name = misconception.exercise
    student = LocalStudent({**solutions.load(assignment), name: misconception.function})
    return run_suite(assignment, student, seed, dataset, name)[name]
