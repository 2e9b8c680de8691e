"""Names a mistake: which wrong answer of the catalogue behaves as the student's function did."""

from __future__ import annotations

import re
from functools import cache

import torch

from autograder import solutions
from autograder.assignments import Assignment
from autograder.misconceptions import CATALOGUE, Misconception
from autograder.scoring import Outcome, failed, run_quickly
from autograder.student import LocalStudent
from autograder.suites.expect import DIFFERENCES
from autograder.trace import alike_marked

SILENT = ("timeout", "crashed", "not_attempted")


def diagnose(
    assignment: Assignment, exercise: str, outcomes: list[Outcome], seed: int, dataset: str
) -> Misconception | None:
    """The misconception that best explains the failed tests of an exercise, or None.

    Best are those that did the same to the same inputs in every failed test, and fail no other.
    Where rows are drawn at random, values need not agree, and where a test's message tells more
    than that values differ, they need not either: there it must fail the same tests with the same
    messages. Then come those that did the same in every failed test and fail others as well. Last
    are those that explain half of the failed tests, or fail the same ones by chance with three
    quarters of the messages, and contradict no passed one. Tests by accuracy are not looked at:
    they take long, and many mistakes fail them. What a test recognised itself comes before all.
    """
    recognised = [o.misconception for o in outcomes if o.misconception is not None]
    if recognised:
        return next(e for e in CATALOGUE[assignment.id] if e.key == recognised[0])
    outcomes = [outcome for outcome in outcomes if not outcome.by_accuracy]
    statuses = [outcome.verdict.status for outcome in outcomes]
    if all(status == "passed" for status in statuses) or any(s in SILENT for s in statuses):
        return None
    best: tuple[int, ...] = (0,)
    found = None
    for entry in CATALOGUE.get(assignment.id, ()):
        if entry.exercise != exercise:
            continue
        for number in range(len(entry.forms)):
            theirs = outcomes_of(assignment, entry, number, seed, dataset)
            likeness = _likeness(theirs, outcomes)
            if likeness > best:
                best, found = likeness, entry
        if best == _likeness(outcomes, outcomes):  # nothing can be more like it
            break
    return found


def _likeness(theirs: list[Outcome], students: list[Outcome]) -> tuple[int, ...]:
    """How well a misconception explains what the student's function did.

    The kind of explanation as in ``diagnose``, best 4, none 0; then the numbers of failed tests
    explained, of equal messages, of equal values, and of messages equal to the letter.
    """
    pairs = list(zip(theirs, students, strict=True))
    missed = [(a, b) for a, b in pairs if failed(b)]
    explained = sum(failed(a) and _same(a, b) for a, b in missed)
    messages = sum(_masked(a) == _masked(b) for a, b in pairs)
    contradicts = any(failed(a) and not failed(b) for a, b in pairs)
    drawn = any(_drew(b) for _, b in missed)
    if explained == len(missed) and not contradicts:
        kind = 4
    elif messages == len(pairs) and (drawn or not any(_only_values(b) for _, b in missed)):
        kind = 3
    elif explained == len(missed):
        kind = 2
    elif contradicts:
        kind = 0
    else:
        told = sum(_masked(a) == _masked(b) for a, b in missed)
        by_chance = drawn and all(failed(a) for a, _ in missed) and 4 * told >= 3 * len(missed)
        kind = int(2 * explained >= len(missed) or by_chance)
    if kind == 0:
        return (0,)
    values = sum(alike_marked(a.marked, b.marked) for a, b in pairs)
    exact = sum(a.verdict == b.verdict for a, b in pairs)
    return kind, explained, messages, values, exact


def _same(a: Outcome, b: Outcome) -> bool:
    """Whether two functions did the same in a test, seen from outside: how a model was used aside.

    Where a callback of the suite refused a call, the message alone says so.
    """
    return _masked(a) == _masked(b) and alike_marked(a.marked_outside, b.marked_outside)


def _only_values(outcome: Outcome) -> bool:
    """Whether a message says no more than that values are not the right ones."""
    return any(words in outcome.verdict.message for words in DIFFERENCES)


def _masked(outcome: Outcome) -> tuple[str, str]:
    """Status and message, without what differs between two functions with one mistake.

    That is numbers but for factors, dtypes, and what an error of the student's says.
    """
    message = re.sub(r"( raised \w+).*", r"\1", outcome.verdict.message, flags=re.DOTALL)
    message = re.sub(r"torch\.\w+\d", "#", message)
    return outcome.verdict.status, re.sub(r"\d[\d.]*(?!\S* times the right)", "#", message)


def _drew(outcome: Outcome) -> bool:
    """Whether the function was given a generator, so that right values need not be equal."""
    return any(torch.Generator.__name__ in call[2] for call in outcome.trace)


@cache
def outcomes_of(
    assignment: Assignment, misconception: Misconception, form: int, seed: int, dataset: str
) -> list[Outcome]:
    """How one form of a misconception fares: the same for a class, so worked out once."""
    name = misconception.exercise
    functions = {**solutions.load(assignment), name: misconception.forms[form]}
    return run_quickly(assignment, LocalStudent(functions), seed, dataset, name)
