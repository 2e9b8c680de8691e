"""The verb ``bench grading``: a class graded by plain nbgrader and by us, in one run.

Plain nbgrader grades one submission after another with its own pipeline. It runs the visible checks
in the graded cells, where we run the hidden suites in a sandbox; experiment cells are taken out for
both. Times and memory are the whole machine's, so nothing else should be running.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import nbformat
import psutil
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell
from rich.console import Console
from rich.table import Table

from autograder.assignments import EWC
from autograder.bench_class import mixed_class
from autograder.notebooks import SOURCE, is_experiment
from autograder.submissions import hand_in

# ``check`` gives no points under plain nbgrader; here it is to do its work all the same.
CHECKS_ANSWER = 'import os\nos.environ["NBGRADER_EXECUTION"] = "validate"'
STOCK = 'c = get_config()\nc.CourseDirectory.course_id = "stock"\nc.ExecuteOptions.timeout = 120\n'


@dataclass(frozen=True)
class Usage:
    """What grading a class took: seconds by the clock, seconds computed, and bytes at most."""

    name: str
    submissions: int
    seconds: float
    computed: float
    memory: int

    @property
    def rate(self) -> float:
        """Submissions a minute."""
        return 60 * self.submissions / self.seconds


def grading(size: int) -> list[Usage]:
    """Plain nbgrader, then us, then us once more on work that is done."""
    submissions = {s: _without_experiments(n) for s, n in mixed_class(size).items()}
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        stock, ours = Path(folder, "stock"), Path(folder, "ours")
        _prepare_stock(stock, submissions)
        for student, notebook in submissions.items():
            hand_in(notebook, ours, student, EWC)
        grade = [sys.executable, "-m", "autograder", "grade", EWC.id, "--root", str(ours)]
        return [
            _used("plain nbgrader", size, _nbgrader("autograde"), stock),
            _used("ours", size, grade, ours),
            _used("ours, again", size, grade, ours),
        ]


def _prepare_stock(root: Path, submissions: Mapping[str, NotebookNode]) -> None:
    """A course directory of plain nbgrader's, its assignment made from the same source."""
    source = root / "source" / EWC.id / f"{EWC.id}.ipynb"
    source.parent.mkdir(parents=True)
    (root / "nbgrader_config.py").write_text(STOCK)
    notebook = nbformat.read(SOURCE / EWC.id / source.name, as_version=4)
    nbformat.write(_without_experiments(notebook), source)
    _run(_nbgrader("generate_assignment"), root)
    for student, submission in submissions.items():
        answering = deepcopy(submission)
        answering.cells.insert(0, new_code_cell(CHECKS_ANSWER))
        hand_in(answering, root, student, EWC)


def _without_experiments(notebook: NotebookNode) -> NotebookNode:
    notebook.cells = [cell for cell in notebook.cells if not is_experiment(cell)]
    return notebook


def _nbgrader(verb: str) -> list[str]:
    return [sys.executable, "-m", "nbgrader", verb, EWC.id]


def _used(name: str, size: int, command: list[str], root: Path) -> Usage:
    before, started = psutil.cpu_times(), time.monotonic()
    with _least_memory() as free:
        _run(command, root)
    seconds, after = time.monotonic() - started, psutil.cpu_times()
    computed = sum(getattr(after, kind) - getattr(before, kind) for kind in ("user", "system"))
    return Usage(name, size, seconds, computed, free[0] - min(free))


def _run(command: list[str], root: Path) -> None:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        command, cwd=root, env=os.environ | {"PATH": path}, capture_output=True, text=True
    )
    if done.returncode != 0:
        raise OSError(f"{' '.join(command)}: {done.stderr.strip().splitlines()[-1:]}")


@contextmanager
def _least_memory() -> Iterator[list[int]]:
    """What is free, in bytes, looked at again and again while the block runs; first is before."""
    free = [psutil.virtual_memory().available]
    over = threading.Event()

    def look() -> None:
        while not over.wait(0.2):
            free.append(psutil.virtual_memory().available)

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield free
    finally:
        over.set()
        watcher.join()


def show_grading(usages: list[Usage], console: Console | None = None) -> None:
    """Prints rates, and each way's rate as a multiple of the first one's."""
    cores = psutil.cpu_count()
    table = Table(title=f"{usages[0].submissions} mixed submissions of {EWC.id}, {cores} cores")
    headings = ("way", "a minute", "seconds of CPU each", "peak memory, MiB", "times the first")
    for heading in headings:
        table.add_column(heading, justify="left" if heading == "way" else "right")
    for usage in usages:
        table.add_row(
            usage.name,
            f"{usage.rate:.1f}",
            f"{usage.computed / usage.submissions:.2f}",
            f"{usage.memory / 2**20:.0f}",
            f"{usage.rate / usages[0].rate:.1f}",
        )
    (console or Console()).print(table)
