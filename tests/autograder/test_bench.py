"""What is timed against each other computes the same."""

import io
import random
from dataclasses import replace

import pytest
import torch
from rich.console import Console
from typer.testing import CliRunner

from autograder import (
    bench,
    bench_class,
    bench_fisher,
    bench_scale,
    bench_submission,
    bench_sweeps,
    submissions,
)
from autograder.assignments import EWC
from autograder.bench_grading import Usage, show_grading
from autograder.bench_scale import Scaled
from autograder.cli import app
from autograder.gradebook.job import Done
from autograder.gradebook.marks import Marks
from autograder.notebooks import grade_id
from autograder.receipts import grader_hash
from autograder.rows import zero
from course.device import generator
from course.fisher import fisher_diagonal
from course.models import MLP
from course.population import Population

NAMES = {exercise.name for exercise in EWC.exercises}


@pytest.fixture(autouse=True)
def threads():
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize("way", [bench_fisher.one_by_one, bench_fisher.by_vmap])
def test_all_ways_to_the_fisher_agree(way):
    model = MLP(12, (7,), 3, generator=generator(0)).double()
    x = torch.rand(9, 12, generator=generator(1), dtype=torch.float64)
    expected = fisher_diagonal(model, x)
    got = way(model, x)
    assert list(got) == list(expected)
    for name, values in expected.items():
        torch.testing.assert_close(got[name], values)


@pytest.mark.usefixtures("bubblewrap")
def test_a_submission_s_cost_is_of_both_sides(monkeypatch):
    monkeypatch.setattr(bench_submission, "ASSIGNMENTS", {EWC.id: EWC})
    measured, costs = [], bench_submission.costs
    monkeypatch.setattr(
        bench_submission, "costs", lambda rounds: measured.extend(costs(rounds)) or measured
    )
    shown = said("submission", "--rounds", "1")
    right, nothing = measured
    assert (right.submission, nothing.submission) == ("all right", "nothing attempted")
    assert min(right.scorer, right.sandbox, nothing.scorer, nothing.sandbox) > 0
    assert right.sandbox > nothing.sandbox
    assert f"{right.scorer + right.sandbox:.1f}" in shown


@pytest.mark.parametrize("dataset", bench_fisher.INPUTS)
def test_the_closed_form_is_at_least_twenty_times_as_fast(dataset):
    """300 times as fast on an idle machine: a busy one may spoil much of that."""
    loop, _, closed = bench_fisher.exact_fisher(dataset, rounds=1)
    assert loop.median > 20 * closed.median > 0
    out = io.StringIO()
    bench_fisher.show_fisher(dataset, [loop, closed], Console(file=out, width=100))
    assert f"{bench_fisher.INPUTS[dataset]}-128-5" in out.getvalue()
    assert f"{loop.median / closed.median:.1f}" in out.getvalue()


def test_the_training_loop_is_timed_in_turns():
    timings = bench.training_loop("digits", rounds=2)
    assert [len(timing.rounds) for timing in timings] == [2, 2, 2]
    assert all(timing.median > 0 for timing in timings)


@pytest.mark.parametrize("sweep", bench_sweeps.SWEEPS, ids=lambda sweep: sweep.name)
def test_both_ways_of_a_sweep_end_with_the_same_networks(sweep):
    short = replace(sweep, epochs=2)
    x = torch.rand(70, 9, generator=generator(0), dtype=torch.float64)
    y = torch.randint(bench_sweeps.OUTPUTS, (70,), generator=generator(1))
    models = [bench_sweeps._network(number, x).double() for number in range(3)]
    population = Population(models)
    bench_sweeps.one_after_another(short, models, x, y)
    bench_sweeps.at_once(short, population, x, y)
    for model, member in zip(models, population, strict=True):
        for p, q in zip(model.parameters(), member.parameters(), strict=True):
            torch.testing.assert_close(p, q, rtol=0, atol=1e-10)


