"""What the gradebook has to hand over of an assignment, student by student."""

from __future__ import annotations

from dataclasses import dataclass

from nbgrader.api import Gradebook, Student, SubmittedAssignment

NOTHING = "handed in nothing"
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


def marks(gradebook: Gradebook, assignment: str, unfinished: bool, zero: bool) -> dict[str, Mark]:
    """By student. ``unfinished``: also where a person has to look; ``zero``: 0 for no submission.

    Points are those of the gradebook, by hand and automatic, less the penalty for being late,
    and never below 0. Raises ``MissingEntry`` for an assignment that the gradebook does not know.
    """
    submissions = {s.student_id: s for s in gradebook.find_assignment(assignment).submissions}
    return {
        student.id: _mark(submissions[student.id], unfinished)
        if student.id in submissions
        else Mark(0.0 if zero else None, NOTHING)
        for student in gradebook.students
    }


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
