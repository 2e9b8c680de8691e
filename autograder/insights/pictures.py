"""The page's pictures: SVG to stand in HTML, each with a title and a description to read out."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Sequence
from html import escape
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from autograder.insights.summary import Summary
from course.plots.style import COLOURS, in_percent

WIDTH = 7.2  # inches
MOST_BARS = 20


def points(found: Summary) -> str:
    """How many students came to how many points."""
    title = f"Points: half of the class has {found.median:.3g} or more of {found.most:g}"
    edges = np.linspace(0.0, found.most, 11)
    counts = np.histogram(found.points, edges)[0]
    described = [
        f"{low:g} to {high:g} points: {count}"
        for low, high, count in zip(edges, edges[1:], counts, strict=False)
    ]

    def draw(ax: Axes) -> None:
        ax.hist(found.points, edges.tolist(), color=COLOURS[0], edgecolor="white")
        ax.axvline(found.median, color=COLOURS[1], linestyle="--", label="median")
        ax.set(xlabel="points of the hidden tests", ylabel="submissions", xlim=(0, found.most))
        ax.legend(frameon=False)
        _whole(ax)

    return _svg("points", title, described, draw)


def exercises(found: Summary) -> str:
    """The mean fraction of the points that each exercise earned, the hardest on top."""
    hardest = found.exercises[0]
    title = f"Exercises: the hardest is {hardest.name}, {hardest.mean:.0%} of its points"
    rows = [(exercise.name, exercise.mean) for exercise in found.exercises]
    described = [f"{name}: {share:.0%}" for name, share in rows]

    def draw(ax: Axes) -> None:
        _bars(ax, rows, "points earned on average", "{:.0%}")
        ax.set_xlim(0, 1.12)
        ax.set_xticks(np.linspace(0, 1, 6))
        in_percent(ax.xaxis)

    return _svg("exercises", title, described, draw, 1.0 + 0.34 * len(rows))


def mistakes(found: Summary) -> str:
    """How many students made each of the commonest mistakes."""
    shown = found.mistakes[:MOST_BARS]
    first = shown[0]
    count = len(first.students)
    times = f"{count} times" if count > 1 else "once"
    title = f"Mistakes: the commonest is {first.key}, {times}"
    rows = [(f"{m.exercise}: {m.key}", float(len(m.students))) for m in shown]
    described = [f"{name}: {number:g}" for name, number in rows]

    def draw(ax: Axes) -> None:
        _bars(ax, rows, "submissions", "{:g}")
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        ax.margins(x=0.1)

    return _svg("mistakes", title, described, draw, 1.0 + 0.34 * len(rows))


def seconds(found: Summary) -> str:
    """How long submissions took to grade."""
    middle = float(np.median(found.seconds))
    title = f"Time: half of the submissions took {middle:.2g} seconds or less to grade"
    counts, edges = np.histogram(found.seconds, 10, (0.0, max(*found.seconds, 1.0)))
    described = [
        f"{low:.3g} to {high:.3g} seconds: {count}"
        for low, high, count in zip(edges, edges[1:], counts, strict=False)
    ]

    def draw(ax: Axes) -> None:
        ax.hist(found.seconds, edges.tolist(), color=COLOURS[2], edgecolor="white", hatch="//")
        ax.set(xlabel="seconds of grading", ylabel="submissions")
        _whole(ax)

    return _svg("seconds", title, described, draw)


def _bars(ax: Axes, rows: Sequence[tuple[str, float]], label: str, form: str) -> None:
    names, values = zip(*rows, strict=True)
    bars = ax.barh(range(len(rows)), values, color=COLOURS[0])
    ax.bar_label(bars, [form.format(value) for value in values], padding=3)
    ax.set_yticks(range(len(rows)), names)
    ax.invert_yaxis()
    ax.set_xlabel(label)


def _whole(ax: Axes) -> None:
    """Submissions are counted in whole numbers."""
    ax.yaxis.set_major_locator(MaxNLocator(integer=True))


def _svg(
    name: str, title: str, described: list[str], draw: Callable[[Axes], None], height: float = 3.0
) -> str:
    """An ``svg`` element; ids in it begin with ``name``, so several can stand in one page."""
    figure = Figure((WIDTH, height), layout="constrained")
    ax = figure.subplots()
    draw(ax)
    figure.suptitle(title, x=0.01, ha="left", fontsize="medium")
    ax.spines[["top", "right"]].set_visible(False)
    settings: Any = {"svg.fonttype": "none", "svg.hashsalt": name, "font.family": "sans-serif"}
    text = io.StringIO()
    nothing = dict.fromkeys(("Creator", "Date", "Format", "Type"))
    with matplotlib.rc_context(settings):
        figure.savefig(text, format="svg", metadata=nothing)
    drawing = text.getvalue()
    drawing = re.sub(r'<g id="[^"]*">', "<g>", drawing[drawing.index("<svg") :])
    drawing = re.sub(r'(id="|url\(#|href="#)', rf"\1{name}-", drawing)
    start, _, rest = drawing.partition(">")
    start += f' role="img" aria-labelledby="{name}-title {name}-desc"'
    words = f'<title id="{name}-title">{escape(title)}</title>'
    words += f'<desc id="{name}-desc">{escape(", ".join(described))}.</desc>'
    return f"{start}>{words}{rest}"
