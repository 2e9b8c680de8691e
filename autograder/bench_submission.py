"""The verb ``bench submission``: what grading one submission takes, by assignment.

Seconds of computing, of the scorer and of the sandbox, once a class is under way: the nursery is
there, and the scorer has graded one like it before.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterable
from dataclasses import dataclass

import nbformat
import torch
from nbformat import NotebookNode
from rich.console import Console
from rich.table import Table

from autograder.assignments import ASSIGNMENTS, Assignment
from autograder.grade import grade
from autograder.submissions import answered, right_answers, untouched

SEED = 5


@dataclass(frozen=True)
class Cost:
    """Medians over rounds, seconds."""

    assignment: str
    submission: str
    scorer: float
    sandbox: float


def costs(rounds: int) -> list[Cost]:
    """What a submission costs whose answers are all right, and one where none was attempted."""
    torch.set_num_threads(1)
    found = []
    for assignment in ASSIGNMENTS.values():
        right = answered(assignment, right_answers(assignment))
        found.append(_cost(assignment, "all right", right, rounds))
        found.append(_cost(assignment, "nothing attempted", untouched(assignment), rounds))
    return found


def _cost(assignment: Assignment, name: str, notebook: NotebookNode, rounds: int) -> Cost:
    submission = nbformat.writes(notebook).encode()
    scorer, sandbox = [], []
    for turn in range(rounds + 1):  # the first turn warms up
        started = time.process_time()
        report = grade(submission, assignment.id, SEED).report
        if turn:
            scorer.append(time.process_time() - started)
            sandbox.append(report.computed)
    return Cost(assignment.id, name, statistics.median(scorer), statistics.median(sandbox))


def show_costs(found: Iterable[Cost], console: Console | None = None) -> None:
    """Prints the seconds of scorer, sandbox and both."""
    table = Table(title="Seconds of computing for one submission on digits")
    for heading in ("assignment", "submission", "scorer", "sandbox", "together"):
        left = heading in ("assignment", "submission")
        table.add_column(heading, justify="left" if left else "right")
    for cost in found:
        seconds = (cost.scorer, cost.sandbox, cost.scorer + cost.sandbox)
        table.add_row(cost.assignment, cost.submission, *(f"{s:.1f}" for s in seconds))
    (console or Console()).print(table)
