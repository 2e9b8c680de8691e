"""What a submission's code can see and do in the sandbox, tried from inside."""

import os
import time

import psutil
import pytest
import torch

from autograder import bubblewrap
from autograder.assignments import EWC, FORGETTING
from autograder.limits import Limits
from autograder.remote import RemoteStudent
from autograder.session import Cell, Session
from autograder.student import BadValue, Crashed, NotAttempted, StudentRaised, TimedOut
from tests.running import agents

pytestmark = pytest.mark.usefixtures("bubblewrap")


def execute(*sources, limits=None):
    """Runs the cells in one sandbox; returns them."""
    cells = [Cell(f"cell-{n}", source) for n, source in enumerate(sources)]
    with Session(cells, limits or Limits(), FORGETTING.hidden_modules, {}) as session:
        session.execute()
    return cells


def text(cell):
    return "".join(output.get("text", "") for output in cell.outputs)


@pytest.fixture(scope="module")
def view():
    """What a look around from inside prints, by cell."""
    probes = {
        "files": "import os\nprint([p for d in ('/', '/grading', '/home', '/work', '/root', '/tmp')"
        " if os.path.isdir(d) for p in os.listdir(d)])",
        "environment": "print(dict(os.environ))",
        "project": f"print(os.path.exists({str(bubblewrap.PACKAGE)!r}), "
        f"os.path.exists({str(bubblewrap.PACKAGE.parent / 'source')!r}), "
        f"os.path.exists({str(bubblewrap.PACKAGE.parent / 'pyproject.toml')!r}))",
        "autograder": "import autograder",
        "write": "open('/grading/course/metrics.py', 'w')",
        "write system": "open('/usr/x', 'w')",
        "write private": "open('note.txt', 'w').write('x')\nprint(open('note.txt').read())",
        "network": "import socket\nsocket.create_connection(('1.1.1.1', 53), timeout=3)",
        "metrics": "import course.metrics\nfrom course.metrics import forgetting",
        "training": "from course import training\ntraining.accuracy",
        "processes": "print([p for p in os.listdir('/proc') if p.isdigit()])",
        "namespaces": "import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\n"
        "print(libc.unshare(0x10000000), ctypes.get_errno())",
        "private folder": "open('big', 'wb').write(bytes(70 << 20))",
        "shared memory": "open('/dev/shm/big', 'wb').write(bytes(70 << 20))",
    }
    cells = execute(*probes.values())
    return dict(zip(probes, cells, strict=True))


def test_it_sees_only_what_a_student_has(view):
    assert text(view["project"]).split() == ["False", "False", "False"]
    assert "note.txt" not in text(view["files"])
    assert view["autograder"].message.startswith("ModuleNotFoundError")


def test_it_inherits_no_environment(view, monkeypatch):
    seen = text(view["environment"])
    assert "NBGRADER_EXECUTION" in seen
    for name, value in os.environ.items():
        if len(value) > 12 and name not in ("PATH", "HOME", "LANG"):
            assert value not in seen, name


@pytest.mark.parametrize("probe", ["write", "write system"])
def test_it_writes_nowhere_but_in_its_private_folder(view, probe):
    assert view[probe].status == "error"
    assert "Read-only" in view[probe].message or "Permission" in view[probe].message
    assert text(view["write private"]).strip() == "x"


@pytest.mark.parametrize("probe", ["private folder", "shared memory"])
def test_its_private_folder_has_a_limit(view, probe):
    assert view[probe].status == "error"
    assert "OSError" in view[probe].message


def test_it_has_no_network(view):
    assert view["network"].status == "error"
    assert "unreachable" in view["network"].message


def test_it_cannot_make_namespaces_of_its_own(view):
    result, number = map(int, text(view["namespaces"]).split())
    assert result == -1
    assert number != 0


def test_it_sees_no_process_but_its_own(view):
    assert len(text(view["processes"]).split(",")) <= 4


@pytest.mark.parametrize("probe", ["metrics", "training"])
def test_what_is_asked_for_cannot_be_imported_and_the_error_says_so(view, probe):
    assert view[probe].message.startswith("ImportError")
    assert "what you are asked to write" in view[probe].message


def test_a_package_that_is_asked_for_is_hidden_with_all_that_is_in_it():
    probes = (
        "from course.methods import METHODS",
        "import course.methods.ewc",
        "import course, os\nfolder = os.path.dirname(course.__file__) + '/methods'\n"
        "print(os.listdir(folder))\nopen(folder + '/mine.py', 'w')",
        "from course.models import MLP",
    )
    cells = [Cell(f"cell-{n}", source) for n, source in enumerate(probes)]
    with Session(cells, Limits(), EWC.hidden_modules, {}) as session:
        session.execute()
    whole, part, folder, other = cells
    assert "what you are asked to write" in whole.message
    assert part.message.startswith("ModuleNotFoundError")
    assert text(folder).strip() == "['__init__.py']"
    assert "Read-only" in folder.message
    assert other.status == "passed"


