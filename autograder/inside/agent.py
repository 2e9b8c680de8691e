"""Runs a notebook's cells and calls its functions, when asked.

The only process in the sandbox, started as ``python -m inside.agent`` with numbers: a connected
socket and limits, see ``main``. It knows no test and no answer.
"""

from __future__ import annotations

import json
import os
import resource
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import astuple
from typing import Any

import numpy  # noqa: F401 - imported now, so that no cell waits for it
import torch
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from torch import nn
from traitlets.config import Config

from . import observe, outputs, state
from .codec import AGENT
from .errors import RemoteError
from .peer import Handler, Peer
from .served import served
from .slope import detach, detach_flat, put_flat
from .wire import MAX_BLOB, MAX_JSON, Channel, WireError

OPEN_FILES = 512
MAX_ERRORS = 3  # of one cell: who raises more does so by hand


class Agent:
    """A namespace like a kernel's, and the things that can be asked of it: run, call, use."""

    def __init__(self, channel: Channel, max_output: int) -> None:
        self._max_output = max_output
        self._shell = new_shell()
        self._errors: list[dict[str, Any]] = []
        self._shell._showtraceback = self._keep_error  # type: ignore[method-assign]
        self._held: list[Any] = []
        handlers: dict[str, Handler] = {
            "run": self._run,
            "call": self._call,
            "use": self._use,
            "penalty": self._penalty,
            "sync": lambda message: None,
        }
        self._peer = Peer(channel, AGENT, handlers)

    def serve(self) -> None:
        self._peer.serve()

    def _keep_error(self, etype: Any, evalue: Any, stb: list[str]) -> None:
        lines = [line[:2000] for line in stb[-20:]]
        self._errors.append(outputs.error(etype.__name__, str(evalue)[:2000], lines))

    def _run(self, message: dict[str, Any]) -> str:
        """Executes one cell; returns its outputs, in nbformat's terms, as JSON."""
        self._errors.clear()
        with capture_output() as captured:
            result = self._shell.run_cell(message["source"], store_history=True)
        if not result.success and not self._errors:
            error = result.error_before_exec or result.error_in_exec
            self._keep_error(type(error), error, [f"{type(error).__name__}: {error}"])
        printed = (("stdout", captured.stdout), ("stderr", captured.stderr))
        made = [outputs.stream(name, text) for name, text in printed if text]
        made += [outputs.shown(rich.data or {}) for rich in captured.outputs]
        kept, _ = outputs.cut(made, self._max_output)
        return json.dumps([*kept, *self._errors[:MAX_ERRORS]])

    def _call(self, message: dict[str, Any]) -> Any:
        """Calls a function of the notebook; says also how it used the models it was given.

        Where ``hold`` is set the result, an object, stays here, and its key is the answer.
        """
        name = message["name"]
        if name not in self._shell.user_ns:
            raise RemoteError("NameNotDefined", name)
        result, seen = self._apply(self._shell.user_ns[name], message)
        if message["hold"]:
            self._held.append(result)
            return (len(self._held) - 1, seen)
        return (result, seen)

    def _use(self, message: dict[str, Any]) -> Any:
        """Calls a method of an object that is held here, or reads a property."""
        member = message["member"]
        if message["key"] >= len(self._held):
            raise RemoteError("LookupError", "the object ended with its process")
        held = self._held[message["key"]]
        if message["read"]:
            return self._apply(lambda: getattr(held, member), message)
        return self._apply(lambda *args, **kwargs: getattr(held, member)(*args, **kwargs), message)

    def _penalty(self, message: dict[str, Any]) -> Any:
        """A function that the student handed over, at the weights that the model has now."""
        model = self._peer.codec.object(message["model"])
        put_flat(model, message["weights"])
        model.train(message["training"])
        return detach_flat(self._peer.codec.object(message["number"])(model), model)

    def _apply(self, function: Callable[..., Any], message: dict[str, Any]) -> Any:
        """The function's result, and how it used the models among its arguments."""
        args, kwargs = message["args"], dict(message["kwargs"])
        models = [arg for arg in (*args, *kwargs.values()) if isinstance(arg, nn.Module)]
        with (
            self._serving(message["serve"]),
            state.restored(message["seed"]),
            observe.watch(models) as watchers,
        ):
            result = function(*args, **kwargs)
        return (detach(result, args, kwargs), tuple(astuple(w.seen) for w in watchers))

    @contextmanager
    def _serving(self, exercises: tuple[Any, ...]) -> Iterator[None]:
        """Earlier exercises are right for this long, whatever the student wrote."""
        namespace = self._shell.user_ns
        own = {name: namespace.get(name, _ABSENT) for name, _ in exercises}
        namespace.update({n: served(self._peer, n, properties) for n, properties in exercises})
        try:
            yield
        finally:
            for name, value in own.items():
                namespace.pop(name, None)
                if value is not _ABSENT:
                    namespace[name] = value


_ABSENT = object()


def new_shell() -> InteractiveShell:
    """IPython's shell, of which a process has one; made when it is first asked for."""
    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "NoColor"
    return InteractiveShell.instance(config=config)


def _limit(file_bytes: int, cpu_seconds: int) -> None:
    for what, value in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, file_bytes),
        (resource.RLIMIT_CPU, cpu_seconds),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
    ):
        resource.setrlimit(what, (value, value))
    with open("/proc/self/oom_score_adj", "w") as file:  # where memory ends, end this first
        file.write("1000")


def main(
    descriptor: int,
    file_bytes: int,
    cpu_seconds: int,
    text: int = MAX_JSON,
    tensors: int = MAX_BLOB,
) -> None:
    """Serves the scorer at the other end of the socket until it hangs up.

    The limits are for one file, for computing, and for the text and the tensors of one message.
    """
    sock = socket.socket(fileno=descriptor)
    _limit(file_bytes, cpu_seconds)
    torch.set_num_threads(1)
    state.reset(0)  # what cells draw unasked is the same each time that they are graded
    agent = Agent(Channel(sock, text, tensors), text // 8)  # a sign may take 7 bytes to send
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    try:
        agent.serve()
    except (WireError, OSError):
        sys.exit(1)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
