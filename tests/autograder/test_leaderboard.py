"""05-showdown from the command line: a small class is graded, and its leaderboard made."""

import inspect
import json
import re
from html.parser import HTMLParser

import pytest

from autograder.assignments import SHOWDOWN
from autograder.leaderboard import places
from autograder.quality.right import right_05
from autograder.submissions import answered, hand_in, untouched
from tests.running import autograder

pytestmark = pytest.mark.usefixtures("bubblewrap")

NEAREST = "import numpy as np\nimport torch\n\n\n" + inspect.getsource(right_05.Learner_3)
NEAREST = NEAREST.replace("@right\n", "").replace("Learner_3", "Learner")
# It keeps what it saw where that is lost; its state is a network's worth of nothing.
FORGETFUL = NEAREST.replace(
    '{"rows": torch.from_numpy(self.kept), ', '{"rows": torch.zeros(1, 64), '
)


class Cells(HTMLParser):
    """The texts of a page's table cells, row by row."""

    def __init__(self, page):
        super().__init__()
        self.rows = []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_data(self, data):
        if self.rows and self.rows[-1] and data.strip():
            self.rows[-1][-1] += data.strip()


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """A course directory in which three are graded, and the report by student."""
    root = tmp_path_factory.mktemp("showdown")
    hand_in(answered(SHOWDOWN, {"Learner": NEAREST}), root, "ann", SHOWDOWN)
    hand_in(answered(SHOWDOWN, {"Learner": FORGETFUL}), root, "ben", SHOWDOWN)
    hand_in(untouched(SHOWDOWN), root, "cem", SHOWDOWN)
    packed = f"PACKED = {'x' * 40_000!r}\n{NEAREST}"
    hand_in(answered(SHOWDOWN, {"Learner": packed}), root, "dot", SHOWDOWN)
    report = root / "report.json"
    done = autograder("grade", SHOWDOWN.id, "--root", root, "--json", report)
    assert done.returncode == 0, done.stdout + done.stderr
    rows = json.loads(report.read_text())["submissions"]
    return root, {row["student"]: row for row in rows}


def test_learners_are_graded_by_how_far_they_come(graded):
    _, rows = graded
    assert {row["max_score"] for row in rows.values()} == {30.0}
    assert rows["ann"]["score"] == 30.0
    assert rows["ann"]["flags"] == rows["ben"]["flags"] == []
    assert 0 <= rows["ben"]["score"] < 10
    (learner,) = rows["ben"]["exercises"]
    assert learner["misconception"] == "state-incomplete"
    assert {test["status"] for test in learner["tests"]} <= {"failed", "error"}
    assert (rows["dot"]["score"], rows["dot"]["flags"]) == (30.0, ["large-cell: Learner"])
    assert rows["cem"]["score"] == 0.0
    assert {t["status"] for t in rows["cem"]["exercises"][0]["tests"]} == {"not_attempted"}


def test_the_leaderboard_shows_the_class_best_first(graded):
    root, rows = graded
    done = autograder("leaderboard", "--root", root)
    assert (done.returncode, done.stdout) == (0, f"written: {root / 'leaderboard.html'}\n")
    page = (root / "leaderboard.html").read_text()
    head, first, *others = Cells(page).rows
    assert head[:2] == ["Place", "Student"]
    assert [re.search(r"\[(\w+)\]", cell)[1] for cell in head[2:5]] == ["task", "domain", "class"]
    assert first == ["1", "ann", "10.0", "10.0", "10.0", "30.0"]
    assert [row[:2] for row in others] == [["1", "dot"], ["3", "ben"], ["3", "cem"]]
    assert float(others[1][5]) == pytest.approx(rows["ben"]["score"], abs=0.05)
    assert "4 graded" in page


def test_the_leaderboard_can_leave_out_who_is_who(graded, tmp_path):
    root, _ = graded
    page = tmp_path / "board.html"
    done = autograder("leaderboard", "--root", root, "--output", page, "--anonymous")
    assert done.returncode == 0, done.stderr
    assert not any(name in page.read_text() for name in ("ann", "ben", "cem"))


def test_nowhere_to_write(graded):
    done = autograder("leaderboard", "--root", graded[0], "--output", "/no/such/page.html")
    assert done.returncode == 2
    assert "--output: there is no directory /no/such" in done.stderr


def test_equal_points_share_a_place():
    tests = [{"name": "a", "points": 10.0, "earned": 4.0}]
    report = {"score": 4.0, "max_score": 10.0, "exercises": [{"tests": tests}]}
    better = {**report, "score": 5.0}
    found = places({"x": report, "y": better, "z": report, "w": {**report, "score": 1.0}})
    assert [(place.number, place.student) for place in found] == [
        (1, "y"),
        (2, "x"),
        (2, "z"),
        (4, "w"),
    ]


@pytest.mark.parametrize(
    ("arguments", "words"), [((), "no graded"), (("--assignment", "9"), "'9'")]
)
def test_no_leaderboard_of_nothing(arguments, words, tmp_path):
    done = autograder("leaderboard", "--root", tmp_path, *arguments)
    assert done.returncode == 2
    assert words in done.stderr
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
