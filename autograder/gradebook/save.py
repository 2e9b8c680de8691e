"""Writes cells and verdicts into nbgrader's gradebook, each time all of them or none."""

from __future__ import annotations

import math
from typing import Any

from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.preprocessors import SaveAutoGrades, SaveCells

from autograder.gradebook.backup import back_up
from autograder.gradebook.database import at_once
from autograder.gradebook.sanitise import GRADING
from autograder.notebooks import TEST


class SaveCellsAtOnce(SaveCells):
    """nbgrader's own step, as one transaction: no submission is graded against half a notebook."""

    def _create_notebook(self, nb: NotebookNode) -> None:
        with at_once(self.gradebook):
            super()._create_notebook(nb)


class SaveVerdicts(SaveAutoGrades):
    """nbgrader's own step, except that points come from the report, never from a cell's output.

    Written answers are left to nbgrader: 0 when untouched, else they wait for a person. All
    grades of a submission are one transaction, and a copy of the gradebook is made before the
    first one of a run.
    """

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        exercises = nb.metadata.get(GRADING, {}).get("exercises", [])
        self._scores = {TEST + exercise["name"]: exercise["score"] for exercise in exercises}
        info = resources["nbgrader"]
        self.notebook_id, self.assignment_id = info["notebook"], info["assignment"]
        self.student_id, self.db_url = info["student"], info["db_url"]
        back_up(self.db_url)
        with Gradebook(self.db_url) as self.gradebook, at_once(self.gradebook):
            for index, cell in enumerate(nb.cells):
                self.preprocess_cell(cell, resources, index)
        return nb, resources

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


def believable(score: Any, maximum: float) -> float:
    """``score`` where it is a number from 0 to ``maximum``, else 0: no evidence, no points."""
    if type(score) not in (int, float) or not math.isfinite(score) or not 0 <= score <= maximum:
        return 0.0
    return float(score)
