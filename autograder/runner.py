"""Grades a class: every submission gets its row, whatever happens to the others."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from autograder import scorer
from autograder.assignments import Assignment
from autograder.gradebook.course import ConverterError, Course
from autograder.gradebook.files import STUDENT
from autograder.verdicts import ExerciseVerdict, Report, TestVerdict

NO_STUDENT = "a student's name has letters, digits, spaces and . , ' @ + - only"


@dataclass(frozen=True)
class Row:
    """One student's result. ``error`` is empty unless the submission could not be graded."""

    student: str
    report: dict[str, Any]
    seconds: float
    error: str = ""

    def to_json(self) -> dict[str, Any]:
        return {"student": self.student, **self.report} | (
            {"error": self.error} if self.error else {}
        )


def grade_class(course: Course, assignment: Assignment, students: Iterable[str]) -> Iterator[Row]:
    """Rows in the order of ``students``, each as soon as it is there.

    The next submissions are already being graded, on the other cores, while one is written.
    """
    scorer.start(assignment.id)
    course.prepare(assignment.id)
    students = list(students)
    coming = iter(students)
    _grade_ahead(course, assignment, islice(coming, scorer.workers()))
    for student in students:
        _grade_ahead(course, assignment, islice(coming, 1))
        report, error = _grade_one(course, assignment, student)
        yield Row(student, report, report["seconds"], error)


def _grade_ahead(course: Course, assignment: Assignment, students: Iterable[str]) -> None:
    for student in students:
        path = course.notebook("submitted", student, assignment.id)
        if STUDENT.fullmatch(student) and _is_there(path):
            course.grade_ahead(assignment.id, student)


def _grade_one(course: Course, assignment: Assignment, student: str) -> tuple[dict[str, Any], str]:
    if not STUDENT.fullmatch(student):
        return zero(assignment, "no-student: the folder's name is none", "error"), NO_STUDENT
    path = course.notebook("submitted", student, assignment.id)
    if not _is_there(path):
        course.record_zero(assignment.id, student)
        return zero(assignment, f"no-notebook: {path.name} is not there", "not_attempted"), ""
    try:
        course.autograde(assignment.id, student)
    except ConverterError as error:
        return zero(assignment, "not-graded: the grader failed", "error"), str(error)
    return course.report(assignment.id, student), ""


def _is_there(path: Path) -> bool:
    return path.is_symlink() or path.exists()


def zero(assignment: Assignment, flag: str, status: str) -> dict[str, Any]:
    """A report without a point, for a submission from which nothing could be had."""
    exercises = []
    for exercise in assignment.exercises:
        test = TestVerdict("all tests", exercise.points, status, flag)
        exercises.append(ExerciseVerdict(exercise.name, exercise.points, (test,)))
    return Report(exercises, [flag]).to_json()


def write_json(path: Path, assignment: str, dataset: str, seed: int, rows: list[Row]) -> None:
    """Writes the report whole or not at all."""
    content = {
        "assignment": assignment,
        "dataset": dataset,
        "seed": seed,
        "submissions": [row.to_json() for row in rows],
    }
    new = path.with_name(path.name + ".new")
    try:
        new.write_text(json.dumps(content, indent=1) + "\n")
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)
