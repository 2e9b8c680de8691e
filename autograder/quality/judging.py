"""What the grader says of one function that stands in for an exercise's answer."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from autograder import solutions
from autograder.assignments import Assignment
from autograder.diagnosis import diagnose, outcomes_of
from autograder.misconceptions import Misconception
from autograder.scoring import Outcome, run_quickly, run_suite
from autograder.student import LocalStudent


@dataclass(frozen=True)
class Judged:
    """One run: points, the messages of the failed tests by name, and the mistake's key, if named.

    ``wrong_kind``: some test failed for the type, shape or dtype of what came back. ``trained``:
    there was a test by accuracy.
    """

    earned: float
    worth: float
    failed: dict[str, str]
    named: str | None
    wrong_kind: bool
    trained: bool = False

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
        if with_training:
            found = run_suite(assignment, student, seed, dataset, exercise)[exercise]
        else:
            found = run_quickly(assignment, student, seed, dataset, exercise)
    return _judgement(assignment, exercise, found, seed, dataset)


def judged_entry(
    assignment: Assignment, entry: Misconception, seed: int, dataset: str = "digits"
) -> Judged:
    """The same for the function of a catalogue's entry, which diagnosis runs anyway."""
    with contextlib.redirect_stdout(io.StringIO()):
        found = outcomes_of(assignment, entry, 0, seed, dataset)
    return _judgement(assignment, entry.exercise, found, seed, dataset)


def _judgement(
    assignment: Assignment, exercise: str, found: list[Outcome], seed: int, dataset: str
) -> Judged:
    with contextlib.redirect_stdout(io.StringIO()):
        entry = diagnose(assignment, exercise, found, seed, dataset)
    verdicts = [outcome.verdict for outcome in found]
    return Judged(
        sum(verdict.earned for verdict in verdicts),
        sum(verdict.points for verdict in verdicts),
        {verdict.name: verdict.message for verdict in verdicts if verdict.status != "passed"},
        entry.key if entry else None,
        any(outcome.wrong_kind for outcome in found),
        any(outcome.by_accuracy for outcome in found),
    )
