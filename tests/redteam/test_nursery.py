"""A forked sandbox leaves nothing behind and reaches nobody, and there is a way without one."""

import sys
from pathlib import Path

import psutil
import pytest

from autograder import bubblewrap, nursery
from autograder.assignments import FORGETTING
from autograder.limits import Limits
from autograder.sandbox import Cold
from autograder.session import Cell, Session

HIDDEN = FORGETTING.hidden_modules
# Folders that lead to Python itself, where that is installed under /tmp.
IN_TMP = sorted({Path(p).relative_to("/tmp").parts[0] for p in bubblewrap.prefixes(("/tmp",))})
LOOK = """
import builtins, os, sys, random, torch
print(hasattr(builtins, "mine"), hasattr(torch, "mine"), "mine" in sys.modules,
      "MINE" in os.environ, os.listdir("/tmp"), os.listdir("/home/student"),
      os.listdir("/dev/shm"), os.getcwd(),
      torch.get_default_dtype(), torch.is_grad_enabled(), sys.getrecursionlimit(), "left" in dir())
"""
SPOIL = """
import builtins, os, sys, types, torch
builtins.mine = torch.mine = left = 1
sys.modules["mine"] = types.ModuleType("mine")
os.environ["MINE"] = "1"
for folder in ("/tmp", "/home/student", "/dev/shm"):
    open(folder + "/mine", "w").write("mine")
os.chdir("/")
sys.setrecursionlimit(123)
torch.set_default_dtype(torch.float64)
torch.set_grad_enabled(False)
torch.Tensor.sum = lambda *_: 0
"""
# (what it does, what it prints when it is refused)
REACHES = {
    "a signal to everybody": (
        "try: os.kill(-1, 9)\nexcept ProcessLookupError: print('alone')",
        "alone",
    ),
    "other processes": ("print([p for p in os.listdir('/proc') if p.isdigit()])", "['1', '2']"),
    "its keeper's end": ("os.kill(1, 9); print('alive', os.path.exists('/proc/1'))", "alive True"),
    "descriptors": (
        "print({os.readlink('/proc/self/fd/' + n).split(':')[0] for n in map(str, range(20))"
        " if os.path.lexists('/proc/self/fd/' + n)})",
        "{'/dev/null', 'socket'}",
    ),
    "a trace": ("print(libc.ptrace(16, 1, 0, 0))", "-1"),
    "mounts": ("print(libc.umount2(b'/tmp', 2), libc.umount2(b'/proc', 2))", "-1 -1"),
    "new namespaces": (
        "print([libc.unshare(n) for n in (0x10000000, 0x20000, 0x20000000, 0x40000000)])",
        "[-1, -1, -1, -1]",
    ),
    "others' namespaces": (
        "print(libc.setns(os.open('/proc/1/ns/pid', 0), 0), libc.chroot(b'/'))",
        "-1 -1",
    ),
    "a new root": ("print(libc.syscall(155, b'/', b'/tmp'))", "-1"),
    "more namespaces allowed": (
        "print(os.path.exists('/proc/sys/user'), os.access('/proc/sys', os.W_OK))",
        "False False",
    ),
    "the nursery's files": ("print(sorted(os.listdir('/tmp')))", str(IN_TMP)),
    "capabilities": (
        "print({line.split()[1] for line in open('/proc/self/status') if line[:3] == 'Cap'})",
        "{'0000000000000000'}",
    ),
    "programs with powers": (
        "print([line.split()[1] for line in open('/proc/self/status')"
        " if line.startswith(('NoNewPrivs', 'Seccomp:'))])",
        "['1', '2']",
    ),
    "a network": (
        "import socket\ntry: socket.create_connection(('1.1.1.1', 53), timeout=3)\n"
        "except OSError as error: print(error.strerror)",
        "Network is unreachable",
    ),
    "abstract sockets": (
        "print([line for line in open('/proc/net/unix') if '@' in line])",
        "[]",
    ),
}
PREPARE = "import os, ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\n"


