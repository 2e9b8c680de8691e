"""Forks agents, each into namespaces of its own, from a process that has imported everything.

Started as ``python -m inside.nursery`` with the number of a connected socket, inside the walls
that ``bwrap`` builds. It never runs a student's code and holds nothing that is hidden: what an
agent could find in its memory is what every notebook may import. An agent sees no process but its
own, so it can neither signal nor trace the nursery or another agent.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import socket
import sys
from contextlib import suppress
from typing import NoReturn

from torch import nn, optim

from . import agent, namespaces

USER = 1000
MAX_REQUEST = 1 << 16
READY = b"ready"
# What notebooks import, or what PyTorch imports when it is first asked for something.
IMPORTS = (
    *("matplotlib.pyplot", "matplotlib_inline.backend_inline", "torch.func", "torch._dynamo"),
    *("course.data", "course.models", "course.checks"),
)


def serve(control: socket.socket) -> None:
    """Forks an agent for each request, until the other side hangs up.

    A request is a JSON object, what ``_keep`` takes, with the agent's end of its socket.
    """
    while True:
        text, descriptors, _, _ = socket.recv_fds(control, MAX_REQUEST, 1)
        if not text:
            return
        child = os.fork()
        if child == 0:
            control.close()
            _enter(socket.socket(fileno=descriptors[0]), json.loads(text))
        os.close(descriptors[0])
        os.waitpid(child, 0)


def _enter(sock: socket.socket, request: dict[str, object]) -> NoReturn:
    """Makes the namespaces; says who keeps them, or why they cannot be made."""
    try:
        namespaces.leave_all(USER)
        if os.fork() == 0:  # the first process of the new namespaces
            _keep(sock, **request)  # type: ignore[arg-type]
    except BaseException as error:  # noqa: BLE001 - whatever it is, the scorer is to know
        with suppress(OSError):
            sock.send(str(error).encode()[:MAX_REQUEST])
    os._exit(0)


def _keep(
    sock: socket.socket,
    folders: list[str],
    kept: list[str],
    home: str,
    filter: str,
    file_bytes: int,
    cpu_seconds: int,
    text: int,
    tensors: int,
) -> NoReturn:
    """Furnishes the namespaces, forks the agent, and ends them with it."""
    namespaces.rename("keeper")
    namespaces.furnish(folders, file_bytes, kept)
    os.setsid()
    os.chdir(home)
    namespaces.renounce()
    if filter:
        namespaces.refuse_calls(bytes.fromhex(filter))
    sock.send(READY)
    child = os.fork()
    if child == 0:
        namespaces.rename("agent")
        agent.main(sock.detach(), file_bytes, cpu_seconds, text, tensors)
        os._exit(0)
    sock.close()
    while os.wait()[0] != child:
        pass
    os._exit(0)


def prepare() -> None:
    """Imports what agents will need; raises ``RuntimeError`` if that started a thread."""
    agent.new_shell()  # matplotlib's inline backend looks for it when it is imported
    for name in IMPORTS:
        importlib.import_module(name)
    optim.Adam(nn.Linear(1, 1).parameters())
    threads = len(os.listdir("/proc/self/task"))
    if threads > 1:  # only one of them would be in a fork, and what the others hold stays held
        raise RuntimeError(f"importing PyTorch started {threads - 1} threads")
    gc.collect()
    gc.freeze()  # pages that the collector does not touch stay shared


def main(descriptor: int) -> None:
    """Prepares, and serves."""
    control = socket.socket(fileno=descriptor)
    namespaces.uncover_proc()
    namespaces.renounce(namespaces.MAP_ROOT)
    prepare()
    serve(control)


if __name__ == "__main__":
    main(int(sys.argv[1]))
