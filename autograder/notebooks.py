"""The cells of a notebook, by what nbgrader's metadata and the course's tags say of them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import nbformat
from nbformat import NotebookNode

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "source"
TEST = "test-"


def source_path(assignment: str) -> Path:
    """The instructor's notebook of an assignment."""
    return SOURCE / assignment / f"{assignment}.ipynb"


def grade_id(cell: NotebookNode) -> str:
    """The cell's name in the gradebook, or the empty string."""
    return str(cell.metadata.get("nbgrader", {}).get("grade_id", ""))


def is_test(cell: NotebookNode) -> bool:
    """A graded code cell: shows the visible checks to the student, is never run while grading."""
    return grade_id(cell).startswith(TEST)


def is_experiment(cell: NotebookNode) -> bool:
    """A cell that sweeps or draws and defines nothing that others need."""
    return "experiment" in cell.metadata.get("tags", [])


def is_executed(cell: NotebookNode) -> bool:
    """Whether grading runs the cell."""
    return bool(cell.cell_type == "code" and not is_test(cell) and not is_experiment(cell))


@cache
def instructors_cells(assignment: str) -> tuple[NotebookNode, ...]:
    """The cells of the instructor's notebook."""
    return tuple(nbformat.read(source_path(assignment), as_version=4).cells)


def experiment_ids(assignment: str) -> frozenset[str]:
    """Ids of the experiment cells, whatever tags students set."""
    return frozenset(cell.id for cell in instructors_cells(assignment) if is_experiment(cell))


def instructors_texts(assignment: str) -> frozenset[str]:
    """Texts that stand in the instructor's notebook, which may hold HTML."""
    return frozenset(c.source for c in instructors_cells(assignment) if c.cell_type == "markdown")
