"""The numbers of the page, from the reports of a class."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import mean, median
from typing import Any

Reports = Mapping[str, dict[str, Any]]


@dataclass(frozen=True)
class ExerciseSummary:
    """Of one exercise: the mean fraction of its points, and how many earned all, or did nothing."""

    name: str
    points: float
    mean: float
    full: int
    untouched: int


@dataclass(frozen=True)
class Mistake:
    """A misconception that was recognised, the hint that was given, and whose it was."""

    exercise: str
    key: str
    hint: str
    students: tuple[str, ...]


@dataclass(frozen=True)
class Flag:
    """A kind of flag, without its details, and whose submissions have it."""

    kind: str
    students: tuple[str, ...]


@dataclass(frozen=True)
class Summary:
    """A class; points are those of the hidden tests, seconds those that grading took."""

    most: float
    points: tuple[float, ...]
    seconds: tuple[float, ...]
    exercises: tuple[ExerciseSummary, ...]  # hardest first
    mistakes: tuple[Mistake, ...]  # commonest first
    flags: tuple[Flag, ...]  # commonest first
    slowest: tuple[tuple[str, float], ...]

    @property
    def mean(self) -> float:
        return mean(self.points)

    @property
    def median(self) -> float:
        return median(self.points)


def summary(reports: Reports, slowest: int = 5) -> Summary:
    """Adds up the reports of one assignment, by student; there must be one at least."""
    order = sorted(reports)
    seconds = {student: float(reports[student]["seconds"]) for student in order}
    return Summary(
        float(reports[order[0]]["max_score"]),
        tuple(float(reports[student]["score"]) for student in order),
        tuple(seconds.values()),
        tuple(sorted(_exercises(reports), key=lambda exercise: exercise.mean)),
        _mistakes(reports),
        _flags(reports),
        tuple(sorted(seconds.items(), key=lambda item: -item[1])[:slowest]),
    )


def _exercises(reports: Reports) -> list[ExerciseSummary]:
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for report in reports.values():
        for exercise in report["exercises"]:
            found[exercise["name"]].append(exercise)
    return [_exercise(name, of_class) for name, of_class in found.items()]


def _exercise(name: str, of_class: list[dict[str, Any]]) -> ExerciseSummary:
    most = float(of_class[0]["max_score"])
    untouched = [all(t["status"] == "not_attempted" for t in e["tests"]) for e in of_class]
    return ExerciseSummary(
        name,
        most,
        mean(e["score"] / most for e in of_class),
        sum(e["score"] >= most for e in of_class),
        sum(untouched),
    )


def _mistakes(reports: Reports) -> tuple[Mistake, ...]:
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    hints: dict[tuple[str, str], str] = {}
    for student in sorted(reports):
        for exercise in reports[student]["exercises"]:
            if exercise["misconception"]:
                key = (exercise["name"], exercise["misconception"])
                found[key].append(student)
                hints.setdefault(key, exercise["hint"])
    ordered = sorted(found.items(), key=lambda item: (-len(item[1]), item[0]))
    return tuple(Mistake(*key, hints[key], tuple(who)) for key, who in ordered)


def _flags(reports: Reports) -> tuple[Flag, ...]:
    found: dict[str, set[str]] = defaultdict(set)
    for student, report in reports.items():
        for flag in report["flags"]:
            found[flag.partition(":")[0]].add(student)
    ordered = sorted(found.items(), key=lambda item: (-len(item[1]), item[0]))
    return tuple(Flag(kind, tuple(sorted(who))) for kind, who in ordered)
