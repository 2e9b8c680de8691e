"""Files that are written whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO


@contextmanager
def whole(path: Path, encoding: str = "utf-8", newline: str | None = None) -> Iterator[IO[str]]:
    """A text file to write into, which takes the place of ``path`` once all is written."""
    new = path.with_name(path.name + ".new")
    try:
        with new.open("w", encoding=encoding, newline=newline) as file:
            yield file
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)
