"""Writes verdicts, and nothing else, into nbgrader's gradebook."""

from __future__ import annotations

import math
from typing import Any

from nbformat import NotebookNode
from nbgrader.preprocessors import SaveAutoGrades

from autograder.gradebook.sanitise import GRADING
from autograder.notebooks import TEST


class SaveVerdicts(SaveAutoGrades):
    """nbgrader's own step, except that points come from the report, never from a cell's output.

    Written answers are left to nbgrader: 0 when untouched, else they wait for a person.
    """

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        exercises = nb.metadata.get(GRADING, {}).get("exercises", [])
        self._scores = {TEST + exercise["name"]: exercise["score"] for exercise in exercises}
        return super().preprocess(nb, resources)

    def _add_score(self, cell: NotebookNode, resources: Any) -> None:
        name = cell.metadata["nbgrader"]["grade_id"]
        if not name.startswith(TEST):
            super()._add_score(cell, resources)
            return
        grade = self.gradebook.find_grade(
            name, self.notebook_id, self.assignment_id, self.student_id
        )
        grade.auto_score = believable(self._scores.get(name, 0.0), grade.max_score)
        grade.needs_manual_grade = grade.manual_score is not None
        self.gradebook.db.commit()


def believable(score: Any, maximum: float) -> float:
    """``score`` where it is a number from 0 to ``maximum``, else 0: no evidence, no points."""
    if type(score) not in (int, float) or not math.isfinite(score) or not 0 <= score <= maximum:
        return 0.0
    return float(score)
