"""How the numbers are measured, on few epochs."""

import json
import math
from dataclasses import replace

import pytest
import torch
from typer.testing import CliRunner

from autograder.cli import app
from autograder.reference import measure, page, results
from autograder.reference.measure import _best, study_lines
from autograder.reference.methods import ewc, solution
from autograder.reference.protocol import Line, Study, Training
from autograder.reference.results import UnknownPart, write
from autograder.reference.studies import STUDIES
from autograder.reference.trials import run
from course.data import even_odd, load
from course.device import generator
from course.models import MLP
from course.training import accuracy, make_train_on

SHORT = Study("short", "parity", 2, (16,), Training("sgd", 0.05, 32, 2), ())


@pytest.fixture(scope="module")
def digits():
    return load("digits", device="cpu")


def test_the_notebooks_own_ewc_arrives_at_the_weights_of_the_closed_form(digits):
    own = solution("04-ewc", "train_with_ewc")
    ends = []
    for train in (own, ewc):
        source = generator(0)
        model = MLP(64, [16], 5, generator=source)
        train_on = make_train_on("sgd", 0.05, epochs=3, batch_size=32, generator=source)
        train(model, even_odd(digits), train_on, 30.0)
        ends.append(torch.cat([p.detach().flatten() for p in model.parameters()]))
    assert torch.allclose(ends[0], ends[1], rtol=1e-4, atol=1e-5)
    source = generator(0)
    model = MLP(64, [16], 5, generator=source)
    train_on = make_train_on("sgd", 0.05, epochs=3, batch_size=32, generator=source)
    ewc(model, even_odd(digits), train_on, 20.0)
    other = torch.cat([p.detach().flatten() for p in model.parameters()])
    assert not torch.allclose(ends[0], other, rtol=1e-2, atol=1e-3)


def test_lines_share_the_first_task_to_the_last_bit(digits):
    trials = [("nothing", None), ("L2", 0.1), ("nothing", None), ("L2", 0.0)]
    first, held, again, free = run(digits, SHORT, trials, 3)
    source = generator(3)
    model = MLP(64, [16], 5, generator=source)
    train_on = make_train_on("sgd", 0.05, epochs=2, batch_size=32, generator=source)
    tasks = even_odd(digits)
    for task in tasks:
        train_on(model, task.x_train, task.y_train)
    assert first == again == free
    assert first == [100 * accuracy(model, task.x_test, task.y_test) for task in tasks]
    assert held != first


def test_the_first_task_may_be_learnt_in_another_way(digits):
    longer = replace(SHORT, first=Training("sgd", 0.05, 32, 9))
    assert run(digits, longer, [("nothing", None)], 0) != run(digits, SHORT, [("nothing", None)], 0)
    assert longer.describe(64) == (
        "MLP 64-16-5; first task SGD 0.05, batch 32, 9 epochs; then SGD 0.05, batch 32, 2 epochs "
        "a task"
    )


def test_a_training_that_diverges_is_recorded_as_nan(digits):
    (lost,) = run(digits, SHORT, [("L2", 1e6)], 0)
    assert all(map(math.isnan, lost))


def test_validation_rows_are_held_back_and_measured_on(digits):
    tasks = SHORT.draw(digits, 5, 0.2)
    assert len(tasks[0].x_val) == round(0.2 * len(even_odd(digits)[0].x_train))
    tested = run(digits, SHORT, [("nothing", None)], 5)
    held = run(digits, SHORT, [("nothing", None)], 5, validation=0.2)
    assert tested != held


def test_the_best_strength_on_validation_rows_is_taken():
    line = Line("L2", (0.1, 1.0, 10.0))
    assert _best(line, {("L2", 0.1): 70.0, ("L2", 1.0): 80.0, ("L2", 10.0): 0.0}) == 1.0
    assert _best(Line("replay", (0.5,)), {}) == 0.5
    assert _best(Line("nothing"), {}) is None


def test_a_study_is_measured_over_its_seeds():
    study = replace(SHORT, lines=(Line("nothing"), Line("L2", (0.1, 1e6), published=(1.0, 2.0))))
    nothing, l2 = study_lines("digits", study, range(2))
    assert nothing["assignment"] == "01-forgetting"
    assert (l2["value"], l2["published"]) == (0.1, (1.0, 2.0))
    assert l2["on_validation_rows"]["1e+06"] == 0
    assert l2["mean"] == pytest.approx(torch.tensor(l2["accuracies"]).mean(dim=0).tolist(), abs=0.1)
    assert len(nothing["accuracies"]) == 2


def test_an_unknown_study_is_refused_before_anything_is_measured():
    with pytest.raises(UnknownPart, match="no such study"):
        write(["digits"], 2, ["no such study"])


@pytest.fixture
def small(digits, monkeypatch, tmp_path):
    """``reference`` in this process, with little to measure; the folder that it writes into."""
    study = replace(SHORT, lines=(Line("nothing"), Line("L2", (0.1,))))
    monkeypatch.setitem(STUDIES, "digits", (study,))
    monkeypatch.setitem(STUDIES, "mnist", ())
    for name in ("SEEDS", "BAND_SEEDS"):
        monkeypatch.setattr(results, name, {"digits": 2})
    for name in ("ENDS_SEEDS", "LEARNERS_SEEDS"):
        monkeypatch.setattr(results, name, 2)
    # What else it would train has tests of its own.
    monkeypatch.setattr(
        results, "accuracy_of", lambda _, exercise, answer, n: 0.9 * (answer == "right") + n / 1e4
    )
    monkeypatch.setattr(results.ends, "both", lambda *job: (0.2 + job[-1] / 1e4, 0.9))
    monkeypatch.setattr(results.learners, "placed", lambda *job: (0.9, None))
    for module in (results, measure):
        monkeypatch.setattr(
            module, "spread", lambda _, do, jobs, name: [do(digits, *j) for j in jobs]
        )
    for module in (results, page):
        monkeypatch.setattr(module, "FOLDER", tmp_path)
    monkeypatch.setattr(results, "PAGE", tmp_path / "results.md")
    return tmp_path


@pytest.mark.parametrize(
    ("options", "parts"),
    [
        ((), {"studies", "bands", "ends", "learners"}),
        (("--only", "short", "--seeds", "3"), {"studies"}),
        (("--only", "bands"), {"bands"}),
    ],
)
def test_the_command_measures_what_was_asked_for(options, parts, small):
    done = CliRunner().invoke(app, ["reference", "--dataset", "digits", *options])
    assert done.exit_code == 0, done.output
    files = [json.loads(path.read_text()) for path in small.glob("*-digits.json")]
    assert set().union(*files) == {"assignment", "dataset", *parts}
    seeds = {f["studies"]["short"]["seeds"] for f in files if "studies" in f}
    assert seeds <= {3 if "--seeds" in options else 2}
    assert f"written: {small / 'results.md'}" in done.stdout.replace("\n/", "/")
    assert ("## digits: short" in (small / "results.md").read_text()) == ("studies" in parts)


def test_names_of_studies_are_distinct():
    for studies in STUDIES.values():
        names = [study.name for study in studies]
        assert len(set(names)) == len(names)
