"""What goes to whoever grades a submission, and what comes back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from autograder.gradebook.handed import Handed
from autograder.gradebook.marks import Marks
from autograder.gradebook.truth import Truth


@dataclass(frozen=True)
class Job:
    """A submission and all that grading it needs, on whatever machine.

    ``truths`` are the gradebook's cells by name, ``options`` those of ``grade``; ``receipt`` tells
    this job from every other that would be graded otherwise.
    """

    student: str
    assignment: str
    handed: Handed
    truths: dict[str, Truth]
    options: dict[str, Any]
    receipt: str


@dataclass(frozen=True)
class Done:
    """The autograded notebook as text, the report on it, and what goes into the gradebook.

    ``late``: something ran out of time by the clock without having computed for so long.
    """

    notebook: str
    report: dict[str, Any]
    marks: Marks
    late: bool = False


@dataclass(frozen=True)
class Killed:
    """Whoever graded the submission was killed, so many times."""

    deaths: int = 1


@dataclass(frozen=True)
class Failed:
    """The grader failed, not the submission: the text says how."""

    text: str


Outcome = Done | Killed | Failed
