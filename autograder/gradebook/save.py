"""Writes cells and verdicts into nbgrader's gradebook, each time all of them or none."""

from __future__ import annotations

from typing import Any

from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.preprocessors import SaveAutoGrades, SaveCells

from autograder.gradebook.backup import back_up
from autograder.gradebook.database import at_once
from autograder.gradebook.marks import marks, record
from autograder.gradebook.sanitise import GRADING


class SaveCellsAtOnce(SaveCells):
    """nbgrader's own step, as one transaction: no submission is graded against half a notebook."""

    def _create_notebook(self, nb: NotebookNode) -> None:
        with at_once(self.gradebook):
            super()._create_notebook(nb)


class SaveVerdicts(SaveAutoGrades):
    """nbgrader's own step, except that points come from the report, never from a cell's output.

    All grades of a submission are one transaction, and a copy of the gradebook is made before the
    first one of a run.
    """

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        info = resources["nbgrader"]
        back_up(info["db_url"])
        given = marks(nb, nb.metadata.get(GRADING, {"exercises": []}))
        with Gradebook(info["db_url"]) as gradebook, at_once(gradebook):
            names = (info["notebook"], info["assignment"], info["student"])
            record(gradebook.find_submission_notebook(*names), given)
        return nb, resources
