"""A course directory as nbgrader sees it: its gradebook, and its converters run from Python."""

from __future__ import annotations

import glob
import io
import logging
import os
import sysconfig
import tempfile
from contextlib import chdir
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook, MissingEntry
from nbgrader.converters import GenerateAssignment, GenerateFeedback
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from nbgrader.utils import find_all_files
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from autograder.gradebook import database
from autograder.gradebook.configured import limits_in
from autograder.gradebook.database import quietly
from autograder.gradebook.score import GradeInSandbox
from autograder.gradebook.truth import Truth, read_truths
from autograder.gradebook.writer import Writer
from autograder.limits import Limits
from autograder.notebooks import ROOT, SOURCE

# The gradebook logs there, with a traceback, what it also raises.
logging.getLogger("tornado.application").addHandler(logging.NullHandler())


class ConverterError(RuntimeError):
    """nbgrader could not do what it was asked; the text is what it said last."""


class Course:
    """The course directory ``root``. What it lacks (source, configuration) is this project's."""

    def __init__(self, root: Path, options: dict[str, Any] | None = None) -> None:
        self.root = root.resolve()
        self._options = options or {}
        _put_scripts_on_path()

    def submissions(self, assignment: str) -> list[str]:
        """Students who have a folder for the assignment under ``submitted``, in order."""
        folder = self.root / "submitted"
        if not folder.is_dir():
            return []
        return sorted(d.name for d in folder.iterdir() if (d / assignment).is_dir())

    def notebook(self, step: str, student: str, assignment: str) -> Path:
        """Where the student's notebook lies at a step: submitted, autograded."""
        return self.root / step / student / assignment / f"{assignment}.ipynb"

    def prepare(self, assignment: str) -> None:
        """Writes the assignment's cells into the gradebook, unless it knows them already."""
        database.create(self.url, self._directory.course_id)
        with self.gradebook() as gradebook:
            try:
                gradebook.find_notebook(assignment, assignment)
                return
            except MissingEntry:
                pass
        with tempfile.TemporaryDirectory() as folder:
            self.generate(assignment, Path(folder))

    def generate(self, assignment: str, folder: Path, record: bool = True) -> Path:
        """Makes the students' notebook from the source, under ``folder``; says where it is.

        ``record`` also writes its cells into the gradebook.
        """
        config = self._config(assignment)
        config.CourseDirectory.release_directory = str(folder)
        config.GenerateAssignment.no_database = not record
        config.SaveCells.enabled = record
        self._run(GenerateAssignment, config)
        return folder / assignment / f"{assignment}.ipynb"

    def limits(self) -> Limits:
        """What one submission may use; raises ``TraitError`` for a configuration that is wrong."""
        return limits_in(self._config("", "*"))

    def options(self, assignment: str) -> dict[str, Any]:
        """How the configuration has submissions graded: the options of ``grade``."""
        step = GradeInSandbox(config=self._config(assignment))
        with chdir(self.root):
            return step.options(assignment)

    def truths(self, assignment: str) -> dict[str, Truth]:
        """The gradebook's cells of the assignment."""
        with self.gradebook() as gradebook:
            return read_truths(gradebook.find_notebook(assignment, assignment))

    def writer(self, assignment: str) -> Writer:
        """What puts graded submissions into this course."""
        config = self._config(assignment)
        directory = CourseDirectory(config=config)
        source = directory.format_path(directory.source_directory, ".", assignment)
        files = map(Path, find_all_files(source, [*directory.ignore, "*.ipynb"]))
        extras = [(path, path.relative_to(source)) for path in files]
        return Writer(self.url, self._directory.course_id, assignment, config, extras)

    def feedback(self, assignment: str, student: str) -> Path:
        """Makes the student's feedback page and says where it is."""
        self._run(GenerateFeedback, self._config(assignment, student))
        return self.root / "feedback" / student / assignment / f"{assignment}.html"

    def gradebook(self) -> Gradebook:
        return Gradebook(self.url, self._directory.course_id)

    @property
    def url(self) -> str:
        """Where the gradebook is, in SQLAlchemy's terms."""
        return str(self._directory.db_url)

    @property
    def _directory(self) -> CourseDirectory:
        return CourseDirectory(config=self._config("", "*"))

    def _config(self, assignment: str, student: str = "*") -> Config:
        folder = self.root if (self.root / "nbgrader_config.py").exists() else ROOT
        config = PyFileConfigLoader("nbgrader_config.py", path=str(folder)).load_config()
        config.CourseDirectory.root = str(self.root)
        config.CourseDirectory.assignment_id = assignment
        config.CourseDirectory.student_id = student if student == "*" else glob.escape(student)
        if not (self.root / "source" / assignment).is_dir():
            config.CourseDirectory.source_directory = str(SOURCE)
        for name, value in self._options.items():
            config.GradeInSandbox[name] = value
        return config

    def _run(self, converter: type, config: Config) -> None:
        log = logging.Logger("nbgrader", logging.WARNING)
        said = io.StringIO()
        log.addHandler(logging.StreamHandler(said))
        directory = CourseDirectory(config=config, log=log)
        try:
            with quietly():
                converter(coursedir=directory, config=config, log=log, force=True).start()
        except (NbGraderException, OSError) as error:
            lines = [line for line in said.getvalue().splitlines() if line.strip()]
            raise ConverterError(_gist(lines) or str(error)) from error


def _put_scripts_on_path() -> None:
    """Nbgrader makes a new gradebook by calling ``alembic`` by name: let it find ours."""
    scripts = sysconfig.get_path("scripts")
    if scripts not in os.environ["PATH"].split(os.pathsep):
        os.environ["PATH"] = scripts + os.pathsep + os.environ["PATH"]


def _gist(lines: list[str]) -> str:
    """The line of nbgrader's log that names the cause: the end of its last traceback."""
    causes = [n for n, line in enumerate(lines) if line.startswith("Traceback")]
    if not causes:
        return lines[-1] if lines else ""
    after = [line for line in lines[causes[-1] + 1 :] if line and not line.startswith(" ")]
    return after[0] if after else lines[-1]
