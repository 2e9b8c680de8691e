"""The cases of docs/grader-quality.md with a seed of their own, and what the page says of them."""

import re
from collections import Counter
from dataclasses import replace
from functools import cache

import pytest
from typer.testing import CliRunner

from autograder.assignments import ASSIGNMENTS, CLASSES
from autograder.cli import app
from autograder.misconceptions import CATALOGUE
from autograder.quality import command, measure
from autograder.quality.command import MESSAGES, QUALITY
from autograder.quality.judging import Judged, judged, judged_entry
from autograder.quality.restyled.again import load
from autograder.quality.right import BY_VALUES, RIGHT
from course import data
from course.checks import ewc, forgetting, l2, replay
from course.checks.runner import run

SEED = 20_260
POINTS = {
    name: {exercise.name: exercise.points for exercise in assignment.exercises}
    for name, assignment in ASSIGNMENTS.items()
}
CHECKS = forgetting.CHECKS | replay.CHECKS | l2.CHECKS | ewc.CHECKS

every_exercise = pytest.mark.parametrize(
    ("assignment", "exercise"),
    [(name, exercise) for name in BY_VALUES for exercise in POINTS[name]],
)
every_assignment = pytest.mark.parametrize("assignment", BY_VALUES)


def entries(assignment, exercise):
    return [entry for entry in CATALOGUE[assignment] if entry.exercise == exercise]


@cache
def documented(assignment):
    """The page's points lost and failed tests, by key."""
    section = QUALITY.read_text().split(f"## Wrong answers to {assignment}\n")[1].split("\n## ")[0]
    rows = [line.strip("| ").split(" | ") for line in section.splitlines() if "| `" in line[:3]]
    return {row[0].strip("`"): (row[1], set(row[4].split("; "))) for row in rows}


@every_exercise
def test_mistakes_are_caught_and_named(assignment, exercise):
    """Where the page says so, and if they are of the wrong kind, by the visible checks as well."""
    what, names = ASSIGNMENTS[assignment], {}
    for entry in entries(assignment, exercise):
        found = judged_entry(what, entry, SEED)
        names[entry.key] = found.named
        assert not found.full, f"{entry.key} gets full marks"
        assert all(found.failed.values()), f"{entry.key} is not told what is wrong"
        points, where = documented(assignment)[entry.key]
        assert set(found.failed) <= where, entry.key
        assert f"{found.worth - found.earned:g}" in points.split(" to "), entry.key
        if found.wrong_kind:
            rows = run(exercise, {exercise: entry.function}, CHECKS)
            assert {row.status for row in rows} != {"passed"}, f"visible checks pass {entry.key}"
    assert {key: name for key, name in names.items() if name != key} == {}


@every_exercise
def test_mistakes_in_another_style_are_caught_and_named(assignment, exercise):
    what, again = ASSIGNMENTS[assignment], load()
    names = {}
    for entry in entries(assignment, exercise):
        found = judged(what, exercise, again[assignment, entry.key], SEED)
        assert not found.full, f"{entry.key} gets full marks"
        names[entry.key] = found.named
    assert {key: name for key, name in names.items() if name != key} == {}


@every_exercise
def test_right_answers_get_full_marks(assignment, exercise):
    for function in RIGHT[assignment][exercise]:
        found = judged(ASSIGNMENTS[assignment], exercise, function, SEED)
        assert found.failed == {}
        assert found.full
        assert found.named is None


@every_assignment
def test_there_are_enough_of_all(assignment):
    assert RIGHT[assignment].keys() == POINTS[assignment].keys()
    assert all(len(styles) >= 4 for styles in RIGHT[assignment].values())
    for exercise, points in POINTS[assignment].items():
        assert len(entries(assignment, exercise)) >= (4 if points >= 3 else 1)
    keys = {(assignment, entry.key) for entry in CATALOGUE[assignment]}
    assert {key for key in load() if key[0] == assignment} == keys


@every_assignment
def test_the_catalogue_is_well_formed(assignment):
    assert [key for key, n in Counter(e.key for e in CATALOGUE[assignment]).items() if n > 1] == []
    for entry in CATALOGUE[assignment]:
        assert re.fullmatch(r"[a-zA-Z0-9]+(-[a-zA-Z0-9]+)*", entry.key)
        assert entry.exercise in POINTS[assignment]
        assert isinstance(entry.function, type) == (entry.exercise in CLASSES)
        assert entry.hint.endswith((".", "?"))
        assert 1 <= len(re.findall(r"[.?:](?: |$)", entry.hint)) <= 4


@every_assignment
def test_the_pages_hold_the_whole_catalogue(assignment):
    assert set(documented(assignment)) == {entry.key for entry in CATALOGUE[assignment]}
    messages = MESSAGES.read_text()
    for entry in CATALOGUE[assignment]:
        assert f"**{entry.key}**: {entry.hint}\n" in messages


def test_the_contracts_own_keys_are_there():
    assert {"no-zero-grad", "last-batch-dropped", "final-row-in-maximum"} <= {
        entry.key for entry in CATALOGUE["01-forgetting"]
    }
    assert "batch-mean-squared" in {entry.key for entry in CATALOGUE["04-ewc"]}


def test_the_command_writes_both_pages(monkeypatch, tmp_path):
    """Of one assignment, and in this process; how each answer is judged was tested above."""
    name = "01-forgetting"
    monkeypatch.setattr(command, "BY_VALUES", [name])
    for page in ("MESSAGES", "QUALITY"):
        monkeypatch.setattr(command, page, tmp_path / page)
    made_up = Judged(0.0, 1.0, {"a test": "a message"}, None, wrong_kind=False)
    monkeypatch.setattr(measure, "judged_entry", lambda *given: made_up)
    monkeypatch.setattr(
        measure, "judged", lambda *given, with_training=False: replace(made_up, earned=1.0)
    )
    digits = data.load("digits", device="cpu")
    monkeypatch.setattr(
        measure, "spread", lambda _, work, jobs, title: [work(digits, *job) for job in jobs]
    )
    done = CliRunner().invoke(app, ["quality", "--dataset", "digits", "--seeds", "1"])
    assert done.exit_code == 0, done.output
    quality, messages = (tmp_path / "QUALITY").read_text(), (tmp_path / "MESSAGES").read_text()
    count = len(CATALOGUE[name])
    assert f"| wrong answers passed in full | {count} of {2 * count} |" in quality
    assert messages.count("- *a test*: a message") == count
