"""The heart of the grader: a notebook's bytes in, verdicts and the executed notebook out."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import nbformat
from nbformat import NotebookNode

from autograder import feedback, solutions
from autograder.assignments import Assignment, find
from autograder.diagnosis import diagnose
from autograder.limits import Limits
from autograder.notebooks import grade_id, is_executed
from autograder.receipts import receipt
from autograder.remote import RemoteStudent
from autograder.scoring import Outcome, dataset_named, run_suite
from autograder.session import Cell
from autograder.verdicts import ExerciseVerdict, Report

LARGE = 32 << 10  # characters: no answer needs as many, but data that was packed into it may


@dataclass(frozen=True)
class Graded:
    """The executed notebook, with a table of points in each graded cell, and the report on it."""

    notebook: NotebookNode
    report: Report


def grade(
    submission: bytes,
    assignment: str,
    seed: int,
    dataset: str = "digits",
    limits: Limits | None = None,
    unsafe: bool = False,
) -> Graded:
    """Grades a sanitised notebook. Knows no gradebook, no folders and no scheduler.

    Raises ``SandboxError`` when there is no sandbox to be had and ``GraderError`` when the suite
    is at fault; whatever the student's code does ends in a verdict.
    """
    started = time.monotonic()
    what = find(assignment)
    notebook = nbformat.reads(submission.decode(), as_version=4)
    executed = [cell for cell in notebook.cells if is_executed(cell)]
    cells = [Cell(grade_id(cell), cell.source) for cell in executed]
    student = RemoteStudent(what, cells, limits or Limits(), unsafe)
    with student.session as session:
        session.start()
        solutions.load(what), dataset_named(dataset)  # while the sandbox comes up
        session.execute()
        outcomes = run_suite(what, student, seed, dataset)
    for cell, ran in zip(executed, cells, strict=True):
        cell.outputs = [nbformat.from_dict(output) for output in ran.outputs]
    verdicts = [
        _verdict(what, e.name, e.points, outcomes[e.name], seed, dataset) for e in what.exercises
    ]
    flags = _flags(cells) + (["unsandboxed: graded without protection"] if unsafe else [])
    report = Report(verdicts, flags, receipt(submission, what.id, seed, dataset))
    feedback.fill_in(notebook, report)
    report.late = student.session.late
    report.computed = student.session.clocks()[0]
    report.seconds = time.monotonic() - started
    return Graded(notebook, report)


def _verdict(
    what: Assignment, name: str, points: float, outcomes: list[Outcome], seed: int, dataset: str
) -> ExerciseVerdict:
    found = diagnose(what, name, outcomes, seed, dataset)
    tests = tuple(outcome.verdict for outcome in outcomes)
    if found is None:
        return ExerciseVerdict(name, points, tests)
    return ExerciseVerdict(name, points, tests, found.key, found.hint)


def _flags(cells: Sequence[Cell]) -> list[str]:
    words = {"timeout": "cell-timeout", "crashed": "cell-crashed"}
    dead = [f"{words[cell.status]}: {cell.name or 'a cell'}" for cell in cells if cell.deadly]
    cut = [f"output-cut: {cell.name or 'a cell'}" for cell in cells if cell.cut]
    large = (cell.name or "a cell" for cell in cells if len(cell.source) > LARGE)
    return dead + cut + [f"large-cell: {name}" for name in large]
