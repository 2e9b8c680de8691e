"""Small classes for tests of the runner: quick submissions, and what the gradebook has of them."""

import json

from nbgrader.api import Gradebook

from autograder.assignments import FORGETTING
from autograder.demo import FINAL_ROW_IN_MAXIMUM
from autograder.notebooks import TEST
from autograder.submissions import answered, hand_in, right_answers, untouched
from tests.running import autograder

ID = FORGETTING.id
QUICK = ("select_classes", "relabel", "average_accuracy", "forgetting", "backward_transfer")
RIGHT = right_answers(FORGETTING)


def some(*names, **others):
    """The release with the right answers of these exercises, and with other code for others."""
    return answered(FORGETTING, {**{name: RIGHT[name] for name in names}, **others})


def hand_in_a_class(root):
    """Four students: most right, one mistake, nothing done, and nothing handed in."""
    hand_in(some(*QUICK), root, "ann", FORGETTING)
    hand_in(some(*QUICK, forgetting=FINAL_ROW_IN_MAXIMUM.lstrip()), root, "ben", FORGETTING)
    hand_in(untouched(FORGETTING), root, "cem", FORGETTING)
    (root / "submitted" / "dan" / ID).mkdir(parents=True)
    return root


def grade(root, *more, **environment):
    """What ``grade`` printed, and the rows of its report by student, less times."""
    report = root / "report.json"
    done = autograder("grade", ID, "--root", root, "--json", report, *more, **environment)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Traceback" not in done.stderr, done.stderr
    rows = json.loads(report.read_text())["submissions"]
    return done.stdout, {row.pop("student"): row for row in rows if row.pop("seconds") is not None}


def in_gradebook(url):
    """Every student's automatic points by cell, and which of them wait for a person."""
    found = {}
    with Gradebook(url) as gradebook:
        for submission in gradebook.find_assignment(ID).submissions:
            (notebook,) = submission.notebooks
            found[submission.student_id] = {
                grade.name: (grade.auto_score, grade.needs_manual_grade)
                for grade in notebook.grades
            }
    return found


def points(row):
    """The points of a row by test cell."""
    return {TEST + exercise["name"]: exercise["score"] for exercise in row["exercises"]}
