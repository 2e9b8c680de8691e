"""One ``grade`` command at a time on a course directory."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FILE = ".grading.lock"


class Busy(OSError):
    """Another command is grading in this course directory."""


@contextmanager
def alone(root: Path) -> Iterator[None]:
    """Holds the course directory ``root``; raises ``Busy`` when another process does.

    The system lets go of the lock when its process ends, however it does: the file may stay.
    """
    try:
        descriptor = os.open(root / FILE, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise OSError(f"cannot write in the course directory {root}: {error.strerror}") from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy(f"another grade command is at work in {root}: wait for its end") from None
        yield
    finally:
        os.close(descriptor)
