"""One seed per assignment, drawn once by each course directory and kept."""

from __future__ import annotations

import json
import secrets
from pathlib import Path

FILE = ".grading-seeds.json"


def seed_for(root: Path, assignment: str) -> int:
    """The seed of ``assignment`` in the course directory ``root``; drawn when there is none."""
    path = root / FILE
    seeds = _read(path)
    if assignment not in seeds:
        seeds[assignment] = secrets.randbelow(2**31)
        replacement = path.with_suffix(".new")
        replacement.unlink(missing_ok=True)
        try:
            replacement.touch(mode=0o600)
            replacement.write_text(json.dumps(seeds, indent=1) + "\n")
            replacement.replace(path)
        finally:
            replacement.unlink(missing_ok=True)
    return seeds[assignment]


def _read(path: Path) -> dict[str, int]:
    if not path.exists():
        return {}
    try:
        return dict(json.loads(path.read_text()))
    except (ValueError, TypeError):
        raise OSError(
            f"{path} cannot be read: restore it, or delete it to draw new seeds"
        ) from None