@pytest.mark.parametrize(
    ("source", "status", "word"),
    [
        ("while True: pass", "timeout", "endless loop"),
        ("import signal, time\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\ntime.sleep(99)",
         "timeout", "endless loop"),
        ("import os\nos._exit(0)", "crashed", "ended the Python process"),
        ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", "crashed", "ended"),
        ("import ctypes\nctypes.string_at(0)", "crashed", "ended the Python process"),
        ("x = bytearray(700 << 20)\nimport time\ntime.sleep(20)", "crashed", "MiB of memory"),
        ("import os, time\nfor _ in range(60):\n    os.fork() or time.sleep(20)\ntime.sleep(4)",
         "crashed", "processes"),
    ],
)  # fmt: skip
def test_a_deadly_cell_costs_itself_only(source, status, word):
    limits = Limits(cell_seconds=6, memory=600 << 20, processes=30)
    before, deadly, after = execute("a = 1", source, "print(a + 1)", limits=limits)
    assert (before.status, deadly.status, after.status) == ("passed", status, "passed")
    assert word in deadly.message
    assert text(after).strip() == "2"


def test_the_whole_notebook_has_a_limit_too():
    cells = execute(*["while True: pass"] * 20, limits=Limits(cell_seconds=1, total_seconds=8))
    assert {cell.status for cell in cells} == {"timeout"}
    assert "whole notebook" in cells[-1].message


def test_output_is_cut():
    cells = execute("print('x' * 3_000_000)", "print('y\\n' * 1_000_000)", "print('fine')")
    assert [len(text(cell)) < 300_000 for cell in cells] == [True, True, True]
    assert "output cut" in text(cells[0])
    assert text(cells[2]) == "fine\n"


def test_only_text_and_pictures_come_out():
    (cell,) = execute(
        "from IPython.display import HTML, Javascript, display\n"
        "display(HTML('<script>alert(1)</script>'), Javascript('alert(2)'))\n"
        "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()"
    )
    kinds = {kind for output in cell.outputs for kind in output.get("data", {})}
    assert kinds == {"text/plain", "image/png"}
    assert "alert" not in str([output.get("data", {}).get("text/plain") for output in cell.outputs])


def student(**functions):
    cells = [Cell(name, source) for name, source in functions.items()]
    return RemoteStudent(FORGETTING, cells, Limits(call_seconds=2, exercise_seconds=5))


def ask(student, name, *arguments):
    student.begin(name, 0)
    return getattr(student, name)(*arguments)


def test_each_function_pays_for_itself():
    labels = torch.tensor([1, 2])
    remote = student(
        select_classes="def select_classes(x, y, classes):\n    import os\n    os._exit(0)",
        relabel="def relabel(y, classes):\n    while True:\n        pass",
        train_step="def train_step(m, o, x, y)\n    pass",
        train_epochs="def train_epochs(*a):\n    raise NotImplementedError",
        accuracy="def accuracy(m, x, y):\n    raise KeyError('k')",
        forgetting="def forgetting(R):\n    return object()",
        backward_transfer="def backward_transfer(R):\n    return R.sum().item()",
    )
    with remote.session:
        remote.session.execute()
        for _ in range(2):
            with pytest.raises(Crashed, match="ended the Python process"):
                ask(remote, "select_classes", labels, labels, [1])
            with pytest.raises(TimedOut, match="endless loop"):
                ask(remote, "relabel", labels, [1])
        with pytest.raises(Exception, match="SyntaxError") as caught:
            ask(remote, "train_step", labels)
        assert caught.value.status == "error"
        with pytest.raises(NotAttempted):
            ask(remote, "train_epochs", labels)
        with pytest.raises(NotAttempted):
            ask(remote, "average_accuracy", labels)
        with pytest.raises(KeyError) as raised:
            ask(remote, "accuracy", labels, labels, labels)
        assert isinstance(raised.value, StudentRaised)
        with pytest.raises(BadValue, match="type object"):
            ask(remote, "forgetting", labels)
        assert ask(remote, "backward_transfer", labels) == 3


def test_earlier_exercises_are_served_by_the_scorer_and_later_ones_are_not():
    remote = student(
        relabel="def relabel(y, classes):\n    return 'wrong'",
        train_epochs="def train_epochs(y):\n    return relabel(y, [6, 5])",
        select_classes="def select_classes(y):\n    return relabel(y, [1])",
    )
    with remote.session:
        remote.session.execute()
        y = torch.tensor([5, 6])
        assert ask(remote, "train_epochs", y).tolist() == [1, 0]
        assert ask(remote, "select_classes", y) == "wrong"
        assert ask(remote, "relabel", y, [1]) == "wrong"


def test_one_call_leaves_no_global_switch_for_the_next():
    remote = student(
        accuracy="import torch\ndef accuracy(x):\n    torch.set_grad_enabled(False)\n    return 1",
        forgetting="def forgetting(R):\n    return torch.is_grad_enabled()",
    )
    with remote.session:
        remote.session.execute()
        assert ask(remote, "accuracy", 1) == 1
        assert ask(remote, "forgetting", 1) is True


def test_a_double_fork_does_not_outlive_the_sandbox():
    source = """
import os, time
if os.fork() == 0:
    if os.fork() == 0:
        os.setsid()
        time.sleep(600)
    os._exit(0)
"""
    cells = [Cell("fork", source)]
    with Session(cells, Limits(), (), {}) as session:
        session.execute()
        deadline = time.monotonic() + 20
        while len(inside := agents(psutil.Process().children(recursive=True))) < 3:
            assert time.monotonic() < deadline
            time.sleep(0.05)
    deadline = time.monotonic() + 5
    while any(p.is_running() and p.status() != "zombie" for p in inside):
        assert time.monotonic() < deadline
        time.sleep(0.05)
