"""Runs the catalogue and the right answers over many seeds, on all cores."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from autograder.assignments import ASSIGNMENTS, find
from autograder.misconceptions import CATALOGUE, Misconception
from autograder.quality.judging import Judged, judged, judged_entry
from autograder.quality.restyled.again import load
from autograder.quality.right import RIGHT
from autograder.reference.runner import spread
from course.data import Dataset


@dataclass
class Wrong:
    """One mistake over all seeds, as the catalogue has it and in another style."""

    entry: Misconception
    runs: list[Judged] = field(default_factory=list)
    restyled: list[Judged] = field(default_factory=list)

    @property
    def caught(self) -> int:
        """In how many runs, in either style, a point was lost."""
        return sum(not run.full for run in (*self.runs, *self.restyled))

    @property
    def where(self) -> list[str]:
        """The tests that failed, in every run of the catalogue's own function first."""
        counts = Counter(test for run in self.runs for test in run.failed)
        return [test for test, _ in counts.most_common()]

    def named(self, runs: Sequence[Judged]) -> int:
        """In how many of ``runs`` the mistake was called by its key."""
        return sum(run.named == self.entry.key for run in runs)


@dataclass
class Right:
    """All right answers to an exercise over all seeds: how many styles, runs and points lost.

    ``trained``: there is a test by accuracy, so the dataset makes a difference.
    """

    exercise: str
    styles: int
    trained: bool = False
    runs: int = 0
    lost: list[str] = field(default_factory=list)


def wrong_answers(
    assignments: Sequence[str], seeds: Sequence[int], restyled: Sequence[int]
) -> dict[str, list[Wrong]]:
    """Each assignment's mistakes, in the other style with the seeds ``restyled`` only.

    The tests by accuracy are left out, for others must do.
    """
    found = {name: [Wrong(entry) for entry in CATALOGUE[name]] for name in assignments}
    jobs = [
        (name, exercise.name, seed, seed in restyled)
        for seed in seeds
        for name in assignments
        for exercise in ASSIGNMENTS[name].exercises
    ]
    runs = spread("digits", _wrong, jobs, "wrong answers")
    for (name, exercise, *_), judgements in zip(jobs, runs, strict=True):
        rows = [row for row in found[name] if row.entry.exercise == exercise]
        for row, (own, again) in zip(rows, judgements, strict=True):
            row.runs.append(own)
            row.restyled += again
    return found


def _wrong(
    dataset: Dataset, name: str, exercise: str, seed: int, restyled: bool
) -> list[tuple[Judged, list[Judged]]]:
    """Of each mistake, how the catalogue's function fared, and that in the other style if asked."""
    assignment, again = find(name), load() if restyled else {}
    return [
        (
            judged_entry(assignment, entry, seed),
            [judged(assignment, exercise, again[name, entry.key], seed)] if restyled else [],
        )
        for entry in CATALOGUE[name]
        if entry.exercise == exercise
    ]


def right_answers(
    exercises: Mapping[str, Sequence[str]], dataset: str, seeds: Sequence[int]
) -> dict[str, list[Right]]:
    """By assignment; all tests of the exercises are run, those by accuracy on ``dataset``."""
    found = {name: [Right(e, len(RIGHT[name][e])) for e in own] for name, own in exercises.items()}
    jobs = [
        (name, row.exercise, style, seed)
        for seed in seeds
        for name in exercises
        for row in found[name]
        for style in range(row.styles)
    ]
    runs = spread(dataset, _right, jobs, f"right answers, {dataset}")
    for (name, exercise, style, seed), run in zip(jobs, runs, strict=True):
        row = next(row for row in found[name] if row.exercise == exercise)
        row.runs += 1
        row.trained |= run.trained
        if not run.full:
            row.lost.append(f"style {style + 1}, seed {seed}: {', '.join(run.failed)}")
    return found


def _right(dataset: Dataset, name: str, exercise: str, style: int, seed: int) -> Judged:
    function = RIGHT[name][exercise][style]
    return judged(find(name), exercise, function, seed, dataset.name, with_training=True)
