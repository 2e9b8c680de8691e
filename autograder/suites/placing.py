"""How far a learner comes from naive to joint training, over some streams of one scenario."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from autograder.reference import ends
from autograder.student import Student
from autograder.suites.arena import ORDERS
from autograder.suites.showdown import Contest, Run
from autograder.suites.symptoms import recognised
from course.arena import presented
from course.data import Dataset

STREAMS = 2  # are averaged
ENOUGH = 0.9  # of the way earns all points


@dataclass(frozen=True)
class Placed:
    """``way``: 0 is naive training, 1 joint training; ``misconception``: a key, or None."""

    runs: list[Run]
    way: float
    misconception: str | None

    @property
    def share(self) -> float:
        """The part of the points that this earns."""
        return min(max(self.way, 0.0) / ENOUGH, 1.0)

    def told(self) -> str:
        """What a student who falls short reads."""
        each = "; then ".join(
            ", ".join(f"{accuracy:.0%}" for accuracy in run.accuracies) for run in self.runs
        )
        average = sum(run.average for run in self.runs) / len(self.runs)
        if self.way <= 0:
            place = "That is no better than training on one task after another and doing nothing"
        else:
            place = f"That is {self.way:.0%} of the way from doing nothing to joint training"
        return (
            "In the end the accuracies on the tasks, in the order in which they were learnt, were "
            f"{each}; {average:.1%} on average. {place}; {ENOUGH:.0%} earns all points."
        )


def place(student: Student, dataset: Dataset, scenario: str, rng: torch.Generator) -> Placed:
    """Has a learner go through streams drawn with ``rng``.

    Raises ``AssertionError`` where it does not keep to the rules.
    """
    runs, ways, mistakes = [], [], []
    for number in torch.randperm(len(ORDERS), generator=rng)[:STREAMS].tolist():
        tasks = presented(dataset, scenario, ORDERS[number], rng)
        run = Contest(student, dataset.name, scenario, tasks, rng).run()
        way = ends.way(run.average, dataset.name, scenario, number)
        runs.append(run)
        ways.append(way)
        mistakes.append(recognised(run, scenario, way))
    known = [key for key in mistakes if key is not None]
    return Placed(runs, sum(ways) / STREAMS, known[0] if known else None)
