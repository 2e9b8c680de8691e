"""Each limit has its own words, costs only what it must, and can be set in nbgrader_config.py."""

import json
import resource
import threading
import time

import pytest
import torch
from traitlets import TraitError
from traitlets.config import Config

from autograder.assignments import EWC, FORGETTING, REPLAY, find
from autograder.gradebook.configured import limits_in
from autograder.gradebook.score import GradeInSandbox
from autograder.inside import outputs
from autograder.limits import MIB, Limits
from autograder.notebooks import ROOT
from autograder.remote import RemoteStudent
from autograder.serving import TooMuch, weigh
from autograder.session import Cell, Session
from autograder.student import BadValue, StudentFailure, StudentRaised, TimedOut
from autograder.submissions import hand_in, untouched
from course.models import MLP
from tests.redteam.attacking import survivors
from tests.running import autograder, nbgrader

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("redteam-limits")]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"memroy": 1}, "no limit is called memroy; there are start_seconds"),
        ({"memory": 0}, "limit memory: expected a number above 0, got 0"),
        ({"cell_seconds": "20"}, "limit cell_seconds: expected a number above 0, got '20'"),
        ({"total_seconds": float("nan")}, "limit total_seconds: expected a number above 0"),
        ({"processes": 1.5}, "limit processes: expected a whole number, got 1.5"),
        ({"files": True}, "limit files: expected a number above 0, got True"),
    ],
)
def test_a_limit_that_makes_no_sense_is_refused(given, words):
    with pytest.raises(ValueError, match="^" + words.replace("(", r"\(")):
        Limits.of(given)
    with pytest.raises(TraitError, match=r"c\.GradeInSandbox\.limits: .*limit"):
        limits_in(Config({"GradeInSandbox": {"limits": given}}))


