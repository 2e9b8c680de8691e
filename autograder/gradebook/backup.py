"""Copies of the gradebook from before each grading run, to go back to."""

from __future__ import annotations

import os
import shlex
import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

from autograder.gradebook import database

FOLDER = "gradebook-backups"
KEPT = 20

# The copy that this process made, by gradebook: a run is backed up once, whoever asks.
_made: dict[str, Path | None] = {}


def back_up(url: str, again: bool = False) -> Path | None:
    """The copy of the gradebook from before this run; made now, unless it has been.

    ``again`` begins a new run. None when there is nothing to copy: no gradebook yet, or one that
    is no file of SQLite's.
    """
    if again or url not in _made:
        path = database.sqlite_file(url)
        _made[url] = _copy(path) if path is not None and path.exists() else None
    return _made[url]


def way_back(url: str) -> str:
    """One line: how to have the gradebook again as it was before this run."""
    path, copy = database.sqlite_file(url), _made.get(url)
    if path is None:
        return "No copy of the gradebook was made: it is not a file of SQLite's."
    if copy is None:
        return f"There was no gradebook before this run; to go back, delete {path}"
    journal = shlex.join(["rm", "-f", f"{path}-journal"])  # SQLite would take it for the copy's
    command = f"{journal} && {shlex.join(['cp', str(copy), str(path)])}"
    return f"To go back to the gradebook as it was before this run: {command}"


def _copy(path: Path) -> Path:
    """A consistent copy, readable by its owner only, whoever else reads or writes meanwhile."""
    folder = path.parent / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    new = folder / "unfinished.new"
    database.remove(new)
    try:
        os.close(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        source = sqlite3.connect(path, timeout=database.PATIENCE_SECONDS, isolation_level=None)
        with closing(source), closing(sqlite3.connect(new)) as target:
            source.execute("BEGIN")
            # Waits for a lock so long and no longer; the copying by itself would wait for ever.
            source.execute("SELECT count(*) FROM sqlite_master").fetchone()
            source.backup(target)
        return _keep(new)
    except sqlite3.Error as error:
        raise OSError(f"the gradebook {path} could not be copied: {error}") from error
    finally:
        database.remove(new)


def _keep(new: Path) -> Path:
    """Gives the copy its name and drops the oldest ones. Counts, as clocks may be put back."""
    old = sorted(new.parent.glob("[0-9]*.db"), key=_number)
    number = _number(old[-1]) + 1 if old else 1
    place = new.with_name(f"{number:04}-{datetime.now():%Y-%m-%d-%Hh%M}.db")
    new.rename(place)
    for path in old[: max(0, len(old) + 1 - KEPT)]:
        path.unlink(missing_ok=True)
    return place


def _number(path: Path) -> int:
    digits = path.name.partition("-")[0]
    return int(digits) if digits.isdecimal() else 0
