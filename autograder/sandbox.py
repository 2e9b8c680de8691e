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

import psutil

from autograder import bubblewrap, nursery, seccomp
from autograder.limits import Limits
from autograder.nursery import Forked, NurseryError
from autograder.watchdog import Breach, Watchdog

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
    command = bubblewrap.trial()
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
        self.socket, self._process = _started(limits, hidden_modules, unsafe)
        self._watchdog = Watchdog(self._process.pid, limits, bubblewrap.PRIVATE)
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
        self.complaint = self._process.end()
        self.socket.close()

    def _watch(self) -> None:
        while not self._process.ended():
            tree = self._watchdog.tree()
            breach = self._watchdog.look(tree)
            if breach is not None:
                self.breach = self.breach or breach
                _kill(tree)
            time.sleep(WATCH_SECONDS)


class Cold:
    """A program of its own, which has to import all that it needs."""

    def __init__(
        self, command: list[str], environment: dict[str, str], descriptors: list[int]
    ) -> None:
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=environment,
            cwd="/",
            pass_fds=descriptors,
            start_new_session=True,
        )
        self.pid = self._process.pid

    def ended(self) -> bool:
        return self._process.poll() is not None

    def end(self) -> str:
        """Ends it and waits until it is gone; returns what it wrote to its standard error."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()
        assert self._process.stderr is not None
        with self._process.stderr as file:
            return file.read(2000).decode(errors="replace").strip()


def _kill(tree: list[psutil.Process]) -> None:
    """The first process first: with it goes, in a sandbox, all else, however fast it multiplies."""
    for process in tree:
        with suppress(psutil.NoSuchProcess):
            process.kill()


def _started(
    limits: Limits, hidden_modules: tuple[str, ...], unsafe: bool
) -> tuple[socket.socket, Forked | Cold]:
    """This end of a socket to an agent, and the process that holds all of it."""
    for _ in range(0 if unsafe else 2):  # a nursery may have died since it was last used
        if nursery.possible():
            ours, theirs = socket.socketpair()
            with theirs, suppress(NurseryError):
                return ours, nursery.fork(hidden_modules, theirs, ours, _request(limits))
            ours.close()
    ours, theirs = socket.socketpair()
    with theirs:
        return ours, _cold(theirs.fileno(), limits, hidden_modules, unsafe)


def _numbers(limits: Limits) -> dict[str, int]:
    """What an agent is told of its limits."""
    return {
        "file_bytes": limits.private_files,
        "cpu_seconds": int(limits.total_seconds) + 60,
        "text": limits.message_text,
        "tensors": limits.message_tensors,
    }


def _request(limits: Limits) -> dict[str, object]:
    return {
        "folders": bubblewrap.PRIVATE,
        "kept": bubblewrap.prefixes(bubblewrap.PRIVATE),
        "home": bubblewrap.HOME,
        "filter": seccomp.program().hex(),
        **_numbers(limits),
    }


def _cold(descriptor: int, limits: Limits, hidden_modules: tuple[str, ...], unsafe: bool) -> Cold:
    numbers = map(str, (descriptor, *_numbers(limits).values()))
    agent = [sys.executable, "-s", "-P", "-m", "inside.agent", *numbers]
    if unsafe:
        libraries = f"{bubblewrap.PACKAGE}:{bubblewrap.COURSE.parent}"
        return Cold(agent, bubblewrap.environment(libraries), [descriptor])
    filter_at = seccomp.descriptor()
    try:
        walls = bubblewrap.single(limits.private_files, hidden_modules, filter_at)
        environment = bubblewrap.environment(bubblewrap.LIBRARIES)
        return Cold([*walls, "--", *agent], environment, [descriptor, filter_at])
    finally:
        os.close(filter_at)
