"""A notebook alive in a sandbox: its cells executed, its functions there to be called.

When a cell or a call kills the sandbox or outlasts its limit, a new sandbox takes its place and the
notebook is replayed without the cell that was at fault.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from autograder.inside import outputs
from autograder.inside.codec import SCORER
from autograder.inside.errors import RemoteError
from autograder.inside.peer import Peer
from autograder.inside.wire import BROKEN, Channel, Closed, Late, WireError
from autograder.limits import Limits
from autograder.sandbox import Sandbox, SandboxError

NO_TIME = "The time for the whole notebook was used up."
IDLE_SECONDS = 2.0  # of computing while nothing is asked of the sandbox
MOST = 0.9  # of what may be computed: who was stopped by the clock before that was kept waiting
GRACE_SECONDS = 1.0  # after which this process itself is interrupted
Handler = Callable[[dict[str, Any]], Any]


class Stopped(Exception):
    """The sandbox is gone. ``status`` is ``timeout`` or ``crashed``; the text says why."""

    def __init__(self, status: str, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass
class Cell:
    """A code cell to execute. ``status`` is ``passed``, ``error``, ``timeout`` or ``crashed``.

    ``cut``: it printed or showed too much, and only the beginning was kept.
    """

    name: str
    source: str
    outputs: list[dict[str, Any]] = field(default_factory=list)
    status: str = "passed"
    message: str = ""
    cut: bool = False

    @property
    def deadly(self) -> bool:
        return self.status in ("timeout", "crashed")


class Session:
    """``handlers`` answer what the student's code may ask of the scorer while it is called.

    ``late``: something was stopped by the clock that had not computed for as long as it might.
    """

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
        self._started = (0.0, time.monotonic())
        self._computed = 0.0  # seconds, by sandboxes that are gone
        self._output_left = limits.total_output
        self._sandbox: Sandbox | None = None
        self._ready = False
        self._executed = 0
        self.late = False

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()

    @property
    def out_of_time(self) -> bool:
        return self._left() <= 0

    def clocks(self) -> tuple[float, float]:
        """Seconds computed by all sandboxes so far, and by the clock."""
        now = 0.0 if self._sandbox is None else self._sandbox.computed
        return self._computed + now, time.monotonic()

    def since(self, before: tuple[float, float]) -> float:
        """Seconds used since ``clocks`` gave ``before``, as ``Limits`` counts them."""
        computed, now = self.clocks()
        return max(computed - before[0], (now - before[1]) / self._limits.patience)

    def _left(self) -> float:
        return self._limits.total_seconds - self.since(self._started)

    def start(self) -> None:
        """Lets a sandbox come up, without waiting for it, unless there is one."""
        if self._sandbox is None:
            self._sandbox = Sandbox(self._limits, self._hidden_modules, self._unsafe)
            sizes = (self._limits.message_text, self._limits.message_tensors)
            self._channel = Channel(self._sandbox.socket, *sizes)
            self._peer = Peer(self._channel, SCORER, self._handlers)
            self._ready = False

    def execute(self) -> None:
        """Runs every cell once, in order, and keeps its outputs and status."""
        for cell in self.cells:
            try:
                self._revive()
                self._run(cell)
            except Stopped as stopped:
                _mark(cell, stopped)
            self._executed += 1

    def call(self, seconds: float, what: str, op: str, *, fresh: bool = True, **fields: Any) -> Any:
        """Asks the agent to call a function or to use an object, called ``what`` in messages.

        ``fresh``: objects that crossed in earlier calls are forgotten.

        Raises ``RemoteError`` when it raised, ``WireError`` for an answer that makes no sense, and
        ``Stopped``.
        """
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
            sandbox, self._sandbox = self._sandbox, None
            self._ready = False
            sandbox.kill()
            self._computed += sandbox.computed

    def _revive(self) -> None:
        """Makes sure of a sandbox in which all cells executed so far have run.

        A cell that dies when it runs again is left out from then on. Raises ``Stopped``.
        """
        while True:
            if self.out_of_time:
                raise Stopped("timeout", NO_TIME)
            self.start()
            if self._ready:
                return
            self._wait_for_start()
            for cell in self.cells[: self._executed]:
                if not cell.deadly and not self._replay(cell):
                    break

    def _wait_for_start(self) -> None:
        wait = self._limits.start_seconds * self._limits.patience
        self._peer.deadline = time.monotonic() + wait
        try:
            self._peer.request("run", fresh=True, source="")
            self._ready = True
        except BROKEN as error:
            assert self._sandbox is not None
            sandbox = self._sandbox
            self.stop()
            why = sandbox.complaint or type(error).__name__
            raise SandboxError(f"the sandbox did not start: {why}") from None

    def _run(self, cell: Cell) -> None:
        """Runs a cell and keeps what it printed; raises ``Stopped``."""
        what = f"The cell `{cell.name}`" if cell.name else "A cell"
        try:
            made = outputs.rebuilt(self._execute(cell, what))
        except (RemoteError, WireError) as error:
            made = [outputs.error("Unreadable", str(error)[:500], [])]
        for output in made:
            if output["output_type"] == "error":
                cell.status = "error"
                cell.message = f"{output['ename']}: {output['evalue']}".rstrip(": ")[:500]
        room = min(self._limits.cell_output, self._output_left)
        cell.outputs, cell.cut = outputs.cut(made, room)
        self._output_left -= sum(map(outputs.size, cell.outputs))

    def _replay(self, cell: Cell) -> bool:
        """Runs a cell again for its definitions; says whether the sandbox is still there.

        Where no time is left, that is no fault of the cell's: raises ``Stopped``.
        """
        try:
            self._execute(cell, "A cell")
        except Stopped as stopped:
            if self.out_of_time:
                raise
            _mark(cell, stopped)
        except RemoteError:
            pass
        return self._ready

    def _execute(self, cell: Cell, what: str) -> Any:
        """The agent's answer; raises ``RemoteError`` and ``Stopped``."""
        try:
            return self._request(self._limits.cell_seconds, what, "run", source=cell.source)
        except WireError as error:
            raise Stopped("crashed", f"{what} was stopped: {error} came from it.") from None

    def _request(
        self, seconds: float, what: str, op: str, *, fresh: bool = True, **fields: Any
    ) -> Any:
        assert self._sandbox is not None
        allowed = min(seconds, self._left())
        before = self.clocks()[0]
        self._peer.deadline = time.monotonic() + allowed * self._limits.patience
        self._channel.left = self._limits.call_messages
        self._sandbox.allow(allowed)
        try:
            with _interrupted(self._peer.deadline + GRACE_SECONDS):
                return self._peer.request(op, fresh=fresh, **fields)
        except Late:
            self.stop()
            self.late = self.late or self.clocks()[0] - before < MOST * allowed
            raise self._too_long(what, seconds) from None
        except Closed:
            breach = self._sandbox.breach
            self.stop()
            if breach is None:
                text = f"{what} was stopped: it ended the Python process."
                raise Stopped("crashed", text) from None
            if breach.status == "timeout":
                raise self._too_long(what, seconds) from None
            raise Stopped(breach.status, f"{what} was stopped: {breach.text}.") from None
        except WireError:
            self.stop()  # what comes next on this channel cannot be trusted to be an answer
            raise
        finally:
            if self._sandbox is not None:
                self._sandbox.allow(IDLE_SECONDS, idle=True)

    def _too_long(self, what: str, seconds: float) -> Stopped:
        text = f"{what} was stopped after {seconds:g} seconds. Is there an endless loop in it?"
        return Stopped("timeout", NO_TIME if self.out_of_time else text)


def _mark(cell: Cell, stopped: Stopped) -> None:
    cell.status, cell.message = stopped.status, str(stopped)
    cell.outputs = [outputs.error("Stopped", cell.message, [cell.message])]


@contextmanager
def _interrupted(moment: float) -> Iterator[None]:
    """Raises ``Late`` in the block at ``moment``, whatever this process is busy with then.

    While a call is under way this process also works for the other side: it decodes messages,
    serves earlier exercises and runs the suite's callbacks, and a hostile side may ask for much of
    that. Only the main thread can be interrupted so; graders run there.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def late(*_: Any) -> None:
        raise Late

    before = signal.signal(signal.SIGALRM, late)
    left = max(moment - time.monotonic(), 0.01)
    signal.setitimer(signal.ITIMER_REAL, left, 1.0)  # again each second, should it be swallowed
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
