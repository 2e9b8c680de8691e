"""Hidden tests of 05-showdown: streams of tasks in the three scenarios, by accuracy."""

from __future__ import annotations

import pytest
import torch

from autograder.student import Student
from autograder.suites.arena import SCENARIOS
from autograder.suites.expect import Partly
from autograder.suites.placing import place
from course.data import Dataset


class TestLearner:
    exercise = "Learner"

    @pytest.mark.accuracy
    @pytest.mark.points(10)
    @pytest.mark.parametrize("scenario", SCENARIOS)
    def test_streams_of_tasks(
        self, student: Student, rng: torch.Generator, dataset: Dataset, scenario: str
    ) -> None:
        placed = place(student, dataset, scenario, rng)
        if placed.share < 1:
            raise Partly(placed.told(), placed.share, placed.misconception)