def test_limits_reach_the_scorer_from_the_configuration(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    given = {"cell_seconds": 3, "memory": 900 * MIB}
    step = GradeInSandbox(config=Config({"GradeInSandbox": {"limits": given}}))
    assert step.options(FORGETTING.id)["limits"] == Limits(cell_seconds=3, memory=900 * MIB)
    assert GradeInSandbox().options(FORGETTING.id)["limits"] == Limits()


def configured(root, limits):
    """A course directory with one submission and these limits."""
    hand_in(untouched(FORGETTING), root, "ann", FORGETTING)
    config = (ROOT / "nbgrader_config.py").read_text()
    (root / "nbgrader_config.py").write_text(f"{config}\nc.GradeInSandbox.limits = {limits!r}\n")


def test_the_command_line_obeys_the_configuration_and_so_does_nbgrader(tmp_path):
    configured(tmp_path, {"notebook": 1000})
    report = tmp_path / "report.json"
    done = autograder("grade", FORGETTING.id, "--root", tmp_path, "--json", report)
    assert done.returncode == 0, done.stdout + done.stderr
    (row,) = json.loads(report.read_text())["submissions"]
    assert row["score"] == 0
    (flag,) = row["flags"]
    assert flag.startswith("unreadable-notebook: ")
    done = nbgrader("autograde", FORGETTING.id, "--force", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    autograded = tmp_path / "autograded" / "ann" / FORGETTING.id / f"{FORGETTING.id}.ipynb"
    assert flag in autograded.read_text()


def test_the_command_line_names_a_wrong_limit_in_one_line(tmp_path):
    configured(tmp_path, {"memroy": 1})
    done = autograder("grade", FORGETTING.id, "--root", tmp_path)
    assert done.returncode == 2
    assert "c.GradeInSandbox.limits: no limit is called memroy" in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


def execute(*sources, **limits):
    """Runs the cells in one session; gives them and the session."""
    cells = [Cell(f"c{n}", source) for n, source in enumerate(sources)]
    with Session(cells, Limits(**limits), (), {}) as session:
        session.execute()
    return cells


def text(cell):
    return "".join(output.get("text", "") for output in cell.outputs)


def test_output_has_a_limit_a_cell_and_one_in_all():
    loud = "print('x' * 50_000)"
    cells = execute(*[loud] * 4, "1 / 0", cell_output=60_000, total_output=120_000)
    assert [cell.cut for cell in cells] == [False, False, True, True, True]
    assert sum(sum(map(outputs.size, cell.outputs)) for cell in cells) < 130_000
    assert [cell.status for cell in cells] == ["passed"] * 4 + ["error"]


FORGED_OUTPUT = """
import gc, json
(peer,) = [o for o in gc.get_objects() if type(o).__name__ == "Peer"]
made = MADE
peer._handlers["run"] = lambda message: json.dumps(made)
"""


@pytest.mark.parametrize(
    ("made", "shows"),
    [
        ("[{'output_type': 'stream', 'name': 'x', 'text': 'z' * 3_000_000}]", "zzz"),
        ("[{'output_type': 'stream', 'name': 'x', 'text': 'z' * 100}] * 20_000", "zzz"),
        ("[{'output_type': 'display_data', 'data': {'text/html': '<script>'}}]", ""),
        ("{'output_type': 'stream'}", "cannot be read"),
        ("[{'output_type': 'error', 'ename': [1], 'evalue': {}, 'traceback': ['t' * 10**6] * 3}]",
         "output cut"),
    ],
)  # fmt: skip
def test_a_forger_of_outputs_is_bound_by_the_same_limits(made, shows):
    _, forged = execute(FORGED_OUTPUT.replace("MADE", made), "print('honest')")
    assert shows in json.dumps(forged.outputs)
    assert "script" not in json.dumps(forged.outputs)
    assert sum(map(outputs.size, forged.outputs)) <= Limits().cell_output + 1000


def test_all_processes_together_have_their_time():
    busy = "import os\nfor _ in range(3):\n    if os.fork() == 0:\n        while True: pass\n"
    first, busy, last = execute("a = 1", busy + "while True: pass", "print(a)", cell_seconds=4)
    assert (first.status, busy.status, text(last)) == ("passed", "timeout", "1\n")
    assert "4 seconds" in busy.message


def test_who_goes_on_computing_when_nothing_is_asked_is_stopped():
    thread = "import threading\ndef busy():\n    while True: pass\n"
    cells = [Cell("", thread + "threading.Thread(target=busy, daemon=True).start()")]
    with Session(cells, Limits(), (), {}) as session:
        session.execute()
        deadline = time.monotonic() + 600
        while not session._sandbox._process.ended():
            assert time.monotonic() < deadline
            time.sleep(0.1)
        assert "went on computing" in session._sandbox.breach.text


def test_files_in_memory_are_counted():
    write = "open('a', 'wb').write(bytes(9 << 20)); open('/dev/shm/b', 'wb').write(bytes(9 << 20))"
    with Session([Cell("", write)], Limits(), (), {}) as session:
        session.execute()
        watchdog = session._sandbox._watchdog
        stored, files = watchdog.stored(watchdog.tree())
        assert 18 * MIB <= stored < 20 * MIB
        assert 2 <= files < 100


def test_when_the_time_for_all_is_used_up_the_run_ends_without_blaming_honest_cells():
    honest = [f"a{n} = {n}" for n in range(30)]
    cells = execute(*honest, "while True: pass", "print(1)", cell_seconds=60, total_seconds=12)
    assert {cell.status for cell in cells[:-2]} == {"passed"}
    assert [cell.status for cell in cells[-2:]] == ["timeout", "timeout"]
    assert "whole notebook" in cells[-1].message


def test_messages_have_a_size_each_and_one_in_all():
    send = "import torch\ndef forgetting(R):\n    return torch.zeros(R)"
    flood = (
        "def backward_transfer(call):\n    import torch\n    while True: call(torch.zeros(1000))"
    )
    cells = [Cell("forgetting", send), Cell("backward_transfer", flood)]
    limits = Limits(message_tensors=MIB, call_messages=4 * MIB)
    student = RemoteStudent(FORGETTING, cells, limits)
    with student.session:
        student.session.execute()
        student.begin("forgetting", 0)
        assert len(student.forgetting(1000)) == 1000
        with pytest.raises(StudentRaised, match="too much"):
            student.forgetting(1_000_000)
        student.begin("backward_transfer", 0)
        with pytest.raises(BadValue, match="in all its messages together"):
            student.backward_transfer(lambda x: None)


# Asks of what is served more than the grader's process should do.
GREEDY = {
    "gradients": ("04-ewc", "empirical_fisher", """
from course.models import MLP
def empirical_fisher(model, x, y):
    big = MLP(784, [500], 10)
    return sample_gradients(big, torch.rand(4000, 784), torch.zeros(4000, dtype=torch.int64))
"""),
    "labels": ("01-forgetting", "train_step", """
def train_step(model, optimizer, x, y):
    return relabel(torch.zeros(1_000_000, dtype=torch.int64), list(range(5000)))
"""),
    "rows": ("01-forgetting", "average_accuracy", """
def average_accuracy(R):
    layers = torch.nn.Sequential(*[torch.nn.Tanh() for _ in range(150)])
    return accuracy(layers, torch.rand(1_000_000, 4), torch.zeros(1_000_000))
"""),
    "memory": ("02-replay", "train_with_replay", """
def train_with_replay(model, tasks, train_on, fraction, generator):
    buffers = [ReservoirBuffer(10**9) for _ in range(100)]
    while True:
        for buffer in buffers:
            rows = torch.rand(1000, 1000)
            buffer.add(rows, torch.zeros(1000), torch.Generator())
"""),
}  # fmt: skip


def remote(assignment, source, **limits):
    cell = Cell("", f"import torch\n{source}")
    return RemoteStudent(find(assignment), [cell], Limits(**{"patience": 30.0, **limits}))


def arguments(name):
    """As many arguments as each of the greedy functions takes."""
    model, x, y = MLP(4, [3], 2), torch.rand(6, 4), torch.zeros(6, dtype=torch.int64)
    return {
        "empirical_fisher": (model, x, y),
        "train_step": (model, torch.optim.SGD(model.parameters(), 0.1), x, y),
        "average_accuracy": (x[:4],),
        "train_with_replay": (model, [], print, 0.5, torch.Generator()),
    }[name]


@pytest.mark.parametrize("greed", GREEDY)
def test_what_is_served_can_neither_slow_nor_fell_the_scorer(greed):
    assignment, name, source = GREEDY[greed]
    student = remote(assignment, source)
    with student.session:
        student.session.execute()
        student.begin(name, 0)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        with pytest.raises(StudentRaised, match=r"TooMuch|was asked for more|in all"):
            getattr(student, name)(*arguments(name))
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        assert grown < 1 << 20  # KiB


def test_an_endless_request_is_interrupted_in_the_scorer_too():
    source = """
def accuracy(model, x, y):
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    return train_epochs(model, optimizer, x, y, 10**9, 2, torch.Generator())
"""
    student = remote("01-forgetting", source, call_seconds=3, patience=3)
    with student.session:
        student.session.execute()
        student.begin("accuracy", 0)
        with pytest.raises(TimedOut):
            student.accuracy(*arguments("empirical_fisher"))
        student.begin("forgetting", 0)
        with pytest.raises(StudentFailure, match="Not attempted"):
            student.forgetting(torch.eye(2))


def test_an_endless_callback_is_interrupted_in_the_scorer_too():
    def endless(x):
        while True:
            x = x + 1

    student = remote(
        "01-forgetting",
        "def accuracy(call):\n    return call(torch.ones(2))",
        call_seconds=2,
        patience=3,
    )
    with student.session:
        student.session.execute()
        student.begin("accuracy", 0)
        with pytest.raises(TimedOut):
            student.accuracy(endless)


def test_callbacks_are_given_no_more_than_the_scorer_can_keep():
    source = "def accuracy(call):\n    while True: call(torch.zeros(1 << 21))"
    student, kept = remote("01-forgetting", source), []
    with student.session:
        student.session.execute()
        student.begin("accuracy", 0)
        with pytest.raises(StudentRaised, match="numbers in one call"):
            student.accuracy(lambda x: kept.append(x.clone()))
    assert 1 < len(kept) <= 16


def test_calls_back_into_one_another_end():
    source = "def accuracy(call):\n    def again(x): return call(again)\n    return call(again)"
    student = remote("01-forgetting", source, call_seconds=5, patience=3)
    with student.session:
        student.session.execute()
        student.begin("accuracy", 0)
        with pytest.raises(StudentFailure):
            student.accuracy(lambda function: function(torch.ones(1)))


def test_objects_that_were_served_end_with_their_call():
    source = """
made = []
def train_with_replay(model, tasks, train_on, fraction, generator):
    made.append(ReservoirBuffer(3))
    return len(made[0])
"""
    student = remote("02-replay", source)
    with student.session:
        student.session.execute()
        student.begin("train_with_replay", 0)
        assert student.train_with_replay(*arguments("train_with_replay")) == 0
        with pytest.raises(LookupError, match="another call"):
            student.train_with_replay(*arguments("train_with_replay"))


@pytest.mark.parametrize("assignment", [REPLAY.id, EWC.id])
def test_what_the_hidden_tests_are_about_is_never_too_much(assignment):
    model = MLP(784, [64], 10)
    x, y = torch.rand(400, 784), torch.zeros(400, dtype=torch.int64)
    weights = {name: p.detach() for name, p in model.named_parameters()}
    assert weigh("sample_gradients", (model, x, y), {}) == x.numel() + y.numel()
    assert weigh("ewc_penalty", (model, weights, weights), {}) > 0
    with pytest.raises(TooMuch):
        weigh("sample_gradients", (model, torch.rand(4000, 784), y), {})


def test_grading_works_outside_the_main_thread():
    found = []
    thread = threading.Thread(target=lambda: found.extend(execute("print(1)")))
    thread.start()
    thread.join()
    assert text(found[0]) == "1\n"
    assert survivors() == []
