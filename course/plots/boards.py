"""Methods in the order of what they reached."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from course.plots.style import COLOURS, Array, axes, in_percent, numbers
from course.plots.words import amount, tell

__all__ = ["leaderboard"]


def leaderboard(
    scores: Mapping[str, Array],
    ax: Axes | None = None,
    title: str | None = None,
    *,
    notes: Mapping[str, str] | None = None,
    chance: float | None = None,
    xlabel: str = "average accuracy",
) -> Axes:
    """A row for each label, the highest mean on top: each run, the mean and its standard error.

    ``scores`` holds fractions (runs,) for each label, shown in percent. A small stroke is one run,
    the point their mean, the bar reaches one standard error to either side (with one run there is
    none). The numbers stand at the right, and behind them what ``notes`` says of a label.
    ``chance`` draws a line at the accuracy of guessing.
    """
    runs = {label: numbers(values, None, label) for label, values in scores.items()}
    if not runs:
        raise ValueError("expected at least one row, got none")
    unknown = [label for label in notes or {} if label not in runs]
    if unknown:
        raise ValueError(f"expected notes on {', '.join(runs)}, got one on {unknown[0]!r}")
    means = {label: float(values.mean()) for label, values in runs.items()}
    order = sorted(means, key=lambda label: means[label])
    ax = axes(ax, title, (7.0, 0.32 * len(order) + 1.0))
    for height, label in enumerate(order):
        values, mean = runs[label], means[label]
        error = values.std(ddof=1) / np.sqrt(len(values)) if len(values) > 1 else None
        ax.plot(values, np.full(len(values), height), "|", color="0.45", markersize=9, zorder=2)
        ax.errorbar(mean, height, xerr=error, fmt="o", color=COLOURS[0], capsize=3, zorder=3)
        written = f"{100 * mean:.1f}" + ("" if error is None else f" ± {100 * error:.1f}")
        for text, place in ((written, 1.03), ((notes or {}).get(label, ""), 1.25)):
            where: dict[str, Any] = {"xycoords": ax.get_yaxis_transform(), "annotation_clip": False}
            ax.annotate(text, (place, height), va="center", fontsize=9, **where)
    if chance is not None:
        ax.axvline(chance, color="0.25", linestyle=(0, (1, 1)), linewidth=1.5, zorder=1)
        ax.annotate(
            "chance",
            (chance, 0.0),
            xytext=(3, 0),
            textcoords="offset points",
            rotation=90,
            va="bottom",
        )
    ax.set_yticks(range(len(order)), order)
    ax.set_ylim(-0.6, len(order) - 0.4)
    ax.grid(axis="y", color="0.9", linewidth=0.8)
    ax.set_axisbelow(True)
    in_percent(ax.xaxis)
    ax.set_xlabel(xlabel)
    tell(ax, [f"{label}: {amount(ax.xaxis, means[label])}" for label in reversed(order)])
    return ax
