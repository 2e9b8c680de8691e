"""What grading finds out, from the single test up to the whole submission."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class TestVerdict:
    """One hidden test: points it can earn, points earned, and what the student is told.

    ``share``: the part of its points, a fraction, that a test which did not pass earns even so.
    """

    __test__ = False  # not a class for pytest to collect

    name: str
    points: float
    status: str
    message: str
    share: float = 0.0

    @property
    def earned(self) -> float:
        return self.points if self.status == "passed" else round(self.share * self.points, 2)

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "points": self.points,
            "earned": self.earned,
            "status": self.status,
            "message": self.message,
        }


@dataclass(frozen=True)
class ExerciseVerdict:
    """All tests of one exercise, and the misconception that explains the failures, if one does."""

    name: str
    max_score: float
    tests: tuple[TestVerdict, ...]
    misconception: str | None = None
    hint: str = ""

    @property
    def score(self) -> float:
        """Points earned: finite, from 0 to ``max_score``."""
        score = math.fsum(test.earned for test in self.tests)
        if not 0.0 <= score <= self.max_score + 1e-9:
            raise ValueError(f"{self.name}: {score} points of {self.max_score}")
        return float(min(score, self.max_score))

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "score": self.score,
            "max_score": float(self.max_score),
            "misconception": self.misconception,
            "hint": self.hint,
            "tests": [test.to_json() for test in self.tests],
        }


@dataclass
class Report:
    """One submission: its exercises, its flags, and the receipt that lets it be graded again.

    ``seconds`` is the wall-clock time that grading took, ``computed`` what the student's own code
    computed. ``late``: something ran out of time by the clock without having computed for so long,
    as happens on a crowded machine.
    """

    exercises: list[ExerciseVerdict] = field(default_factory=list)
    flags: list[str] = field(default_factory=list)
    receipt: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    computed: float = 0.0
    late: bool = False

    @property
    def score(self) -> float:
        return math.fsum(exercise.score for exercise in self.exercises)

    @property
    def max_score(self) -> float:
        return math.fsum(exercise.max_score for exercise in self.exercises)

    def to_json(self) -> dict[str, Any]:
        return {
            "score": self.score,
            "max_score": self.max_score,
            "flags": list(self.flags),
            "exercises": [exercise.to_json() for exercise in self.exercises],
            "receipt": dict(self.receipt),
            "seconds": round(self.seconds, 2),
        }
