"""Submissions of 01-forgetting with a hostile part, graded here."""

import os
from dataclasses import replace

import nbformat
import psutil
from nbformat.v4 import new_code_cell

from autograder.assignments import FORGETTING
from autograder.grade import grade
from autograder.limits import Limits
from autograder.notebooks import grade_id
from autograder.submissions import answered, right_answers
from tests.running import agents

SEED = 31
QUICK = Limits(cell_seconds=5, call_seconds=5, total_seconds=900, patience=6)
RIGHT = right_answers(FORGETTING)


def some_right(*names):
    """The right answers of these exercises."""
    return {name: RIGHT[name] for name in names}


def submission(answers, before=(), after=()):
    """The release with these answers, and cells of code before and after all others."""
    notebook = answered(FORGETTING, answers)
    setup = next(n for n, cell in enumerate(notebook.cells) if cell.cell_type == "code") + 1
    notebook.cells[setup:setup] = [new_code_cell(source) for source in before]
    notebook.cells += [new_code_cell(source) for source in after]
    return nbformat.writes(notebook).encode()


def graded(answers, before=(), after=(), limits=QUICK, **changes):
    """What ``grade`` finds; nothing of the sandbox is alive afterwards."""
    found = grade(
        submission(answers, before, after), FORGETTING.id, SEED, limits=replace(limits, **changes)
    )
    assert survivors() == []
    return found


def survivors():
    """Processes of sandboxes that this process started, or that nobody looks after."""
    ours = psutil.Process().children(recursive=True)
    lost = [p for p in psutil.process_iter(["ppid"]) if p.info["ppid"] == 1]
    return agents(ours + lost)


def scores(report):
    return {exercise.name: exercise.score for exercise in report.exercises}


def statuses(report, name):
    """The statuses of an exercise's tests, each once."""
    (exercise,) = [e for e in report.exercises if e.name == name]
    return {test.status for test in exercise.tests}


def messages(report):
    return [test.message for exercise in report.exercises for test in exercise.tests]


def extra_cells(found, sources):
    """The cells with these sources, as they stand in the graded notebook."""
    by_source = {cell.source: cell for cell in found.notebook.cells if not grade_id(cell)}
    return [by_source[source] for source in sources]


def printed(cell):
    """All text that a cell's outputs hold."""
    parts = []
    for output in cell.outputs:
        parts += [output.get("text", ""), output.get("evalue", ""), *output.get("traceback", [])]
        parts += map(str, output.get("data", {}).values())
    return "\n".join(parts)


def everything(found):
    """All text that a grading gives away: the notebook's and the report's."""
    return nbformat.writes(found.notebook) + repr(found.report.to_json()) + os.linesep
