"""The verb ``bench scale``: how much of its workers' time a class uses, from 1 worker to 64.

The scheduler, the runner, the gradebook and its writer are real, and so are the notebooks that go
through them. Only the grading itself is slept through, as this machine has not 64 cores: for as
long as grading a mixed class took, in the same run.
"""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table

from autograder import scorer
from autograder.assignments import EWC
from autograder.bench_class import mixed_class
from autograder.cluster import workers
from autograder.gradebook.course import Course
from autograder.gradebook.job import Done, Job, Outcome
from autograder.runner import ClassRun
from autograder.submissions import hand_in

SAMPLE = 12  # submissions that are really graded, to know how long that takes
EACH = 40  # submissions a worker


@dataclass(frozen=True)
class Scaled:
    """A class that went through so many workers: seconds by the clock, and at best.

    ``memory``: bytes that this process held after a tenth of the class, and in the end.
    """

    workers: int
    submissions: int
    seconds: float
    best: float
    memory: tuple[int, int]

    @property
    def efficiency(self) -> float:
        """The part of the workers' time in which they graded."""
        return self.best / self.seconds


_samples: list[Done] = []  # what real grading gave; its report says how long it took


def scale(counts: tuple[int, ...]) -> list[Scaled]:
    """Sends a class through each number of workers, after grading a small one for real."""
    _samples.clear()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        _sent(_class(Path(folder, "sample"), SAMPLE), scorer.workers(), _noted)
        return [_scaled(_class(Path(folder, str(n)), EACH * n), n) for n in counts]


def _class(root: Path, size: int) -> Course:
    for student, notebook in mixed_class(size).items():
        hand_in(notebook, root, student, EWC)
    return Course(root)


def _scaled(course: Course, count: int) -> Scaled:
    started = time.monotonic()
    memory = _sent(course, count, _slept)
    seconds = time.monotonic() - started
    students = course.submissions(EWC.id)
    total = sum(_drawn(student).report["seconds"] for student in students)
    return Scaled(
        count, len(students), seconds, total / count, (memory[len(memory) // 10], memory[-1])
    )


def _sent(course: Course, count: int, work: Callable[[Job], Outcome]) -> list[int]:
    """Has the class graded; bytes that this process held after each submission."""
    memory = []
    with workers(EWC.id, count=count) as client:
        for _ in ClassRun(course, EWC).rows(course.submissions(EWC.id), client, work):
            memory.append(psutil.Process().memory_info().rss)
    return memory


def _noted(job: Job) -> Outcome:
    outcome = scorer.work_apart(job)
    if isinstance(outcome, Done):
        _samples.append(outcome)
    return outcome


def _slept(job: Job) -> Outcome:
    done = _drawn(job.student)
    time.sleep(done.report["seconds"])
    return done


def _drawn(student: str) -> Done:
    """One of the samples, the same for a student each time."""
    return random.Random(student).choice(_samples)


def show_scale(found: list[Scaled], console: Console | None = None) -> None:
    """Prints rates and efficiencies."""
    mean = sum(done.report["seconds"] for done in _samples) / len(_samples)
    table = Table(title=f"Simulated workers, {mean:.1f} s a submission in the mean")
    headings = (
        "workers",
        "submissions",
        "a minute",
        "efficiency",
        "MiB after a tenth",
        "MiB in the end",
    )
    for heading in headings:
        table.add_column(heading, justify="right")
    for one in found:
        rate, memory = 60 * one.submissions / one.seconds, [f"{m / 2**20:.0f}" for m in one.memory]
        table.add_row(
            str(one.workers), str(one.submissions), f"{rate:.0f}", f"{one.efficiency:.2f}", *memory
        )
    (console or Console()).print(table)
