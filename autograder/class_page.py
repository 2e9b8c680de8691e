"""What the pages about a graded class share: whom they are of, and where they are written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from autograder.assignments import find
from autograder.gradebook.course import Course
from autograder.gradebook.standing import Standing


class NothingGraded(LookupError):
    """There is nobody to show."""


def reports(course: Course, assignment: str) -> dict[str, dict[str, Any]]:
    """By student, what was graded.

    Raises ``ValueError`` for an assignment that there is not, ``NothingGraded`` where none is
    graded.
    """
    find(assignment)
    found = Standing(course, assignment).reports()
    if not found:
        raise NothingGraded(
            f"no graded submissions of {assignment} under {course.root}: run `grade`"
        )
    return found


def target(output: Path | None, usual: Path) -> Path:
    """Where the page goes; raises ``ValueError`` where there is no such directory."""
    path = output or usual
    if not path.absolute().parent.is_dir():
        raise ValueError(f"--output: there is no directory {path.absolute().parent}")
    return path
