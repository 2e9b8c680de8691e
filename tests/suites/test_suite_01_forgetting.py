"""The hidden suite of 01-forgetting spares right answers and catches wrong ones."""

import re
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
import torch

from autograder.assignments import FORGETTING
from autograder.misconceptions import CATALOGUE
from autograder.scoring import Outcome, run_suite
from autograder.student import LocalStudent
from tests.suites.right_answers_01 import RIGHT

POINTS = {
    "select_classes": 2,
    "relabel": 2,
    "train_step": 4,
    "train_epochs": 4,
    "accuracy": 3,
    "accuracy_matrix": 4,
    "average_accuracy": 1,
    "forgetting": 2,
    "backward_transfer": 2,
}
ENTRIES = CATALOGUE["01-forgetting"]
STYLES = max(map(len, RIGHT.values()))
WRONG = {name: [e for e in ENTRIES if e.exercise == name] for name in POINTS}
MOST = max(map(len, WRONG.values()))
SEEDS = (0, 20_260)


def outcomes(namespace: dict[str, Callable[..., Any]], seed: int) -> dict[str, list[Outcome]]:
    return run_suite(FORGETTING, LocalStudent(namespace, seed), seed, "digits")


def earned(tests: list[Outcome]) -> float:
    return sum(test.verdict.earned for test in tests)


def failures(tests: list[Outcome]) -> list[str]:
    return [f"{t.verdict.name}: {t.verdict.message}" for t in tests if t.verdict.earned == 0]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("style", range(STYLES))
def test_right_answers_get_full_marks(style: int, seed: int) -> None:
    """One style for each exercise at a time; all of them in their turn."""
    chosen = {name: functions[style % len(functions)] for name, functions in RIGHT.items()}
    found = outcomes(chosen, seed)
    assert {name: failures(tests) for name, tests in found.items() if failures(tests)} == {}
    assert {name: earned(tests) for name, tests in found.items()} == POINTS


def test_there_are_enough_styles() -> None:
    assert RIGHT.keys() == POINTS.keys()
    assert all(len(functions) >= 4 for functions in RIGHT.values())


@pytest.mark.parametrize("number", range(MOST))
def test_misconceptions_lose_points_and_as_many_with_any_seed(number: int) -> None:
    """One misconception for each exercise at a time; all of them in their turn."""
    chosen = {name: entries[number % len(entries)] for name, entries in WRONG.items()}
    first, second = (
        outcomes({name: entry.function for name, entry in chosen.items()}, seed) for seed in SEEDS
    )
    for name, tests in first.items():
        assert earned(tests) < POINTS[name], f"{chosen[name].key} gets full marks"
        assert earned(tests) == earned(second[name]), f"{chosen[name].key} depends on the seed"
        assert all(test.verdict.message for test in tests if not test.verdict.earned)


def _nothing(*args: Any) -> None:
    return None


def _stub(*args: Any) -> None:
    raise NotImplementedError


def _always_refuses(y: Any, *args: Any) -> None:
    raise ValueError(f"labels {sorted(set(y.flatten().tolist()))} are wrong")


def _all_zero(model: Any, x: Any, *args: Any) -> Any:
    return torch.zeros(len(x), len(x))


@pytest.mark.parametrize(
    "empty",
    [
        _stub,
        _nothing,
        _always_refuses,
        _all_zero,
        *(
            lambda *args, value=value: value
            for value in (0, 0.0, 1.0, 0.5, True, [], "", [0.0] * 2)
        ),
        lambda *args: args[0],
        lambda *args: args[:2],
        lambda *args: float("nan"),
        lambda *args: float("inf"),
    ],
)
def test_no_work_earns_nothing(empty: Callable[..., Any]) -> None:
    found = outcomes(dict.fromkeys(POINTS, empty), 1)
    assert {name: earned(tests) for name, tests in found.items()} == dict.fromkeys(POINTS, 0.0)


def test_points_are_those_of_the_contract() -> None:
    found = outcomes(dict.fromkeys(POINTS, _stub), 0)
    worth = {name: sum(test.verdict.points for test in tests) for name, tests in found.items()}
    assert worth == POINTS
    assert sum(worth.values()) == 24
    statuses = {test.verdict.status for tests in found.values() for test in tests}
    assert statuses == {"not_attempted"}


def test_a_mistake_costs_its_own_exercise_only() -> None:
    """Each class of the suite calls the function of its own exercise and no other."""
    found = outcomes({name: functions[0] for name, functions in RIGHT.items()}, 0)
    called = {
        name: {call[0] for test in tests for call in test.trace} for name, tests in found.items()
    }
    assert called == {name: {name} for name in POINTS}


def test_the_same_seed_gives_the_same_words() -> None:
    namespace = {name: entries[0].function for name, entries in WRONG.items()}
    once, again, other = (
        [test.verdict for tests in outcomes(namespace, seed).values() for test in tests]
        for seed in (5, 5, 6)
    )
    assert once == again
    assert once != other


def test_catalogue_is_complete_and_well_formed() -> None:
    assert {"no-zero-grad", "last-batch-dropped", "final-row-in-maximum"} <= {
        e.key for e in ENTRIES
    }
    assert [key for key, count in Counter(e.key for e in ENTRIES).items() if count > 1] == []
    for entry in ENTRIES:
        assert re.fullmatch(r"[a-zA-Z0-9]+(-[a-zA-Z0-9]+)*", entry.key)
        assert entry.exercise in POINTS
        assert entry.hint.endswith((".", "?"))
        assert 1 <= len(re.findall(r"[.?:](?: |$)", entry.hint)) <= 4
    assert all(len(WRONG[name]) >= 4 for name, points in POINTS.items() if points >= 3)
