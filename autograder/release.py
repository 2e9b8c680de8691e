"""From the instructor's notebooks to the students'."""

from __future__ import annotations

import difflib
import tempfile
from pathlib import Path

from autograder.assignments import ASSIGNMENTS
from autograder.gradebook.course import Course
from autograder.notebooks import ROOT

RELEASE = ROOT / "release"


def generated(assignment: str) -> str:
    """The students' notebook as nbgrader makes it from the source, the same byte for byte."""
    with tempfile.TemporaryDirectory() as folder:
        course = Course(Path(folder))
        return course.generate(assignment, Path(folder) / "release", record=False).read_text()


def write(release: Path = RELEASE) -> list[Path]:
    """Writes every assignment's release; says which files changed."""
    changed = []
    for assignment in ASSIGNMENTS:
        path = release / assignment / f"{assignment}.ipynb"
        text = generated(assignment)
        if not path.exists() or path.read_text() != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            new = path.with_suffix(".new")
            new.write_text(text)
            new.replace(path)
            changed.append(path)
    return changed


def difference(release: Path = RELEASE) -> str:
    """How the committed release differs from what the source gives, or the empty string."""
    lines: list[str] = []
    for assignment in ASSIGNMENTS:
        path = release / assignment / f"{assignment}.ipynb"
        old = path.read_text() if path.exists() else ""
        name = f"release/{assignment}/{path.name}"
        lines += difflib.unified_diff(
            old.splitlines(),
            generated(assignment).splitlines(),
            name,
            f"{name} (from source)",
            lineterm="",
        )
    return "\n".join(lines)
