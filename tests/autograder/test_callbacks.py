"""Penalties, objects and earlier answers cross the wall of the sandbox, with their gradients."""

import copy

import pytest
import torch
from torch.nn.functional import cross_entropy

from autograder.assignments import find
from autograder.inside import codec, slope
from autograder.inside.slope import Slope
from autograder.inside.wire import WireError
from autograder.limits import Limits
from autograder.remote import RemoteStudent
from autograder.session import Cell
from autograder.student import Held, LocalStudent, NotAttempted, StudentRaised
from autograder.suites.recorder import Recorder, named, scripted
from course.data import Task
from course.models import MLP

L2 = """
import torch
from torch.nn.functional import cross_entropy

def snapshot(model):
    raise RuntimeError("never reached while a later exercise is scored")

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
"""

REPLAY = """
import torch

class ReservoirBuffer:
    def __init__(self, capacity):
        self.capacity, self.rows = capacity, None

    def __len__(self):
        return 0 if self.rows is None else len(self.rows[0])

    def add(self, x, y, generator):
        if len(x) > self.capacity:
            raise ValueError("too many rows")
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
    train_on(model, x, torch.full_like(y, len(buffer) * 1000 + buffer.nbytes))
"""

STUB = "class ReservoirBuffer:\n    raise NotImplementedError()"


pytestmark = pytest.mark.usefixtures("bubblewrap")


def remote(assignment, source):
    student = RemoteStudent(find(assignment), [Cell("", source)], Limits())
    student.session.start()
    student.session.execute()
    assert student.session.cells[0].status == "passed", student.session.cells[0].message
    return student


@pytest.fixture(scope="module")
def l2():
    student = remote("03-l2", L2)
    yield student
    student.session.stop()


@pytest.fixture(scope="module")
def replay():
    student = remote("02-replay", REPLAY)
    yield student
    student.session.stop()


def network(seed=0, dropout=0.0):
    return MLP(3, [4], 2, dropout=dropout, generator=torch.Generator().manual_seed(seed))


def task(rows, seed=0):
    x = torch.randn(rows, 3, generator=torch.Generator().manual_seed(seed))
    y = torch.arange(rows) % 2
    return Task("t", (0, 1), x, y, x[:0], y[:0], x[:0], y[:0])


def test_a_penalty_comes_back_with_its_gradient(l2):
    l2.begin("l2_penalty", 0)
    model, anchor = network(0), named(network(1))
    value = l2.l2_penalty(model, anchor)
    value.backward()
    for name, parameter in model.named_parameters():
        assert torch.allclose(parameter.grad, parameter.detach() - anchor[name])
    assert value.item() > 0


def test_the_suites_own_penalty_is_differentiated_over_there(l2):
    l2.begin("train_step_with_penalty", 0)
    model = network()
    twin, rows = copy.deepcopy(model), task(5)

    def penalty(model):
        return sum((p**3).sum() for p in model.parameters())

    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    got = l2.train_step_with_penalty(model, optimizer, rows.x_train, rows.y_train, penalty, 2.0)
    total = cross_entropy(twin(rows.x_train), rows.y_train) + 2.0 * penalty(twin)
    total.backward()
    assert got == pytest.approx(total.item())
    for mine, other in zip(model.parameters(), twin.parameters(), strict=True):
        assert torch.allclose(mine, other.detach() - 0.1 * other.grad)


def test_penalties_are_called_back_and_may_use_earlier_answers(l2):
    """The closure lives in the sandbox, the earlier functions that it calls do not."""
    l2.begin("train_with_l2", 0)
    model = network(0)
    script = [named(network(seed)) for seed in (1, 2, 3)]
    probe = named(network(4))
    recorder = Recorder(model, scripted(script), [probe])
    tasks = [task(4, 1), task(6, 2), task(5, 3)]
    l2.train_with_l2(model, tasks, recorder.train_on, 0.5)
    recorder.check("train_with_l2")
    assert [len(lesson.x) for lesson in recorder.lessons] == [4, 6, 5]
    assert recorder.lessons[0].penalty is None
    for anchor, lesson in zip(script, recorder.lessons[1:], strict=False):
        (seen,) = lesson.penalty
        distance = sum(((probe[name] - anchor[name]) ** 2).sum() for name in probe)
        assert seen.value == pytest.approx(0.25 * distance.item(), rel=1e-5)
        for name, gradient in seen.gradient.items():
            assert torch.allclose(gradient, 0.5 * (probe[name] - anchor[name]), atol=1e-6)


def test_a_result_that_hangs_on_to_the_model_is_seen_to_follow_it():
    source = """
def snapshot(model):
    return {n: p.data for n, p in model.named_parameters()}

def l2_penalty(model):
    return {n: p.data.clone() for n, p in model.named_parameters()}
"""
    student, model = remote("03-l2", source), network(0)
    start = named(model)
    with student.session, student.keeping():
        student.begin("snapshot", 0)
        live, copied = student.snapshot(model), student.l2_penalty(model)
        with torch.no_grad():
            for parameter in model.parameters():
                parameter += 1
        student.sync()
    for name, values in start.items():
        assert torch.equal(copied[name], values)
        assert torch.equal(live[name], values + 1)


def test_weights_changed_outside_train_on_are_seen():
    model = network()
    recorder = Recorder(model, scripted([named(network(1))]))
    rows = task(3)
    recorder.train_on(model, rows.x_train, rows.y_train)
    recorder.check("f")
    with torch.no_grad():
        model.heads[0].bias += 1
    with pytest.raises(AssertionError, match="outside `train_on`"):
        recorder.check("f")
    recorder.train_on(copy.deepcopy(model), rows.x_train, rows.y_train)
    with pytest.raises(AssertionError, match="another model"):
        recorder.check("f")


