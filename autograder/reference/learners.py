"""How right and wrong learners are placed: measured over seeds, as the hidden tests would."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import NormalDist, mean, stdev
from typing import Any

from autograder.assignments import SHOWDOWN
from autograder.misconceptions import CATALOGUE
from autograder.quality.right import RIGHT
from autograder.student import LocalStudent
from autograder.suites.expect import Partly
from autograder.suites.placing import ENOUGH, place
from course.data import Dataset
from course.device import generator

NAME = "Learner"
Placing = tuple[float, str | None]


def kinds() -> list[str]:
    """What is measured: every right learner, and the first form of every mistake."""
    right = [f"right, style {n}" for n in range(1, len(RIGHT[SHOWDOWN.id][NAME]) + 1)]
    return [*right, *(entry.key for entry in CATALOGUE[SHOWDOWN.id])]


def placed(dataset: Dataset, kind: str, scenario: str, seed: int) -> Placing:
    """How far it came, 0 where it broke the rules, and the mistake's key where one was seen."""
    student = LocalStudent({NAME: _learner(kind)}, seed)
    student.begin(NAME, seed, trains=True)
    try:
        found = place(student, dataset, scenario, generator(seed))
    except Partly as refused:
        return 0.0, refused.misconception
    return found.way, found.misconception


def entry(found: Sequence[Placing]) -> dict[str, Any]:
    """What is kept of one kind in one scenario."""
    ways = [way for way, _ in found]
    spread = stdev(ways)
    short = NormalDist(mean(ways), spread).cdf(ENOUGH) if spread else float(ways[0] < ENOUGH)
    return {
        "mean": mean(ways),
        "standard_deviation": spread,
        "lowest": min(ways),
        "passed": sum(way >= ENOUGH for way in ways) / len(ways),
        "falls_short": short,
        "misconceptions": sorted({key for _, key in found if key is not None}),
    }


def _learner(kind: str) -> Callable[..., Any]:
    for entry in CATALOGUE[SHOWDOWN.id]:
        if entry.key == kind:
            return entry.function
    learner: Callable[..., Any] = RIGHT[SHOWDOWN.id][NAME][int(kind.rpartition(" ")[2]) - 1]
    return learner
