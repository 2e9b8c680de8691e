"""Puts the points table of each exercise into its graded cell."""

from __future__ import annotations

from nbformat import NotebookNode
from nbformat.v4 import new_output

from autograder.notebooks import TEST, grade_id
from autograder.verdicts import ExerciseVerdict, Report
from course.checks.table import Row, to_html, to_text


def fill_in(notebook: NotebookNode, report: Report) -> None:
    """Replaces the outputs of every graded code cell by the table of its exercise."""
    verdicts = {TEST + exercise.name: exercise for exercise in report.exercises}
    for cell in notebook.cells:
        if cell.cell_type == "code" and grade_id(cell) in verdicts:
            cell.outputs = [table(verdicts[grade_id(cell)])]
            cell.execution_count = None


def table(verdict: ExerciseVerdict) -> NotebookNode:
    """The verdict as an output that a notebook, a feedback page and a terminal can show."""
    title = f"{verdict.name}: {verdict.score:g} of {verdict.max_score:g} points"
    rows = [
        Row(test.name, test.status, test.message, test.earned, test.points)
        for test in verdict.tests
    ]
    hint = verdict.hint
    html, text = to_html(title, rows, hint), to_text(title, rows, hint)
    return new_output("display_data", data={"text/html": html, "text/plain": text})
