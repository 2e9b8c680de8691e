"""What the gradebook has to hand over of an assignment, student by student."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from nbgrader.api import Gradebook, Student, SubmittedAssignment

NOTHING = "handed in nothing"
UNGRADED = "handed in, but not graded yet: run `grade`"
WAITING = "not finished: an answer waits to be graded by hand"
LATE = "late: the penalty is taken off"


@dataclass(frozen=True)
class Mark:
    """A student's points, or None where there are none to hand over; ``note`` says what to know."""

    points: float | None
    note: str = ""


@dataclass(frozen=True)
class Person:
    """A student as the gradebook knows them."""

    id: str
    email: str
    first_name: str
    last_name: str


def people(gradebook: Gradebook) -> list[Person]:
    """All students of the gradebook."""
    return [_person(student) for student in gradebook.students]


def submitted(gradebook: Gradebook, assignment: str) -> dict[str, SubmittedAssignment]:
    """By student, what was graded.

    Raises ``MissingEntry`` for an assignment that the gradebook does not know.
    """
    return {s.student_id: s for s in gradebook.find_assignment(assignment).submissions}


def marks(
    gradebook: Gradebook,
    assignment: str,
    unfinished: bool,
    zero: bool,
    handed_in: Callable[[str, str], bool],
) -> dict[str, Mark]:
    """By student. ``unfinished``: also where a person has to look; ``zero``: 0 for no submission.

    ``handed_in`` says of a student and an assignment whether there is one to grade.

    Points are those of the gradebook, by hand and automatic, less the penalty for being late, and
    never below 0. Raises ``MissingEntry`` for an assignment that the gradebook does not know.
    """
    graded = submitted(gradebook, assignment)
    found = {}
    for student in gradebook.students:
        if student.id in graded:
            found[student.id] = _mark(graded[student.id], unfinished)
        elif handed_in(student.id, assignment):
            found[student.id] = Mark(None, UNGRADED)
        else:
            found[student.id] = Mark(0.0 if zero else None, NOTHING)
    return found


def _mark(submission: SubmittedAssignment, unfinished: bool) -> Mark:
    penalty = submission.late_submission_penalty or 0.0
    points = max(0.0, submission.score - penalty)
    if submission.needs_manual_grade:
        return Mark(points if unfinished else None, WAITING)
    return Mark(points, LATE if penalty else "")


def _person(student: Student) -> Person:
    return Person(
        str(student.id),
        student.email or "",
        student.first_name or "",
        student.last_name or "",
    )
