"""What the verb ``grade`` does, from its arguments to the printed table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text
from tqdm import tqdm
from traitlets import TraitError

from autograder import sandbox, scorer
from autograder.assignments import Assignment, find
from autograder.cluster import workers
from autograder.gradebook.backup import back_up, way_back
from autograder.gradebook.beside import misplaced
from autograder.gradebook.course import Course
from autograder.gradebook.database import sqlite_file
from autograder.gradebook.lock import alone
from autograder.gradebook.seeds import seed_for
from autograder.rows import Line, Row, Rows
from autograder.runner import ClassRun

SLOWEST = 5  # how many are named in the end


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
    force: bool = False
    scheduler: str | None = None
    workers: int | None = None


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
    with Rows() as rows:
        count = min(request.workers or scorer.workers(), len(students))
        with workers(assignment.id, request.scheduler, count, request.unsafe) as client:
            run = ClassRun(course, assignment, request.force)
            for row in _with_progress(run.rows(students, client), assignment, len(students)):
                rows.add(row)
        rows.sort()
        show(assignment, rows.lines)
        seed = request.seed if request.seed is not None else seed_for(request.root, assignment.id)
        say = f"All inputs were drawn from seed {seed}: --seed {seed} repeats them."
        Console().print(Text(say))
        before = sum(line.before for line in rows.lines)
        if before:
            say = f"{before} of {len(rows.lines)} had been graded before and not changed since: "
            Console().print(Text(say + "--force grades them again."))
        if request.json is not None:
            rows.write_json(request.json, assignment.id, request.dataset, seed)
        if not any(line.error for line in rows.lines):
            return 0
    Console().print(Text(way_back(course.url)), soft_wrap=True)
    return 1


def _with_progress(rows: Iterable[Row], assignment: Assignment, total: int) -> Iterator[Row]:
    """A live line with how many are done and failed, the rate and the time left."""
    title, failed = f"grading {assignment.id}", 0
    with tqdm(total=total, desc=title, unit="submission", disable=None, smoothing=0.05) as bar:
        for row in rows:
            failed += bool(row.error)
            bar.set_postfix(failed=failed, refresh=False)
            bar.update()
            yield row


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
    place = f"{request.root.resolve() / 'submitted'}/STUDENT/{assignment.id}/{assignment.id}.ipynb"
    lost = ", ".join(misplaced(request.root, assignment.id))
    if not there:
        came = f", found {lost}" if lost else ""
        raise BadUsage(f"no submissions of {assignment.id}: expected {place}{came}")
    if lost:
        Console(stderr=True).print(Text(f"Passed over, expected {place}: {lost}"), soft_wrap=True)
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


def show(assignment: Assignment, lines: list[Line], console: Console | None = None) -> None:
    """Prints a table: a row a submission, a column an exercise; then flags and errors."""
    title = f"{assignment.id}: points (autograded part)"
    table = Table(title=title, box=SIMPLE_HEAD, padding=0)
    table.add_column("student", overflow="fold")
    for number, exercise in enumerate(assignment.exercises, 1):
        table.add_column(f"{number}\n/{exercise.points:g}", justify="right", no_wrap=True)
    table.add_column(f"sum\n/{assignment.points:g}", justify="right", no_wrap=True)
    table.add_column("seconds", justify="right", no_wrap=True)
    for line in lines:
        scores = [f"{score:g}" for score in line.scores]
        seconds = "before" if line.before else f"{line.seconds:.1f}"
        table.add_row(Text(line.student), *scores, f"{line.score:g}", seconds)
    console = console or Console()
    console.print(table)
    names = [f"{number} {e.name}" for number, e in enumerate(assignment.exercises, 1)]
    console.print(Text(", ".join(names)))
    for line in lines:
        for remark in _remarks(line):
            console.print(Text(f"{line.student}: {remark}"))
    _show_slowest(lines, console)


def _remarks(line: Line) -> list[str]:
    error = [f"NOT GRADED: {line.error}"] if line.error else []
    flags = [f"flag {flag}" for flag in line.flags]
    return error + flags + [f"mistake {mistake}" for mistake in line.mistakes]


def _show_slowest(lines: list[Line], console: Console) -> None:
    """Where the time went, in a class that is large enough for that to matter."""
    graded = sorted((line for line in lines if not line.before), key=lambda line: -line.seconds)
    if len(graded) > 2 * SLOWEST:
        slow = ", ".join(f"{line.student} {line.seconds:.0f} s" for line in graded[:SLOWEST])
        console.print(Text(f"Slowest: {slow}"))
