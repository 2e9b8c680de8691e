"""One seed per assignment, drawn once by each course directory and kept."""

from __future__ import annotations

import json
import secrets
from pathlib import Path

FILE = ".grading-seeds.json"


def seed_for(root: Path, assignment: str) -> int:
    """The seed of ``assignment`` in the course directory ``root``; drawn when there is none."""
    path = root / FILE
    seeds: dict[str, int] = json.loads(path.read_text()) if path.exists() else {}
    if assignment not in seeds:
        seeds[assignment] = secrets.randbelow(2**31)
        replacement = path.with_suffix(".new")
        replacement.write_text(json.dumps(seeds, indent=1) + "\n")
        replacement.chmod(0o600)
        replacement.replace(path)
    return seeds[assignment]
