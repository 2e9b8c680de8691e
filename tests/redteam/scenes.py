"""Calls of students' functions that between them use everything that crosses the wire."""

from contextlib import suppress

import torch

from autograder import session
from autograder.assignments import find
from autograder.inside.wire import BROKEN
from autograder.limits import Limits
from autograder.remote import RemoteStudent
from autograder.session import Cell
from autograder.student import StudentFailure
from autograder.suites.recorder import Recorder, named, scripted
from autograder.trace import alike, without_use
from course.data import Task
from course.models import MLP
from tests.redteam.hostile_end import Tap, frames

L2 = """
import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy
from course.data import Task
from course.models import MLP

print("some output", 1 / 3)

def snapshot(model):
    return {n: p.data for n, p in model.named_parameters()}

def l2_penalty(model, anchor):
    return sum(((p - anchor[n]) ** 2).sum() for n, p in model.named_parameters()) / 2

def train_step_with_penalty(model, optimizer, x, y, penalty, strength):
    optimizer.zero_grad()
    total = cross_entropy(model(x), y) + strength * penalty(model)
    total.backward()
    optimizer.step()
    return total.item()

def train_with_l2(model, tasks, train_on, strength):
    penalty = None
    for task in tasks:
        train_on(model, task.x_train, task.y_train, penalty)
        anchor = snapshot(model)
        penalty = lambda model, anchor=anchor: strength * l2_penalty(model, dict(anchor))

def best_strength(kind, use=None):
    if kind == "error":
        raise KeyError("no such strength")
    if kind == "changes":
        use["list"].append((1, "two"))
        use["tensor"] += 1
        use["generator"].manual_seed(5)
        use["new"] = [torch.ones(2, requires_grad=True), use["tensor"]]
        return None
    if kind == "call":
        model = nn.Sequential(nn.Linear(3, 2), nn.Dropout(0.5))
        return use(model, torch.optim.SGD(model.parameters(), 0.1, momentum=0.5), lambda x: x + 1)
    model = MLP(3, [4], 2)
    x, y = torch.rand(4, 3).T.contiguous().T, torch.arange(4)
    return {
        "plain": (1, -2.5, True, None, "text", float("nan")),
        "numpy": (np.float32(1.5), np.arange(6.0).reshape(2, 3), np.array(3)),
        "nested": [[1, [2, {"a": (3, [4])}]], {1: 2.0, 2.0: "x", (1, 2): None}],
        "tensors": [torch.rand(2, 3), x, torch.rand(3) > 0.5, torch.zeros(0, 3), y],
        "objects": [model, torch.optim.Adam(model.parameters()), torch.Generator(), len, {1, 2}],
        "task": Task("0/1", (0, 1), x, y, x, y, x[:0], y[:0]),
    }[kind]
"""

REPLAY = """
import torch

def choose_exemplars(x, y, per_class, generator):
    return torch.randperm(len(y), generator=generator)[:per_class]

class ReservoirBuffer:
    def __init__(self, capacity):
        self.capacity, self.rows = capacity, None

    def __len__(self):
        return 0 if self.rows is None else len(self.rows[0])

    def add(self, x, y, generator):
        self.rows = (x, y)

    def sample(self, n, generator):
        order = torch.randperm(len(self), generator=generator)[:n]
        return self.rows[0][order], self.rows[1][order]

    @property
    def nbytes(self):
        return self.rows[0].nbytes

def train_with_replay(model, tasks, train_on, fraction, generator):
    buffer = ReservoirBuffer(4)
    buffer.add(tasks[0].x_train, tasks[0].y_train, generator)
    x, y = buffer.sample(3, generator)
    choose_exemplars(x, y, 0.5, generator)
    train_on(model, x, torch.full_like(y, len(buffer) * 1000 + buffer.nbytes))
"""


def network(seed=0):
    return MLP(3, [4], 2, generator=torch.Generator().manual_seed(seed))


def task(rows, seed=0):
    x = torch.randn(rows, 3, generator=torch.Generator().manual_seed(seed))
    y = torch.arange(rows) % 2
    return Task("t", (0, 1), x, y, x[:0], y[:0], x[:0], y[:0])


def penalty(student, suite):
    model, anchor = network(0), named(network(1))
    value = suite.gets(student.l2_penalty, model, anchor)
    suite.uses(lambda: value.backward())


def snapshots(student, suite):
    model = network()
    with student.keeping():
        live = suite.gets(student.snapshot, model)
        with torch.no_grad():
            for parameter in model.parameters():
                parameter += 1
        suite.gets(student.sync)
    suite.uses(lambda: [live[name].sum() for name, _ in model.named_parameters()])


def step(student, suite):
    model, rows = network(), task(5)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
    own = suite.noted(lambda model: sum((p**3).sum() for p in model.parameters()))
    x, y = rows.x_train, rows.y_train
    suite.gets(student.train_step_with_penalty, model, optimizer, x, y, own, 2.0)
    suite.uses(optimizer.step)


def training(student, suite):
    model = network(0)
    recorder = Recorder(model, scripted([named(network(1))]), [named(network(2))])
    train_on = suite.noted(recorder.train_on)
    suite.gets(student.train_with_l2, model, [task(4, 1), task(6, 2)], train_on, 0.5)
    suite.uses(lambda: recorder.check("train_with_l2"))
    suite.uses(recorder.evidence)


