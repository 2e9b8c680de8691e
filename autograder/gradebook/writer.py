"""Puts many graded submissions at a time into the gradebook and the autograded folder."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path

from nbgrader.api import Gradebook, MissingEntry, SubmittedAssignment
from nbgrader.preprocessors import AssignLatePenalties
from traitlets.config import Config

from autograder.gradebook.beside import SECRET, TIMESTAMP
from autograder.gradebook.database import at_once, quietly
from autograder.gradebook.job import Done
from autograder.gradebook.marks import nothing, record
from autograder.gradebook.place import put_in_place, workshop


@dataclass(frozen=True)
class Finished:
    """A student's graded submission, or None where nothing was handed in; the time of handing in.

    ``autograded`` is the folder that it goes to; ``secret`` is the exchange's, if it came from it.
    """

    student: str
    done: Done | None
    time: str | None
    autograded: Path
    secret: str | None = None


@dataclass
class Writer:
    """Writes to the gradebook ``url`` of a course whose files for the assignment are ``extras``.

    The grades of all that is written at once are one transaction, in which each submission is
    there as a whole. Its autograded notebook comes after them, so where that is, they are.
    """

    url: str
    course: str
    assignment: str
    config: Config
    extras: list[tuple[Path, Path]] = field(default_factory=list)  # file, and its place

    def write(self, batch: list[Finished]) -> None:
        graded = [one for one in batch if one.done is not None]
        if not graded:
            self._record(batch)
            return
        with workshop(graded[0].autograded.parent.parent) as folder:
            for one in graded:
                self._build(folder / one.student, one)
            self._record(batch)
            for one in graded:
                put_in_place(folder / one.student, one.autograded)

    def _build(self, folder: Path, one: Finished) -> None:
        assert one.done is not None
        for file, place in self.extras:
            (folder / place).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, folder / place)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{self.assignment}.ipynb").write_text(one.done.notebook, encoding="utf-8")
        if one.time is not None:
            (folder / TIMESTAMP).write_text(one.time)
        if one.secret is not None:
            (folder / SECRET).write_text(one.secret)

    def _record(self, batch: list[Finished]) -> None:
        with quietly(), Gradebook(self.url, self.course) as gradebook, at_once(gradebook):
            for one in batch:
                self._record_one(gradebook, one)

    def _record_one(self, gradebook: Gradebook, one: Finished) -> None:
        submission = self._submission(gradebook, one)
        (notebook,) = [n for n in submission.notebooks if n.name == self.assignment]
        record(notebook, nothing(notebook) if one.done is None else one.done.marks)
        notebook.late_submission_penalty = None
        if submission.total_seconds_late > 0:
            self._penalise(gradebook, submission)

    def _submission(self, gradebook: Gradebook, one: Finished) -> SubmittedAssignment:
        time = {} if one.time is None else {"timestamp": one.time}
        try:
            gradebook.find_student(one.student)
        except MissingEntry:
            gradebook.add_student(one.student)
        return gradebook.update_or_create_submission(self.assignment, one.student, **time)

    def _penalise(self, gradebook: Gradebook, submission: SubmittedAssignment) -> None:
        """What the course's plugin takes off for being late, by nbgrader's own step."""
        step = AssignLatePenalties(config=self.config)
        step.init_plugin()
        gradebook.db.flush()
        for notebook in submission.notebooks:
            penalty = step.plugin_inst.late_submission_penalty(
                submission.student_id, notebook.score, submission.total_seconds_late
            )
            if penalty is not None:
                penalty = step._check_late_penalty(notebook, penalty)
            notebook.late_submission_penalty = penalty
