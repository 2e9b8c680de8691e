"""What is graded again and what stands, and how it comes into the gradebook."""

import json
import shutil

import nbformat
import pytest

from autograder import sandbox
from autograder.assignments import FORGETTING
from autograder.cluster import workers
from autograder.gradebook.course import Course
from autograder.gradebook.database import sqlite_file
from autograder.runner import ClassRun
from autograder.submissions import hand_in, untouched
from tests.autograder.classes import ID, QUICK, hand_in_a_class, in_gradebook, points, some

pytestmark = pytest.mark.usefixtures("bubblewrap")


@pytest.fixture(scope="module")
def grade():
    """Grades a class here: how many submissions stood, and the rows by student, less times."""
    with workers(ID, count=1) as client:

        def run(root, seed=3, force=False):
            course = Course(root, {"seed": seed})
            found = list(ClassRun(course, FORGETTING, force).rows(course.submissions(ID), client))
            rows = {row.student: row.to_json() for row in found}
            for row in rows.values():
                row.pop("seconds")
            return sum(row.before for row in found), rows

        yield run


@pytest.fixture(scope="module")
def graded(tmp_path_factory, grade):
    """A class that was graded: (course directory, how many stood, rows)."""
    root = hand_in_a_class(tmp_path_factory.mktemp("class"))
    return root, *grade(root)


@pytest.fixture
def again(graded, tmp_path):
    """A copy of it, for one test to change."""
    root = tmp_path / "class"
    shutil.copytree(graded[0], root)
    return root


def url(root):
    return Course(root).url


def test_the_gradebook_has_what_the_report_says(graded):
    root, _, rows = graded
    found = in_gradebook(url(root))
    assert set(found) == set(rows) == {"ann", "ben", "cem", "dan"}
    for student, row in rows.items():
        for cell, score in points(row).items():
            assert found[student][cell] == (score, False)
    assert rows["ann"]["score"] > rows["ben"]["score"] > rows["cem"]["score"] == 0
    assert rows["dan"]["flags"] == [f"no-notebook: {ID}.ipynb is not there"]


def test_a_second_run_grades_nothing_and_says_the_same(graded, again, grade):
    stood, rows = grade(again)
    assert stood == 3  # who handed nothing in has no receipt
    assert rows == graded[2]


def test_only_what_changed_is_graded_again(graded, again, grade):
    hand_in(some(*QUICK), again, "cem", FORGETTING)
    stood, rows = grade(again)
    assert stood == 2
    assert rows["cem"]["score"] == rows["ann"]["score"]
    assert {s: rows[s] for s in ("ann", "ben")} == {s: graded[2][s] for s in ("ann", "ben")}


def beside(root):
    (root / "submitted" / "ann" / ID / "more.txt").write_text("x")


def later(root):
    folder = root / "submitted" / "ann" / ID
    (folder / "timestamp.txt").write_text("2025-01-31 12:00:00 UTC")
    (folder / "submission_secret.txt").write_text("0a" * 64)


@pytest.mark.parametrize("change", [beside, later])
def test_what_lies_beside_a_notebook_counts_as_a_change(again, change, grade):
    change(again)
    assert grade(again)[0] == 2


def test_another_seed_grades_all_again(again, grade):
    assert grade(again, seed=4)[0] == 0


def test_force_grades_all_again(graded, again, grade):
    stood, rows = grade(again, force=True)
    assert stood == 0
    assert rows == graded[2]


def test_an_older_gradebook_is_filled_again(graded, again, grade):
    sqlite_file(url(again)).unlink()
    stood, rows = grade(again)
    assert stood == 0
    assert rows == graded[2]
    assert in_gradebook(url(again)) == in_gradebook(url(graded[0]))


def test_a_receipt_that_was_edited_does_not_count(again, grade):
    path = Course(again).notebook("autograded", "cem", ID)
    notebook = json.loads(path.read_text())
    notebook["metadata"]["grading"]["exercises"][0]["score"] = 2.0
    path.write_text(json.dumps(notebook))
    assert grade(again)[0] == 2


def test_what_ended_its_process_is_graded_again(tmp_path, grade):
    ends = "import os\ndef forgetting(R):\n    os._exit(0)\n"
    hand_in(some("relabel", forgetting=ends), tmp_path, "eve", FORGETTING)
    hand_in(untouched(FORGETTING), tmp_path, "fay", FORGETTING)
    first = grade(tmp_path)
    stood, rows = grade(tmp_path)
    assert stood == 1
    assert rows == first[1]


def test_points_given_by_hand_stay(again, grade):
    with Course(again).gradebook() as gradebook:
        mark = gradebook.find_grade("answer-observation", ID, ID, "ann")
        mark.manual_score = 2.5
        gradebook.db.commit()
    grade(again, force=True)
    with Course(again).gradebook() as gradebook:
        mark = gradebook.find_grade("answer-observation", ID, ID, "ann")
        assert (mark.manual_score, mark.needs_manual_grade) == (2.5, True)


LATE = """
from nbgrader.plugins import BasePlugin
class OneAnHour(BasePlugin):
    def late_submission_penalty(self, student_id, score, total_seconds_late):
        return total_seconds_late / 3600
c.AssignLatePenalties.plugin_class = OneAnHour
"""


def test_who_is_late_is_penalised_by_the_courses_own_plugin(again, grade):
    config = (Course(again).root / "nbgrader_config.py").resolve()
    ours = sandbox.bubblewrap.PACKAGE.parent / "nbgrader_config.py"
    config.write_text(ours.read_text() + LATE)
    with Course(again).gradebook() as gradebook:
        gradebook.update_or_create_assignment(ID, duedate="2025-01-31 10:00:00 UTC")
    later(again)
    grade(again)
    with Course(again).gradebook() as gradebook:
        found = {
            s.student_id: s.late_submission_penalty
            for s in gradebook.find_assignment(ID).submissions
        }
    assert found["ann"] == 2.0
    assert not found["ben"]


def test_files_of_the_assignment_are_beside_the_autograded_notebook(again, grade):
    source = again / "source" / ID
    shutil.copytree(sandbox.bubblewrap.PACKAGE.parent / "source" / ID, source)
    (source / "figures").mkdir()
    (source / "figures" / "one.txt").write_text("a figure")
    later(again)
    grade(again, force=True)
    folder = Course(again).notebook("autograded", "ann", ID).parent
    assert (folder / "figures" / "one.txt").read_text() == "a figure"
    assert (folder / "timestamp.txt").read_text() == "2025-01-31 12:00:00 UTC"
    assert (folder / "submission_secret.txt").read_text() == "0a" * 64
    assert nbformat.read(folder / f"{ID}.ipynb", as_version=4).cells
