"""The reference solutions: the solution cells of the instructor's notebook, executed here."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from autograder.assignments import ASSIGNMENTS, Assignment
from autograder.notebooks import grade_id, instructors_cells, source_path


def of(exercise: str) -> Callable[..., Any]:
    """The function of one exercise, of whatever assignment."""
    (assignment,) = [a for a in ASSIGNMENTS.values() if exercise in [e.name for e in a.exercises]]
    return load(assignment)[exercise]


@cache
def load(assignment: Assignment) -> dict[str, Callable[..., Any]]:
    """Each exercise's function by name; raises ``ValueError`` when one is missing."""
    names = {exercise.name for exercise in assignment.exercises}
    namespace: dict[str, Any] = {}
    for cell in instructors_cells(assignment.id):
        if cell.cell_type == "code" and (cell.get("id") == "setup" or grade_id(cell) in names):
            code = compile(cell.source, f"{assignment.id}:{grade_id(cell) or 'setup'}", "exec")
            exec(code, namespace)
    missing = names - namespace.keys()
    if missing:
        raise ValueError(
            f"{source_path(assignment.id)} does not define {', '.join(sorted(missing))}"
        )
    return {name: namespace[name] for name in names}
