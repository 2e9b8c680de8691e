"""Every figure comes with words: what is drawn can be read by who does not see it."""

import re
from base64 import b64decode
from html import escape

import matplotlib as mpl
import numpy as np
import pytest

mpl.use("Agg")

import matplotlib.pyplot as plt
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

from course import plots
from course.plots.alternatives import as_html
from course.plots.words import in_words
from tests.course.test_plots import MAKERS, NAMES, R


@pytest.fixture(autouse=True)
def _closed():
    yield
    plt.close("all")


def words(ax):
    return in_words(ax.figure)


@pytest.mark.parametrize("maker", MAKERS)
def test_every_figure_has_words(maker):
    text = words(MAKERS[maker](title="What it is about"))
    assert text.startswith("Figure. What it is about. ")
    assert "without a description" not in text
    assert len(text) > len("Figure. What it is about. ") + 5


def test_lines_are_told_from_end_to_end():
    lines = {"old": (range(3), [0.9, 0.1, 0.5]), "new": ([0], [np.nan])}
    ax = plots.curves(lines, chance=0.5, levels={"joint": 0.97}, xlabel="step")
    assert words(ax) == (
        "Figure. accuracy over step. old: from 90.0 % to 50.0 %, lowest 10.0 %;"
        " joint at 97.0 %; chance at 50.0 %."
    )
    ax = plots.curves({"KL": ([1, 2], [0.00019, 3e-8])}, percent=False, log_y=True)
    assert "KL: from 0.00019 to 3e-08" in words(ax)


def test_bars_and_maps_are_told_number_by_number():
    ax = plots.bars({"naive": [0.277, 0.984]}, names=["even", "odd"], chance=0.2)
    assert words(ax) == "Figure. accuracy. naive: even 27.7 %, odd 98.4 %; chance: 20.0 %."
    each = plots.bars({"naive": [0.1, 0.2]}, names=["even", "odd"], chance=[0.5, 0.1])
    assert "chance: even 50.0 %, odd 10.0 %" in words(each)
    assert "after 2/3: 70.0, 98.0, 45.0;" in words(plots.heat_map(R, names=NAMES))


def test_what_was_not_tried_is_told():
    ax = plots.outcomes([0.1, 1.0], [1, 10], [[0.0, 0.5], [1.0, np.nan]])
    assert "1: 0, 50; 10: 100, not tried." in words(ax)


def test_points_of_a_frontier_have_their_names():
    ax = plots.frontier({"L2": ([0.3, 0.8], [0.9, 0.6])}, names={"L2": ["0", "10"]})
    assert "L2: at 0 30.0 % across and 90.0 % up, at 10 80.0 % across and 60.0 % up." in words(ax)


def test_panels_are_counted_and_a_colour_bar_is_none():
    figure, axes = plt.subplots(2)
    figure.suptitle("Both")
    plots.importance([[0.0, 4.0]], (1, 2), axes[0], labels=["a"])
    axes[1].plot([1, 2])
    text = in_words(figure)
    assert text.startswith("Figure. Both. Panel 1 of 2: 1 images, labelled a; largest pixel")
    assert re.search(r"Panel 2 of 2: \d+ parts without a description\.$", text)


def test_the_alternative_text_stays_text():
    ax = plots.curves({"a": ([0, 1], [0, 1])}, title='"><script>alert(1)</script>')
    html = as_html(ax.figure)
    assert html.count("<") == html.count(">") == 1
    alt, png = re.fullmatch(
        r'<img alt="([^"]*)" src="data:image/png;base64,([^"]*)">', html
    ).groups()
    assert alt == escape(words(ax))
    assert b64decode(png).startswith(b"\x89PNG")


def test_a_notebook_shows_figures_with_their_words():
    draw = "plots.curves({'a': ([0, 1], [0, 1])})\nplt.show()"
    code = f"import matplotlib.pyplot as plt\nfrom course import plots\n{draw}"
    notebook = new_notebook(cells=[new_code_cell(code), new_code_cell(draw)])
    NotebookClient(notebook, timeout=600).execute()
    for cell in notebook.cells:
        data = cell.outputs[-1].data
        assert data["text/plain"].endswith("a: from 0.0 % to 100.0 %.")
        assert data["text/html"].startswith(f'<img alt="{data["text/plain"]}" src="data:image/png;')
        assert b64decode(data["image/png"]).startswith(b"\x89PNG")