@pytest.mark.parametrize(
    "forged",
    [
        Slope(torch.tensor(1.0), []),
        Slope(torch.ones(2), [torch.zeros(26)]),
        Slope(torch.tensor(1), [torch.zeros(26)]),
        Slope(torch.tensor(1.0), [torch.zeros(25)]),
        Slope(torch.tensor(1.0), [None]),
    ],
)
def test_a_forged_gradient_is_refused(forged):
    with pytest.raises(WireError, match="does not fit"):
        slope.attach_flat(forged, network())


def test_what_crosses_in_between_is_forgotten(l2, monkeypatch):
    """However often a penalty hands over new dicts, they do not pile up."""
    monkeypatch.setattr(codec, "MAX_OBJECTS", 60)
    l2.begin("train_with_l2", 0)
    model = network(0)
    probes = [named(network(seed)) for seed in range(30)]
    recorder = Recorder(model, scripted([named(network(1))]), probes)
    l2.train_with_l2(model, [task(4), task(5)], recorder.train_on, 0.5)
    assert len(recorder.lessons[1].penalty) == 30


ALONE = """
def train_with_l2(model, tasks, train_on, strength):
    for task in tasks:
        train_on(model, task.x_train, task.y_train, lambda m: sum(p.sum() for p in m.parameters()))
"""


def test_a_penalty_looked_at_elsewhere_leaves_the_model_where_it_is():
    """Also when a lesson leaves the weights as they were, so that nothing seems to have changed."""
    model = network(0)
    end = named(network(1))
    recorder = Recorder(model, scripted([end]), [named(network(2))])
    student = remote("03-l2", ALONE)
    with student.session:
        student.begin("train_with_l2", 0)
        student.train_with_l2(model, [task(4), task(5)], recorder.train_on, 0.5)
    recorder.check("train_with_l2")
    assert all(torch.equal(parameter, end[name]) for name, parameter in model.named_parameters())


# Those of 02-replay come last: a process has a nursery for one assignment at a time.


def test_an_object_stays_inside_and_is_used_through_its_handle(replay):
    replay.begin("ReservoirBuffer", 0)
    buffer = replay.ReservoirBuffer(4)
    assert isinstance(buffer, Held)
    assert len(buffer) == 0
    rows = task(3)
    buffer.add(rows.x_train, rows.y_train, torch.Generator())
    assert len(buffer) == 3
    assert buffer.nbytes == rows.x_train.nbytes
    generator, twin = (torch.Generator().manual_seed(5) for _ in range(2))
    x, y = buffer.sample(2, generator)
    order = torch.randperm(3, generator=twin)[:2]
    assert torch.equal(x, rows.x_train[order])
    assert torch.equal(y, rows.y_train[order])
    assert torch.equal(generator.get_state(), twin.get_state())
    with pytest.raises(ValueError, match="too many rows"):
        buffer.add(task(5).x_train, task(5).y_train, torch.Generator())
    with pytest.raises(StudentRaised, match="AttributeError"):
        buffer.forget(1)


def test_what_a_buffer_keeps_a_view_of_is_seen_to_change(replay):
    """This buffer keeps the caller's own tensors, and its sample may hand out its own."""
    replay.begin("ReservoirBuffer", 0)
    rows = task(3)
    x, y = rows.x_train, rows.y_train
    with replay.keeping():
        buffer = replay.ReservoirBuffer(4)
        buffer.add(x, y, torch.Generator())
        x.zero_()
        seen, _ = buffer.sample(3, torch.Generator())
    assert seen.abs().sum() == 0
    buffer = replay.ReservoirBuffer(4)
    buffer.add(x.add_(1), y, torch.Generator())
    x.zero_()
    seen, _ = buffer.sample(3, torch.Generator())
    assert seen.sum() == 9  # not kept: the buffer's rows are another object by now


def test_an_earlier_class_is_served_with_its_objects(replay):
    """The student's own buffer keeps the first rows; what is served is a right one."""
    replay.begin("train_with_replay", 0)
    model, seen = network(), []
    tasks = [task(9)]
    replay.train_with_replay(model, tasks, lambda m, x, y: seen.append((x, y)), 0.5, _rng())
    ((x, y),) = seen
    assert len(x) == 3
    assert set(y.tolist()) == {4 * 1000 + 4 * (3 * 4 + 8)}
    assert all((tasks[0].x_train == row).all(dim=1).any() for row in x)


def _rng():
    return torch.Generator().manual_seed(1)


def test_a_class_that_is_still_a_stub_is_not_attempted():
    student = RemoteStudent(find("02-replay"), [Cell("ReservoirBuffer", STUB)], Limits())
    student.session.execute()
    student.begin("ReservoirBuffer", 0)
    with student.session, pytest.raises(NotAttempted):
        student.ReservoirBuffer(3)


def test_here_an_object_is_used_in_the_same_way():
    namespace = {}
    exec(REPLAY, namespace)
    student = LocalStudent(namespace)
    buffer = student.ReservoirBuffer(4)
    buffer.add(task(3).x_train, task(3).y_train, torch.Generator())
    assert (len(buffer), buffer.nbytes) == (3, 36)
    assert [entry[0] for entry in student.trace] == [
        "ReservoirBuffer",
        "ReservoirBuffer.add",
        "ReservoirBuffer.__len__",
        "ReservoirBuffer.nbytes",
    ]
