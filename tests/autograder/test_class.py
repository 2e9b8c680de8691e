"""A whole class through the command line: every submission its row, every mistake its own price."""

import copy
import json
from pathlib import Path

import nbformat
import psutil
import pytest
from nbgrader.api import Gradebook

from autograder import bubblewrap
from autograder.assignments import FORGETTING
from autograder.demo import classroom
from autograder.notebooks import TEST, grade_id
from autograder.submissions import answered, hand_in, right_answers, untouched
from tests.running import agents, autograder, nbgrader

ID = FORGETTING.id
FULL = {exercise.name: exercise.points for exercise in FORGETTING.exercises}

# Exercise in which each student of the demo class loses points; None for the first two.
LOSES = {
    "cleo-no-zero-grad": "train_step",
    "dan-last-batch": "train_epochs",
    "eve-final-row": "forgetting",
    "finn-syntax-error": "select_classes",
    "gus-endless-loop": "accuracy",
    "hana-exits": "backward_transfer",
    "ines-edited-test": "relabel",
}
NAMED = {
    "cleo-no-zero-grad": "no-zero-grad",
    "dan-last-batch": "last-batch-dropped",
    "eve-final-row": "final-row-in-maximum",
}


pytestmark = pytest.mark.usefixtures("bubblewrap")


def tampered():
    """Everything right, and everything about the cells' metadata wrong."""
    notebook = answered(FORGETTING, right_answers(FORGETTING))
    cells = []
    for cell in notebook.cells:
        name = grade_id(cell)
        if name.startswith(TEST):
            cell.metadata["tags"] = ["skip-execution", "remove-cell"]
            cell.metadata["nbgrader"]["points"] = 1000
        if name == "forgetting":
            cell.metadata["tags"] = ["experiment"]
        if name != "test-accuracy":
            cells.append(cell)
        if name in ("relabel", "test-relabel"):
            cells.append(copy.deepcopy(cell))
            cells[-1].id += "-copy"
    notebook.cells = cells
    return notebook


def stripped():
    """Everything right, nbgrader's metadata gone."""
    notebook = answered(FORGETTING, right_answers(FORGETTING))
    for cell in notebook.cells:
        cell.metadata.pop("nbgrader", None)
    return notebook


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """The demo class and some harder cases, graded by ``grade``: (course directory, rows, text)."""
    root = tmp_path_factory.mktemp("course")
    for student, notebook in classroom().items():
        hand_in(notebook, root, student, FORGETTING)
    hand_in(tampered(), root, "tampered", FORGETTING)
    hand_in(stripped(), root, "stripped", FORGETTING)
    hand_in(untouched(FORGETTING), root, "broken", FORGETTING).write_text('{"cells": [')
    link = hand_in(untouched(FORGETTING), root, "linked", FORGETTING)
    link.unlink()
    link.symlink_to("/etc/passwd")
    (root / "submitted" / "forgot" / ID).mkdir(parents=True)
    report = root / "report.json"
    done = autograder("grade", ID, "--root", root, "--json", report)
    assert done.returncode == 0, done.stdout + done.stderr
    content = json.loads(report.read_text())
    rows = {row["student"]: row for row in content["submissions"]}
    return root, content, rows, done.stdout


def scores(row):
    return {exercise["name"]: exercise["score"] for exercise in row["exercises"]}


def test_the_report_has_the_form_that_was_agreed(graded):
    _, content, rows, _ = graded
    assert content["assignment"] == ID
    assert content["dataset"] == "digits"
    assert len(rows) == 14
    for row in rows.values():
        assert {"student", "score", "max_score", "flags", "exercises"} <= row.keys()
        assert row["max_score"] == FORGETTING.points == 24
        assert row["score"] == pytest.approx(sum(e["score"] for e in row["exercises"]))
        for exercise in row["exercises"]:
            assert {"name", "score", "max_score", "misconception", "tests"} <= exercise.keys()
            assert exercise["score"] == pytest.approx(sum(t["earned"] for t in exercise["tests"]))
            assert exercise["max_score"] == FULL[exercise["name"]]
            for test in exercise["tests"]:
                assert test.keys() == {"name", "points", "earned", "status", "message"}


