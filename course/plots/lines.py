"""Curves: one line for each label."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from course.plots.labels import End, at_right
from course.plots.style import COLOURS, STYLES, Array, Floats, array, axes, percent_axis
from course.plots.words import amount, course_of, tell

__all__ = ["curves", "draw_lines"]

FEW = 12  # up to so many points of a line are marked: they were measured, what is between was not


def curves(
    lines: Mapping[str, tuple[Array, Array]],
    ax: Axes | None = None,
    title: str | None = None,
    *,
    xlabel: str = "step",
    ylabel: str = "accuracy",
    percent: bool = True,
    chance: float | None = None,
    log_x: bool = False,
    log_y: bool = False,
    bands: Mapping[str, Array] | None = None,
    levels: Mapping[str, float] | None = None,
) -> Axes:
    """A line for each label: (steps, values), two sequences of one length.

    ``percent``: the values are fractions, and the axis goes from 0 to 100 %; else it fits the
    values. ``chance`` draws a line at the accuracy of guessing, ``levels`` other named heights
    (joint training, say). ``bands`` gives some lines a shaded band of this half-width. ``log_x``
    and ``log_y`` ask for logarithmic axes, which hold numbers above 0 only (``log_y`` leaves out
    the others, as it does what is not finite).
    """
    arrays = _checked(lines, bands or {}, log_x)
    widths = {label: array(width) for label, width in (bands or {}).items()}
    if percent and log_y:
        raise ValueError("expected percent=False where log_y is asked for: its axis has no 0")
    ax = axes(ax, title)
    if log_x:
        ax.set_xscale("log")
    if log_y:
        ax.set_yscale("log", nonpositive="mask")
        arrays = {k: (x, np.where(y > 0, y, np.nan)) for k, (x, y) in arrays.items()}
    if percent:
        percent_axis(ax)
    draw_lines(ax, arrays, chance=chance, bands=widths, levels=levels or {})
    if not log_x and all(np.array_equal(x, np.round(x)) for x, _ in arrays.values()):
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_xlabel(xlabel)
    ax.set_ylabel(ylabel)
    return ax


def draw_lines(
    ax: Axes,
    lines: Mapping[str, tuple[Floats, Floats]],
    *,
    marker: str | None = None,
    chance: float | None = None,
    bands: Mapping[str, Floats] | None = None,
    levels: Mapping[str, float] | None = None,
) -> None:
    """Draws the lines, and writes each one's label beside its last finite value."""
    last, facts = [], []
    for k, (label, (x, y)) in enumerate(lines.items()):
        colour, style = COLOURS[k % len(COLOURS)], STYLES[k % len(STYLES)]
        mark = marker or ("." if len(x) <= FEW else None)
        ax.plot(x, y, color=colour, linestyle=style, marker=mark)
        if bands and label in bands:
            low, high = y - bands[label], y + bands[label]
            ax.fill_between(x, low, high, color=colour, alpha=0.2, linewidth=0)
        finite = np.flatnonzero(np.isfinite(y))
        if len(finite):
            last.append(End(float(x[finite[-1]]), float(y[finite[-1]]), label, colour))
            facts.append(f"{label}: {course_of(ax.yaxis, y[finite])}")
    for k, (label, height) in enumerate((levels or {}).items()):
        dashes = (0, (6, 2) + (1, 2) * k)
        ax.axhline(height, color="#404040", linestyle=dashes, linewidth=1, zorder=1)
        last.append(End(ax.get_xlim()[1], height, label, "#404040"))
        facts.append(f"{label} at {amount(ax.yaxis, height)}")
    if chance is not None:
        ax.axhline(chance, color="grey", linestyle=(0, (1, 1)), linewidth=1)
        last.append(End(ax.get_xlim()[1], chance, "chance", "grey"))
        facts.append(f"chance at {amount(ax.yaxis, chance)}")
    at_right(ax, last)
    tell(ax, facts)


def _checked(
    lines: Mapping[str, tuple[Array, Array]], bands: Mapping[str, Array], log_x: bool
) -> dict[str, tuple[Floats, Floats]]:
    if not lines:
        raise ValueError("expected at least one curve, got none")
    arrays = {label: (array(x), array(y)) for label, (x, y) in lines.items()}
    for label, (x, y) in arrays.items():
        if x.ndim != 1 or x.shape != y.shape or not len(x):
            raise ValueError(f"{label}: expected as many steps as values, got {x.shape}, {y.shape}")
        if log_x and not (x > 0).all():
            raise ValueError(f"{label}: expected steps above 0 on a log axis, got {x.min()}")
    for label, width in bands.items():
        if label not in arrays:
            raise ValueError(f"expected bands of {list(arrays)}, got one of {label!r}")
        if array(width).shape != arrays[label][1].shape:
            expected = arrays[label][1].shape
            raise ValueError(f"{label}: expected a band {expected}, got {array(width).shape}")
    return arrays
