"""Points beside what theory expects of them."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from course.plots.labels import End, at_right
from course.plots.style import (
    COLOURS,
    Array,
    Floats,
    array,
    axes,
    in_percent,
    legend_below,
    numbers,
)
from course.plots.words import amount, tell

__all__ = ["agreement", "expected_band"]


def expected_band(
    x: Array,
    values: Array,
    expected: Array | float,
    low: Array | float,
    high: Array | float,
    ax: Axes | None = None,
    title: str | None = None,
    *,
    xlabel: str = "",
    ylabel: str = "",
    inside: str = "expected range",
    percent: bool = False,
) -> Axes:
    """Points (n,) over x (n,), the value expected of them, and the band where they should lie.

    ``expected``, ``low`` and ``high`` are numbers or (n,). ``inside`` names the band ("99 % of
    fair draws"). Points outside of it are crosses, and the legend counts them. ``percent``: the
    values are fractions and shown in percent.
    """
    places = numbers(x, None, "x")
    points = numbers(values, len(places), "values")
    middle, bottom, top = (
        _everywhere(given, len(places), name)
        for given, name in ((expected, "expected"), (low, "low"), (high, "high"))
    )
    if not (bottom <= top).all():
        raise ValueError("expected low <= high everywhere")
    ax = axes(ax, title)
    order = np.argsort(places, kind="stable")
    across = places[order]
    ax.fill_between(across, bottom[order], top[order], color="0.85", linewidth=0, zorder=0)
    ax.plot(across, middle[order], color="black", linewidth=1)
    out = ~((points >= bottom) & (points <= top))
    looks: dict[str, Any] = {"s": 14, "linewidths": 0.8, "zorder": 2}
    ax.scatter(places[~out], points[~out], color=COLOURS[0], label="inside", marker=".", **looks)
    outside = f"outside: {out.sum()} of {len(out)}"
    ax.scatter(places[out], points[out], color=COLOURS[1], label=outside, marker="x", **looks)
    if percent:
        in_percent(ax.yaxis)
    ax.set_xlabel(xlabel)
    ax.set_ylabel(ylabel)
    end = order[-1]
    right, ends = float(places[end]), (float(middle[end]), float(top[end]))
    at_right(ax, [End(right, ends[0], "expected", "black"), End(right, ends[1], inside, "0.6")])
    legend_below(ax, 0.14)
    least, most = amount(ax.yaxis, bottom.min()), amount(ax.yaxis, top.max())
    tell(ax, [f"{len(out)} points, {outside}", f"{inside}: {least} to {most}"])
    return ax


def agreement(
    x: Array,
    y: Array,
    ax: Axes | None = None,
    title: str | None = None,
    *,
    xlabel: str = "",
    ylabel: str = "",
) -> Axes:
    """Points (n,), (n,) on two logarithmic axes, and the diagonal on which x and y are equal.

    Pairs with a number that is not above 0, or not finite, have no place on these axes: they are
    left out, and the horizontal label says how many.
    """
    first = numbers(x, None, "x")
    second = numbers(y, len(first), "y")
    shown = (first > 0) & (second > 0) & np.isfinite(first) & np.isfinite(second)
    if not shown.any():
        raise ValueError(f"expected pairs of finite numbers above 0, got none of {len(first)}")
    first, second = first[shown], second[shown]
    ax = axes(ax, title, (5.0, 4.5))
    ax.set_xscale("log")
    ax.set_yscale("log")
    both = np.concatenate([first, second])
    limits = both.min() / 1.6, both.max() * 1.6
    ax.plot(limits, limits, color="black", linewidth=1, linestyle="--")
    ax.scatter(first, second, s=12, color=COLOURS[0], alpha=0.5, linewidths=0)
    ax.set_xlim(*limits)
    ax.set_ylim(*limits)
    ax.set_aspect("equal")
    left_out = len(shown) - shown.sum()
    note = f"{left_out} of {len(shown)} left out: not above 0" if left_out else ""
    ax.set_xlabel("\n".join(line for line in (xlabel, note) if line))
    ax.set_ylabel(ylabel)
    at_right(ax, [End(limits[1], limits[1], "equal", "black")])
    low, middle, high = np.quantile(second / first, [0.05, 0.5, 0.95])
    ratios = f"vertical by horizontal: median {middle:.2g}, 9 of 10 from {low:.2g} to {high:.2g}"
    tell(ax, [f"{len(first)} points", ratios])
    return ax


def _everywhere(values: Array | float, count: int, name: str) -> Floats:
    given = array(values)
    if given.ndim == 0:
        return np.full(count, float(given))
    return numbers(given, count, name)
