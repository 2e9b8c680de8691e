"""Grading in processes of their own, apart from the one that writes the gradebook."""

from __future__ import annotations

import atexit
import hashlib
import os
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any

import psutil

if TYPE_CHECKING:
    from autograder.grade import Graded

MEMORY_EACH = 2 << 30  # bytes for a scorer and the sandbox that it talks to

_pool: ProcessPoolExecutor | None = None
_asked: dict[str, Future[Graded]] = {}


def workers() -> int:
    """How many submissions are graded at once: as cores and memory allow, one at least."""
    memory = psutil.virtual_memory().available // MEMORY_EACH
    return max(1, min(os.cpu_count() or 1, int(memory)))


def start() -> None:
    """Starts a scorer, so that it imports what it needs while others still prepare the work."""
    _running().submit(_warm_up)


def ask(submission: bytes, assignment: str, **options: Any) -> None:
    """Has a submission graded ahead; ``grade_apart`` with the same arguments fetches the result."""
    key = _key(submission, assignment, options)
    if key not in _asked:
        _asked[key] = _running().submit(_grade, submission, assignment, options)


def grade_apart(submission: bytes, assignment: str, **options: Any) -> Graded:
    """``autograder.grade.grade`` in a scorer's process.

    When a scorer died, its work is tried once more in a new one.
    """
    try:
        ask(submission, assignment, **options)
        return _asked.pop(_key(submission, assignment, options)).result()
    except BrokenProcessPool:
        _forget()
        return _running().submit(_grade, submission, assignment, options).result()


def _key(submission: bytes, assignment: str, options: dict[str, Any]) -> str:
    rest = repr((assignment, sorted(options.items())))
    return hashlib.sha256(submission).hexdigest() + rest


def _running() -> ProcessPoolExecutor:
    global _pool
    if _pool is None:
        _pool = ProcessPoolExecutor(workers(), mp_context=get_context("spawn"))
        atexit.register(_pool.shutdown, wait=False, cancel_futures=True)
    return _pool


def _forget() -> None:
    """After a scorer died: its pool is of no more use, and neither is what was asked of it."""
    global _pool
    _pool = None
    _asked.clear()


def _warm_up() -> None:
    from autograder import grade  # noqa: F401 - the import is the point


def _grade(submission: bytes, assignment: str, options: dict[str, Any]) -> Graded:
    import torch

    from autograder.grade import grade

    torch.set_num_threads(1)
    return grade(submission, assignment, **options)
