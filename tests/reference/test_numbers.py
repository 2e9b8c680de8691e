"""The numbers of the results page, and a few of them measured again."""

import json
from itertools import product

import pytest
import torch

from autograder.reference.goals import GOALS
from autograder.reference.page import FOLDER, page
from autograder.reference.results import PAGE
from autograder.reference.studies import STUDIES
from autograder.reference.trials import run
from course import mnist
from course.data import load
from course.device import generator
from course.models import MLP

CONTENTS = [json.loads(path.read_text()) for path in sorted(FOLDER.glob("*.json"))]
LINES = {
    (content["dataset"], study, line["method"], line["value"]): line
    for content in CONTENTS
    for study, entry in content.get("studies", {}).items()
    for line in entry["lines"]
}


def test_the_results_page_is_made_from_the_measurements():
    assert PAGE.read_text() == page()
    assert "even/odd" in page()


MEASURED = [
    (name, study)
    for name in STUDIES
    for study in STUDIES[name]
    if any(key[:2] == (name, study.name) for key in LINES)
]


def test_studies_that_wait_to_be_measured_are_named_on_the_page():
    assert {name for name, _ in MEASURED} == set(STUDIES)
    for dataset in STUDIES:
        for study in STUDIES[dataset]:
            waits = f"- {dataset}: {study.name}" in PAGE.read_text().splitlines()
            assert waits == ((dataset, study) not in MEASURED)


@pytest.mark.parametrize(("dataset", "study"), MEASURED)
def test_every_line_of_a_measured_study_is_there_over_enough_seeds(dataset, study):
    least = {"digits": 20, "mnist": 10}[dataset]
    for line in study.lines:
        known = [
            LINES[key]
            for key in product([dataset], [study.name], [line.method], [*line.values, None])
            if key in LINES
        ]
        assert len(known) == 1, line
        assert len(known[0]["accuracies"]) >= least


def test_means_and_errors_are_those_of_the_accuracies():
    for line in LINES.values():
        found = torch.tensor(line["accuracies"])
        assert torch.allclose(torch.tensor(line["mean"]), found.mean(dim=0), atol=0.01)
        deviation = found.std(dim=0)
        assert torch.allclose(torch.tensor(line["standard_deviation"]), deviation, atol=0.02)
        error = deviation / len(found) ** 0.5
        assert torch.allclose(torch.tensor(line["standard_error"]), error, atol=0.01)


def test_each_goal_is_one_of_a_study():
    for goal in GOALS:
        (study,) = [study for study in STUDIES["mnist"] if study.name == goal.study]
        assert goal.method in {line.method for line in study.lines}


def test_ewc_beats_a_tuned_l2_where_the_second_task_is_learnt_gently():
    study = ("mnist", "even/odd, the second task by gentler Adam")
    ewc, l2 = (
        torch.tensor(line["accuracies"]).mean(dim=1)
        for method in ("EWC", "L2")
        for key, line in LINES.items()
        if key[:3] == (*study, method)
    )
    assert ewc.mean() >= 82.5
    assert (ewc > l2).all()


def test_digits_measured_again_with_other_seeds_agree():
    """Four new seeds of two lines, within four standard errors of the difference."""
    study = next(study for study in STUDIES["digits"] if study.name == "even/odd")
    stored = [
        line for key, line in LINES.items()
        if key[:2] == ("digits", study.name) and key[2] in ("nothing", "L2")
    ]  # fmt: skip
    trials = [(line["method"], line["value"]) for line in stored]
    digits = load("digits", device="cpu")
    again = torch.tensor([run(digits, study, trials, seed) for seed in range(500, 504)])
    for number, line in enumerate(stored):
        old, new = torch.tensor(line["accuracies"]).mean(dim=1), again[:, number].mean(dim=1)
        error = old.std() * (1 / len(old) + 1 / len(new)) ** 0.5
        assert abs(old.mean() - new.mean()) < 4 * error, (line["method"], old.mean(), new)


def test_never_clearing_gradients_is_momentum_one():
    """The claim behind the tutorial's lines of digit pairs, to the last bit of float64."""
    x = torch.randn(40, 6, generator=generator(0), dtype=torch.float64)
    y = torch.randint(0, 3, (40,), generator=generator(1))
    ends = []
    for momentum, clears in ((0.0, False), (1.0, True), (0.0, True)):
        model = MLP(6, [5], 3, generator=generator(2)).double()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=momentum)
        for rows in torch.arange(40).split(4):
            if clears:
                optimizer.zero_grad()
            torch.nn.functional.cross_entropy(model(x[rows]), y[rows]).backward()
            optimizer.step()
        ends.append(torch.cat([p.detach().flatten() for p in model.parameters()]))
    assert torch.allclose(ends[0], ends[1], rtol=0, atol=1e-14)
    assert not torch.allclose(ends[0], ends[2], rtol=0, atol=1e-3)


@pytest.mark.parametrize(
    "key",
    [key for key, line in LINES.items() if line["published"] and key[2] in ("nothing", "joint")],
    ids=str,
)
def test_published_runs_lie_within_three_standard_deviations(key):
    line = LINES[key]
    distance = torch.tensor(line["published"]) - torch.tensor(line["mean"])
    assert (distance.abs() < 3 * torch.tensor(line["standard_deviation"])).all(), line["mean"]


@pytest.fixture(scope="module")
def real_mnist():
    try:
        mnist.locate(None, download=False)
    except FileNotFoundError as error:
        pytest.skip(str(error))
    return load("mnist", device="cpu", download=False)


def measured(dataset, name, method, value=None):
    study = next(study for study in STUDIES["mnist"] if study.name.startswith(name))
    return torch.tensor([run(dataset, study, [(method, value)], seed)[0] for seed in (70, 71)])


def test_joint_training_is_reached(real_mnist):
    """The tutorial's joint figure on even/odd, a mean of 97.5, is reached."""
    found = measured(real_mnist, "even/odd, the tutorial's protocol", "joint")
    assert found.mean() > 97.3


def test_forgetting_is_real_but_its_size_in_the_tutorial_is_an_artefact(real_mnist):
    honest = measured(real_mnist, "digit pairs", "nothing").mean(dim=0)
    cleared = measured(real_mnist, "digit pairs, lr 0.001", "nothing").mean(dim=0)
    piled_up = measured(real_mnist, "digit pairs, the tutorial's", "nothing").mean(dim=0)
    assert 70 < honest[0] < 82
    assert honest[1] > 97
    assert cleared[0] > 99  # the same learning rate, gradients cleared: nothing is forgotten,
    assert cleared[1] < 88  # and little is learned
    assert piled_up[0] < honest[0]


def test_half_the_rows_replayed_bring_the_first_pair_back(real_mnist):
    replayed = measured(real_mnist, "digit pairs", "replay", 0.5).mean(dim=0)
    assert replayed[0] > 99.3
    assert replayed[1] > 97.7
