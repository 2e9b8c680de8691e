"""A failing function is named by the misconception that it is, and by no other."""

import pytest

from autograder import solutions
from autograder.assignments import ASSIGNMENTS
from autograder.diagnosis import diagnose
from autograder.quality.right import BY_VALUES
from autograder.scoring import run_suite
from autograder.student import LocalStudent

SEED = 7


def named(assignment, exercise, function, seed=SEED):
    """Training says nothing of the mistake and is left out."""
    what = ASSIGNMENTS[assignment]
    student = LocalStudent({**solutions.load(what), exercise: function})
    outcomes = run_suite(what, student, seed, "digits", exercise, with_training=False)[exercise]
    return diagnose(what, exercise, outcomes, seed, "digits")


@pytest.mark.parametrize("assignment", BY_VALUES)
def test_right_answers_have_no_misconception(assignment):
    for name, function in solutions.load(ASSIGNMENTS[assignment]).items():
        assert named(assignment, name, function) is None


def test_a_mistake_that_nobody_has_described_is_given_no_name():
    assert named("01-forgetting", "relabel", lambda y, classes: y) is None
    assert named("01-forgetting", "average_accuracy", lambda R: 0.123) is None
    assert named("01-forgetting", "forgetting", lambda R: (_ for _ in ()).throw(OSError)) is None


def test_a_mistake_in_another_style_has_the_same_name():
    def mean_of_everything_but_by_hand(R):
        values = [float(v) for row in R for v in row]
        return sum(values) / len(values)

    entry = named("01-forgetting", "average_accuracy", mean_of_everything_but_by_hand)
    assert entry.key == "average-of-everything"
    assert entry.hint