def changes(student, suite):
    use = {"list": [1], "tensor": torch.zeros(3), "generator": torch.Generator()}
    suite.gets(student.best_strength, "changes", use)
    suite.uses(lambda: torch.rand(2, generator=use["generator"]))
    suite.gets(student.best_strength, "changes", use)


def calling(student, suite):
    def used(model, optimizer, function):
        model(torch.ones(1, 3)).sum().backward()
        optimizer.step()
        return function(torch.ones(2))

    suite.gets(student.best_strength, "call", suite.noted(used))


def given(kind):
    return lambda student, suite: suite.gets(student.best_strength, kind)


def buffer(student, suite):
    rows, generator = task(3), torch.Generator()
    with student.keeping():
        held = suite.gets(student.ReservoirBuffer, 4)
        if suite.failed:
            return
        suite.gets(lambda: held.add(rows.x_train, rows.y_train, generator))
        suite.uses(lambda: len(held))
        suite.gets(lambda: held.nbytes)
        suite.gets(lambda: held.sample(2, generator))


def replay(student, suite):
    model, generator = network(), torch.Generator()
    recorder = Recorder(model, scripted([named(network(1))]))
    train_on = suite.noted(recorder.train_on)
    suite.gets(student.train_with_replay, model, [task(9)], train_on, 0.5, generator)


KINDS = ("plain", "numpy", "nested", "tensors", "objects", "task", "error")
SCENES = {
    "a penalty": ("03-l2", "l2_penalty", penalty),
    "snapshots": ("03-l2", "snapshot", snapshots),
    "a step": ("03-l2", "train_step_with_penalty", step),
    "training": ("03-l2", "train_with_l2", training),
    "changes": ("03-l2", "best_strength", changes),
    "a callback": ("03-l2", "best_strength", calling),
    "a buffer": ("02-replay", "ReservoirBuffer", buffer),
    "replay": ("02-replay", "train_with_replay", replay),
} | {f"gives {kind}": ("03-l2", "best_strength", given(kind)) for kind in KINDS}
SOURCES = {"03-l2": L2, "02-replay": REPLAY}
# Nothing here is meant to be late, on however busy a machine.
PATIENT = Limits(
    start_seconds=300, cell_seconds=300, call_seconds=300, exercise_seconds=1800, total_seconds=3600
)


class Suite:
    """What a hidden suite does with a student's functions; nothing but failed tests may come of it.

    ``failed`` says that a call gave nothing.
    """

    def __init__(self):
        self.failed = False
        self._own = []

    def gets(self, function, *args):
        """A call's result; it may fail as students' functions do, or with an error of ours."""
        try:
            return function(*args)
        except StudentFailure:
            self.failed = True
        except Exception as error:
            self.failed = True
            if error not in self._own:
                raise
        return None

    def uses(self, function):
        """Works with what came; that this may fail is what hidden tests are for."""
        with suppress(Exception):
            function()

    def noted(self, callback):
        """The callback, whose own errors ``gets`` expects."""

        def noting(*args, **kwargs):
            try:
                return callback(*args, **kwargs)
            except BROKEN:
                raise
            except Exception as error:
                self._own.append(error)
                raise

        return noting


def new_student(assignment):
    """A student whose one cell defines everything, in whatever sandbox there is."""
    return RemoteStudent(find(assignment), [Cell("", SOURCES[assignment])], PATIENT)


def act(scene, student):
    """Plays a scene; fails where something else than a failed test comes of it."""
    _, exercise, acts = SCENES[scene]
    suite = Suite()
    student.begin(exercise, 0)
    acts(student, suite)
    assert alike(without_use(student.trace), without_use(student.trace))
    return suite


def play(scene):
    """The cell and the scene, in a session of their own; returns the suite that was there."""
    student = new_student(SCENES[scene][0])
    with student.session:
        student.session.execute()
        return act(scene, student)


def record(assignment, monkeypatch):
    """By scene, the frames of an honest sandbox, as if the scene were the first."""
    taps = []

    class Tapped(session.Sandbox):
        def __init__(self, *args):
            super().__init__(*args)
            self.socket = Tap(self.socket)
            taps.append(self.socket)

    monkeypatch.setattr(session, "Sandbox", Tapped)
    found, student = {}, new_student(assignment)
    with student.session:
        student.session.execute()
        (tap,), (cell,) = taps, student.session.cells
        assert cell.status == "passed", cell.message
        begin, tap.received = frames(tap.received), bytearray()
        asked = len(begin)
        for scene in SCENES:
            if SCENES[scene][0] == assignment:
                assert act(scene, student).failed == (scene == "gives error"), scene
                said, tap.received = frames(tap.received), bytearray()
                found[scene] = [*begin, *(_renumbered(frame, asked - len(begin)) for frame in said)]
                asked += sum(map(_is_answer, said))
    monkeypatch.undo()
    return found


def _is_answer(frame):
    return frame.document["fields"]["op"] in ("return", "raise")


def _renumbered(frame, less):
    new = frame.copy()
    if _is_answer(new):
        new.document["fields"]["request"] -= less
    return new