def executed(*sources):
    """The cells, run in one sandbox; the process that kept it."""
    cells = [Cell(f"cell-{n}", source) for n, source in enumerate(sources)]
    with Session(cells, Limits(), HIDDEN, {}) as session:
        session.execute()
        kept = session._sandbox._process
    return cells, kept


def text(cell):
    return "".join(output.get("text", "") for output in cell.outputs)


@pytest.fixture(autouse=True)
def _forked():
    """Skips, saying why, where this machine's kernel forks none."""
    executed("")
    if nursery.refusals():
        pytest.skip(f"no nursery here: {nursery.refusals()[-1]}")


def gone(pid):
    """Whether nothing of a sandbox that was ended is alive."""
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def the_nursery():
    (running,) = nursery._running.values()
    return running.process.pid


def test_nothing_of_one_reaches_the_next():
    (before,), _ = executed(LOOK)
    (spoiled,), _ = executed(SPOIL)
    (after,), _ = executed(LOOK)
    assert spoiled.status == "passed", spoiled.message
    assert text(after) == text(before)
    empty = f"False False False False {IN_TMP} [] [] /home/student torch.float32"
    assert text(before).startswith(empty)


@pytest.mark.parametrize("reach", REACHES)
def test_it_reaches_nobody(reach):
    before = the_nursery()
    source, shown = REACHES[reach]
    (cell, last), kept = executed(PREPARE + source, "print('still here')")
    assert text(cell).strip() == shown, (cell.status, cell.message)
    assert text(last) == "still here\n"
    assert the_nursery() == before
    assert gone(kept.pid)


def test_it_computes_what_a_cold_one_computes(monkeypatch):
    source = (
        "import torch, random, numpy\nprint(torch.rand(3), random.random(), numpy.random.rand(),"
        " list({'a', 'bc', 'd'}))\nimport matplotlib.pyplot as plt\nplt.plot([1]);"
    )
    (forked,), _ = executed(source)
    monkeypatch.setenv(nursery.COLD, "1")
    (cold,), kept = executed(source)
    assert isinstance(kept, Cold)
    assert text(forked) == text(cold)
    shown = [[sorted(o.get("data", {})) for o in cell.outputs] for cell in (forked, cold)]
    assert shown[0] == shown[1]
    assert ["image/png", "text/plain"] in shown[0]


def test_where_the_kernel_refuses_it_starts_cold(monkeypatch):
    allowed = bubblewrap.nursery
    nursery.close_all()
    monkeypatch.setattr(bubblewrap, "nursery", lambda hidden: _without_namespaces(allowed(hidden)))
    monkeypatch.setattr(nursery, "_failures", [])
    for _ in range(2):
        (cell,), kept = executed("print(6 * 7)")
        assert text(cell) == "42\n"
        assert isinstance(kept, Cold)
    assert len(nursery.refusals()) == 2
    assert "unshare" in nursery.refusals()[-1]


def _without_namespaces(command):
    where = command.index("--unshare-user") + 1
    return [*command[:where], "--disable-userns", *command[where:]]


def test_a_nursery_that_was_killed_is_replaced():
    before = the_nursery()
    psutil.Process(before).kill()
    (cell,), kept = executed("print(1)")
    assert text(cell) == "1\n"
    assert not isinstance(kept, Cold)
    assert the_nursery() != before
    assert gone(before)


def test_python_may_lie_in_what_becomes_a_private_folder(monkeypatch):
    """As in a clone under /tmp."""
    nursery.close_all()
    inside = str(Path(sys.prefix).parent)
    monkeypatch.setattr(bubblewrap, "PRIVATE", ("/dev/shm", inside, bubblewrap.HOME))
    look = f"import os, torch.fx.graph_module, sklearn\nprint(os.listdir({inside!r}))"
    (cell, write), kept = executed(look, f"open({sys.prefix!r} + '/x', 'w')")
    nursery.close_all()
    assert not isinstance(kept, Cold)
    assert text(cell) == f"{[Path(sys.prefix).name]}\n"
    assert "Read-only" in write.message