def test_the_table_of_sweeps_shows_rates_and_ratios():
    sweep = bench_sweeps.SWEEPS[0]
    found = [(sweep, bench.Timing("", (1.0, 3.0)), bench.Timing("", (0.5, 0.25)))]
    out = io.StringIO()
    bench_sweeps.show_sweeps(found, None, Console(file=out, width=140))
    assert sweep.name in out.getvalue()
    assert "2.0 - 12.0" in out.getvalue()


def test_the_mixed_class_is_the_same_each_time_and_mixed():
    class_, again = bench_class.mixed_class(6), bench_class.mixed_class(6)
    assert class_ == again
    cells = [
        cell for notebook in class_.values() for cell in notebook.cells if grade_id(cell) in NAMES
    ]
    untouched = [cell for cell in cells if "NotImplementedError" in cell.source]
    right = [cell for cell in cells if cell.source in submissions.right_answers(EWC).values()]
    wrong = [cell for cell in cells if "again[" in cell.source]
    assert untouched
    assert len(right) > len(wrong) > 0
    assert len(untouched) + len(right) + len(wrong) == len(cells) == 6 * len(NAMES)


def said(*arguments):
    """What ``bench`` printed."""
    done = CliRunner().invoke(app, ["bench", *arguments])
    assert done.exit_code == 0, done.output
    return done.stdout


@pytest.mark.parametrize("arguments", [(), ("training", "--dataset", "digits", "--rounds", "1")])
def test_bench_times_training_and_the_fisher(arguments, monkeypatch):
    monkeypatch.setattr(bench_fisher, "ROWS", 64)
    monkeypatch.setattr(bench, "EPOCHS", 1)
    text = said(*arguments)
    assert text.index("Two epochs of 0/1, digits") < text.index("Exact Fisher diagonal, 64-128-5")
    assert "784-128-5" in text


def test_bench_sweeps(monkeypatch):
    short = tuple(replace(sweep, epochs=1) for sweep in bench_sweeps.SWEEPS)
    monkeypatch.setattr(bench_sweeps, "SWEEPS", short)
    options = ("--dataset", "digits", "--networks", "1", "--threads", "1", "--rounds", "1")
    assert "02: digits" in said("sweeps", *options)


def test_every_wrong_answer_of_the_mixed_class_runs_by_itself():
    for exercise in bench_class.WRONG:
        namespace = {}
        exec(bench_class._wrong(exercise, random.Random(1)), namespace)
        assert callable(namespace[exercise])


def test_the_tables_of_grading_show_rates_and_ratios():
    out = io.StringIO()
    usages = [Usage("plain", 10, 60.0, 50.0, 2**30), Usage("ours", 10, 6.0, 8.0, 2**29)]
    show_grading(usages, Console(file=out, width=120))
    assert "10.0" in out.getvalue()  # both the first one's rate and the ratio
    assert "0.80" in out.getvalue()
    assert Scaled(4, 100, 50.0, 45.0, (1, 2)).efficiency == 0.9


def test_classes_go_through_more_workers_than_there_are_cores(monkeypatch):
    """Nothing is really graded: what comes back was made here, and takes a tenth of a second."""
    report = zero(EWC, "made-up", "failed") | {"seconds": 0.1}
    report["receipt"] = {"grader": grader_hash(EWC.id)}
    made = Done("{}", report, Marks({}, {}))
    monkeypatch.setattr(
        bench_scale, "_noted", lambda job: bench_scale._samples.append(made) or made
    )
    monkeypatch.setattr(bench_scale, "SAMPLE", 1)
    monkeypatch.setattr(bench_scale, "EACH", 3)
    measured, scale = [], bench_scale.scale
    monkeypatch.setattr(
        bench_scale, "scale", lambda counts: measured.extend(scale(counts)) or measured
    )
    assert "efficiency" in said("scale", "--workers", "4")
    (found,) = measured
    assert (found.workers, found.submissions) == (4, 12)
    assert 0 < found.efficiency <= 1
