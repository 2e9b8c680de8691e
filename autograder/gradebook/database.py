"""The gradebook's database: waits for whoever holds it, and is written whole or not at all."""

from __future__ import annotations

import sqlite3
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook
from sqlalchemy import event
from sqlalchemy.engine import Engine, make_url
from sqlalchemy.exc import SAWarning

PATIENCE_SECONDS = 60  # how long another program may hold the gradebook


def wait_when_locked() -> None:
    """Has every gradebook that this process opens wait; SQLite by itself gives up after 5 s."""
    if not event.contains(Engine, "connect", _be_patient):
        event.listen(Engine, "connect", _be_patient)


def _be_patient(connection: Any, _record: Any) -> None:
    if isinstance(connection, sqlite3.Connection):
        connection.execute(f"PRAGMA busy_timeout = {PATIENCE_SECONDS * 1000}")


def sqlite_file(url: str) -> Path | None:
    """The file behind a gradebook's url, or None when it is no file of SQLite's."""
    parts = make_url(url)
    if parts.get_backend_name() != "sqlite" or not parts.database:
        return None
    return Path(parts.database)


def create(url: str, course: str) -> None:
    """Makes the gradebook, unless it is there.

    Several steps make one. They are done under another name, so that a half-made gradebook is
    never taken for a whole one.
    """
    path = sqlite_file(url)
    if path is None or path.exists():
        return
    new = path.with_name(path.name + ".new")
    remove(new)
    try:
        Gradebook(f"sqlite:///{new}", course).close()
        new.replace(path)
    finally:
        remove(new)


def remove(path: Path) -> None:
    """Deletes an unfinished database, and the journal that a killed process left beside it."""
    for name in (path.name, path.name + "-journal"):
        path.with_name(name).unlink(missing_ok=True)


@contextmanager
def quietly() -> Iterator[None]:
    """Keeps SQLAlchemy's warnings about nbgrader's own queries from the instructor's eyes."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SAWarning)
        yield


@contextmanager
def at_once(gradebook: Gradebook) -> Iterator[None]:
    """Makes one transaction of all that nbgrader commits bit by bit: all of it, or nothing."""
    gradebook.db.commit = gradebook.db.flush
    try:
        yield
    finally:
        del gradebook.db.commit
    gradebook.db.commit()
