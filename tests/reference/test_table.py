"""The published table: how it is measured, kept and shown."""

import json
import math
from statistics import fmean

import pytest
import torch
from typer.testing import CliRunner

from autograder.cli import app
from autograder.reference import results, table
from autograder.reference.reasons import REASONS
from autograder.reference.split_mnist import ROWS, Run, accuracies, framed
from autograder.reference.table import choices, measure, read, seeds_of, strength
from autograder.reference.table_page import section, verdict
from course.data import SCENARIOS, load
from course.methods import METHODS

L2 = next(row for row in ROWS if row.name == "L2")
STORED = read()


@pytest.fixture(scope="module")
def digits():
    return load("digits", device="cpu")


def test_images_are_framed_and_normalised(digits):
    moved = framed(digits)
    assert moved.image_shape == (12, 12)
    images = moved.x_train.view(-1, 12, 12) * 0.3081 + 0.1307
    assert torch.allclose(images[:, 2:-2, 2:-2].flatten(1), digits.x_train, atol=1e-6)
    assert images[:, :2].abs().max() < 1e-6
    assert images[:, :, -2:].abs().max() < 1e-6


def test_a_run_and_a_choice(digits):
    tested = accuracies(digits, Run("domain", "L2", 0, 0.1))
    chosen = accuracies(digits, Run("domain", "L2", 0, 0.1, choice=True))
    assert len(tested) == len(chosen) == 5
    assert all(0 <= value <= 100 for value in tested + chosen)
    assert tested != chosen
    assert tested != accuracies(digits, Run("domain", "L2", 1, 0.1))
    assert all(map(math.isnan, accuracies(digits, Run("domain", "L2", 0, math.inf))))


def fake(calls, fails_after=None):
    def as_they_come(dataset, work, jobs, name, workers):
        for number, (run,) in enumerate(jobs):
            if fails_after is not None and len(calls) >= fails_after:
                raise KeyboardInterrupt
            calls.append(run)
            good = run.strength == 0.02
            yield number, [90.0 + good + run.seed % 7] * 5

    return as_they_come


def test_an_interrupted_table_goes_on_where_it_stopped(tmp_path, monkeypatch):
    store, calls = tmp_path / "runs.jsonl", []
    monkeypatch.setattr(table, "as_they_come", fake(calls, fails_after=40))
    with pytest.raises(KeyboardInterrupt):
        measure(2, store=store)
    assert len(read(store)) == len(calls) == 40
    monkeypatch.setattr(table, "as_they_come", fake(calls))
    measure(2, store=store)
    tried = [run for row in ROWS for run in choices(row)]
    assert len(calls) == len(set(calls)) == len(tried) + 2 * 3 * len(ROWS)
    found = read(store)
    assert found.keys() == set(calls)
    runs = seeds_of(L2, "task", found)
    assert [(run.seed, run.strength) for run in runs] == [(0, 0.02), (1, 0.02)]
    measure(2, store=store)
    assert len(calls) == len(found)


def test_the_best_strength_is_taken_and_one_that_diverged_loses():
    tried = {run: [80.0] * 5 for run in choices(L2)}
    first, second, third = (run for run in tried if run.scenario == "task")
    tried |= {first: [math.nan] * 5, second: [81.0] * 5, third: [70.0, 90.0, 80.0, 80.0, 80.0]}
    assert strength(L2, "task", tried) == second.strength
    assert strength(L2, "class", tried) == 200.0
    assert strength(ROWS[0], "task", {}) is None


def test_verdicts():
    assert verdict([90.0, 92.0], (94.0, None)) == "agrees"  # three standard errors: 3
    assert verdict([90.0, 92.0], (94.1, None)) == "-3.10"
    assert verdict([90.0, 92.0], (94.1, 0.2)) == "agrees"
    assert verdict([98.0, 98.0], (97.0, 0.5)) == "+1.00"
    assert verdict([98.0], (97.0, 0.5)) == "too few seeds"


def test_the_page_says_how_many_seeds_each_cell_has():
    found = {Run("task", "nothing done", seed): [90.0 + seed] * 5 for seed in range(3)}
    text = "".join(section(found))
    assert "| nothing done | - | 91.00 ± 0.58 (3) | 93.46 ± 2.01 | agrees | 85.15, 87.19 |" in text
    assert "| L2 | - | not measured yet | 98.18 ± 0.96 | - | - |" in text
    assert "".join(section({})).endswith("\nNot measured yet.\n")


def test_what_is_stored_is_of_the_rows_and_strengths_of_today():
    known = {run for row in ROWS for run in choices(row)}
    for run, found in STORED.items():
        (row,) = [row for row in ROWS if row.name == run.row]
        assert (
            run in known if run.choice else run.strength in (row.choices(run.scenario) or (None,))
        )
        assert len(found) == 5
    lines = table.STORE.read_text().splitlines() if table.STORE.exists() else []
    assert len({json.dumps(json.loads(line)["run"]) for line in lines}) == len(lines) == len(STORED)


def test_whoever_differs_has_a_reason():
    for row in ROWS:
        assert row.method in METHODS
        for number, scenario in enumerate(SCENARIOS):
            means = [fmean(STORED[run]) for run in seeds_of(row, scenario, STORED)]
            agrees = len(means) < 2 or verdict(means, row.hsu[number]) == "agrees"
            assert agrees or (row.name, scenario) in REASONS, (row.name, scenario)


def test_the_command_asks_for_the_table_alone(monkeypatch):
    asked = []
    monkeypatch.setattr(results, "write_table", lambda *given: asked.append(given) or [])
    done = CliRunner().invoke(app, ["reference", "--table", "--seeds", "3", "--workers", "1"])
    assert (done.exit_code, asked) == (0, [(3, 1)])
