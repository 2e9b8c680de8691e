"""Runs the published table, one line of JSON for each training, and goes on where it stopped."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import fmean

from autograder.reference.runner import as_they_come
from autograder.reference.split_mnist import CHOICE_SEED, ROWS, Row, Run, accuracies
from course.data import SCENARIOS

STORE = Path(__file__).with_name("split-mnist.jsonl")

Found = dict[Run, list[float]]


def measure(seeds: int, workers: int | None = None, store: Path = STORE) -> None:
    """What is missing in ``store`` of every cell over ``seeds`` seeds; each run is kept at once.

    First the strengths are chosen, then seed after seed goes through all cells, so a table that
    was interrupted has about as many seeds everywhere.
    """
    _add([run for row in ROWS for run in choices(row)], "split MNIST, strengths", workers, store)
    chosen = read(store)
    cells = [(s, row, strength(row, s, chosen)) for s in SCENARIOS for row in ROWS]
    runs = [Run(s, row.name, seed, value) for seed in range(seeds) for s, row, value in cells]
    _add(runs, "split MNIST", workers, store)


def choices(row: Row) -> Iterator[Run]:
    """The trainings from which the strengths of a row are chosen."""
    for scenario in SCENARIOS:
        values = row.choices(scenario)
        if len(values) > 1:
            yield from (Run(scenario, row.name, CHOICE_SEED, value, True) for value in values)


def strength(row: Row, scenario: str, found: Found) -> float | None:
    """The one that did best on validation rows, or the only one; None where there is none."""
    values = row.choices(scenario)
    if len(values) < 2:
        return values[0] if values else None
    tried = {v: fmean(found[Run(scenario, row.name, CHOICE_SEED, v, True)]) for v in values}
    return max(tried, key=lambda value: (tried[value] == tried[value], tried[value]))


def seeds_of(row: Row, scenario: str, found: Found) -> list[Run]:
    """The runs of a cell with the strength that was chosen, in the order of their seeds."""
    complete = all(run in found for run in choices(row) if run.scenario == scenario)
    value = strength(row, scenario, found) if complete else None
    runs = [
        run
        for run in found
        if (run.scenario, run.row, run.strength, run.choice) == (scenario, row.name, value, False)
    ]
    return sorted(runs, key=lambda run: run.seed)


def read(store: Path = STORE) -> Found:
    """All runs that are in the store, with their accuracies in percent for each task."""
    lines = store.read_text().splitlines() if store.exists() else []
    entries = [json.loads(line) for line in lines]
    return {Run(**entry["run"]): entry["accuracies"] for entry in entries}


def _add(runs: Sequence[Run], name: str, workers: int | None, store: Path) -> None:
    done = read(store)
    left = [run for run in runs if run not in done]
    jobs = [(run,) for run in left]
    for number, found in as_they_come("mnist", accuracies, jobs, name, workers):
        with store.open("a") as file:
            file.write(json.dumps({"run": asdict(left[number]), "accuracies": found}) + "\n")
