"""Puts a finished folder in the place of an older one."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

UNFINISHED = ".unfinished"


@contextmanager
def workshop(folder: Path) -> Iterator[Path]:
    """An empty folder inside ``folder`` to build in; what a killed run left there goes first."""
    inner = folder / UNFINISHED
    shutil.rmtree(inner, ignore_errors=True)
    inner.mkdir(parents=True)
    try:
        yield inner
    finally:
        shutil.rmtree(inner, ignore_errors=True)


def put_in_place(new: Path, place: Path) -> None:
    """Moves ``new`` to ``place``: there is the old folder or the new one, never a mix.

    Between the two moves there is none, for a moment; where the second fails the old one is back.
    """
    place.parent.mkdir(parents=True, exist_ok=True)
    old = new.with_name(new.name + ".old")
    if place.exists():
        place.rename(old)
    try:
        new.rename(place)
    except OSError:
        if old.exists():
            old.rename(place)
        raise
