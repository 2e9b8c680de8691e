"""Accuracies: of each task after each task, and side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from course.plots.labels import End, at_right
from course.plots.lines import draw_lines
from course.plots.style import (
    COLOURS,
    HATCHES,
    MAP,
    Array,
    Floats,
    array,
    axes,
    ink,
    legend_below,
    names_for,
    percent_axis,
)
from course.plots.words import amount, tell

__all__ = ["accuracy_over_tasks", "bars", "heat_map"]


def heat_map(
    R: Array, ax: Axes | None = None, title: str | None = None, names: Sequence[str] | None = None
) -> Axes:
    """The accuracy matrix R (T, T), fractions, as a map with the percentage in every cell.

    Row i: after training on task i; column j: tested on task j. ``names`` are the tasks'.
    """
    matrix = _matrix(R)
    ticks = names_for(names, len(matrix))
    ax = axes(ax, title)
    ax.imshow(matrix, cmap=MAP, vmin=0.0, vmax=1.0)
    for (i, j), value in np.ndenumerate(matrix):
        ax.text(j, i, f"{100 * value:.1f}", ha="center", va="center", color=ink(value))
    ax.set_xticks(range(len(ticks)), ticks)
    ax.set_yticks(range(len(ticks)), ticks)
    ax.set_xlabel("accuracy (%) on task")
    ax.set_ylabel("after training on")
    rows = [", ".join(f"{100 * value:.1f}" for value in row) for row in matrix]
    tell(ax, [f"after {tick}: {row}" for tick, row in zip(ticks, rows, strict=True)])
    return ax


def accuracy_over_tasks(
    R: Array | Mapping[str, Array],
    ax: Axes | None = None,
    title: str | None = None,
    names: Sequence[str] | None = None,
) -> Axes:
    """How accuracy goes on while one task after another is learnt.

    One matrix R (T, T): a line for each task, from the moment it is learnt. Several, by method: a
    line for each method, the mean over the tasks learnt so far.
    """
    several = isinstance(R, Mapping)
    given = R if isinstance(R, Mapping) else {"": R}
    matrices = {label: _matrix(m) for label, m in given.items()}
    sizes = {len(matrix) for matrix in matrices.values()}
    if len(sizes) != 1:
        raise ValueError(f"expected matrices of one size T, got {sorted(sizes)}")
    count = sizes.pop()
    ticks = names_for(names, count)
    steps = np.arange(count)
    if several:
        means = {k: np.array([m[i, : i + 1].mean() for i in steps]) for k, m in matrices.items()}
        lines = {label: (array(steps), mean) for label, mean in means.items()}
    else:
        lines = {ticks[j]: (array(steps[j:]), matrices[""][j:, j]) for j in steps}
    ax = axes(ax, title)
    ax.set_xlim(-0.2, count - 0.8)
    percent_axis(ax)
    draw_lines(ax, lines, marker="o")
    ax.set_xticks(steps, ticks)
    ax.set_xlabel("after training on")
    ax.set_ylabel("mean accuracy on the tasks so far" if several else "accuracy on task")
    return ax


def bars(
    series: Mapping[str, Array],
    ax: Axes | None = None,
    title: str | None = None,
    names: Sequence[str] | None = None,
    *,
    chance: float | Sequence[float] | None = None,
    errors: Mapping[str, Array] | None = None,
    ylabel: str = "accuracy",
) -> Axes:
    """Accuracies side by side: for each label one bar for each name (a task, a setting).

    ``series`` holds fractions, as many for each label as there are names. ``chance`` draws a line
    at the accuracy of guessing, one for all or one for each name; ``errors`` draws error bars of
    these half-lengths.
    """
    heights = {label: np.atleast_1d(array(values)) for label, values in series.items()}
    lengths, count = _fitting(heights, errors or {})
    ticks = names_for(names, count)
    guessing = [] if chance is None else np.atleast_1d(array(chance)).tolist()
    if len(guessing) not in (0, 1, count):
        raise ValueError(f"expected one level of chance or {count}, got {len(guessing)}")
    ax = axes(ax, title)
    width = 0.8 / len(heights)
    for k, (label, values) in enumerate(heights.items()):
        drawn = ax.bar(
            np.arange(count) + (k - (len(heights) - 1) / 2) * width,
            values,
            0.92 * width,
            yerr=lengths.get(label),
            capsize=3,
            label=label,
            color=COLOURS[k % len(COLOURS)],
            hatch=HATCHES[k % len(HATCHES)],
            edgecolor="white",
        )
        written = [f"{100 * value:.1f}" for value in values]
        paper = {"facecolor": "white", "linewidth": 0, "pad": 0.5}  # hides a line behind a number
        ax.bar_label(drawn, written, padding=3, fontsize=8, bbox=paper)
    tops = [values + lengths.get(label, 0.0) for label, values in heights.items()]
    percent_axis(ax, top=max(1.0, *(float(np.nanmax(top, initial=0.0)) for top in tops)) + 0.12)
    _chance(ax, guessing, count)
    ax.set_xticks(range(len(ticks)), ticks)
    ax.set_ylabel(ylabel)
    if len(heights) > 1:
        legend_below(ax, 0.08)
    _tell(ax, heights, ticks, guessing)
    return ax


def _tell(
    ax: Axes, heights: Mapping[str, Floats], ticks: Sequence[str], guessing: Sequence[float]
) -> None:
    """The bars in words, and the levels of chance."""
    rows = dict(heights) | ({"chance": array(guessing)} if guessing else {})
    facts = []
    for label, values in rows.items():
        written = [amount(ax.yaxis, value) for value in values]
        named = zip(ticks, written, strict=True) if len(written) == len(ticks) else [("", *written)]
        facts.append(f"{label}: " + ", ".join(" ".join(pair).strip() for pair in named))
    tell(ax, facts)


def _chance(ax: Axes, levels: Sequence[float], count: int) -> None:
    """One line from edge to edge, or a piece of it at each name."""
    if not levels:
        return
    looks: dict[str, Any] = {"color": "0.25", "linestyle": (0, (1, 1)), "linewidth": 1.5}
    left, right = ax.get_xlim()
    if len(levels) == 1:
        ax.axhline(levels[0], **looks)
    else:
        ax.hlines(levels, np.arange(count) - 0.48, np.arange(count) + 0.48, **looks)
        right = count - 0.52
    at_right(ax, [End(right, levels[-1], "chance", "grey")])
    ax.set_xlim(left, ax.get_xlim()[1])


def _fitting(
    heights: Mapping[str, Floats], errors: Mapping[str, Array]
) -> tuple[dict[str, Floats], int]:
    """The lengths of the error bars, and how many names there are."""
    sizes = {len(values) for values in heights.values()}
    if len(sizes) != 1 or any(values.ndim != 1 for values in heights.values()):
        raise ValueError(f"expected as many values for each label, got {sorted(sizes)}")
    lengths = {label: np.atleast_1d(array(values)) for label, values in errors.items()}
    for label, values in lengths.items():
        if label not in heights or values.shape != heights[label].shape:
            raise ValueError(f"expected errors like the values, got {label!r} {values.shape}")
    return lengths, sizes.pop()


def _matrix(R: Array) -> Floats:
    matrix = array(R)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or not len(matrix):
        raise ValueError(f"expected R (T, T), got {matrix.shape}")
    return matrix
