"""``course.reveal("name")``, in a self-learner's copy of the course and nowhere else."""

from __future__ import annotations

import json
from difflib import get_close_matches
from pathlib import Path

from course.display import show

SOLUTIONS = Path(__file__).with_name("solutions.json")


def reveal(name: str) -> None:
    """Shows a solution of the exercise ``name``, or a model answer to a written question.

    Best read after your own attempt. Raises ``ValueError`` for a name that is no exercise.
    """
    solutions: dict[str, str] = json.loads(SOLUTIONS.read_text(encoding="utf-8"))
    if name not in solutions:
        near = get_close_matches(str(name), solutions, cutoff=0.5)
        meant = (
            f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(solutions)}"
        )
        raise ValueError(f"no exercise {name!r}: {meant}")
    text = solutions[name]
    written = name.startswith("answer-")
    show({"text/markdown": text if written else f"```python\n{text}\n```", "text/plain": text})
