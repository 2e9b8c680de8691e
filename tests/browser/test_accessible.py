"""Pages that the project makes are accessible, as far as a program can tell."""

import matplotlib as mpl
import pytest
from nbconvert.exporters import HTMLExporter
from nbformat.v4 import new_output

mpl.use("Agg")

import matplotlib.pyplot as plt

from autograder import leaderboard
from autograder.assignments import ASSIGNMENTS, FORGETTING
from autograder.gradebook.course import Course
from autograder.insights import page as insights
from autograder.insights.alike import Group
from autograder.insights.summary import summary
from autograder.submissions import answered, hand_in, right_answers, untouched
from course import plots
from course.checks import table
from course.overview import page as overview
from course.plots.alternatives import as_html
from course.plots.words import in_words
from tests.browser.axe import serious
from tests.redteam.page_attacks import PNG
from tests.running import autograder

WORDS = "Figure. Accuracy falls from 99.1 % to 12.3 %."


@pytest.fixture
def opened(new_page, tmp_path):
    """Opens HTML, and closes it again."""
    page = new_page()

    def open_html(html):
        file = tmp_path / "page.html"
        file.write_text(html, encoding="utf-8")
        page.goto(file.as_uri())
        return page

    yield open_html
    page.context.close()


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_every_notebook(opened, assignment):
    html, _ = HTMLExporter().from_notebook_node(untouched(ASSIGNMENTS[assignment]))
    assert serious(opened(html)) == []


def test_a_figure_in_a_notebook(opened):
    notebook = untouched(FORGETTING)
    figure = plots.curves({"naive": ([0, 1], [0.9, 0.1])}).figure
    data = {"text/html": as_html(figure), "image/png": PNG, "text/plain": in_words(figure)}
    plt.close(figure)
    cell = next(cell for cell in notebook.cells if cell.cell_type == "code")
    cell.outputs = [new_output("display_data", data)]
    page = opened(HTMLExporter().from_notebook_node(notebook)[0])
    (picture,) = page.locator("img").all()
    assert picture.get_attribute("alt") == data["text/plain"]
    assert serious(page) == []


@pytest.fixture(scope="module")
def feedback(bubblewrap, tmp_path_factory):
    """A feedback page: one answer is right, one is wrong, the others are missing; a figure."""
    root = tmp_path_factory.mktemp("course")
    right = right_answers(FORGETTING)
    first, second, *_ = right
    wrong = f"def {second}(*arguments):\n    return None"
    notebook = answered(FORGETTING, {first: right[first], second: wrong})
    cell = next(c for c in notebook.cells if "experiment" in c.metadata.get("tags", []))
    cell.outputs = [new_output("display_data", {"image/png": PNG, "text/plain": WORDS})]
    hand_in(notebook, root, "ann", FORGETTING)
    done = autograder("grade", FORGETTING.id, "--root", root)
    assert done.returncode == 0, done.stdout + done.stderr
    return Course(root).feedback(FORGETTING.id, "ann").read_text()


def test_the_feedback(opened, feedback):
    page = opened(feedback)
    assert page.get_by_text("✔ passed").count() > 0
    assert page.locator(".output_png img").get_attribute("alt") == WORDS
    assert serious(page) == []


def test_the_leaderboard(opened):
    places = [leaderboard.Place(1, "ann", (2.0, 3.0)), leaderboard.Place(2, "ben", (1.0, 2.0))]
    html = leaderboard.page("05-showdown", [("task", 3.0), ("all", 5.0)], places)
    assert serious(opened(html)) == []


def result(student, score, status, misconception=None):
    """A row of a report, as far as the page of a class needs it."""
    exercise = {"name": "relabel", "score": score, "max_score": 4.0, "misconception": misconception}
    exercise |= {"hint": "Look at the order of the classes.", "tests": [{"status": status}]}
    flags = ["locked-cell-edited: test-relabel"] if misconception else []
    whole = {"score": score, "max_score": 4.0, "seconds": 1.0 + score, "flags": flags}
    return student, whole | {"exercises": [exercise]}


@pytest.mark.parametrize("names", [False, True])
@pytest.mark.parametrize("much", [False, True])
def test_the_insights(opened, names, much):
    """Of a class in which everything can be seen, and of one with nothing to see."""
    some = [result("ben", 2.0, "failed", "y-in-order"), result("cem", 0.0, "not_attempted")]
    reports = dict([result("ann", 4.0, "passed"), *(some if much else [])])
    shown = {name: name if names else str(n) for n, name in enumerate(reports)}
    groups = [Group(("ann", "ben"), 0.97)] if much else []
    page = opened(insights.page(FORGETTING.id, summary(reports), groups, shown, names))
    assert page.locator("svg").count() == (4 if much else 3)
    assert serious(page) == []


def in_a_notebook(html):
    """A page of a notebook whose first cell showed ``html``."""
    notebook = untouched(FORGETTING)
    cell = next(cell for cell in notebook.cells if cell.cell_type == "code")
    cell.outputs = [new_output("display_data", {"text/html": html})]
    return HTMLExporter().from_notebook_node(notebook)[0]


def test_the_table_of_a_check(opened):
    """With each sign that there is and a hint as in feedback; the notebook's hints are unfolded."""
    rows = [table.Row(f"check {n}", s, "`f` is 3.\nIt is 2.") for n, s in enumerate(table.SIGNS)]
    page = opened(in_a_notebook(table.to_html("relabel: 1 of 6 checks passed", rows, "Look.")))
    hints = page.locator("details")
    hints.evaluate_all("hints => hints.forEach(hint => { hint.open = true })")
    assert hints.count() == 2 * len(FORGETTING.exercises)
    assert page.get_by_text("✘ failed").count() == 1
    assert serious(page) == []


def test_the_table_of_progress(opened):
    rows = [overview.Standing(f"exercise_{n}", s, "why") for n, s in enumerate(overview.SIGNS)]
    sections = [overview.Section("01/01.ipynb", rows), overview.Section("02/02.ipynb", rows)]
    page = opened(in_a_notebook(overview.to_html(sections, ["bad.ipynb is no notebook."])))
    assert page.locator("caption").count() == 2
    assert serious(page) == []


def test_what_cannot_be_read_is_found(opened):
    page = opened('<html><body><p style="color: #ccc">pale</p><img src="x.png"></body></html>')
    rules = {line.partition(":")[0] for line in serious(page)}
    assert rules >= {"color-contrast", "image-alt", "html-has-lang"}
