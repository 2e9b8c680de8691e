"""What attacks the machine costs its own cell or function, and nothing and nobody else."""

import ast
import hashlib
import json
import os
import socket
import sys

import pytest

from autograder.assignments import FORGETTING
from autograder.notebooks import ROOT
from autograder.submissions import answered, hand_in, right_answers
from tests.redteam.attacking import (
    extra_cells,
    graded,
    messages,
    printed,
    scores,
    some_right,
    statuses,
    submission,
)
from tests.redteam.vandals import TRESPASS, VANDALS
from tests.running import autograder

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("redteam-machine")]
ID = FORGETTING.id
FULL = {exercise.name: exercise.points for exercise in FORGETTING.exercises}
CHEAP = ("relabel", "average_accuracy", "forgetting", "backward_transfer")
MEMORY = 1400 << 20


@pytest.fixture(scope="module")
def vandalised():
    """Four right answers among all vandals."""
    deadly_first = sorted(VANDALS, key=lambda name: "cell" not in VANDALS[name].flag)
    sources = [VANDALS[name].source for name in deadly_first]
    found = graded(some_right(*CHEAP), before=sources, memory=MEMORY, total_seconds=2000)
    return found, dict(zip(deadly_first, extra_cells(found, sources), strict=True))


@pytest.mark.parametrize("name", VANDALS)
def test_a_vandal_costs_its_own_cell(vandalised, name):
    assert VANDALS[name].shows in printed(vandalised[1][name])


def test_the_answers_beside_the_vandals_keep_their_points(vandalised):
    report = vandalised[0].report
    assert {n: s for n, s in scores(report).items() if s} == {name: FULL[name] for name in CHEAP}


def test_vandals_are_flagged(vandalised):
    flags = vandalised[0].report.flags
    for flag in {vandal.flag for vandal in VANDALS.values() if vandal.flag}:
        wanted = [vandal for vandal in VANDALS.values() if vandal.flag == flag]
        assert len([f for f in flags if f.startswith(flag + ": ")]) == len(wanted)


def test_the_notebook_of_a_vandal_stays_small(vandalised):
    _, cells = vandalised
    assert sum(len(printed(cell)) for cell in cells.values()) < 3 << 20


IN_FUNCTIONS = {
    "select_classes": "def select_classes(x, y, classes):\n    while True:\n"
    "        try:\n            while True: pass\n        except BaseException: pass",
    "train_step": "def train_step(model, optimizer, x, y):\n    import ctypes\n"
    "    ctypes.string_at(0)",
    "train_epochs": "def train_epochs(*args):\n    import os\n    while True: os.fork()",
    "accuracy": "def accuracy(model, x, y):\n    held = []\n"
    "    while True: held.append(bytearray(b'x' * (16 << 20)))",
    "accuracy_matrix": "def accuracy_matrix(model, tasks, train_on):\n"
    "    while True: train_on(model, tasks[0].x_train, tasks[0].y_train)",
}


def test_a_vandal_in_a_function_costs_that_functions_tests():
    report = graded({**some_right(*CHEAP), **IN_FUNCTIONS}, memory=MEMORY).report
    assert {n: s for n, s in scores(report).items() if s} == {name: FULL[name] for name in CHEAP}
    assert statuses(report, "select_classes") == {"timeout"}
    assert "passed" not in statuses(report, "accuracy_matrix")
    for name in ("train_step", "accuracy"):
        assert statuses(report, name) == {"crashed"}
    # A fork bomb: whether it is too many processes first, or too much computing, is chance.
    assert statuses(report, "train_epochs") <= {"crashed", "timeout"}
    said = " ".join(messages(report))
    for reason in ("endless loop", "ended the Python process", "of memory"):
        assert reason in said


@pytest.fixture
def surroundings(tmp_path):
    """Files and listeners of the grader's machine: (paths, sockets, addresses, listeners)."""
    secret = tmp_path / "gradebook.db"
    secret.write_text("everybody's grades")
    home = os.path.expanduser("~")
    paths = [
        secret,
        tmp_path,
        *(ROOT / name for name in ("source", "autograder", "pyproject.toml")),
    ]
    paths += [f"{home}/.ssh", f"{home}/.bashrc", "/etc/passwd", "/etc/shadow", "/var"]
    inner = socket.create_server(("127.0.0.1", 0))
    abstract, named = socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)
    sockets = [f"\0abstract-{os.getpid()}", str(tmp_path / "socket")]
    for listener, name in ((abstract, sockets[0]), (named, sockets[1])):
        listener.bind(name)
        listener.listen()
    addresses = [("127.0.0.1", inner.getsockname()[1]), ("::1", 22), ("192.0.2.1", 53)]
    listeners = (inner, abstract, named)
    yield list(map(str, paths)), sockets, addresses, listeners
    for listener in listeners:
        listener.close()


