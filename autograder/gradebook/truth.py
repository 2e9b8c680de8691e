"""The cells of an assignment as the gradebook knows them: what a submission is held against."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from nbgrader.api import Notebook


@dataclass(frozen=True)
class Truth:
    """One cell as the gradebook knows it."""

    cell_type: str
    source: str
    metadata: dict[str, Any]

    @property
    def locked(self) -> bool:
        return bool(self.metadata["locked"])

    @property
    def graded(self) -> bool:
        return bool(self.metadata["grade"])


def read_truths(notebook: Notebook) -> dict[str, Truth]:
    """The gradebook's cells by name, in the order of the notebook."""
    points = {cell.name: float(cell.max_score) for cell in notebook.grade_cells}
    tasks = {cell.name: float(cell.max_score) for cell in notebook.task_cells}
    solutions = {cell.name for cell in notebook.solution_cells}
    truths = {}
    for cell in notebook.source_cells:
        metadata = {
            "grade": cell.name in points,
            "solution": cell.name in solutions,
            "locked": bool(cell.locked),
            "task": cell.name in tasks,
            "grade_id": cell.name,
            "schema_version": 3,
            "cell_type": cell.cell_type,
            "checksum": cell.checksum,
        }
        if cell.name in points or cell.name in tasks:
            metadata["points"] = {**points, **tasks}[cell.name]
        truths[cell.name] = Truth(cell.cell_type, cell.source, metadata)
    return truths
