"""Measures the accuracies that the hidden suites ask for, of right answers and of wrong ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from statistics import NormalDist, mean, stdev
from typing import Any

from autograder.reference.methods import solution
from autograder.reference.nearest import WRONG
from autograder.suites.graded_run import SETTINGS, graded_accuracy
from course.data import Dataset
from course.device import generator

EXERCISES = {
    "train_with_replay": "02-replay",
    "train_with_l2": "03-l2",
    "train_with_ewc": "04-ewc",
    "train_with_online_ewc": "04-ewc",
}
RIGHT = "right"
RATE = 1e-3  # a right answer falls short once, and the wrong one passes, at most this often


def answers(exercise: str) -> list[str]:
    """What is measured for an exercise."""
    return [RIGHT, *WRONG[exercise]]


def accuracy_of(dataset: Dataset, exercise: str, answer: str, seed: int) -> float:
    """The accuracy, a fraction, as the suite would find it; 0 when the training diverged."""
    right = solution(EXERCISES[exercise], exercise)
    function = right if answer == RIGHT else WRONG[exercise][answer]
    try:
        return graded_accuracy(function, exercise, dataset, generator(seed))
    except AssertionError:
        return 0.0


def band(dataset: str, exercise: str, found: Mapping[str, Sequence[float]]) -> dict[str, Any]:
    """The threshold between the right answer and the nearest wrong one that it can tell from it.

    It lies equally many standard deviations from both means, or nearer to the right one where the
    wrong one would pass too often. Fitted normal distributions give the rates; as a suite tries
    twice, a right answer fails if it falls short twice, a wrong one passes if it does once. Wrong
    answers that no threshold tells from the right one at ``RATE`` are listed as left to the tests
    of the mechanism. Raises ``ValueError`` if that leaves none.
    """
    right = NormalDist(mean(found[RIGHT]), stdev(found[RIGHT]))
    wrong = {name: NormalDist(mean(v), stdev(v)) for name, v in found.items() if name != RIGHT}
    thresholds = {name: _between(right, answer) for name, answer in wrong.items()}
    caught = {n: t for n, t in thresholds.items() if right.cdf(t) <= RATE}
    if not caught:
        raise ValueError(f"no wrong answer to {exercise} on {dataset} can be told: {thresholds}")
    nearest = max(caught, key=caught.__getitem__)
    threshold = round(caught[nearest], 4)
    return {
        "threshold": threshold,
        "nearest_wrong": nearest,
        "left_to_the_mechanism": [name for name in wrong if name not in caught],
        "right_fails": right.cdf(threshold) ** 2,
        "wrong_passes": 1 - wrong[nearest].cdf(threshold) ** 2,
        "setting": asdict(SETTINGS[exercise, dataset]),
        "answers": {
            name: {
                "mean": mean(values),
                "standard_deviation": stdev(values),
                "standard_error": stdev(values) / len(values) ** 0.5,
                "lowest": min(values),
                "highest": max(values),
                "passed": sum(value >= threshold for value in values) / len(values),
            }
            for name, values in found.items()
        },
    }


def _between(right: NormalDist, wrong: NormalDist) -> float:
    equally_far = (right.mean - wrong.mean) / (right.stdev + wrong.stdev)
    surely_above = NormalDist().inv_cdf((1 - RATE) ** 0.5)
    return wrong.mean + max(equally_far, surely_above) * wrong.stdev
