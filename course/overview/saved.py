"""Saved notebooks: where they lie, and what is in their cells. Reads, and never writes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any


class Unreadable(ValueError):
    """A file that is no whole notebook; the text says what is wrong with it."""


@dataclass(frozen=True)
class Cell:
    """A cell by its name for grading, or no name; ``shown`` is its saved output as plain texts."""

    name: str
    source: str
    shown: tuple[str, ...]


def usual_folder(here: Path) -> Path:
    """The folder that the learner's notebooks lie in, each in one of its own, seen from ``here``.

    That is the folder above for a notebook in its own folder (``04-ewc/04-ewc.ipynb``),
    ``my-work`` where ``make lab`` was used, and otherwise ``here``.
    """
    if (here / f"{here.name}.ipynb").is_file():
        return here.parent
    return here / "my-work" if (here / "my-work").is_dir() else here


def notebooks_in(folder: Path) -> list[Path]:
    """The notebooks in ``folder`` and in the folders in it, but for hidden ones."""
    found = [*folder.glob("*.ipynb"), *folder.glob("*/*.ipynb")]
    shown = (p for p in found if not any(part[0] == "." for part in p.relative_to(folder).parts))
    return sorted(path for path in shown if path.is_file())


def read(path: Path) -> list[Cell]:
    """The cells of a saved notebook. Raises ``Unreadable`` for what is none, or half of one."""
    try:
        return [_cell(cell) for cell in json.loads(path.read_bytes())["cells"]]
    except OSError as error:
        raise Unreadable(f"cannot be opened: {error.strerror or type(error).__name__}") from None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise Unreadable("is no notebook, or a damaged one: nothing of it was read") from None


def _cell(cell: dict[str, Any]) -> Cell:
    name = cell["metadata"].get("nbgrader", {}).get("grade_id", "")
    texts = (output.get("data", {}).get("text/plain", "") for output in cell.get("outputs", []))
    return Cell(str(name), "".join(cell["source"]), tuple("".join(text) for text in texts))
