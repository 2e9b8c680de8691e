"""Runs visible checks on code given as text, right or with a mistake put into it."""

import textwrap
from typing import Any

import numpy as np
import torch

from course.checks.runner import run
from course.checks.student import Checks
from course.checks.table import Row

# Exercise, what is replaced in the right answer and by what, and words of the message it gets.
Mistake = tuple[str, str, str, str]


def rows_of(exercise: str, code: str, checks: Checks) -> list[Row]:
    """What the checks say of the function that ``code`` defines."""
    namespace: dict[str, Any] = {"torch": torch, "np": np, "F": torch.nn.functional}
    exec(textwrap.dedent(code), namespace)
    return run(exercise, namespace, checks)


def passes(exercise: str, code: str, checks: Checks) -> None:
    """Every check of the exercise passes."""
    rows = rows_of(exercise, code, checks)
    assert [(row.name, row.message) for row in rows if row.status != "passed"] == []
    assert len(rows) == len(checks[exercise])


def spoilt(mistake: Mistake, parts: dict[str, str], checks: Checks) -> list[Row]:
    """What the checks say of a right answer with the mistake in it."""
    exercise, right, wrong, _ = mistake
    assert parts[exercise].count(right) == 1
    return rows_of(exercise, parts[exercise].replace(right, wrong), checks)


def is_named(mistake: Mistake, parts: dict[str, str], checks: Checks) -> None:
    """Some check fails with (one of) the words, and none breaks."""
    rows = spoilt(mistake, parts, checks)
    messages = [row.message for row in rows if row.status in ("failed", "error")]
    assert any(word in message for message in messages for word in mistake[3].split("|")), rows
    assert not any("broke" in message for message in messages)


def all_can_fail(
    exercise: str, mistakes: list[Mistake], parts: dict[str, str], checks: Checks
) -> None:
    """Each check of the exercise fails for one of the mistakes at least."""
    failed = {
        row.name
        for mistake in mistakes
        if mistake[0] == exercise
        for row in spoilt(mistake, parts, checks)
        if row.status != "passed"
    }
    assert {row.name for row in rows_of(exercise, parts[exercise], checks)} - failed == set()
