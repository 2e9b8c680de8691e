"""Measures one study: chooses strengths on validation rows, then tests over the seeds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from autograder.reference.protocol import ASSIGNMENT, Line, Study
from autograder.reference.runner import spread
from autograder.reference.trials import Trial, run
from course.data import Dataset

SEEDS = {"digits": 20, "mnist": 10}
# Strengths are chosen on rows held back from training, with seeds that are never tested with.
CHOICE_SEEDS = {"digits": range(1000, 1005), "mnist": range(1000, 1002)}
VALIDATION = {"digits": 0.2, "mnist": 0.1}


def study_lines(dataset: str, study: Study, seeds: Sequence[int]) -> list[dict[str, Any]]:
    """What was found for each line of a study, as it goes into the JSON."""
    tried = _try_strengths(dataset, study)
    trials = [(line.method, _best(line, tried)) for line in study.lines]
    jobs = [(study, trials, seed, 0.0) for seed in seeds]
    # (seeds, lines, tasks)
    found = torch.tensor(spread(dataset, _seed, jobs, f"{dataset}, {study.name}"))
    return [
        _entry(line, value, tried, found[:, number])
        for number, (line, (_, value)) in enumerate(zip(study.lines, trials, strict=True))
    ]


def _seed(
    dataset: Dataset, study: Study, trials: list[Trial], seed: int, validation: float
) -> list[list[float]]:
    fast = dataset.name == "mnist" or validation > 0
    return run(dataset, study, trials, seed, validation=validation, closed_form=fast)


def _try_strengths(dataset: str, study: Study) -> dict[Trial, float]:
    """Mean accuracy on validation rows, over tasks and seeds, of every value to choose from."""
    trials = [(line.method, v) for line in study.lines if len(line.values) > 1 for v in line.values]
    if not trials:
        return {}
    jobs = [(study, trials, seed, VALIDATION[dataset]) for seed in CHOICE_SEEDS[dataset]]
    found = torch.tensor(spread(dataset, _seed, jobs, f"{dataset}, {study.name}, strengths"))
    means = found.mean(dim=(0, 2)).nan_to_num(0.0)  # what diverged once loses
    return dict(zip(trials, means.tolist(), strict=True))


def _best(line: Line, tried: dict[Trial, float]) -> float | None:
    if len(line.values) < 2:
        return line.values[0] if line.values else None
    return max(line.values, key=lambda value: tried[line.method, value])


def _entry(
    line: Line, value: float | None, tried: dict[Trial, float], found: torch.Tensor
) -> dict[str, Any]:
    deviation = found.std(dim=0)
    return {
        "assignment": ASSIGNMENT[line.method],
        "method": line.method,
        "value": value,
        "on_validation_rows": {f"{v:g}": tried[line.method, v] for v in line.values}
        if len(line.values) > 1
        else {},
        "mean": found.mean(dim=0).tolist(),
        "standard_error": (deviation / len(found) ** 0.5).tolist(),
        "standard_deviation": deviation.tolist(),
        "published": line.published,
        "accuracies": [[round(value, 2) for value in row] for row in found.tolist()],
    }
