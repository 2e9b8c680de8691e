"""What the verb ``grade`` does, from its arguments to the printed table."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text
from tqdm import tqdm
from traitlets import TraitError

from autograder import sandbox
from autograder.assignments import Assignment, find
from autograder.gradebook.backup import back_up, way_back
from autograder.gradebook.course import Course
from autograder.gradebook.database import sqlite_file
from autograder.gradebook.lock import alone
from autograder.gradebook.seeds import seed_for
from autograder.runner import Row, grade_class, write_json


class BadUsage(ValueError):
    """The command line asks for something that is not there; the text says what is."""


@dataclass(frozen=True)
class Request:
    """The command line of ``grade``, as given."""

    assignment: str
    root: Path
    students: tuple[str, ...] = ()
    dataset: str = "digits"
    json: Path | None = None
    seed: int | None = None
    unsafe: bool = False


def run(request: Request) -> int:
    """Grades, prints, writes the report; returns the exit status. Raises ``BadUsage``."""
    assignment, course, students = _understand(request)
    if not request.unsafe:
        sandbox.check()
    _check_dataset(request.dataset)
    with alone(request.root), _way_back(course.url):
        return _grade(request, assignment, course, students)


@contextmanager
def _way_back(url: str) -> Iterator[None]:
    """Backs up the gradebook. A run that breaks off says how to go back to that."""
    if sqlite_file(url) is None:
        say = "The gradebook is not a file of SQLite's: back it up with its database's own tools."
        Console(stderr=True).print(Text(say), soft_wrap=True)
    back_up(url, again=True)
    try:
        yield
    except BaseException:
        Console(stderr=True).print(Text(way_back(url)), soft_wrap=True)
        raise


def _grade(request: Request, assignment: Assignment, course: Course, students: list[str]) -> int:
    rows = list(
        tqdm(
            grade_class(course, assignment, students),
            total=len(students),
            desc=f"grading {assignment.id}",
            unit="submission",
            disable=None,
        )
    )
    show(assignment, rows)
    seed = request.seed if request.seed is not None else seed_for(request.root, assignment.id)
    Console().print(Text(f"All inputs were drawn from seed {seed}: --seed {seed} repeats them."))
    if request.json is not None:
        write_json(request.json, assignment.id, request.dataset, seed, rows)
    if not any(row.error for row in rows):
        return 0
    Console().print(Text(way_back(course.url)), soft_wrap=True)
    return 1


def _understand(request: Request) -> tuple[Assignment, Course, list[str]]:
    try:
        assignment = find(request.assignment)
    except ValueError as error:
        raise BadUsage(str(error)) from None
    if not request.root.is_dir():
        raise BadUsage(f"--root: {request.root} is not a directory")
    if request.json is not None and not request.json.absolute().parent.is_dir():
        raise BadUsage(f"--json: there is no directory {request.json.absolute().parent}")
    options = {
        "dataset": request.dataset,
        "unsafe_no_sandbox": request.unsafe,
        "seed": request.seed,
    }
    course = Course(request.root, options)
    try:
        course.limits()
    except TraitError as error:
        raise BadUsage(f"nbgrader_config.py: {error}") from None
    there = course.submissions(assignment.id)
    if not there:
        raise BadUsage(
            f"no submissions of {assignment.id}: expected "
            f"{request.root / 'submitted'}/STUDENT/{assignment.id}/{assignment.id}.ipynb"
        )
    unknown = [student for student in request.students if student not in there]
    if unknown:
        raise BadUsage(f"--student: no submission of {assignment.id} from {', '.join(unknown)}")
    return assignment, course, [s for s in there if not request.students or s in request.students]


def _check_dataset(name: str) -> None:
    """MNIST must be on disk before the first submission is touched: grading never downloads."""
    if name == "digits":
        return
    from course.data import load

    try:
        load(name, download=False)
    except (OSError, RuntimeError) as error:
        raise BadUsage(f"--dataset {name}: {error}") from None


def show(assignment: Assignment, rows: list[Row], console: Console | None = None) -> None:
    """Prints a table: a row a submission, a column an exercise, then flags and errors."""
    title = f"{assignment.id}: points (autograded part)"
    table = Table(title=title, box=SIMPLE_HEAD, padding=0)
    table.add_column("student", overflow="fold")
    for number, exercise in enumerate(assignment.exercises, 1):
        table.add_column(f"{number}\n/{exercise.points:g}", justify="right", no_wrap=True)
    table.add_column(f"sum\n/{assignment.points:g}", justify="right", no_wrap=True)
    table.add_column("seconds", justify="right", no_wrap=True)
    for row in rows:
        scores = [f"{exercise['score']:g}" for exercise in row.report["exercises"]]
        total = f"{row.report['score']:g}"
        table.add_row(Text(row.student), *scores, total, f"{row.seconds:.1f}")
    console = console or Console()
    console.print(table)
    names = [f"{number} {e.name}" for number, e in enumerate(assignment.exercises, 1)]
    console.print(Text(", ".join(names)))
    for row in rows:
        for line in _remarks(row):
            console.print(Text(f"{row.student}: {line}"))


def _remarks(row: Row) -> list[str]:
    named = [
        f"{exercise['name']}: {exercise['misconception']}"
        for exercise in row.report["exercises"]
        if exercise["misconception"]
    ]
    error = [f"NOT GRADED: {row.error}"] if row.error else []
    return (
        error + [f"flag {flag}" for flag in row.report["flags"]] + [f"mistake {n}" for n in named]
    )
