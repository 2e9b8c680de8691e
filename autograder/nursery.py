"""The scorer's end of a nursery: sandboxes that start in milliseconds, not in seconds.

Most of the time that a sandbox takes to start goes into imports. A nursery is a sandbox in which
they are done, once for all scorers of a machine; every submission gets a fork of it, in namespaces
of its own (``inside/nursery.py``). Where the kernel refuses those, sandboxes start
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
PATIENCE_SECONDS = 60  # for one to import everything
COLD = "AUTOGRADER_COLD_START"  # a variable that, when set, keeps nurseries from being used


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
    """One end of the socket that it takes requests from, which several processes may share."""

    def __init__(self, control: socket.socket, process: subprocess.Popen[bytes] | None) -> None:
        self.control = control
        self.process = process

    @classmethod
    def started(cls, command: list[str], environment: dict[str, str]) -> Nursery:
        """A new one, which need not be waited for: requests are answered when it is ready.

        ``command`` takes the number of its socket as last word. It ends with the thread that
        started it.
        """
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            process = subprocess.Popen(
                [*command, str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                env=environment,
                cwd="/",
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        return cls(ours, process)

    def fork(self, theirs: socket.socket, ours: socket.socket, request: dict[str, Any]) -> Forked:
        """An agent that serves ``theirs``, the other end of ``ours``; raises ``NurseryError``."""
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        ours.settimeout(PATIENCE_SECONDS)
        try:
            socket.send_fds(self.control, [json.dumps(request).encode()], [theirs.fileno()])
            theirs.close()
            answer, extra, _, _ = ours.recvmsg(MAX_ANSWER, socket.CMSG_SPACE(CREDENTIALS.size))
        except OSError as error:
            raise NurseryError(f"{error} {self._complaint()}".strip()) from None
        if answer != READY:
            said = answer.decode(errors="replace") or f"it ended {self._complaint()}"
            raise NurseryError(said.strip())
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 0)
        return Forked(CREDENTIALS.unpack(extra[0][2])[0])

    def close(self) -> None:
        """Ends it, or no longer uses that of another process."""
        self.control.close()
        if self.process is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        if self.process.stderr is not None:
            self.process.stderr.close()

    def _complaint(self) -> str:
        if self.process is None or self.process.stderr is None:
            return ""
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(1)
            return self.process.stderr.read(2000).decode(errors="replace").strip()
        return ""


_running: dict[tuple[str, ...], Nursery] = {}
_failures: list[str] = []  # of nurseries that never forked anything


def possible() -> bool:
    """Whether to try: a kernel that refused twice refuses for good."""
    return len(_failures) < 2 and not os.environ.get(COLD)


def of(hidden_modules: tuple[str, ...]) -> Nursery:
    """The nursery for these hidden modules of ``course``, started if there is none."""
    if hidden_modules not in _running:
        close_all()  # an assignment is graded at a time
        command = [*bubblewrap.nursery(hidden_modules), "--", sys.executable, "-s", "-P"]
        environment = bubblewrap.environment(bubblewrap.LIBRARIES)
        command += ["-m", "inside.nursery"]
        _running[hidden_modules] = Nursery.started(command, environment)
    return _running[hidden_modules]


def share(hidden_modules: tuple[str, ...], control: socket.socket) -> None:
    """Has this process use the nursery of another."""
    close_all()
    _running[hidden_modules] = Nursery(control, None)


def fork(
    hidden_modules: tuple[str, ...],
    theirs: socket.socket,
    ours: socket.socket,
    request: dict[str, Any],
) -> Forked:
    """An agent that serves ``theirs``, the other end of ``ours``; raises ``NurseryError``."""
    try:
        forked = of(hidden_modules).fork(theirs, ours, request)
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
