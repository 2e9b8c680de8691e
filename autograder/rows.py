"""Results of a class, one row a submission, however many there are."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.assignments import Assignment
from autograder.verdicts import ExerciseVerdict, Report, TestVerdict
from autograder.whole import whole


@dataclass(frozen=True)
class Row:
    """One student's result. ``error`` is empty unless the submission could not be graded.

    ``before``: it was graded before, and nothing has changed since.
    """

    student: str
    report: dict[str, Any]
    error: str = ""
    before: bool = False

    @property
    def seconds(self) -> float:
        return float(self.report["seconds"])

    def to_json(self) -> dict[str, Any]:
        return {"student": self.student, **self.report} | (
            {"error": self.error} if self.error else {}
        )


@dataclass(frozen=True)
class Line:
    """What the printed table shows of a row."""

    student: str
    scores: tuple[float, ...]
    score: float
    seconds: float
    flags: tuple[str, ...]
    mistakes: tuple[str, ...]
    error: str
    before: bool

    @classmethod
    def of(cls, row: Row) -> Line:
        exercises = row.report["exercises"]
        return cls(
            row.student,
            tuple(exercise["score"] for exercise in exercises),
            row.report["score"],
            row.seconds,
            tuple(row.report["flags"]),
            tuple(f"{e['name']}: {e['misconception']}" for e in exercises if e["misconception"]),
            row.error,
            row.before,
        )


class Rows:
    """All rows of a run: in memory what is printed, the rest in a temporary file."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self._spool = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115 - see exit
        self._starts: dict[str, int] = {}

    def __enter__(self) -> Rows:
        return self

    def __exit__(self, *exception: object) -> None:
        self._spool.close()

    def add(self, row: Row) -> None:
        self.lines.append(Line.of(row))
        self._starts[row.student] = self._spool.tell()
        self._spool.write(json.dumps(row.to_json()) + "\n")

    def sort(self) -> None:
        """By student, as rows come in whatever order they are done."""
        self.lines.sort(key=lambda line: line.student)

    def write_json(self, path: Path, assignment: str, dataset: str, seed: int) -> None:
        """Writes the report whole or not at all."""
        head = {"assignment": assignment, "dataset": dataset, "seed": seed}
        with whole(path) as file:
            file.write(json.dumps(head)[:-1] + ', "submissions": [')
            for number, text in enumerate(self._texts()):
                file.write(("," if number else "") + "\n" + text)
            file.write("\n]}\n")

    def _texts(self) -> Iterator[str]:
        for line in self.lines:
            self._spool.seek(self._starts[line.student])
            yield self._spool.readline().rstrip()
        self._spool.seek(0, 2)


def zero(assignment: Assignment, flag: str, status: str) -> dict[str, Any]:
    """A report without a point, for a submission from which nothing could be had."""
    exercises = []
    for exercise in assignment.exercises:
        test = TestVerdict("all tests", exercise.points, status, flag)
        exercises.append(ExerciseVerdict(exercise.name, exercise.points, (test,)))
    return Report(exercises, [flag]).to_json()
