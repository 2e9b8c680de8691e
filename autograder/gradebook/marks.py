"""What the gradebook gets of a submission: automatic points, and nbgrader's comments."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from nbformat import NotebookNode
from nbgrader.api import SubmittedNotebook
from nbgrader.utils import compute_checksum, determine_grade, is_grade, is_solution, is_task

from autograder.notebooks import TEST, grade_id

NO_ANSWER = "No response."


@dataclass(frozen=True)
class Marks:
    """Points and comments by cell; points of None wait for a person."""

    points: dict[str, float | None]
    comments: dict[str, str | None]


def marks(notebook: NotebookNode, report: dict[str, Any]) -> Marks:
    """Points of tests come from the report, never from a cell's output.

    Written answers are judged as nbgrader does: 0 when untouched, else a person has to look.
    """
    scores = {TEST + exercise["name"]: exercise["score"] for exercise in report["exercises"]}
    points: dict[str, float | None] = {}
    comments: dict[str, str | None] = {}
    for cell in notebook.cells:
        name = grade_id(cell)
        if is_grade(cell):
            earned = scores.get(name, 0.0) if name.startswith(TEST) else determine_grade(cell)[0]
            points[name] = earned
        if is_solution(cell) or is_task(cell):
            untouched = cell.metadata.nbgrader.get("checksum") == compute_checksum(cell)
            comments[name] = NO_ANSWER if untouched and not is_task(cell) else None
    return Marks(points, comments)


def nothing(submission: SubmittedNotebook) -> Marks:
    """0 for everything: nothing was handed in that could be graded."""
    return Marks({grade.name: 0.0 for grade in submission.grades}, {})


def record(submission: SubmittedNotebook, given: Marks) -> None:
    """Puts the marks into the gradebook's rows; points given by hand stay, to be looked at again.

    It goes by the gradebook's list of cells: one that has no mark scores 0.
    """
    for grade in submission.grades:
        points = given.points.get(grade.name, 0.0)
        if points is not None and grade.name.startswith(TEST):
            points = believable(points, grade.max_score)
        grade.auto_score = points
        grade.needs_manual_grade = grade.manual_score is not None or points is None
    for comment in submission.comments:
        if comment.name in given.comments:
            comment.auto_comment = given.comments[comment.name]


def believable(score: Any, maximum: float) -> float:
    """``score`` where it is a number from 0 to ``maximum``, else 0: no evidence, no points."""
    if type(score) not in (int, float) or not math.isfinite(score) or not 0 <= score <= maximum:
        return 0.0
    return float(score)
