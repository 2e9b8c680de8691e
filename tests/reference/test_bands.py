"""The accuracies that the hidden suites ask for."""

import json
from statistics import NormalDist

import pytest

from autograder.reference import bands
from autograder.reference.band_runs import RATE, RIGHT, band
from autograder.reference.bands import FOLDER
from autograder.reference.methods import solution
from autograder.suites import graded_run
from autograder.suites.graded_run import SETTINGS
from course.data import load
from course.device import generator

MEASURED = {
    (exercise, content["dataset"]): entry
    for content in (json.loads(path.read_text()) for path in sorted(FOLDER.glob("*.json")))
    for exercise, entry in content.get("bands", {}).items()
}


@pytest.mark.parametrize(("exercise", "dataset"), list(SETTINGS))
def test_every_setting_has_a_band_between_right_and_wrong(exercise, dataset):
    entry = MEASURED[exercise, dataset]
    threshold = bands.threshold(exercise, dataset)
    answers = entry["answers"]
    assert threshold == entry["threshold"]
    assert answers[RIGHT]["mean"] > threshold > answers[entry["nearest_wrong"]]["mean"]
    assert entry["right_fails"] <= RATE
    assert entry["wrong_passes"] <= RATE
    assert answers[RIGHT]["passed"] == 1
    for name, answer in answers.items():
        if name not in (RIGHT, *entry["left_to_the_mechanism"]):
            assert answer["passed"] == 0


@pytest.mark.parametrize(("exercise", "dataset"), list(SETTINGS))
def test_the_bands_were_measured_with_the_settings_that_are_graded_with(exercise, dataset):
    now = json.loads(json.dumps(vars(SETTINGS[exercise, dataset])))
    assert MEASURED[exercise, dataset]["setting"] == now


def test_an_exercise_without_a_band_is_an_error_that_names_it():
    with pytest.raises(LookupError, match="'train_by_magic' on 'digits'"):
        bands.threshold("train_by_magic", "digits")


def test_the_threshold_lies_equally_far_from_the_nearest_wrong_answer_that_can_be_told():
    found = {
        RIGHT: [0.89, 0.90, 0.91],  # standard deviation 0.01
        "far": [0.49, 0.50, 0.51],
        "near": [0.78, 0.80, 0.82],  # 0.02
        "too near": [0.88, 0.89, 0.90],
    }
    entry = band("digits", "train_with_l2", found)
    assert entry["threshold"] == pytest.approx(0.90 - 0.1 / 3, abs=1e-4)
    assert entry["nearest_wrong"] == "near"
    assert entry["left_to_the_mechanism"] == ["too near"]
    once = NormalDist().cdf(-10 / 3)  # 3.33 standard deviations from both means
    assert entry["right_fails"] == pytest.approx(once**2, rel=0.05)
    assert entry["wrong_passes"] == pytest.approx(2 * once, rel=0.05)
    assert entry["answers"]["too near"]["passed"] == 1
    with pytest.raises(ValueError, match="can be told"):
        band("digits", "train_with_l2", {RIGHT: found[RIGHT], "too near": found["too near"]})


def test_where_the_wrong_answer_is_near_the_threshold_moves_towards_the_right_one():
    found = {RIGHT: [0.895, 0.9, 0.905], "near": [0.8415, 0.8515, 0.8615]}
    entry = band("digits", "train_with_l2", found)
    assert entry["threshold"] == pytest.approx(0.8515 + 0.01 * 3.29, abs=1e-4)
    assert entry["wrong_passes"] == pytest.approx(RATE, rel=0.05)


@pytest.mark.parametrize(("wrong", "enough"), [(1, True), (2, False)])
def test_who_falls_short_is_trained_once_more(wrong, enough):
    """With an answer that is wrong the first times."""
    right, calls = solution("03-l2", "train_with_l2"), []

    def train_with_l2(model, tasks, train_on, strength):
        calls.append(strength)
        right(model, tasks, train_on, 0.0 if len(calls) <= wrong else strength)

    digits = load("digits", device="cpu")
    passed, _ = graded_run.judge(train_with_l2, "train_with_l2", digits, generator(0))
    assert (passed, len(calls)) == (enough, 2)