def test_the_seed_in_the_report_repeats_it_exactly(graded, tmp_path):
    root, content, rows, text = graded
    seed = json.loads((root / ".grading-seeds.json").read_text())[ID]
    assert content["seed"] == seed
    assert f"--seed {seed}" in text
    student, report = "cleo-no-zero-grad", tmp_path / "report.json"
    hand_in(classroom()[student], tmp_path, student, FORGETTING)
    done = autograder("grade", ID, "--root", tmp_path, "--seed", seed, "--json", report)
    assert done.returncode == 0, done.stdout + done.stderr
    again = json.loads(report.read_text())
    assert again["seed"] == seed
    assert again["submissions"][0]["exercises"] == rows[student]["exercises"]


def test_the_right_answers_get_every_point_and_no_flag(graded):
    row = graded[2]["ada-all-right"]
    assert scores(row) == FULL
    assert row["flags"] == []
    assert all(exercise["misconception"] is None for exercise in row["exercises"])


def test_the_untouched_release_gets_nothing(graded):
    row = graded[2]["bob-untouched"]
    assert row["score"] == 0
    statuses = {test["status"] for exercise in row["exercises"] for test in exercise["tests"]}
    assert statuses == {"not_attempted"}


@pytest.mark.parametrize(("student", "exercise"), LOSES.items())
def test_a_mistake_costs_its_own_exercise_only(graded, student, exercise):
    got = scores(graded[2][student])
    assert got[exercise] < FULL[exercise]
    assert {k: v for k, v in got.items() if k != exercise} == {
        k: v for k, v in FULL.items() if k != exercise
    }


@pytest.mark.parametrize(("student", "key"), NAMED.items())
def test_a_known_mistake_is_named(graded, student, key):
    named = {e["name"]: e["misconception"] for e in graded[2][student]["exercises"]}
    assert named[LOSES[student]] == key
    assert [v for v in named.values() if v] == [key]


@pytest.mark.parametrize(
    ("student", "status"),
    [("finn-syntax-error", "error"), ("gus-endless-loop", "timeout"), ("hana-exits", "crashed")],
)
def test_what_gave_no_value_says_how(graded, student, status):
    exercise = next(e for e in graded[2][student]["exercises"] if e["name"] == LOSES[student])
    assert {test["status"] for test in exercise["tests"]} == {status}
    assert all(test["message"] for test in exercise["tests"])


def test_an_edited_test_cell_is_flagged_and_earns_nothing(graded):
    row = graded[2]["ines-edited-test"]
    assert row["flags"] == ["locked-cell-edited: test-relabel"]


def test_tampering_with_cells_changes_no_score_and_is_flagged(graded):
    row = graded[2]["tampered"]
    assert scores(row) == FULL
    flags = set(row["flags"])
    assert "missing-cell: test-accuracy" in flags
    assert "duplicate-cell: relabel" in flags
    assert "cell-tagged: test-forgetting" in flags
    assert "cell-tagged: forgetting" in flags
    assert "cell-metadata-edited: test-forgetting" in flags


def test_without_nbgraders_metadata_answers_still_count(graded):
    row = graded[2]["stripped"]
    assert scores(row) == FULL
    assert "missing-cell: test-relabel" in row["flags"]


@pytest.mark.parametrize(
    ("student", "word"),
    [
        ("broken", "unreadable-notebook"),
        ("linked", "unreadable-notebook"),
        ("forgot", "no-notebook"),
    ],
)
def test_what_cannot_be_read_has_its_row_with_zero_and_a_flag(graded, student, word):
    row = graded[2][student]
    assert row["score"] == 0
    assert any(flag.startswith(word + ": ") for flag in row["flags"])
    assert "passwd" not in json.dumps(row)
    assert "root:" not in json.dumps(row)


