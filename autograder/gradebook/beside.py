"""Names what lies beside a submitted notebook; none of it is read, copied or followed."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from nbgrader.utils import parse_utc

from autograder.gradebook.files import Unreadable, read_plain, short

TIMESTAMP = "timestamp.txt"
SECRET = "submission_secret.txt"  # nbgrader's exchange names the feedback by it
MAX_ENTRIES = 1000  # files and folders that are looked at to name them
SYSTEM = {".ipynb_checkpoints", "__pycache__", ".DS_Store", "Thumbs.db", "desktop.ini"}
HARMLESS = {TIMESTAMP, SECRET, *SYSTEM}


def flags_beside(notebook: Path) -> list[str]:
    """Names what lies beside a notebook; none of it is read, copied or followed."""
    found: dict[str, list[str]] = {"link-not-followed": [], "not-a-file": [], "file-ignored": []}
    entries = list(islice(_entries(notebook.parent), MAX_ENTRIES + 1))
    for entry in entries[:MAX_ENTRIES]:
        if entry.path == str(notebook):
            continue
        name = _shown(Path(entry.path).relative_to(notebook.parent))
        if entry.is_symlink():
            found["link-not-followed"].append(name)
        elif entry.is_file(follow_symlinks=False):
            found["file-ignored"].append(name)
        elif not entry.is_dir(follow_symlinks=False):
            found["not-a-file"].append(name)
    flags = [f"{word}: {_listed(names)}" for word, names in found.items() if names]
    if len(entries) > MAX_ENTRIES:
        flags.append(f"too-many-files: more than {MAX_ENTRIES} beside the notebook")
    if (notebook.parent / TIMESTAMP).exists() and timestamp(notebook.parent) is None:
        flags.append(f"no-time: {TIMESTAMP} holds none that could be read")
    if (notebook.parent / SECRET).exists() and secret(notebook.parent) is None:
        flags.append(f"no-secret: {SECRET} holds none that could be read")
    return flags


def misplaced(root: Path, assignment: str) -> list[str]:
    """Names what lies below ``root/submitted`` where no submission of the assignment is looked for.

    That is: a folder of the assignment with students in it, and notebooks outside of one.
    """
    place = root / "submitted"
    swapped = place / assignment
    found = [swapped] if swapped.is_dir() and not (swapped / assignment).is_dir() else []
    found += sorted([*place.glob("*.ipynb"), *place.glob(f"*/{assignment}*.ipynb")])
    return ["/".join(map(short, path.relative_to(root).parts)) for path in found]


def timestamp(folder: Path) -> str | None:
    """The time of handing in as the submission's folder has it, or nothing."""
    try:
        text = read_plain(folder / TIMESTAMP, 200).decode("ascii").strip()
        parse_utc(text).isoformat()
    except Unreadable:
        return None
    except Exception:  # noqa: BLE001 - dateutil raises many kinds of error for a bad date
        return None
    return text


def secret(folder: Path) -> str | None:
    """The key under which a student fetches the feedback, as nbgrader's exchange drew it."""
    try:
        text = read_plain(folder / SECRET, 200).decode("ascii", "replace").strip()
    except Unreadable:
        return None
    return text if re.fullmatch(r"[0-9a-f]{128}", text) else None


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    """Everything under ``folder`` but what is always there; links are named, not followed."""
    waiting = [os.fspath(folder)]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as listed:
                for entry in listed:
                    if entry.name in HARMLESS and not entry.is_symlink():
                        continue
                    yield entry
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
        except OSError:  # too deep, or not for us to read: nobody else will read it either
            continue


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(sorted(names)[:3]) + more


def _shown(path: Path) -> str:
    return "/".join(short(part) for part in path.parts[-3:])
