"""Grading in processes of their own, apart from the one that writes the gradebook."""

from __future__ import annotations

import atexit
import hashlib
import os
import threading
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context, parent_process
from typing import TYPE_CHECKING, Any

import psutil

if TYPE_CHECKING:
    from autograder.grade import Graded

MEMORY_EACH = 2 << 30  # bytes for a scorer and the sandbox that it talks to


class ScorerDied(RuntimeError):
    """A submission ended the process that scored it, twice."""


_pool: ProcessPoolExecutor | None = None
_asked: dict[str, Future[Graded]] = {}


def workers() -> int:
    """How many submissions are graded at once: as cores and memory allow, one at least."""
    memory = psutil.virtual_memory().available // MEMORY_EACH
    return max(1, min(os.cpu_count() or 1, int(memory)))


def start(assignment: str) -> None:
    """Starts a scorer, so that it imports what it needs while others still prepare the work."""
    _running().submit(_warm_up, assignment)


def ask(submission: bytes, assignment: str, **options: Any) -> None:
    """Has a submission graded ahead; ``grade_apart`` with the same arguments fetches the result."""
    key = _key(submission, assignment, options)
    if key not in _asked:
        _asked[key] = _submit(submission, assignment, options)


def grade_apart(submission: bytes, assignment: str, **options: Any) -> Graded:
    """``autograder.grade.grade`` in a scorer's process.

    One scorer's death takes the work of the others with it. So each submission that was lost is
    tried once more, alone, and only its own doing can end that one: then ``ScorerDied``.
    """
    ask(submission, assignment, **options)
    asked = _asked.pop(_key(submission, assignment, options))
    try:
        return asked.result()
    except BrokenProcessPool:
        _forget()
    try:
        return _submit(submission, assignment, options).result()
    except BrokenProcessPool:
        _forget()
        raise ScorerDied(
            "the process that scored it was killed, twice (is memory short?): grade it again alone"
        ) from None


def _key(submission: bytes, assignment: str, options: dict[str, Any]) -> str:
    rest = repr((assignment, sorted(options.items())))
    return hashlib.sha256(submission).hexdigest() + rest


def _submit(submission: bytes, assignment: str, options: dict[str, Any]) -> Future[Graded]:
    try:
        return _running().submit(_grade, submission, assignment, options)
    except BrokenProcessPool:  # a scorer died over another submission, and nobody knew yet
        _forget()
        return _running().submit(_grade, submission, assignment, options)


def _running() -> ProcessPoolExecutor:
    global _pool
    if _pool is None:
        context = get_context("spawn")
        _pool = ProcessPoolExecutor(workers(), context, initializer=_end_with_the_grader)
        atexit.register(_pool.shutdown, wait=False, cancel_futures=True)
    return _pool


def _forget() -> None:
    """After a scorer died: its pool is of no more use, and neither is what was asked of it."""
    global _pool
    _pool = None
    _asked.clear()


def _end_with_the_grader() -> None:
    """Nothing else would end a scorer, and its sandbox, whose grader was killed."""
    threading.Thread(target=_wait_for_its_end, daemon=True).start()


def _wait_for_its_end() -> None:
    grader = parent_process()
    assert grader is not None
    grader.join()
    os._exit(1)


def _warm_up(assignment: str) -> None:
    from autograder import nursery
    from autograder.assignments import find

    nursery.warm_up(find(assignment).hidden_modules)
    from autograder import grade  # noqa: F401 - the import is the point


def _grade(submission: bytes, assignment: str, options: dict[str, Any]) -> Graded:
    import torch

    from autograder.grade import grade

    torch.set_num_threads(1)
    return grade(submission, assignment, **options)
