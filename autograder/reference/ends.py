"""The two ends between which a learner is placed: naive and joint training, as measured."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from autograder.reference.bands import NotMeasured
from autograder.suites.arena import ORDERS
from course.arena import between, presented
from course.data import Dataset
from course.device import generator

FOLDER = Path(__file__).parent
ASSIGNMENT = "05-showdown"
NAIVE, JOINT = "naive", "joint"


def way(average: float, dataset: str, scenario: str, order: int) -> float:
    """Where an average accuracy lies, 0 for naive training and 1 for joint training.

    Raises ``NotMeasured``.
    """
    measured = _measured(dataset)
    if scenario not in measured or order >= len(measured[scenario]):
        raise NotMeasured(
            f"no ends of order {order} of {scenario!r} on {dataset!r}: run `reference`"
        )
    low, high = (float(measured[scenario][order][end]["mean"]) for end in (NAIVE, JOINT))
    return (average - low) / (high - low)


@cache
def _measured(dataset: str) -> dict[str, Any]:
    path = FOLDER / f"{ASSIGNMENT}-{dataset}.json"
    return json.loads(path.read_text()).get("ends", {}) if path.exists() else {}


def both(dataset: Dataset, scenario: str, order: int, seed: int) -> tuple[float, float]:
    """Average accuracies, fractions, of naive and of joint training, from the same weights."""
    rng = generator(seed)
    return between(presented(dataset, scenario, ORDERS[order], rng), dataset.name, scenario, seed)


def entry(found: Sequence[tuple[float, float]]) -> dict[str, Any]:
    """Means and deviations over seeds, as they go into the JSON."""
    ends = zip((NAIVE, JOINT), zip(*found, strict=True), strict=True)
    return {
        end: {
            "mean": mean(values),
            "standard_deviation": stdev(values),
            "standard_error": stdev(values) / len(values) ** 0.5,
        }
        for end, values in ends
    }
