"""Mark schemes beside written answers, for whoever grades by hand: in the formgrader alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from nbconvert.preprocessors import Preprocessor
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell

from autograder.notebooks import grade_id, instructors_cells, source_path

MARKS = ("<!-- BEGIN SOLUTION -->", "<!-- END SOLUTION -->")
HEAD = "**For the grader; students do not see this.**"


class ShowMarkSchemes(Preprocessor):
    """Puts the model answer, with its mark scheme, above each written answer.

    On the pages where the formgrader shows a submission, and nowhere else: not in the feedback, not
    in any file.
    """

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        if "submission_id" in resources and "nbgrader" not in resources:
            schemes = mark_schemes(resources["assignment_id"])
            nb.cells = list(_with(nb.cells, schemes))
        return nb, resources


def mark_schemes(assignment: str) -> dict[str, str]:
    """The model answers of an assignment, by the names of their cells."""
    if not source_path(assignment).is_file():
        return {}
    return {
        grade_id(cell): "\n".join(line for line in cell.source.splitlines() if line not in MARKS)
        for cell in instructors_cells(assignment)
        if cell.cell_type == "markdown" and grade_id(cell)
    }


def _with(cells: Sequence[NotebookNode], schemes: dict[str, str]) -> Iterator[NotebookNode]:
    for cell in cells:
        if grade_id(cell) in schemes:
            lines = [HEAD, "", *schemes[grade_id(cell)].splitlines()]
            yield new_markdown_cell("\n".join(f"> {line}".rstrip() for line in lines))
        yield cell
