"""Names a mistake: which wrong answer of the catalogue behaves as the student's function did."""

from __future__ import annotations

import re
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
    """The misconception that best explains the failed tests of an exercise, or None.

    First come those that gave the same values for the same inputs in every failed test. Where
    rows are drawn at random, values need not agree: there it must fail the same tests with the
    same messages. Last come those that explain half of the failed tests and contradict no passed
    one. Tests by accuracy are not looked at: they take long, and many mistakes fail them.
    """
    outcomes = [outcome for outcome in outcomes if not outcome.by_accuracy]
    statuses = [outcome.verdict.status for outcome in outcomes]
    if all(status == "passed" for status in statuses) or any(s in SILENT for s in statuses):
        return None
    ranked = [
        (_likeness(_outcomes(assignment, entry, seed, dataset), outcomes), -number, entry)
        for number, entry in enumerate(CATALOGUE.get(assignment.id, ()))
        if entry.exercise == exercise
    ]
    likeness, _, entry = max(ranked, default=((0,), 0, None), key=lambda row: row[:2])
    return entry if likeness[0] else None


def _likeness(theirs: list[Outcome], students: list[Outcome]) -> tuple[int, ...]:
    """How well a misconception explains what the student's function did.

    The kind of explanation as in ``diagnose``, best 3, none 0; then the numbers of failed tests
    explained by values, of equal messages, and of equal values.
    """
    pairs = list(zip(theirs, students, strict=True))
    failed = [(a, b) for a, b in pairs if b.verdict.status != "passed"]
    explained = sum(a.verdict.status != "passed" and alike(a.trace, b.trace) for a, b in failed)
    messages = sum(_masked(a) == _masked(b) for a, b in pairs)
    values = sum(alike(a.trace, b.trace) for a, b in pairs)
    contradicts = any(
        a.verdict.status != "passed" for a, b in pairs if b.verdict.status == "passed"
    )
    if explained == len(failed):
        kind = 3
    elif messages == len(pairs) and any(_drew(b) for _, b in failed):
        kind = 2
    else:
        kind = int(2 * explained >= len(failed) and not contradicts)
    return kind, explained, messages, values


def _masked(outcome: Outcome) -> tuple[str, str]:
    """Status and message, numbers left out."""
    return outcome.verdict.status, re.sub(r"[\d.]+", "#", outcome.verdict.message)


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
    return run_suite(assignment, student, seed, dataset, name, with_training=False)[name]
