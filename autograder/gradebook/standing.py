"""What was graded before and still stands, by the receipts in the autograded notebooks."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from nbgrader.api import Grade, GradeCell, Student, SubmittedAssignment, SubmittedNotebook
from nbgrader.api import Notebook as NotebookRow

from autograder.gradebook.sanitise import GRADING
from autograder.notebooks import TEST

if TYPE_CHECKING:
    from autograder.gradebook.course import Course


ENDED = ("timeout", "crashed")


class Standing:
    """Finished work of an earlier run. ``force``: none counts.

    What crashed or ran out of time does not stand: it may have been the machine's fault, and only
    such submissions are graded again.

    A receipt alone does not do: someone may have gone back to an older gradebook. The points that
    it speaks of must be in the gradebook, too.
    """

    def __init__(self, course: Course, assignment: str, force: bool = False) -> None:
        self._course = course
        self._assignment = assignment
        self._points = {} if force else _points(course, assignment)

    def report(self, student: str, receipt: str) -> dict[str, Any] | None:
        """The report on the student's submission, if it stands as the job ``receipt`` names it."""
        report = self._graded(student)
        if report is None or ended(report) or report["receipt"].get("job") != receipt:
            return None
        return report

    def reports(self) -> dict[str, dict[str, Any]]:
        """By student, whatever was graded and is in the gradebook."""
        found = ((student, self._graded(student)) for student in sorted(self._points))
        return {student: report for student, report in found if report is not None}

    def _graded(self, student: str) -> dict[str, Any] | None:
        """The report in the autograded notebook, if its points are those in the gradebook."""
        points = self._points.get(student)
        path = self._course.notebook("autograded", student, self._assignment)
        if points is None or not path.is_file():
            return None
        try:
            report = json.loads(path.read_text())["metadata"][GRADING]
            earned = {TEST + e["name"]: e["score"] for e in report["exercises"]}
            same = earned == points and isinstance(report["receipt"], dict)
        except (ValueError, KeyError, TypeError):
            return None
        return dict(report) if same else None


def ended(report: dict[str, Any]) -> bool:
    """Whether a cell or a test of it was stopped, or ended its process."""
    tests = (test for exercise in report["exercises"] for test in exercise["tests"])
    flags = tuple(f"cell-{word}" for word in ENDED)
    return any(test["status"] in ENDED for test in tests) or any(
        flag.startswith(flags) for flag in report["flags"]
    )


def _points(course: Course, assignment: str) -> dict[str, dict[str, float | None]]:
    """The automatic points in the gradebook by student and test cell, in one query.

    Where nothing was graded yet, no gradebook is made either.
    """
    if not any(course.root.glob(f"autograded/*/{assignment}")):
        return {}
    points: dict[str, dict[str, float | None]] = {}
    with course.gradebook() as gradebook:
        rows = (
            gradebook.db.query(Student.id, GradeCell.name, Grade.auto_score)
            .join(SubmittedAssignment, SubmittedAssignment.student_id == Student.id)
            .join(SubmittedNotebook, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
            .join(NotebookRow, SubmittedNotebook.notebook_id == NotebookRow.id)
            .join(Grade, Grade.notebook_id == SubmittedNotebook.id)
            .join(GradeCell, Grade.cell_id == GradeCell.id)
            .filter(NotebookRow.name == assignment, GradeCell.name.startswith(TEST))
        )
        for student, cell, score in rows:
            points.setdefault(student, {})[cell] = score
    return points
