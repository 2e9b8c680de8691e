"""Every visible check lets right answers through and names the mistake of wrong ones."""

import random
import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from autograder import solutions
from autograder.assignments import ASSIGNMENTS
from autograder.quality.right import RIGHT
from course.checks import ewc, forgetting, l2, replay, showdown
from course.checks.runner import run
from course.checks.table import Row
from tests.checks import mistakes_01, mistakes_02, mistakes_03, mistakes_04, mistakes_05

PACKAGES = {
    "01-forgetting": forgetting,
    "02-replay": replay,
    "03-l2": l2,
    "04-ewc": ewc,
    "05-showdown": showdown,
}
MODULES = (mistakes_01, mistakes_02, mistakes_03, mistakes_04, mistakes_05)
TEXTS = dict(zip(PACKAGES, MODULES, strict=True))
CHECKS = {name: check for package in PACKAGES.values() for name, check in package.CHECKS.items()}
PARTS = {name: code for texts in TEXTS.values() for name, code in texts.PARTS.items()}
# Exercise, what is replaced in the right answer and by what, and words of the message it gets.
MISTAKES = [mistake for texts in TEXTS.values() for mistake in texts.MISTAKES]
# The same, with words that no message may hold: of another mistake they would be true.
UNTRUE = [mistake for texts in TEXTS.values() for mistake in getattr(texts, "UNTRUE", [])]

# What the checks must not say, or a student could read the answer in them.
ANSWERS = {
    "01-forgetting": [
        "backward()",
        "zero_grad",
        "cross_entropy",
        "randperm",
        "torch.isin",
        "argmax",
        "diagonal()",
    ],
    "02-replay": ["randperm", "torch.cat("],
    "03-l2": ["zero_grad", "backward(", "cross_entropy(", "isfinite", "named_parameters"],
    "04-ewc": ["vmap", "log_softmax", "einsum"],
    "05-showdown": ["uint8", "cross_entropy", "state_dict", "make_optimizer", "argmax"],
}


def rows_of(exercise: str, code: str) -> list[Row]:
    """What the checks say of the function that ``code`` defines."""
    namespace: dict[str, Any] = {"torch": torch, "np": np, "F": torch.nn.functional}
    exec(textwrap.dedent(code), namespace)
    return run(exercise, namespace, CHECKS)


def spoilt(mistake: tuple[str, str, str, str]) -> list[Row]:
    """What the checks say of a right answer with the mistake in it."""
    exercise, right, wrong, _ = mistake
    assert PARTS[exercise].count(right) == 1
    return rows_of(exercise, PARTS[exercise].replace(right, wrong))


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_every_exercise_has_checks(assignment: str) -> None:
    names = {exercise.name for exercise in ASSIGNMENTS[assignment].exercises}
    assert set(PACKAGES[assignment].CHECKS) == names == set(TEXTS[assignment].PARTS)


@pytest.mark.parametrize("exercise", CHECKS)
def test_right_answers_pass_every_check(exercise: str) -> None:
    rows = rows_of(exercise, PARTS[exercise])
    assert [(row.name, row.message) for row in rows if row.status != "passed"] == []
    assert len(rows) == len(CHECKS[exercise])


@pytest.mark.filterwarnings("ignore:Converting a tensor with requires_grad")
@pytest.mark.parametrize(
    ("assignment", "exercise"), [(name, e) for name, right in RIGHT.items() for e in right]
)
def test_the_right_answers_of_the_suites_pass_every_check(assignment: str, exercise: str) -> None:
    solution = solutions.load(ASSIGNMENTS[assignment])[exercise]
    for function in [solution, *RIGHT[assignment][exercise]]:
        rows = run(exercise, {exercise: function}, CHECKS)
        assert [(row.name, row.message) for row in rows if row.status != "passed"] == []


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes_are_named(mistake: tuple[str, str, str, str]) -> None:
    """Some check fails with (one of) the words, and none breaks."""
    rows = spoilt(mistake)
    messages = [row.message for row in rows if row.status != "passed"]
    assert any(word in message for message in messages for word in mistake[3].split("|")), rows
    assert not any("broke" in message for message in messages)


@pytest.mark.parametrize("mistake", UNTRUE)
def test_nothing_untrue_is_said_of_a_mistake(mistake: tuple[str, str, str, str]) -> None:
    rows = spoilt(mistake)
    assert {row.status for row in rows} != {"passed"}
    assert [row.message for row in rows if mistake[3] in row.message] == []


@pytest.mark.parametrize("exercise", CHECKS)
def test_every_check_can_fail(exercise: str) -> None:
    failed = {
        row.name
        for mistake in MISTAKES
        if mistake[0] == exercise
        for row in spoilt(mistake)
        if row.status != "passed"
    }
    assert {row.name for row in rows_of(exercise, PARTS[exercise])} - failed == set()


@pytest.mark.parametrize("exercise", CHECKS)
@pytest.mark.parametrize(
    "value", ["None", "'text'", "[]", "(1, 2)", "{}", "torch.ones(2, 2)", "3", "[None, 'a']"]
)
def test_strange_results_are_a_row_and_no_broken_check(exercise: str, value: str) -> None:
    rows = rows_of(exercise, f"def {exercise}(*args): return {value}")
    assert "failed" in {row.status for row in rows}
    assert not [row for row in rows if row.status == "error"]


@pytest.mark.parametrize("exercise", CHECKS)
def test_a_stub_is_one_friendly_row(exercise: str) -> None:
    (row,) = rows_of(exercise, f"def {exercise}(*args):\n    raise NotImplementedError()")
    assert row.status == "not_attempted"
    assert "replace" in row.message


def test_the_notebooks_random_numbers_stay_the_same() -> None:
    torch.manual_seed(0)
    random.seed(0)
    expected = torch.rand(3), random.random()
    torch.manual_seed(0)
    random.seed(0)
    for exercise, code in PARTS.items():
        rows_of(exercise, code)
    assert torch.equal(torch.rand(3), expected[0])
    assert random.random() == expected[1]


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_the_checks_hold_no_answer(assignment: str) -> None:
    files = list(Path(str(PACKAGES[assignment].__file__)).parent.glob("*.py"))
    assert len(files) > 3
    words = ANSWERS[assignment]
    assert [(f.name, word) for f in files for word in words if word in f.read_text()] == []
