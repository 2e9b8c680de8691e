"""What a method gives for the old task against what it takes from the new one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from course.plots.labels import End, at_right, beside
from course.plots.style import (
    COLOURS,
    MARKERS,
    STYLES,
    Array,
    Floats,
    axes,
    in_percent,
    numbers,
)
from course.plots.words import amount, tell

__all__ = ["frontier"]

Pairs = dict[str, tuple[Floats, Floats]]


def frontier(
    series: Mapping[str, tuple[Array, Array]],
    ax: Axes | None = None,
    title: str | None = None,
    *,
    names: Mapping[str, Sequence[object]] | None = None,
    errors: Mapping[str, tuple[Array, Array]] | None = None,
    xlabel: str = "accuracy on the old task",
    ylabel: str = "accuracy on the new task",
) -> Axes:
    """For each label accuracies on (old task, new task), fractions (k,) each, joined in order.

    The points of a label are one method at k strengths; ``names`` writes them beside the points.
    Along a grey line the mean of both accuracies is the same. ``errors`` draws error bars of these
    half-lengths, (old, new).
    """
    if not series:
        raise ValueError("expected at least one frontier, got none")
    pairs = {label: _pair(pair, None, label) for label, pair in series.items()}
    for label in (*(names or {}), *(errors or {})):
        if label not in pairs:
            raise ValueError(f"expected labels among {list(pairs)}, got {label!r}")
    bars = {k: _pair(v, len(pairs[k][0]), f"{k} errors") for k, v in (errors or {}).items()}
    for label, texts in (names or {}).items():
        if len(texts) != len(pairs[label][0]):
            raise ValueError(f"{label}: expected {len(pairs[label][0])} names, got {len(texts)}")
    ax = axes(ax, title)
    _limits(ax, pairs)
    _equal_means(ax)
    _draw(ax, pairs, bars)
    ax.set_xlabel(xlabel)
    ax.set_ylabel(ylabel)
    _name_points(ax, pairs, names or {})
    tell(ax, [f"{k}: {_in_words(ax, pair, (names or {}).get(k))}" for k, pair in pairs.items()])
    return ax


def _in_words(ax: Axes, pair: tuple[Floats, Floats], names: Sequence[object] | None) -> str:
    """One label's points: the name where it has one, accuracy across and up."""
    points = [
        f"{amount(ax.xaxis, old)} across and {amount(ax.yaxis, new)} up"
        for old, new in zip(*pair, strict=True)
    ]
    if names is not None:
        points = [f"at {name} {point}" for name, point in zip(names, points, strict=True)]
    return ", ".join(points)


def _draw(ax: Axes, pairs: Pairs, bars: Pairs) -> None:
    last = []
    for k, (label, (old, new)) in enumerate(pairs.items()):
        colour = COLOURS[k % len(COLOURS)]
        looks: dict[str, Any] = {
            "linestyle": STYLES[k % len(STYLES)],
            "marker": MARKERS[k % len(MARKERS)],
        }
        ax.plot(old, new, color=colour, markersize=5, zorder=3, **looks)
        if label in bars:
            x_error, y_error = bars[label]
            ax.errorbar(old, new, y_error, x_error, fmt="none", ecolor=colour, elinewidth=0.8)
        finite = np.flatnonzero(np.isfinite(old) & np.isfinite(new))
        if len(finite):
            last.append(End(float(old[finite[-1]]), float(new[finite[-1]]), label, colour))
    at_right(ax, last)


def _limits(ax: Axes, pairs: Pairs) -> None:
    """From the lowest to the highest accuracy, the same for both axes' ends at 100 %."""
    for setting, axis, part in ((ax.set_xlim, ax.xaxis, 0), (ax.set_ylim, ax.yaxis, 1)):
        values = np.concatenate([pair[part] for pair in pairs.values()])
        finite = values[np.isfinite(values)]
        low, high = (finite.min(), finite.max()) if len(finite) else (0.0, 1.0)
        room = max(0.12 * (high - low), 0.02)
        setting(max(low - room, -0.02), min(high + room, 1.0 + room / 4))
        in_percent(axis)


def _equal_means(ax: Axes) -> None:
    """Grey lines along which the mean of both accuracies is the same, with its percentage."""
    (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
    low, high = (left + bottom) / 2, (right + top) / 2
    step = next(step for step in (0.01, 0.02, 0.05, 0.1, 0.2) if (high - low) / step <= 8)
    looks: dict[str, Any] = {"textcoords": "offset points", "fontsize": 7, "color": "0.45"}
    for mean in np.arange(np.ceil(low / step), np.floor(high / step) + 1) * step:
        ax.axline((mean, mean), slope=-1, color="0.8", linewidth=0.8, zorder=0)
        text = f"mean {100 * mean:.0f}"
        down, up = 2 * mean - bottom, 2 * mean - top  # where it leaves below and comes in above
        if left < down < right - 0.15 * (right - left):
            ax.annotate(text, (down, bottom), xytext=(4, 3), va="bottom", **looks)
        elif left < up < right - 0.15 * (right - left):
            ax.annotate(text, (up, top), xytext=(10, -2), va="top", **looks)


def _name_points(ax: Axes, pairs: Pairs, names: Mapping[str, Sequence[object]]) -> None:
    """Each name beside its point; once, where two lines share a point and its name."""
    named = {
        (round(x, 4), round(y, 4), str(text)): (x, y)
        for label, texts in names.items()
        for x, y, text in zip(*pairs[label], texts, strict=True)
        if np.isfinite(x + y)
    }
    if named:
        beside(ax, np.array(list(named.values())), [key[2] for key in named], _drawn(ax, pairs))


def _drawn(ax: Axes, pairs: Pairs) -> Floats:
    """Points all along the lines and on to their labels, which words had better leave free."""
    right = ax.get_xlim()[1]
    pieces = []
    for old, new in pairs.values():
        steps = np.arange(len(old))
        fine = np.linspace(0, len(old) - 1, 12 * (len(old) - 1) + 1)
        pieces.append(np.stack([np.interp(fine, steps, old), np.interp(fine, steps, new)], axis=1))
        on = np.linspace(old[-1], right, 20)
        pieces.append(np.stack([on, np.full_like(on, new[-1])], axis=1))
    every = np.concatenate(pieces)
    return np.asarray(every[np.isfinite(every).all(axis=1)])


def _pair(pair: tuple[Array, Array], count: int | None, label: str) -> tuple[Floats, Floats]:
    old, new = pair
    first = numbers(old, count, f"{label}: accuracies")
    return first, numbers(new, len(first), f"{label}: accuracies")
