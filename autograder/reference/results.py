"""Writes what was measured: JSON for the grader, a page for people."""

from __future__ import annotations

import json
import platform
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import torch

from autograder.notebooks import ROOT
from autograder.reference import ends, learners
from autograder.reference.band_runs import EXERCISES, accuracy_of, answers, band
from autograder.reference.measure import SEEDS, study_lines
from autograder.reference.page import FOLDER, page
from autograder.reference.protocol import ASSIGNMENT
from autograder.reference.runner import spread
from autograder.reference.studies import STUDIES
from autograder.reference.table import STORE, measure
from autograder.suites.arena import ORDERS, SCENARIOS

PAGE = ROOT / "docs" / "results.md"
INPUTS = {"mnist": 784, "digits": 64}
BANDS, ENDS, LEARNERS = "bands", "ends", "learners"
ENDS_SEEDS, LEARNERS_SEEDS = 20, 10
BAND_SEEDS = {"digits": 50, "mnist": 40}


class UnknownPart(ValueError):
    """A name that is no study's."""


def write(datasets: Sequence[str], seeds: int | None, only: Sequence[str] = ()) -> list[Path]:
    """Measures each dataset and writes its JSON, one file an assignment; then the page.

    ``only``: names of studies, ``bands``, ``ends`` or ``learners``; what the files hold of others
    stays. Raises ``UnknownPart`` for a name that does not exist.
    """
    parts = {BANDS, ENDS, LEARNERS}
    known = parts.union(study.name for dataset in datasets for study in STUDIES[dataset])
    if not known.issuperset(only):
        raise UnknownPart(f"expected some of {sorted(known)}, got {sorted(only)}")
    for dataset in datasets:
        for study in STUDIES[dataset]:
            if not only or study.name in only:
                count = seeds or SEEDS[dataset]
                lines = study_lines(dataset, study, range(count))
                about = {"protocol": study.describe(INPUTS[dataset]), **_origin(count)}
                for assignment in dict.fromkeys(line["assignment"] for line in lines):
                    own = [line for line in lines if line["assignment"] == assignment]
                    _put(assignment, dataset, "studies", study.name, {**about, "lines": own})
        if not only or BANDS in only:
            _measure_bands(dataset)
        if not only or ENDS in only:
            _measure_ends(dataset)
        if not only or LEARNERS in only:
            _measure_learners(dataset)
    PAGE.write_text(page())
    files = (path_of(a, d) for d in datasets for a in dict.fromkeys(ASSIGNMENT.values()))
    return [*(path for path in files if path.exists()), PAGE]


def write_table(seeds: int, workers: int | None) -> list[Path]:
    """Measures what is missing of the published table over ``seeds`` seeds; then the page."""
    measure(seeds, workers)
    PAGE.write_text(page())
    return [STORE, PAGE]


def path_of(assignment: str, dataset: str) -> Path:
    """Where the numbers of an assignment are kept."""
    return FOLDER / f"{assignment}-{dataset}.json"


def _measure_bands(dataset: str) -> None:
    for exercise, assignment in EXERCISES.items():
        seeds, names = range(BAND_SEEDS[dataset]), answers(exercise)
        jobs = [(exercise, name, seed) for name in names for seed in seeds]
        found = spread(dataset, accuracy_of, jobs, f"{dataset}, band of {exercise}")
        each = {n: found[k * len(seeds) : (k + 1) * len(seeds)] for k, n in enumerate(names)}
        entry = band(dataset, exercise, each) | _origin(len(seeds))
        _put(assignment, dataset, BANDS, exercise, entry)


def _measure_ends(dataset: str) -> None:
    for scenario in SCENARIOS:
        orders, seeds = range(len(ORDERS)), range(ENDS_SEEDS)
        jobs = [(scenario, order, seed) for order in orders for seed in seeds]
        found = spread(dataset, ends.both, jobs, f"{dataset}, ends, {scenario}")
        each = [found[k * ENDS_SEEDS : (k + 1) * ENDS_SEEDS] for k in orders]
        entries = [ends.entry(of_order) | _origin(ENDS_SEEDS) for of_order in each]
        _put(ends.ASSIGNMENT, dataset, ENDS, scenario, entries)


def _measure_learners(dataset: str) -> None:
    """They are placed between the ends as the file has them, so those come first."""
    seeds = range(LEARNERS_SEEDS)
    for kind in learners.kinds():
        jobs = [(kind, scenario, seed) for scenario in SCENARIOS for seed in seeds]
        found = spread(dataset, learners.placed, jobs, f"{dataset}, learners, {kind}")
        each = {s: found[k * len(seeds) :][: len(seeds)] for k, s in enumerate(SCENARIOS)}
        entries = {s: learners.entry(one) | _origin(len(seeds)) for s, one in each.items()}
        _put(ends.ASSIGNMENT, dataset, LEARNERS, kind, entries)


def _origin(seeds: int) -> dict[str, Any]:
    versions = {"python": platform.python_version(), "torch": str(torch.__version__)}
    return {"seeds": seeds, "date": date.today().isoformat(), "versions": versions}


def _put(assignment: str, dataset: str, part: str, name: str, entry: Any) -> None:
    path = path_of(assignment, dataset)
    content = json.loads(path.read_text()) if path.exists() else {}
    content |= {"assignment": assignment, "dataset": dataset}
    content.setdefault(part, {})[name] = entry
    path.write_text(json.dumps(content, indent=1) + "\n")
