"""A process of its own for scoring, apart from the one that writes the gradebook.

A thread that asks has one scorer to itself, so that the death of a scorer costs only the
submission that it was at. Nothing here imports PyTorch: whoever hands out the work stays small.
"""

from __future__ import annotations

import atexit
import os
import signal
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from multiprocessing import current_process, get_context, parent_process
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any

import psutil

from autograder import nursery
from autograder.assignments import find
from autograder.gradebook.job import Done, Failed, Job, Killed, Outcome

if TYPE_CHECKING:
    from autograder.grade import Graded

MEMORY_EACH = 3 << 29  # bytes for a scorer, its nursery and the sandbox that it talks to


class ScorerDied(RuntimeError):
    """The process that scored a submission was killed, or ended itself."""


class Scorer:
    """One process, started at once; it does one thing after another.

    It is forked from a process that has imported what scoring needs. ``control`` is the socket of
    the nursery for the hidden modules.
    """

    def __init__(self, hidden_modules: tuple[str, ...], control: socket.socket | None) -> None:
        # A nanny of Dask's makes its worker one that may have no children, lest they outlive it:
        # scorers do not.
        current_process().daemon = False
        context = get_context("forkserver")
        context.set_forkserver_preload(["autograder.gradebook.work", "torch._dynamo"])
        self._connection, theirs = context.Pipe()
        arguments = (theirs, hidden_modules, control)
        self.process = context.Process(target=_serve, args=arguments, daemon=True)
        self.process.start()
        theirs.close()  # so that its death ends the connection, even amid a message

    def ask(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """What ``function`` gives there; raises what it raises, and ``ScorerDied``."""
        try:
            self._connection.send((function, arguments))
            done, value = self._connection.recv()
        except (EOFError, OSError):
            self.end()
            raise ScorerDied("the process that scored it was killed (is memory short?)") from None
        if not done:
            raise value
        return value

    def end(self) -> None:
        self._connection.close()
        with suppress(AttributeError):  # it never started
            self.process.kill()
            self.process.join()


def workers() -> int:
    """How many submissions are graded at once: as cores and memory allow, one at least."""
    memory = psutil.virtual_memory().available // MEMORY_EACH
    return max(1, min(os.cpu_count() or 1, int(memory)))


def start(assignment: str, unsafe: bool = False) -> None:
    """Starts what scorers of the assignment will share, without waiting for it."""
    if not unsafe:
        _control(assignment)


def grade_apart(submission: bytes, assignment: str, **options: Any) -> Graded:
    """``autograder.grade.grade`` in this thread's scorer; raises ``ScorerDied`` as well."""
    return _ask(assignment, options, _grade, submission, assignment, options)


def work_apart(job: Job) -> Outcome:
    """What comes of ``autograder.gradebook.work.work`` in this thread's scorer. Never raises."""
    try:
        return _ask(job.assignment, job.options, _work, job)
    except ScorerDied:
        return Killed()
    except Exception as error:  # noqa: BLE001 - whatever it is, it is told, and the class goes on
        return Failed(f"{type(error).__name__}: {error}")


def end_all() -> None:
    """Ends the scorers of all threads, whatever they are at."""
    while _running:
        _running.pop().end()
    nursery.close_all()


_mine = threading.local()
_starting = threading.Lock()
_running: list[Scorer] = []
atexit.register(end_all)


def _ask(
    assignment: str, options: dict[str, Any], function: Callable[..., Any], *arguments: Any
) -> Any:
    scorer: Scorer | None = getattr(_mine, "scorer", None)
    if scorer is None or scorer not in _running:
        control = None if options.get("unsafe") else _control(assignment)
        scorer = _mine.scorer = Scorer(find(assignment).hidden_modules, control)
        _running.append(scorer)
    try:
        return scorer.ask(function, *arguments)
    except ScorerDied:
        with suppress(ValueError):  # ``end_all`` was faster
            _running.remove(scorer)
        raise


def _control(assignment: str) -> socket.socket | None:
    """The socket of the nursery that this process has for the assignment, if it can have one."""
    with _starting:
        return nursery.of(find(assignment).hidden_modules).control if nursery.possible() else None


def _serve(
    connection: Connection, hidden_modules: tuple[str, ...], control: socket.socket | None
) -> None:
    """Does what is asked over the connection until the other end is gone."""
    if control is not None:
        nursery.share(hidden_modules, control)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the grader decides when to stop, and ends it
    threading.Thread(target=_end_with_the_grader, daemon=True).start()
    while True:
        try:
            function, arguments = connection.recv()
        except EOFError:
            return
        try:
            answer = (True, function(*arguments))
        except Exception as error:  # noqa: BLE001 - it goes to whoever asked
            answer = (False, error)
        connection.send(answer)


def _end_with_the_grader() -> None:
    """Nothing else would end a scorer, and its sandbox, whose grader was killed."""
    grader = parent_process()
    assert grader is not None
    grader.join()
    os._exit(1)


def _grade(submission: bytes, assignment: str, options: dict[str, Any]) -> Graded:
    import torch

    from autograder.grade import grade

    torch.set_num_threads(1)
    return grade(submission, assignment, **options)


def _work(job: Job) -> Done:
    import torch

    from autograder.gradebook.work import work

    torch.set_num_threads(1)
    return work(job)
