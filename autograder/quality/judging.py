"""What the grader says of one function that stands in for an exercise's answer."""

from __future__ import annotations

import contextlib
import io
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
    """One run: points, the messages of the failed tests by name, and the mistake's key, if named.

    ``wrong_kind``: some test failed for the type, shape or dtype of what came back.
    """

    earned: float
    worth: float
    failed: dict[str, str]
    named: str | None
    wrong_kind: bool

    @property
    def full(self) -> bool:
        """Whether no test failed."""
        return self.earned == self.worth


def judged(
    assignment: Assignment,
    exercise: str,
    function: Callable[..., Any],
    seed: int,
    dataset: str = "digits",
    with_training: bool = False,
) -> Judged:
    """Runs the tests of ``exercise`` on ``function``, the tests by accuracy where asked for.

    What the function prints is dropped.
    """
    student = LocalStudent({**solutions.load(assignment), exercise: function}, seed)
    with contextlib.redirect_stdout(io.StringIO()):
        found = run_suite(assignment, student, seed, dataset, exercise, with_training)[exercise]
        entry = diagnose(assignment, exercise, found, seed, dataset)
    verdicts = [outcome.verdict for outcome in found]
    return Judged(
        sum(verdict.earned for verdict in verdicts),
        sum(verdict.points for verdict in verdicts),
        {verdict.name: verdict.message for verdict in verdicts if verdict.status != "passed"},
        entry.key if entry else None,
        any(outcome.wrong_kind for outcome in found),
    )