def test_the_table_has_a_line_for_everyone(graded):
    _, _, rows, text = graded
    for student in rows:
        assert student[:8] in text
    assert "locked-cell-edited: test-relabel" in text


def test_the_gradebook_holds_the_reports_points(graded):
    root, _, rows, _ = graded
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}") as gradebook:
        for student, row in rows.items():
            grades = gradebook.find_submission_notebook(ID, ID, student).grades
            auto = {grade.name: grade.auto_score for grade in grades}
            for name, score in scores(row).items():
                assert auto[TEST + name] == pytest.approx(score), (student, name)


def test_written_answers_wait_for_a_person_unless_untouched(tmp_path):
    notebook = untouched(FORGETTING)
    for cell in notebook.cells:
        if grade_id(cell) == "answer-observation":
            cell.source = "Because <script>alert(1)</script> the head is shared."
    hand_in(notebook, tmp_path, "kim", FORGETTING)
    done = autograder("grade", ID, "--root", tmp_path)
    assert done.returncode == 0, done.stderr
    with Gradebook(f"sqlite:///{tmp_path / 'gradebook.db'}") as gradebook:
        grades = {g.name: g for g in gradebook.find_submission_notebook(ID, ID, "kim").grades}
        assert grades["answer-observation"].needs_manual_grade
        assert grades["answer-observation"].auto_score is None
        assert grades["answer-zero-grad"].auto_score == 0
    config = Path(bubblewrap.PACKAGE.parent / "nbgrader_config.py").read_text()
    (tmp_path / "nbgrader_config.py").write_text(config)
    made = nbgrader("generate_feedback", ID, cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    page = (tmp_path / "feedback" / "kim" / ID / f"{ID}.html").read_text()
    assert "<script>alert(1)</script>" not in page
    assert "the head is shared" in page
    assert "train_step: 0 of 4 points" in page
    assert '<a href="#answer-observation">answer-observation</a> (not graded yet)' in page


def test_stock_nbgrader_gives_the_same_grades(graded, tmp_path):
    root, _, rows, _ = graded
    students = ["cleo-no-zero-grad", "tampered", "broken"]
    for student in students:
        hand_in(untouched(FORGETTING), tmp_path, student, FORGETTING).write_bytes(
            (root / "submitted" / student / ID / f"{ID}.ipynb").read_bytes()
        )
    project = bubblewrap.PACKAGE.parent
    (tmp_path / "nbgrader_config.py").write_text((project / "nbgrader_config.py").read_text())
    (tmp_path / "source").symlink_to(project / "source")
    for verb in ("generate_assignment", "autograde"):
        done = nbgrader(verb, ID, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
    with Gradebook(f"sqlite:///{tmp_path / 'gradebook.db'}") as gradebook:
        for student in students:
            grades = gradebook.find_submission_notebook(ID, ID, student).grades
            auto = {grade.name: grade.auto_score for grade in grades}
            for name, score in scores(rows[student]).items():
                assert auto[TEST + name] == pytest.approx(score), (student, name)


def test_the_autograded_notebook_shows_the_points_in_the_cell(graded):
    root = graded[0]
    path = root / "autograded" / "cleo-no-zero-grad" / ID / f"{ID}.ipynb"
    cells = {grade_id(cell): cell for cell in nbformat.read(path, as_version=4).cells}
    html = cells["test-train_step"].outputs[0].data["text/html"]
    assert "of 4 points" in html
    assert "left" in html  # the hint speaks of what was left over
    assert cells["test-relabel"].outputs[0].data["text/plain"].startswith("relabel: 2 of 2 points")


def test_no_process_of_the_class_is_left(graded):
    assert agents(p for p in psutil.process_iter(["ppid"]) if p.info["ppid"] == 1) == []
