"""What is in a student's archive, file by file."""

from __future__ import annotations

import json
from pathlib import Path

from autograder.assignments import ASSIGNMENTS, Assignment
from autograder.bundle import packages
from autograder.notebooks import ROOT, grade_id, instructors_cells
from autograder.release import RELEASE
from autograder.submissions import right_answers

HERE = Path(__file__).parent
COURSE = ROOT / "course"
MARKS = ("<!-- BEGIN SOLUTION -->", "<!-- END SOLUTION -->")
# What the self-learner's copy has at the end of course/__init__.py.
REVEAL = '\nfrom course.reveal import reveal  # noqa: E402\n\n__all__ += ["reveal"]\n'


def folder_name(*, self_study: bool) -> str:
    """What the archive is called, without ``.zip``, and the folder that is in it."""
    return "forget-me-not-self-study" if self_study else "forget-me-not-student"


def contents(*, self_study: bool) -> dict[str, bytes]:
    """Each file by its path in the archive: nothing of the instructor's.

    Only a copy for ``self_study`` holds the solutions, as text, and what shows them.
    """
    guide = (HERE / "guide.md").read_text()
    files = _notebooks() | _course()
    if self_study:
        guide += (HERE / "self-study.md").read_text()
        files |= _solutions(files["course/__init__.py"])
    texts = {
        "README.md": guide.replace("FOLDER", folder_name(self_study=self_study)),
        "pyproject.toml": packages.pyproject(),
        "requirements.txt": packages.requirements(),
        "environment.yml": packages.environment(),
    }
    licence = {"LICENSE": (ROOT / "LICENSE").read_bytes()}
    return files | licence | {path: text.encode() for path, text in texts.items()}


def _notebooks() -> dict[str, bytes]:
    paths = [f"{assignment}/{assignment}.ipynb" for assignment in ASSIGNMENTS]
    return {path: (RELEASE / path).read_bytes() for path in paths}


def _course() -> dict[str, bytes]:
    """The package's own files: nothing that Python or an editor left beside them."""
    paths = [path for path in COURSE.rglob("*") if path.suffix == ".py" or path.name == "py.typed"]
    return {path.relative_to(ROOT).as_posix(): path.read_bytes() for path in paths}


def _solutions(package: bytes) -> dict[str, bytes]:
    """``course.reveal`` and what it shows; ``package`` is ``course/__init__.py`` as it was."""
    solutions = {name: text for a in ASSIGNMENTS.values() for name, text in solved(a).items()}
    return {
        "course/__init__.py": package + REVEAL.encode(),
        "course/reveal.py": (HERE / "reveal.py").read_bytes(),
        "course/solutions.json": json.dumps(solutions, ensure_ascii=False, indent=1).encode(),
    }


def solved(assignment: Assignment) -> dict[str, str]:
    """The code of each exercise of the instructor's, and the text of each written answer."""
    texts = {
        grade_id(cell): cell.source
        for cell in instructors_cells(assignment.id)
        if grade_id(cell).startswith("answer-")
    }
    for mark in MARKS:
        texts = {name: text.replace(mark, "").strip() for name, text in texts.items()}
    return right_answers(assignment) | texts
