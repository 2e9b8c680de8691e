"""A submission as it was handed in: found and read once, and nothing but its notebook."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode
from nbformat.v4 import new_notebook

from autograder.gradebook.beside import flags_beside, secret, timestamp
from autograder.gradebook.cells import keep, oddities, parse
from autograder.gradebook.files import Unreadable, read_plain, short

UNREADABLE = "unreadable-notebook"


@dataclass(frozen=True)
class Handed:
    """The bytes of the notebook, or None where a flag says why there are none.

    ``time`` is the text of its timestamp and ``secret`` the exchange's, if it has them.
    """

    content: bytes | None
    flags: tuple[str, ...] = ()
    time: str | None = None
    secret: str | None = None


def find(path: Path, limit: int) -> Handed:
    """What lies at ``path`` and is at most ``limit`` bytes long. Never raises."""
    linked = [folder for folder in (path.parent, path.parent.parent) if folder.is_symlink()]
    if linked:
        return Handed(None, (f"{UNREADABLE}: its folder {short(linked[0].name)} is a link",))
    content, flags = None, flags_beside(path)
    try:
        content = read_plain(path, limit)
    except Unreadable as reason:
        flags = [f"{UNREADABLE}: {reason}", *flags]
    return Handed(content, tuple(flags), timestamp(path.parent), secret(path.parent))


def read(handed: Handed) -> tuple[NotebookNode, list[str]]:
    """What is kept of the notebook, and flags. One that cannot be read counts as empty."""
    flags = list(handed.flags)
    if handed.content is None:
        return new_notebook(), flags
    try:
        content = parse(handed.content.decode("utf-8", "replace"))
        return keep(content), oddities(content) + flags
    except Unreadable as reason:
        return new_notebook(), [f"{UNREADABLE}: {reason}", *flags]
