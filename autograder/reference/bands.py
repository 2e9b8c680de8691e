"""Accuracies that a right answer reaches and a wrong one does not, as they were measured."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent


class NotMeasured(LookupError):
    """There is nothing to hold an answer against: the grader's fault, not the student's."""


def threshold(exercise: str, dataset: str) -> float:
    """The accuracy, a fraction, from which on an answer to ``exercise`` counts as right.

    Raises ``NotMeasured``.
    """
    bands = _bands(dataset)
    if exercise not in bands:
        raise NotMeasured(f"no band for {exercise!r} on {dataset!r}: run `reference` to measure it")
    return float(bands[exercise]["threshold"])


@cache
def _bands(dataset: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for path in sorted(FOLDER.glob(f"*-{dataset}.json")):
        found |= json.loads(path.read_text()).get("bands", {})
    return found
