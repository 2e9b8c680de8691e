"""Learners that are right, wrong in a known way, or do not keep to the rules of 05-showdown."""

import pytest
import torch

from autograder.assignments import SHOWDOWN
from autograder.diagnosis import diagnose
from autograder.misconceptions import CATALOGUE
from autograder.misconceptions.misconceptions_05_showdown import Replay
from autograder.quality.right import RIGHT
from autograder.reference import ends
from autograder.scoring import GraderError, cases, run_suite
from autograder.student import LocalStudent
from autograder.suites import budget
from autograder.suites.arena import ORDERS, SCENARIOS, num_outputs
from course.arena import MEMORY, allowed_bytes, network_bytes, presented, weigh
from course.data import load
from course.device import generator

SEED = 20_260
FORMS = [
    pytest.param(entry, form, id=form.__name__)
    for entry in CATALOGUE[SHOWDOWN.id]
    for form in entry.forms
]
# The mistake is to be seen in this scenario.
SHOWS = {"labels-within-the-task": "class", "task-not-used": "task"}


def outcome(learner, scenario, seed=SEED):
    """What the hidden test of one scenario says of a class."""
    test = next(case for case in cases(SHOWDOWN) if case.name.endswith(f"[{scenario}]"))
    return test.run(LocalStudent({"Learner": learner}), seed, "digits")


@pytest.mark.parametrize("scenario", SCENARIOS)
@pytest.mark.parametrize("learner", RIGHT[SHOWDOWN.id]["Learner"])
def test_right_learners_earn_all_points(learner, scenario):
    verdict = outcome(learner, scenario).verdict
    assert (verdict.status, verdict.earned, verdict.message) == ("passed", 10.0, "")


@pytest.mark.parametrize(("entry", "form"), FORMS)
def test_wrong_learners_lose_points_and_are_told_why(entry, form):
    found = outcome(form, SHOWS.get(entry.key, "class"))
    assert found.verdict.status == "failed"
    assert found.verdict.earned < 9
    assert found.misconception == entry.key
    assert diagnose(SHOWDOWN, "Learner", [found], SEED, "digits") is entry


def test_part_of_the_way_earns_part_of_the_points():
    class FewRows(Replay):
        def __init__(self, *arguments):
            super().__init__(*arguments)
            self.capacity = 20

    verdict = outcome(FewRows, "class").verdict
    assert verdict.status == "failed"
    assert 1 < verdict.earned < 9
    assert "of the way" in verdict.message


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_naive_training_earns_next_to_nothing_and_joint_training_all(scenario):
    data = load("digits", device="cpu", download=False)
    naive, joint = ends.both(data, scenario, 0, 12_345)
    assert abs(ends.way(naive, "digits", scenario, 0)) < 0.6
    assert ends.way(joint, "digits", scenario, 0) > 0.9


def test_without_measured_ends_nobody_is_graded(monkeypatch):
    monkeypatch.setattr(ends, "_measured", lambda dataset: {})
    student = LocalStudent({"Learner": RIGHT[SHOWDOWN.id]["Learner"][2]}, SEED)
    with pytest.raises(GraderError, match="no ends of order"):
        run_suite(SHOWDOWN, student, SEED, "digits")


def test_a_run_has_pixels_and_rows_of_its_own_but_the_order_s_tasks():
    data = load("digits", device="cpu", download=False)
    one, other = (presented(data, "class", ORDERS[1], generator(seed)) for seed in (0, 1))
    assert [task.classes for task in one] == list(ORDERS[1]) == [task.classes for task in other]
    assert not torch.equal(one[0].x_train.mean(0), other[0].x_train.mean(0))
    assert torch.equal(one[0].x_train.sum(1).sort().values, other[0].x_train.sum(1).sort().values)


@pytest.mark.parametrize("order", ORDERS)
def test_orders_hold_every_digit_once(order):
    assert sorted(digit for pair in order for digit in pair) == list(range(10))
    assert num_outputs("class") == 10


def test_the_weight_of_a_state():
    state = {"ab": torch.zeros(3, 4), "rows": torch.zeros(5, dtype=torch.uint8)}
    assert weigh(state) == 48 + 2 + 16 + 5 + 4 + 8
    assert weigh({"x" * 1000: torch.zeros(0)}) == 1008


@pytest.mark.parametrize(
    ("state", "message"),
    [
        (None, "None"),
        ([torch.zeros(1)], "a list"),
        ({"weights": [1.0]}, "'weights'"),
        ({1: torch.zeros(1)}, "'1'"),
        ({"rows": torch.zeros(200, 400)}, "320,0"),
        ({"x" * 200_000: torch.zeros(1)}, "200,0"),
    ],
)
def test_states_that_are_none_or_too_large(state, message):
    with pytest.raises(AssertionError, match=message):
        budget.checked(state, 100_000)


@pytest.mark.parametrize(("name", "rows", "size"), [("digits", 1347, 64), ("mnist", 5000, 784)])
def test_budgets_leave_room_for_a_network_and_not_for_all_rows(name, rows, size):
    allowed = allowed_bytes(name, size, MEMORY[name])
    assert allowed > MEMORY[name] + network_bytes(name, size)
    assert rows * (4 * size + 8) > allowed


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (lambda n: torch.zeros(n), "float32"),
        (lambda n: torch.zeros(n, 1, dtype=torch.int64), "shape"),
        (lambda n: torch.full((n,), 7), "outside of 0 to 1"),
        (lambda n: [0] * n, "list"),
    ],
)
def test_labels_that_are_none(labels, message):
    class Says(Replay):
        def fit(self, x, y):
            pass

        def predict(self, x, task_id=None):
            return labels(len(x))

    verdict = outcome(Says, "domain").verdict
    assert (verdict.status, verdict.earned) == ("failed", 0.0)
    assert message in verdict.message
