"""Code that attacks the machine, each for a cell of its own, and what becomes of that cell.

The text is in what the cell shows afterwards. A cell that is ``stopped`` ended its sandbox.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Vandal:
    source: str
    shows: str
    flag: str = ""


STOPPED = "cell-timeout"
CRASHED = "cell-crashed"

VANDALS = {
    "loop-that-swallows-interrupts": Vandal(
        "import signal\nfor n in (2, 14, 15): signal.signal(n, signal.SIG_IGN)\n"
        "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
        "stopped after",
        STOPPED,
    ),
    "sleep-with-all-signals-blocked": Vandal(
        "import signal, time\nsignal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))\n"
        "time.sleep(10_000)",
        "stopped after",
        STOPPED,
    ),
    "busy-children": Vandal(
        "import os, time\nfor _ in range(20):\n    if os.fork() == 0:\n        while True: pass\n"
        "time.sleep(10_000)",
        "stopped after",
        STOPPED,
    ),
    "many-processes": Vandal(
        "import os, time\nwhile True:\n    if os.fork() == 0: time.sleep(600)",
        "processes and threads",
        CRASHED,
    ),
    "thread-bomb": Vandal(
        "import threading, time\nfor _ in range(1000):\n"
        "    threading.Thread(target=time.sleep, args=(60,), daemon=True).start()\ntime.sleep(60)",
        "processes and threads",
        CRASHED,
    ),
    "memory-bomb": Vandal(
        "held = []\nwhile True: held.append(bytearray(b'x' * (16 << 20)))", "of memory", CRASHED
    ),
    "memory-in-many-processes": Vandal(
        "import os, time\nfor _ in range(12):\n    if os.fork() == 0:\n"
        "        held = bytearray(b'y' * (150 << 20)); time.sleep(60)\ntime.sleep(60)",
        "of memory",
        CRASHED,
    ),
    "just-under-the-limit": Vandal("held = bytearray(b'x' * (100 << 20))\nprint('held')", "held"),
    "memory-in-files-of-no-folder": Vandal(
        "import os\nwhile True: os.write(os.memfd_create('x'), bytes(32 << 20))",
        "not implemented",
    ),
    "memory-of-system-v": Vandal(
        "import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\n"
        "print('segment', libc.shmget(0, 1 << 30, 0o1600), ctypes.get_errno())",
        "segment -1 38",
    ),
    "disk-fill": Vandal(
        "n = 0\nwhile True:\n    n += 1\n    open(f'/tmp/{n}', 'wb').write(bytes(8 << 20))",
        "No space left",
    ),
    "one-large-file": Vandal(
        "import os\nos.truncate(os.open('/tmp/huge', os.O_CREAT | os.O_WRONLY), 1 << 40)",
        "File too large",
    ),
    "many-files": Vandal(
        "import os, time\nfor n in range(40_000): os.close(os.open(f'/tmp/{n}', os.O_CREAT))\n"
        "time.sleep(60)",
        "files",
        CRASHED,
    ),
    "open-files": Vandal(
        "import os\nheld = []\ntry:\n    while True: held.append(os.dup(0))\nfinally:\n"
        "    for number in held: os.close(number)",
        "Too many open files",
    ),
    "one-long-line": Vandal("print('x' * 20_000_000)", "output cut", "output-cut"),
    "a-million-lines": Vandal(
        "import sys\nfor n in range(1_000_000): print(n, file=sys.stderr)",
        "output cut",
        "output-cut",
    ),
    "many-displays": Vandal(
        "from IPython.display import display\nfor n in range(20_000): display({n: 'z' * 200})",
        "output cut",
        "output-cut",
    ),
    "past-python": Vandal(
        "import os\nfor n in range(2000): os.write(1, b'x' * 10_000); os.write(2, b'y' * 10_000)\n"
        "print('done')",
        "done",
    ),
    "segmentation-fault": Vandal(
        "import ctypes\nctypes.string_at(0)", "ended the Python process", CRASHED
    ),
    "exit": Vandal("import os\nos._exit(0)", "ended the Python process", CRASHED),
    "polite-exit": Vandal("import sys\nsys.exit(0)", "SystemExit"),
    "kill-the-parent": Vandal(
        "import os, signal\nfor pid in (os.getppid(), 1, 0, -1):\n"
        "    try: os.kill(pid, signal.SIGKILL)\n    except OSError: pass",
        "ended the Python process",
        CRASHED,
    ),
    "no-limits": Vandal(
        "import resource\nfor what in (resource.RLIMIT_FSIZE, resource.RLIMIT_CPU):\n"
        "    resource.setrlimit(what, (-1, -1))",
        "not allowed to raise maximum limit",
    ),
    "other-processes": Vandal(
        "import ctypes, os\nlibc = ctypes.CDLL(None, use_errno=True)\n"
        "print(sorted(int(p) for p in os.listdir('/proc') if p.isdigit())[-1] < 1000,\n"
        "      libc.ptrace(16, os.getppid(), 0, 0), ctypes.get_errno())",
        "True -1 38",
    ),
    "new-namespaces": Vandal(
        "import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\n"
        "print(libc.unshare(0x10000000), libc.mount(b'x', b'/tmp', b'tmpfs', 0, None))",
        "-1 -1",
    ),
}

# Tries everything on the list, and says what could be done.
TRESPASS = """
import os, socket
could = []
def attempt(what, action):
    try:
        action()
        could.append(what)
    except OSError:
        pass
for path in PATHS:
    folder = os.path.isdir(path)
    attempt(("read", path), lambda: os.listdir(path) if folder else open(path).read())
    attempt(("write", path), lambda: open(os.path.join(path, "x") if folder else path, "a"))
    attempt(("link", path), lambda: open(os.symlink(path, "/tmp/link") or "/tmp/link").read())
    os.path.islink("/tmp/link") and os.unlink("/tmp/link")
for folder in FOLDERS:
    attempt(("write", folder), lambda: open(os.path.join(folder, "x"), "a"))
attempt("system", lambda: open("/proc/sys/kernel/core_pattern", "a"))
for path in SOCKETS:
    attempt(("unix", path), lambda: socket.socket(socket.AF_UNIX).connect(path))
for host, port in ADDRESSES:
    attempt(("tcp", host), lambda: socket.create_connection((host, port), timeout=2))
attempt("udp", lambda: socket.socket(type=socket.SOCK_DGRAM).sendto(b"x", ("192.0.2.1", 53)))
attempt("name", lambda: socket.getaddrinfo("example.org", 80))
for family in (16, 17, 38, 40):
    attempt(("family", family), lambda: socket.socket(family, socket.SOCK_DGRAM))
print("could:", could)
"""
