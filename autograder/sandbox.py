"""One process for a student's code, in a bubblewrap sandbox, with a socket to talk to it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import psutil

from autograder import seccomp
from autograder.limits import Limits
from autograder.watchdog import Breach, Watchdog

PACKAGE = Path(__file__).parent
COURSE = PACKAGE.parent / "course"
HOME = "/home/student"
LIBRARIES = "/grading"
SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib64", "/lib32")
PRIVATE = ("/dev/shm", "/tmp", HOME)  # folders in memory, for the student's code to write to
WATCH_SECONDS = 0.1


class SandboxError(RuntimeError):
    """The sandbox cannot be made on this machine: nothing can be graded."""


INSTALL = (
    "Install bubblewrap (Debian, Ubuntu: apt-get install bubblewrap; Fedora: dnf install "
    "bubblewrap; conda: conda install -c conda-forge bubblewrap), or grade on a Linux machine "
    "that has it. --unsafe-no-sandbox grades without any protection; only for submissions that "
    "you trust."
)


def check() -> None:
    """Raises ``SandboxError``, saying what to do, when bubblewrap is missing or refuses."""
    if shutil.which("bwrap") is None:
        raise SandboxError(f"bubblewrap (bwrap) is not installed. {INSTALL}")
    command = [*_isolation(), *_system_mounts(), "--", "/usr/bin/true"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    if done.returncode != 0:
        reason = done.stderr.strip() or f"exit status {done.returncode}"
        raise SandboxError(
            f"bubblewrap is installed but could not make a sandbox ({reason}). The kernel or the "
            "container probably forbids user namespaces: allow them (README, Troubleshooting)."
        )


class Sandbox:
    """Starts on construction; ``kill`` ends it with everything that it started.

    ``hidden_modules`` are modules of ``course`` that cannot be imported inside. ``breach`` is the
    limit for which the watchdog killed it, or None; ``complaint`` is what it wrote to its standard
    error before it served, known once it is killed.
    """

    def __init__(
        self, limits: Limits, hidden_modules: tuple[str, ...] = (), unsafe: bool = False
    ) -> None:
        self.breach: Breach | None = None
        self.complaint = ""
        self.socket, theirs = socket.socketpair()
        command = _agent(theirs.fileno(), limits)
        environment = _environment(PACKAGE) | {"PYTHONPATH": f"{PACKAGE}:{COURSE.parent}"}
        passed = [theirs.fileno()]
        if not unsafe:
            passed.append(seccomp.descriptor())
            command = [*_command(limits, hidden_modules, passed[1]), "--", *command]
            environment = _environment(Path(LIBRARIES))
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=environment,
            cwd="/",
            pass_fds=passed,
            start_new_session=True,
        )
        theirs.close()
        for descriptor in passed[1:]:
            os.close(descriptor)
        self._watchdog = Watchdog(self._process.pid, limits, PRIVATE)
        threading.Thread(target=self._watch, daemon=True).start()

    @property
    def computed(self) -> float:
        """Seconds that all its processes together have computed so far."""
        return self._watchdog.computed

    def allow(self, seconds: float, idle: bool = False) -> None:
        """From now on all its processes together may compute for so long.

        ``idle``: nothing is asked of them, so all that they do takes time from others.
        """
        self._watchdog.allow(seconds, idle)

    def kill(self) -> None:
        """Ends every process in the sandbox and waits until they are gone."""
        _kill(self._watchdog.tree())
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self.socket.close()
        assert self._process.stderr is not None
        self.complaint = self._process.stderr.read(2000).decode(errors="replace").strip()
        self._process.stderr.close()

    def _watch(self) -> None:
        while self._process.poll() is None:
            tree = self._watchdog.tree()
            breach = self._watchdog.look(tree)
            if breach is not None:
                self.breach = self.breach or breach
                _kill(tree)
            time.sleep(WATCH_SECONDS)


def _kill(tree: list[psutil.Process]) -> None:
    """The first process last: with it goes, in a sandbox, whatever is still left."""
    for process in reversed(tree):
        with suppress(psutil.NoSuchProcess):
            process.kill()


def _agent(descriptor: int, limits: Limits) -> list[str]:
    seconds = int(limits.total_seconds) + 60
    sizes = (limits.message_text, limits.message_tensors)
    numbers = map(str, (descriptor, limits.private_files, seconds, *sizes))
    return [sys.executable, "-s", "-P", "-m", "inside.agent", *numbers]


def _environment(libraries: Path) -> dict[str, str]:
    return {
        "PATH": "/usr/bin:/bin",
        "HOME": HOME,
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(libraries),
        "PYTHONDONTWRITEBYTECODE": "1",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "CUDA_VISIBLE_DEVICES": "",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "MPLCONFIGDIR": "/tmp/matplotlib",
        "IPYTHONDIR": "/tmp/ipython",
        "NBGRADER_EXECUTION": "autograde",
    }


def _isolation() -> list[str]:
    return [
        *("bwrap", "--unshare-all", "--unshare-user", "--disable-userns", "--die-with-parent"),
        *("--new-session", "--cap-drop", "ALL", "--uid", "1000", "--gid", "1000"),
        *("--hostname", "sandbox"),
    ]


def _system_mounts() -> list[str]:
    mounts: list[str] = []
    for path in SYSTEM:
        if os.path.islink(path):
            mounts += ["--symlink", os.readlink(path), path]
        elif os.path.isdir(path):
            mounts += ["--ro-bind", path, path]
    for path in ("/etc/ld.so.cache", "/etc/localtime"):
        mounts += ["--ro-bind-try", path, path]
    return mounts


def _python_mounts() -> list[str]:
    """The interpreter and its packages; of this project only what a student has, too."""
    prefixes = sorted({os.path.realpath(p) for p in (sys.base_prefix, sys.prefix)} | {sys.prefix})
    mounts: list[str] = []
    for prefix in prefixes:
        if not prefix.startswith("/usr/") and prefix != "/usr":
            mounts += ["--ro-bind", prefix, prefix]
    for secret in (PACKAGE, PACKAGE.parent / "source"):
        if any(secret.is_relative_to(prefix) for prefix in (*prefixes, "/usr")):
            mounts += ["--tmpfs", str(secret)]
    return mounts


def _course_mounts(hidden_modules: tuple[str, ...]) -> list[str]:
    mounts = ["--ro-bind", str(PACKAGE / "inside"), f"{LIBRARIES}/inside"]
    mounts += ["--ro-bind", str(COURSE), f"{LIBRARIES}/course"]
    if (COURSE / "__pycache__").is_dir():  # compiled copies of hidden modules
        mounts += ["--tmpfs", f"{LIBRARIES}/course/__pycache__"]
    for module in hidden_modules:
        hidden = str(PACKAGE / "inside" / "hidden.py")
        mounts += ["--ro-bind", hidden, f"{LIBRARIES}/course/{module}.py"]
    return mounts


def _command(limits: Limits, hidden_modules: tuple[str, ...], filter_at: int) -> list[str]:
    private = [["--size", str(limits.private_files), "--tmpfs", folder] for folder in PRIVATE]
    return [
        *_isolation(),
        *("--seccomp", str(filter_at)),
        *_system_mounts(),
        *(
            "--proc",
            "/proc",
            "--tmpfs",
            "/proc/sys",
            "--remount-ro",
            "/proc/sys",
        ),  # root may write it
        *("--dev", "/dev"),
        *(word for words in private for word in words),
        *_python_mounts(),  # after /tmp, which they may lie under
        *_course_mounts(hidden_modules),
        *("--remount-ro", "/dev", "--remount-ro", "/", "--chdir", HOME),
    ]
