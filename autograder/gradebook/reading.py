"""Lets nbgrader see of a submission only what was read from it.

By itself nbgrader copies whatever lies beside a notebook, follows links, opens pipes and reads
``timestamp.txt`` before its first step runs. So each submission is read once, here, and nbgrader is
given a folder of our own that holds what was kept: the notebook, the time of handing in, and the
exchange's secret.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import weakref
from pathlib import Path
from typing import Any

import nbformat
from nbconvert.exporters import NotebookExporter
from nbgrader.converters import Autograde
from nbgrader.coursedir import CourseDirectory

from autograder.gradebook.beside import SECRET, TIMESTAMP
from autograder.gradebook.configured import limits_in
from autograder.gradebook.files import STUDENT, short
from autograder.gradebook.handed import find, read

FLAGS = "grading_flags"


class SubmissionExporter(NotebookExporter):
    """Reads notebooks for ``Autograde``; submitted ones only by way of ``handed``.

    nbgrader makes its exporter after it has listed the submissions and before it touches one:
    the one place where a configuration can come between.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if isinstance(self.parent, Autograde):
            folder = tempfile.mkdtemp(prefix="screened-")
            weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
            _redirect(self.parent, Path(folder))


def _redirect(converter: Autograde, folder: Path) -> None:
    """Has ``converter`` find its submissions, screened, under ``folder``."""
    given, limit = converter.coursedir, limits_in(converter.config).notebook
    submitted = Path(given.root, given.submitted_directory)
    assignments = {}
    for name in converter.assignments:
        place = folder / Path(name).relative_to(submitted)
        if not STUDENT.fullmatch(place.relative_to(folder).parts[0]):
            converter.log.error("Left out %s: its name is no student's", short(place.parent.name))
            continue
        file = f"{given.assignment_id}.ipynb"
        _put(Path(name) / file, place / file, limit)
        assignments[str(_seen_from(given.root, place))] = [
            str(_seen_from(given.root, place / file))
        ]
    # The formgrader shares its own CourseDirectory among all that it does, so this one is new.
    traits = {trait: getattr(given, trait) for trait in given.trait_names(config=True)}
    traits["submitted_directory"] = os.path.relpath(folder, given.root)
    converter.coursedir = CourseDirectory(config=given.config, log=given.log, **traits)
    converter.assignments = assignments


def _seen_from(root: str, path: Path) -> Path:
    """``path`` in the form that nbgrader gives to its own: the root and a way from there."""
    return Path(root, os.path.relpath(path, root))


def _put(submitted: Path, place: Path, limit: int) -> None:
    """Writes what is kept of a submission to ``place``."""
    handed = find(submitted, limit)
    notebook, flags = read(handed)
    notebook.metadata[FLAGS] = flags
    place.parent.mkdir(parents=True)
    nbformat.write(notebook, place)
    if handed.time is not None:
        (place.parent / TIMESTAMP).write_text(handed.time)
    if handed.secret is not None:
        (place.parent / SECRET).write_text(handed.secret)
