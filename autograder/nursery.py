"""The scorer's end of a nursery: sandboxes that start in milliseconds, not in seconds.

Most of the time that a sandbox takes to start goes into imports. A nursery is a sandbox in which
they are done, once for each scorer and assignment; every submission gets a fork of it, in
namespaces of its own (``inside/nursery.py``). Where the kernel refuses those, sandboxes start
cold, as they do without protection.
"""

from __future__ import annotations

import atexit
import json
import os
import select
import signal
import socket
import struct
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from autograder import bubblewrap

READY = b"ready"
CREDENTIALS = struct.Struct("3i")  # process, user, group
MAX_ANSWER = 1 << 16


class NurseryError(RuntimeError):
    """It cannot fork sandboxes: the text says why."""


@dataclass
class Forked:
    """The process that keeps a forked agent: what dies with it is the whole sandbox."""

    pid: int
    _handle: int

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._handle = os.pidfd_open(pid)

    def ended(self) -> bool:
        return self._handle < 0 or bool(select.select([self._handle], [], [], 0)[0])

    def end(self) -> str:
        """Ends it and waits until it is gone. What it wrote to its standard error is not kept."""
        if self._handle >= 0:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._handle, signal.SIGKILL)
            select.select([self._handle], [], [])
            os.close(self._handle)
            self._handle = -1
        return ""


class Nursery:
    """Starts on construction, with ``command`` and the number of its socket as last word."""

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.process = subprocess.Popen(
            [*command, str(theirs.fileno())],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=environment,
            cwd="/",
            pass_fds=[theirs.fileno()],
            start_new_session=True,
        )
        theirs.close()
        self._ready = False

    def fork(self, theirs: socket.socket, ours: socket.socket, request: dict[str, Any]) -> Forked:
        """An agent that serves ``theirs``, the other end of ``ours``; raises ``NurseryError``."""
        self._wait(60)
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        try:
            message = json.dumps(request).encode()
            socket.send_fds(self._control, [message], [theirs.fileno()])
            theirs.close()
            answer, extra, _, _ = ours.recvmsg(MAX_ANSWER, socket.CMSG_SPACE(CREDENTIALS.size))
        except OSError as error:
            raise NurseryError(f"{error}{self._complaint()}") from None
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 0)
        if answer != READY:
            raise NurseryError(answer.decode(errors="replace") or "it ended")
        return Forked(CREDENTIALS.unpack(extra[0][2])[0])

    def close(self) -> None:
        self._control.close()
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        if self.process.stderr is not None:
            self.process.stderr.close()

    def _wait(self, seconds: float) -> None:
        """Until it has imported everything."""
        if self._ready:
            return
        self._control.settimeout(seconds)
        try:
            answer = self._control.recv(MAX_ANSWER)
        except OSError as error:
            answer = str(error).encode()
        if answer != READY:
            raise NurseryError((answer.decode(errors="replace") + self._complaint()).strip())
        self._control.settimeout(None)
        self._ready = True

    def _complaint(self) -> str:
        if self.process.poll() is None or self.process.stderr is None:
            return ""
        return " " + self.process.stderr.read(2000).decode(errors="replace").strip()


_running: dict[tuple[str, ...], Nursery] = {}
_failures: list[str] = []  # of nurseries that never forked anything
COLD = "AUTOGRADER_COLD_START"  # a variable that, when set, keeps nurseries from being used


def possible() -> bool:
    """Whether to try: a kernel that refused twice refuses for good."""
    return len(_failures) < 2 and not os.environ.get(COLD)


def warm_up(hidden_modules: tuple[str, ...]) -> None:
    """Starts the nursery for these hidden modules, without waiting for it."""
    if possible() and hidden_modules not in _running:
        close_all()  # an assignment is graded at a time
        command = [*bubblewrap.nursery(hidden_modules), "--", sys.executable, "-s", "-P"]
        environment = bubblewrap.environment(bubblewrap.LIBRARIES)
        _running[hidden_modules] = Nursery([*command, "-m", "inside.nursery"], environment)


def fork(
    hidden_modules: tuple[str, ...],
    theirs: socket.socket,
    ours: socket.socket,
    request: dict[str, Any],
) -> Forked:
    """An agent that serves ``theirs``, the other end of ``ours``; raises ``NurseryError``."""
    warm_up(hidden_modules)
    try:
        forked = _running[hidden_modules].fork(theirs, ours, request)
    except NurseryError as error:
        _running.pop(hidden_modules).close()
        _failures.append(str(error))
        raise
    _failures.clear()
    return forked


def refusals() -> list[str]:
    """Why the last nurseries could not be used, newest last."""
    return list(_failures)


@atexit.register
def close_all() -> None:
    """Ends all nurseries, and with them the sandboxes that they forked."""
    while _running:
        _running.popitem()[1].close()
