"""The hidden suites spare right answers and catch wrong ones."""

import os
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
import torch

from autograder.assignments import ASSIGNMENTS
from autograder.misconceptions import CATALOGUE
from autograder.quality.right import BY_VALUES, RIGHT
from autograder.scoring import Outcome, run_suite
from autograder.student import LocalStudent

TOTAL = {"01-forgetting": 24, "02-replay": 27, "03-l2": 20, "04-ewc": 38, "05-showdown": 30}
POINTS = {
    name: {exercise.name: exercise.points for exercise in assignment.exercises}
    for name, assignment in ASSIGNMENTS.items()
}
WRONG = {
    name: {
        exercise: [e for e in CATALOGUE[name] if e.exercise == exercise] for exercise in exercises
    }
    for name, exercises in POINTS.items()
}
SEED = 20_260
Namespace = dict[str, Callable[..., Any]]

every_assignment = pytest.mark.parametrize("assignment", ASSIGNMENTS)
by_values = pytest.mark.parametrize("assignment", BY_VALUES)


def outcomes(
    assignment: str, namespace: Namespace, seed: int, *, with_training: bool = False
) -> dict[str, list[Outcome]]:
    """Training is left out where nothing is said about it: it takes long."""
    what, student = ASSIGNMENTS[assignment], LocalStudent(namespace, seed)
    return run_suite(what, student, seed, "digits", with_training=with_training)


def earned(tests: list[Outcome]) -> float:
    return sum(test.verdict.earned for test in tests)


def worth(tests: list[Outcome]) -> float:
    return sum(test.verdict.points for test in tests)


def failures(tests: list[Outcome]) -> list[str]:
    return [f"{t.verdict.name}: {t.verdict.message}" for t in tests if t.verdict.earned == 0]


@pytest.mark.parametrize(
    ("name", "value"), [("PYTEST_ADDOPTS", "-v --maxfail=1"), ("PYTEST_PLUGINS", "no_such")]
)
def test_pytest_s_own_settings_of_whoever_grades_change_nothing(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    answers = {exercise: styles[0] for exercise, styles in RIGHT["03-l2"].items()}
    wrong = {**answers, "l2_penalty": lambda model, anchor: None}
    found = outcomes("03-l2", wrong, SEED)
    assert [exercise for exercise, tests in found.items() if failures(tests)] == ["l2_penalty"]
    assert os.environ[name] == value


@every_assignment
def test_right_answers_get_every_point_by_accuracy_too(assignment: str) -> None:
    """Those of one style, one that is quick: a Fisher by plain loops takes long."""
    chosen = {name: styles[2 % len(styles)] for name, styles in RIGHT[assignment].items()}
    found = outcomes(assignment, chosen, SEED, with_training=True)
    assert {name: failures(tests) for name, tests in found.items() if failures(tests)} == {}
    assert {name: earned(tests) for name, tests in found.items()} == POINTS[assignment]


def _nothing(*args: Any) -> None:
    return None


def _stub(*args: Any) -> None:
    raise NotImplementedError


def _always_refuses(y: Any = None, *args: Any) -> None:
    given = sorted(set(y.flatten().tolist())) if isinstance(y, torch.Tensor) else y
    raise ValueError(f"{given} is wrong")


def _all_zero(model: Any = None, x: Any = (), *args: Any) -> Any:
    return torch.zeros(len(x), len(x))


class _Empty:
    """A class without a method of its own."""

    def __init__(self, *args: Any) -> None:
        pass

    def __len__(self) -> int:
        return 0

    def __getattr__(self, name: str) -> Any:
        return _nothing


@every_assignment
@pytest.mark.parametrize(
    "empty",
    [
        _stub,
        _nothing,
        _always_refuses,
        _all_zero,
        _Empty,
        *(
            lambda *args, value=value: value
            for value in (0, 0.0, 1.0, 0.5, True, [], {}, "", [0.0] * 2)
        ),
        lambda *args: args[0],
        lambda *args: args[:2],
        lambda *args: args[1:3],
        lambda *args: args[-1],
        lambda *args: torch.zeros(()),
        lambda *args: float("nan"),
        lambda *args: float("inf"),
    ],
)
def test_no_work_earns_nothing(assignment: str, empty: Callable[..., Any]) -> None:
    names = POINTS[assignment]
    found = outcomes(assignment, dict.fromkeys(names, empty), 1, with_training=True)
    assert {name: earned(tests) for name, tests in found.items()} == dict.fromkeys(names, 0.0)


@every_assignment
def test_points_are_those_of_the_contract(assignment: str) -> None:
    stubs = dict.fromkeys(POINTS[assignment], _stub)
    found = outcomes(assignment, stubs, 0, with_training=True)
    assert {name: worth(tests) for name, tests in found.items()} == POINTS[assignment]
    assert sum(worth(tests) for tests in found.values()) == TOTAL[assignment]
    statuses = {test.verdict.status for tests in found.values() for test in tests}
    assert statuses == {"not_attempted"}


@by_values
def test_a_mistake_costs_its_own_exercise_only(assignment: str) -> None:
    """Each class of the suite calls the function of its own exercise and no other."""
    found = outcomes(assignment, {name: f[0] for name, f in RIGHT[assignment].items()}, 0)
    called = {
        name: {call[0].split(".")[0] for test in tests for call in test.trace}
        for name, tests in found.items()
    }
    assert called == {name: {name} for name in POINTS[assignment]}


@by_values
def test_the_same_seed_gives_the_same_words(assignment: str) -> None:
    namespace = {name: entries[0].function for name, entries in WRONG[assignment].items()}
    once, again = (
        [test.verdict for tests in outcomes(assignment, namespace, 5).values() for test in tests]
        for _ in range(2)
    )
    assert once == again


@by_values
def test_other_seeds_give_other_inputs(assignment: str) -> None:
    right = {name: f[0] for name, f in RIGHT[assignment].items()}

    @cache
    def traces(seed: int) -> str:
        found = outcomes(assignment, right, seed)
        return repr([test.trace for tests in found.values() for test in tests])

    assert traces(5) != traces(6)
