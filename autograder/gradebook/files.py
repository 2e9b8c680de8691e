"""Opens what students hand in: plain files of limited size, and nothing else."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from typing import BinaryIO

# What nbgrader's pages take as a student's name: they show it without escaping it.
STUDENT = re.compile(r"\w[\w\u0300-\u036f .,'@+-]{0,99}")  # accents may come as signs of their own


class Unreadable(ValueError):
    """The file is none that could be read; the text says why."""


def read_plain(path: Path, limit: int) -> bytes:
    """The bytes of a plain file of at most ``limit`` bytes. Raises ``Unreadable``."""
    with open_plain(path) as file:
        size = os.fstat(file.fileno()).st_size
        if size > limit:
            raise Unreadable(f"{size >> 20} MiB, more than {limit >> 20} MiB")
        return file.read(limit)


def open_plain(path: Path) -> BinaryIO:
    """Opens a plain file for reading; follows no link, waits for no pipe.

    Raises ``Unreadable`` for all else.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        reason = "a link" if os.path.islink(path) else (error.strerror or str(error))
        raise Unreadable(reason) from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise Unreadable("not a regular file")
    return os.fdopen(descriptor, "rb")


def short(name: str) -> str:
    """A name of a student's choice, fit for a flag: no mark-up, no control characters."""
    return re.sub(r"[^\w.-]", "?", name)[:60]
