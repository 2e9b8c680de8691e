"""How often something happened, over a grid of two settings."""

from __future__ import annotations

import numpy as np
from matplotlib import patheffects
from matplotlib.axes import Axes

from course.plots.labels import End, at_right
from course.plots.style import MAP, Array, Floats, array, axes, ink, numbers
from course.plots.words import tell

__all__ = ["outcomes"]


def outcomes(
    x: Array,
    y: Array,
    share: Array,
    ax: Axes | None = None,
    title: str | None = None,
    *,
    xlabel: str = "",
    ylabel: str = "",
    bound: tuple[Array, Array] | None = None,
    what: str = "share of runs",
) -> Axes:
    """Shares (len(y), len(x)) in [0, 1], one for each pair of settings, in percent.

    ``x`` and ``y`` are the settings, above 0 and rising; each has one column or row, as wide as the
    next. ``bound`` (x values, y values) is drawn as a line, labelled "theory": between two settings
    it goes by their logarithms. ``what`` says what the shares are of. A share that is NaN was not
    tried.
    """
    across, up = _settings(x, "x"), _settings(y, "y")
    shares = array(share)
    if shares.shape != (len(up), len(across)):
        raise ValueError(f"expected share ({len(up)}, {len(across)}), got {shares.shape}")
    if (np.isfinite(shares) & ((shares < 0) | (shares > 1))).any():
        low, high = np.nanmin(shares), np.nanmax(shares)
        raise ValueError(f"expected shares in [0, 1], got {low:g} to {high:g}")
    line = None if bound is None else _bound(bound, across, up)
    ax = axes(ax, title)
    ax.imshow(shares, cmap=MAP, vmin=0.0, vmax=1.0, origin="lower", aspect="auto")
    ax.set_facecolor("0.9")
    for (i, j), value in np.ndenumerate(shares):
        if np.isfinite(value):
            text = ax.text(j, i, f"{100 * value:.0f}", ha="center", va="center", zorder=5)
            text.set_color(ink(value))
            paper = "white" if ink(value) == "black" else "black"
            text.set_path_effects([patheffects.withStroke(linewidth=2, foreground=paper)])
    ax.set_xticks(range(len(across)), [f"{value:g}" for value in across])
    ax.set_yticks(range(len(up)), [f"{value:g}" for value in up])
    ax.set_xlabel(f"{xlabel}\nnumbers: {what}, %".lstrip())
    ax.set_ylabel(ylabel)
    if line is not None:
        _draw_bound(ax, line)
    rows = [", ".join(map(_percent, row)) for row in shares]
    tell(ax, [f"{value:g}: {row}" for value, row in zip(up, rows, strict=True)])
    return ax


def _percent(share: float) -> str:
    return f"{100 * share:.0f}" if np.isfinite(share) else "not tried"


def _draw_bound(ax: Axes, line: tuple[Floats, Floats]) -> None:
    limits = ax.get_xlim(), ax.get_ylim()
    outline = [patheffects.Stroke(linewidth=4, foreground="black"), patheffects.Normal()]
    ax.plot(*line, color="white", linewidth=2, path_effects=outline)
    ax.set_xlim(*limits[0])
    ax.set_ylim(*limits[1])
    fine = np.linspace(0, len(line[0]) - 1, 50 * len(line[0]))
    path = np.stack([np.interp(fine, np.arange(len(part)), part) for part in line])
    low, high = np.array(limits).T[:, :, None]
    seen = path[:, ((path >= low) & (path <= high)).all(axis=0)]
    if seen.size:
        at_right(ax, [End(float(seen[0, -1]), float(seen[1, -1]), "theory", "black")])


def _bound(bound: tuple[Array, Array], across: Floats, up: Floats) -> tuple[Floats, Floats]:
    """The line in columns and rows."""
    first = numbers(bound[0], None, "bound x")
    second = numbers(bound[1], len(first), "bound y")
    if not ((first > 0).all() and (second > 0).all()):
        raise ValueError("expected a bound above 0 in x and y")
    return _place(first, across), _place(second, up)


def _place(values: Floats, settings: Floats) -> Floats:
    """Where values lie among the settings, counted from 0, straight on beyond the outer ones."""
    if len(settings) == 1:
        return np.asarray(np.log(values / settings[0]))
    logs, here = np.log(settings), np.log(values)
    k = np.clip(np.searchsorted(logs, here) - 1, 0, len(logs) - 2)
    return np.asarray(k + (here - logs[k]) / (logs[k + 1] - logs[k]))


def _settings(values: Array, name: str) -> Floats:
    given = numbers(values, None, name)
    if not (given > 0).all() or not (np.diff(given) > 0).all():
        raise ValueError(f"expected {name} above 0 and rising, got {given.tolist()}")
    return given