def test_nothing_of_the_machine_is_within_reach(surroundings, tmp_path):
    paths, sockets, addresses, listeners = surroundings
    own = "/tmp/own"
    folders = [os.path.expanduser("~"), str(ROOT), sys.prefix, "/", "/usr", "/grading/course"]
    values = f"PATHS = {[*paths, own]!r}\nFOLDERS = {folders!r}\n"
    values += f"SOCKETS = {sockets!r}\nADDRESSES = {addresses!r}\n"
    source = values + TRESPASS.replace("could = []", f"could = []\nopen({own!r}, 'w').close()")
    before = state(tmp_path)
    found = graded({}, before=[source])
    (cell,) = extra_cells(found, [source])
    could = ast.literal_eval(printed(cell).split("could:")[1].strip())
    assert ("write", own) in could
    assert [c for c in could if not own_only(*c, own)] == []
    assert not [folder for folder in folders if os.path.exists(os.path.join(folder, "x"))]
    assert "everybody" not in printed(cell)
    assert state(tmp_path) == before
    for listener in listeners:
        listener.settimeout(0)
        with pytest.raises(BlockingIOError):
            listener.accept()


def own_only(what, path, own):
    """Its own file, or its own empty folder of a name that the machine has, too."""
    return path == own or (what in ("write", "link") and path.startswith("/tmp/"))


def state(folder):
    """A hash of each file below ``folder``."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


HOG = "import os\nfor _ in range(60):\n    if os.fork() == 0:\n        while True: pass\n"
BOMB = "x = bytearray(b'x' * (8 << 30))"
SPY = "import glob, os\nprint([p for p in glob.glob('/**/*', recursive=True) if 'submitted' in p])"


def fill(root):
    """Honest students between hostile ones."""
    right = right_answers(FORGETTING)
    honest = answered(FORGETTING, {**right, "relabel": "def relabel(y, classes):\n    return y"})
    for student in ("b-honest", "d-honest"):
        hand_in(honest, root, student, FORGETTING)
    for student, source in {
        "a-hog": HOG,
        "c-bomb": "x = bytearray(b'x' * (8 << 30))",
        "e-spy": SPY,
    }.items():
        path = hand_in(honest, root, student, FORGETTING)
        path.write_bytes(submission(right, before=[source]))


def graders_files(root):
    """Hashes of what grading has to leave alone."""
    secret = {"secret": (root / "secret.txt").read_text()}
    return secret | state(root / "submitted") | state(ROOT / "source") | state(ROOT / "course")


def test_a_class_is_graded_as_if_nobody_hostile_were_in_it(tmp_path):
    rows = {}
    for name, students in {"all": (), "alone": ("--student", "b-honest")}.items():
        root = tmp_path / name
        fill(root)
        (root / "secret.txt").write_text("the instructor's")
        before = graders_files(root)
        report = root / "report.json"
        done = autograder("grade", ID, "--root", root, "--seed", 5, "--json", report, *students)
        assert done.returncode == 0, done.stdout + done.stderr
        assert graders_files(root) == before
        rows[name] = {row["student"]: row for row in json.loads(report.read_text())["submissions"]}
    alone = rows["alone"]["b-honest"]["exercises"]
    assert rows["all"]["b-honest"]["exercises"] == rows["all"]["d-honest"]["exercises"] == alone
    assert sum(exercise["score"] for exercise in alone) == FORGETTING.points - FULL["relabel"]
    assert rows["all"]["c-bomb"]["score"] == rows["all"]["e-spy"]["score"] == FORGETTING.points
    assert "cell-crashed: a cell" in rows["all"]["c-bomb"]["flags"]
    assert len(rows["all"]) == 5  # the hog, too: how much of its own time it wasted is its affair
    shown = (tmp_path / "all" / "autograded" / "e-spy" / ID / f"{ID}.ipynb").read_text()
    assert str(tmp_path) not in shown
