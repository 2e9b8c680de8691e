"""A process of its own for scoring, apart from the one that writes the gradebook.

A thread that asks has one scorer to itself, so that the death of a scorer costs only the
submission that it was at. Nothing here imports PyTorch: whoever hands out the work stays small.
"""

from __future__ import annotations

import atexit
import os
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any

import psutil

from autograder.gradebook.job import Done, Failed, Job, Killed, Outcome

if TYPE_CHECKING:
    from autograder.grade import Graded

MEMORY_EACH = 3 << 29  # bytes for a scorer, its nursery and the sandbox that it talks to


class ScorerDied(RuntimeError):
    """The process that scored a submission was killed, or ended itself."""


class Scorer:
    """One process, started at once; it does one thing after another."""

    def __init__(self) -> None:
        context = get_context("spawn")
        self._connection, theirs = context.Pipe()
        self.process = context.Process(target=_serve, args=(theirs,), daemon=True)
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


def grade_apart(submission: bytes, assignment: str, **options: Any) -> Graded:
    """``autograder.grade.grade`` in this thread's scorer; raises ``ScorerDied`` as well."""
    return _ask(_grade, submission, assignment, options)


def work_apart(job: Job) -> Outcome:
    """What comes of ``autograder.gradebook.work.work`` in this thread's scorer. Never raises."""
    try:
        return _ask(_work, job)
    except ScorerDied:
        return Killed()
    except Exception as error:  # noqa: BLE001 - whatever it is, it is told, and the class goes on
        return Failed(f"{type(error).__name__}: {error}")


def end_all() -> None:
    """Ends the scorers of all threads, whatever they are at."""
    while _running:
        _running.pop().end()


_mine = threading.local()
_running: list[Scorer] = []
atexit.register(end_all)


def _ask(function: Callable[..., Any], *arguments: Any) -> Any:
    scorer: Scorer | None = getattr(_mine, "scorer", None)
    if scorer is None or scorer not in _running:
        scorer = _mine.scorer = Scorer()
        _running.append(scorer)
    try:
        return scorer.ask(function, *arguments)
    except ScorerDied:
        with suppress(ValueError):  # ``end_all`` was faster
            _running.remove(scorer)
        raise


def _serve(connection: Connection) -> None:
    """Does what is asked over the connection until the other end is gone."""
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
