"""A notebook alive in a sandbox: its cells executed, its functions there to be called.

When a cell or a call kills the sandbox or outlasts its limit, a new sandbox takes its place and the
notebook is replayed without the cell that was at fault.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from autograder.inside.codec import SCORER
from autograder.inside.errors import RemoteError
from autograder.inside.peer import Peer
from autograder.inside.wire import BROKEN, Channel, Closed, Late, WireError
from autograder.limits import Limits
from autograder.sandbox import Sandbox, SandboxError

NO_TIME = "The time for the whole notebook was used up."
Handler = Callable[[dict[str, Any]], Any]


class Stopped(Exception):
    """The sandbox is gone. ``status`` is ``timeout`` or ``crashed``; the text says why."""

    def __init__(self, status: str, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass
class Cell:
    """A code cell to execute. ``status`` is ``passed``, ``error``, ``timeout`` or ``crashed``."""

    name: str
    source: str
    outputs: list[dict[str, Any]] = field(default_factory=list)
    status: str = "passed"
    message: str = ""

    @property
    def deadly(self) -> bool:
        return self.status in ("timeout", "crashed")


class Session:
    """``handlers`` answer what the student's code may ask of the scorer while it is called."""

    def __init__(
        self,
        cells: list[Cell],
        limits: Limits,
        hidden_modules: tuple[str, ...],
        handlers: dict[str, Handler],
        unsafe: bool = False,
    ) -> None:
        self.cells = cells
        self._limits = limits
        self._hidden_modules = hidden_modules
        self._handlers = handlers
        self._unsafe = unsafe
        self._deadline = time.monotonic() + limits.total_seconds
        self._sandbox: Sandbox | None = None
        self._ready = False
        self._executed = 0

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()

    @property
    def out_of_time(self) -> bool:
        return time.monotonic() >= self._deadline

    def start(self) -> None:
        """Lets a sandbox come up, without waiting for it, unless there is one."""
        if self._sandbox is None:
            self._sandbox = Sandbox(self._limits, self._hidden_modules, self._unsafe)
            self._peer = Peer(Channel(self._sandbox.socket), SCORER, self._handlers)
            self._ready = False

    def execute(self) -> None:
        """Runs every cell once, in order, and keeps its outputs and status."""
        for cell in self.cells:
            if self.out_of_time:
                cell.status, cell.message = "timeout", NO_TIME
                cell.outputs = [_error_output("TimeLimit", cell.message)]
                continue
            self._revive()
            self._run(cell)
            self._executed += 1

    def call(self, seconds: float, what: str, op: str, *, fresh: bool = True, **fields: Any) -> Any:
        """Asks the agent to call a function or to use an object, called ``what`` in messages.

        ``fresh``: objects that crossed in earlier calls are forgotten.

        Raises ``RemoteError`` when it raised, ``WireError`` for an answer that makes no sense, and
        ``Stopped``.
        """
        if self.out_of_time:
            raise Stopped("timeout", NO_TIME)
        self._revive()
        return self._request(seconds, f"`{what}`", op, fresh=fresh, **fields)

    def function(self, number: Any) -> Callable[..., Any]:
        """The function that the scorer handed into the sandbox under ``number``."""
        function = self._peer.codec.object(number)
        if not callable(function):
            raise WireError(f"object {number!r} is not a function")
        return function

    def stop(self) -> None:
        if self._sandbox is not None:
            self._sandbox.kill()
            self._sandbox = None

    def _revive(self) -> None:
        """Makes sure of a sandbox in which all cells executed so far have run."""
        self.start()
        if self._ready:
            return
        self._wait_for_start()
        for cell in self.cells[: self._executed]:
            if not cell.deadly:
                self._replay(cell)

    def _wait_for_start(self) -> None:
        self._peer.deadline = time.monotonic() + self._limits.start_seconds
        try:
            self._peer.request("run", fresh=True, source="")
            self._ready = True
        except BROKEN as error:
            assert self._sandbox is not None
            sandbox, self._sandbox = self._sandbox, None
            sandbox.kill()
            why = sandbox.complaint or type(error).__name__
            raise SandboxError(f"the sandbox did not start: {why}") from None

    def _run(self, cell: Cell) -> None:
        what = f"The cell `{cell.name}`" if cell.name else "A cell"
        try:
            text = self._request(self._limits.cell_seconds, what, "run", source=cell.source)
            cell.outputs = _checked_outputs(text)
        except Stopped as stopped:
            cell.status, cell.message = stopped.status, str(stopped)
            cell.outputs = [_error_output("Stopped", str(stopped))]
            return
        except (RemoteError, WireError) as error:
            cell.outputs = [_error_output("Unreadable", str(error)[:500])]
        for output in cell.outputs:
            if output["output_type"] == "error":
                cell.status = "error"
                cell.message = f"{output['ename']}: {output['evalue']}".rstrip(": ")[:500]

    def _replay(self, cell: Cell) -> None:
        """Runs a cell again for its definitions; one that dies now is left out from then on."""
        try:
            self._request(self._limits.cell_seconds, "A cell", "run", source=cell.source)
        except Stopped as stopped:
            cell.status, cell.message = stopped.status, str(stopped)
            self._revive()
        except (RemoteError, WireError):
            pass

    def _request(
        self, seconds: float, what: str, op: str, *, fresh: bool = True, **fields: Any
    ) -> Any:
        self._peer.deadline = min(time.monotonic() + seconds, self._deadline)
        try:
            return self._peer.request(op, fresh=fresh, **fields)
        except Late:
            self.stop()
            message = (
                f"{what} was stopped after {seconds:g} seconds. Is there an endless loop in it?"
            )
            raise Stopped("timeout", message) from None
        except Closed:
            assert self._sandbox is not None
            reason = self._sandbox.reason
            self.stop()
            why = f"it used {reason}" if reason else "it ended the Python process"
            raise Stopped("crashed", f"{what} was stopped: {why}.") from None
        except WireError:
            self.stop()  # what comes next on this channel cannot be trusted to be an answer
            raise


def _error_output(kind: str, message: str) -> dict[str, Any]:
    return {"output_type": "error", "ename": kind, "evalue": message, "traceback": [message]}


def _checked_outputs(text: Any) -> list[dict[str, Any]]:
    """Outputs as the agent sent them, rebuilt from the fields that nbformat knows."""
    try:
        return [_checked_output(output) for output in json.loads(text)]
    except (ValueError, TypeError, KeyError, RecursionError, AttributeError):
        raise WireError("outputs that cannot be read") from None


def _checked_output(output: dict[str, Any]) -> dict[str, Any]:
    kind = output["output_type"]
    if kind == "stream":
        name = "stderr" if output["name"] == "stderr" else "stdout"
        return {"output_type": kind, "name": name, "text": str(output["text"])}
    if kind == "error":
        lines = [str(line) for line in output["traceback"]]
        evalue = str(output["evalue"])
        return {
            "output_type": kind,
            "ename": str(output["ename"]),
            "evalue": evalue,
            "traceback": lines,
        }
    if kind == "display_data":
        data = {k: str(v) for k, v in output["data"].items() if k in ("text/plain", "image/png")}
        return {"output_type": kind, "data": data, "metadata": {}}
    raise WireError("an output of an unknown kind")
