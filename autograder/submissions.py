"""Makes submissions from the release, as a student would: by filling in solution cells."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder.assignments import Assignment
from autograder.notebooks import grade_id, instructors_cells
from autograder.release import RELEASE


def untouched(assignment: Assignment) -> NotebookNode:
    """The students' notebook as it was released."""
    return nbformat.read(RELEASE / assignment.id / f"{assignment.id}.ipynb", as_version=4)


def right_answers(assignment: Assignment) -> dict[str, str]:
    """The instructor's code for each exercise."""
    names = {exercise.name for exercise in assignment.exercises}
    cells = instructors_cells(assignment.id)
    return {grade_id(cell): _unmarked(cell.source) for cell in cells if grade_id(cell) in names}


def _unmarked(source: str) -> str:
    """Code without nbgrader's marks around the solution."""
    return "\n".join(line for line in source.splitlines() if "### " not in line)


def answered(assignment: Assignment, answers: Mapping[str, str]) -> NotebookNode:
    """The release with the code of ``answers`` in the solution cells of the same name."""
    notebook = untouched(assignment)
    for cell in notebook.cells:
        if grade_id(cell) in answers:
            cell.source = answers[grade_id(cell)]
    return notebook


def hand_in(notebook: NotebookNode, root: Path, student: str, assignment: Assignment) -> Path:
    """Puts a notebook where nbgrader expects a student's submission."""
    path = root / "submitted" / student / assignment.id / f"{assignment.id}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)
    return path
