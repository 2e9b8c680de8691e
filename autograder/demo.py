"""The verb ``demo``: a small class with everything that goes wrong in one, graded."""

from __future__ import annotations

import tempfile
from pathlib import Path

from nbformat import NotebookNode
from rich.console import Console
from tqdm import tqdm

from autograder import sandbox
from autograder.assignments import FORGETTING, Assignment
from autograder.cluster import workers
from autograder.grade_command import show
from autograder.gradebook.course import Course
from autograder.notebooks import TEST, grade_id
from autograder.rows import Line
from autograder.runner import ClassRun
from autograder.submissions import answered, hand_in, right_answers, untouched

MISSING_ZERO_GRAD = """
def train_step(model, optimizer, x, y):
    loss = torch.nn.functional.cross_entropy(model(x), y)
    loss.backward()
    optimizer.step()
    return loss.item()
"""

LAST_BATCH_DROPPED = """
def train_epochs(model, optimizer, x, y, epochs, batch_size, generator):
    means = []
    for _ in range(epochs):
        order = torch.randperm(len(x), generator=generator)
        total, seen = 0.0, 0
        for batch in order[: len(x) // batch_size * batch_size].split(batch_size):
            optimizer.zero_grad()
            loss = torch.nn.functional.cross_entropy(model(x[batch]), y[batch])
            loss.backward()
            optimizer.step()
            total, seen = total + loss.item() * len(batch), seen + len(batch)
        means.append(total / seen)
    return means
"""

FINAL_ROW_IN_MAXIMUM = """
def forgetting(R):
    if len(R) == 1:
        return 0.0
    return (R[:, :-1].max(dim=0).values - R[-1, :-1]).mean().item()
"""

SYNTAX_ERROR = "def select_classes(x, y, classes)\n    return x, y\n"

ENDLESS_LOOP = """
def accuracy(model, x, y):
    while True:
        pass
"""

EXITS = """
import os

def backward_transfer(R):
    os._exit(0)
"""


def classroom(assignment: Assignment = FORGETTING) -> dict[str, NotebookNode]:
    """Student and submission: one who is right, one who did nothing, seven who went wrong."""
    right = right_answers(assignment)

    def wrong(exercise: str, code: str) -> NotebookNode:
        return answered(assignment, {**right, exercise: code.lstrip()})

    edited = answered(assignment, {**right, "relabel": "def relabel(y, classes):\n    return y\n"})
    for cell in edited.cells:
        if grade_id(cell) == TEST + "relabel":
            cell.source = "print('all tests passed')"
    return {
        "ada-all-right": answered(assignment, right),
        "bob-untouched": untouched(assignment),
        "cleo-no-zero-grad": wrong("train_step", MISSING_ZERO_GRAD),
        "dan-last-batch": wrong("train_epochs", LAST_BATCH_DROPPED),
        "eve-final-row": wrong("forgetting", FINAL_ROW_IN_MAXIMUM),
        "finn-syntax-error": wrong("select_classes", SYNTAX_ERROR),
        "gus-endless-loop": wrong("accuracy", ENDLESS_LOOP),
        "hana-exits": wrong("backward_transfer", EXITS),
        "ines-edited-test": edited,
    }


def run(root: Path | None = None) -> int:
    """Grades the class in ``root``, or in a new temporary directory; returns the exit status."""
    sandbox.check()
    root = root or Path(tempfile.mkdtemp(prefix="forget-me-not-"))
    submissions = classroom()
    for student, notebook in submissions.items():
        hand_in(notebook, root, student, FORGETTING)
    course = Course(root)
    rows, pages = [], []
    with (
        tqdm(total=len(submissions), desc="grading", unit="submission", disable=None) as bar,
        workers(FORGETTING.id) as client,
    ):
        for row in ClassRun(course, FORGETTING).rows(submissions, client):
            rows.append(row)
            if not row.error:
                pages.append(course.feedback(FORGETTING.id, row.student))
            bar.update()
    console = Console()
    show(FORGETTING, [Line.of(row) for row in sorted(rows, key=lambda row: row.student)], console)
    console.print("\nFeedback pages, one for each student:", highlight=False)
    for page in sorted(pages):
        console.print(f"  {page}", soft_wrap=True, highlight=False)
    return 1 if any(row.error for row in rows) else 0
