"""Grading in a process of its own, apart from the one that writes the gradebook."""

from __future__ import annotations

import atexit
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autograder.grade import Graded

_pool: ProcessPoolExecutor | None = None


def grade_apart(submission: bytes, assignment: str, **options: Any) -> Graded:
    """``autograder.grade.grade`` in the scorer's process, which is started when first needed.

    A scorer that dies is replaced and the submission tried once more.
    """
    global _pool
    for last in (False, True):
        if _pool is None:
            _pool = ProcessPoolExecutor(1, mp_context=get_context("spawn"))
            atexit.register(_pool.shutdown, wait=False, cancel_futures=True)
        try:
            return _pool.submit(_grade, submission, assignment, options).result()
        except BrokenProcessPool:
            _pool = None
            if last:
                raise
    raise AssertionError("unreachable")


def _grade(submission: bytes, assignment: str, options: dict[str, Any]) -> Graded:
    import torch

    from autograder.grade import grade

    torch.set_num_threads(1)
    return grade(submission, assignment, **options)
