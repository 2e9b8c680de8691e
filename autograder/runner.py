"""Grades a class: every submission gets its row, whatever happens to the others."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from distributed import Client

from autograder import cluster, scorer
from autograder.assignments import Assignment
from autograder.cluster import Work
from autograder.gradebook import handed
from autograder.gradebook.course import Course
from autograder.gradebook.files import STUDENT
from autograder.gradebook.job import Done, Failed, Job, Killed, Outcome
from autograder.gradebook.standing import Standing
from autograder.gradebook.writer import Finished
from autograder.receipts import job_hash
from autograder.rows import Row, zero

NO_STUDENT = "a student's name has letters, digits, spaces and . , ' @ + - only"
BATCH, BATCH_SECONDS = 64, 1.0  # what is written at once, and how long it may wait for others


class ClassRun:
    """One run over the submissions of an assignment; ``rows`` does it.

    ``force``: what has a receipt is graded again all the same.
    """

    def __init__(self, course: Course, assignment: Assignment, force: bool = False) -> None:
        course.prepare(assignment.id)
        self._course = course
        self._assignment = assignment
        self._options = course.options(assignment.id)
        self._truths = course.truths(assignment.id)
        self._limit = course.limits().notebook
        self._standing = Standing(course, assignment.id, force)
        self._writer = course.writer(assignment.id)
        self._ready: list[Row] = []  # rows that need no grading
        self._waiting: list[tuple[Finished, Row]] = []
        self._written = time.monotonic()

    def rows(
        self, students: Iterable[str], client: Client, work: Work = scorer.work_apart
    ) -> Iterator[Row]:
        """Each student's row as soon as it is in the gradebook, in whatever order."""
        for job, outcome in cluster.grade_all(client, self._jobs(students), work):
            self._finish(job, outcome)
            yield from self._written_rows(BATCH)
        yield from self._written_rows(1)

    def _jobs(self, students: Iterable[str]) -> Iterator[Job]:
        """Jobs for the students who need one; the others' rows are made at once."""
        for student in students:
            path = self._course.notebook("submitted", student, self._assignment.id)
            if not STUDENT.fullmatch(student):
                self._ready.append(self._zero(student, "no-student: the folder's name is none"))
            elif not (path.is_symlink() or path.exists()):
                self._nothing_there(student, path)
            else:
                job = self._job(student, path)
                report = self._standing.report(student, job.receipt)
                if report is None:
                    yield job
                else:
                    self._ready.append(Row(student, report, before=True))

    def _job(self, student: str, path: Path) -> Job:
        found = handed.find(path, self._limit)
        name = self._assignment.id
        receipt = job_hash(found, self._truths, name, self._options)
        return Job(student, name, found, self._truths, self._options, receipt)

    def _zero(self, student: str, flag: str, error: str = NO_STUDENT) -> Row:
        return Row(student, zero(self._assignment, flag, "error"), error)

    def _nothing_there(self, student: str, path: Path) -> None:
        report = zero(self._assignment, f"no-notebook: {path.name} is not there", "not_attempted")
        self._wait(student, None, None, Row(student, report))

    def _finish(self, job: Job, outcome: Outcome) -> None:
        if isinstance(outcome, Failed):
            flag = "not-graded: the grader failed"
            self._ready.append(self._zero(job.student, flag, outcome.text))
        elif isinstance(outcome, Killed):
            flag = f"grader-killed: {outcome.deaths} times while it was graded"
            report = zero(self._assignment, flag, "crashed")
            self._wait(job.student, None, job.handed, Row(job.student, report))
        else:
            self._wait(job.student, outcome, job.handed, Row(job.student, outcome.report))

    def _wait(self, student: str, done: Done | None, found: handed.Handed | None, row: Row) -> None:
        place = self._course.notebook("autograded", student, self._assignment.id).parent
        found = found or handed.Handed(None)
        self._waiting.append((Finished(student, done, found.time, place, found.secret), row))

    def _written_rows(self, enough: int) -> Iterator[Row]:
        """Writes what is waiting, if that is enough or has waited for long; all rows there are."""
        rows, self._ready = self._ready, []
        now = time.monotonic()
        if len(self._waiting) >= enough or now - self._written > BATCH_SECONDS:
            batch, self._waiting = self._waiting, []
            if batch:
                self._writer.write([finished for finished, _ in batch])
            rows += [row for _, row in batch]
            self._written = now
        yield from rows
