"""What the grader says of one function that stands in for an exercise's answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from autograder import solutions
from autograder.assignments import Assignment
from autograder.diagnosis import diagnose
from autograder.scoring import run_suite
from autograder.student import LocalStudent


@dataclass(frozen=True)
class Judged:
    """Points, the failed tests with their messages, and the key of the mistake that was named."""

    earned: float
    worth: float
    failed: dict[str, str]
    named: str | None


def judged(
    assignment: Assignment,
    exercise: str,
    function: Callable[..., Any],
    seed: int,
    dataset: str = "digits",
    with_training: bool = False,
) -> Judged:
    """Runs the tests of ``exercise`` on ``function``, the tests by accuracy where asked for."""
    student = LocalStudent({**solutions.load(assignment), exercise: function}, seed)
    found = run_suite(assignment, student, seed, dataset, exercise, with_training)[exercise]
    verdicts = [outcome.verdict for outcome in found]
    entry = diagnose(assignment, exercise, found, seed, dataset)
    return Judged(
        sum(verdict.earned for verdict in verdicts),
        sum(verdict.points for verdict in verdicts),
        {v.name: f"{v.status}: {v.message}" for v in verdicts if v.status != "passed"},
        entry.key if entry else None,
    )
