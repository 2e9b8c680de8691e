"""Hidden tests of 05-showdown: streams of tasks in the three scenarios, by accuracy."""

from __future__ import annotations

import pytest
import torch

from autograder.reference import ends
from autograder.student import Student
from autograder.suites.arena import ARENAS, ORDERS, SCENARIOS, stream
from autograder.suites.expect import Partly
from autograder.suites.showdown import Contest, Run
from autograder.suites.symptoms import recognised
from course.data import Dataset

STREAMS = 2  # are averaged
ENOUGH = 0.9  # of the way from naive to joint training earns all points


class TestLearner:
    exercise = "Learner"

    @pytest.mark.accuracy
    @pytest.mark.points(10)
    @pytest.mark.parametrize("scenario", SCENARIOS)
    def test_streams_of_tasks(
        self, student: Student, rng: torch.Generator, dataset: Dataset, scenario: str
    ) -> None:
        runs, ways, mistakes = [], [], []
        size = ARENAS[dataset.name].network_bytes(dataset.input_size)
        for number in torch.randperm(len(ORDERS), generator=rng)[:STREAMS].tolist():
            tasks = stream(dataset, scenario, ORDERS[number], rng)
            run = Contest(student, dataset.name, scenario, tasks, rng).run()
            way = ends.way(run.average, dataset.name, scenario, number)
            runs.append(run)
            ways.append(way)
            mistakes.append(recognised(run, scenario, way, size))
        came = sum(ways) / STREAMS
        if came < ENOUGH:
            known = [key for key in mistakes if key is not None]
            share = max(came, 0.0) / ENOUGH
            raise Partly(_told(runs, came), share, known[0] if known else None)


def _told(runs: list[Run], way: float) -> str:
    """What a student reads."""
    each = "; then ".join(
        ", ".join(f"{accuracy:.0%}" for accuracy in run.accuracies) for run in runs
    )
    average = sum(run.average for run in runs) / len(runs)
    if way <= 0:
        place = "That is no better than training on one task after another and doing nothing"
    else:
        place = f"That is {way:.0%} of the way from doing nothing to joint training"
    return (
        f"In the end the accuracies on the tasks, in the order in which they were learnt, were "
        f"{each}; {average:.1%} on average. {place}; {ENOUGH:.0%} earns all points."
    )
