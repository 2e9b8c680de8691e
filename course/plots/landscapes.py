"""Losses over a plane of weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from course.plots.labels import beside
from course.plots.style import COLOURS, MARKERS, STYLES, Array, Floats, array, axes, legend_below
from course.plots.words import tell

__all__ = ["landscape"]

LEVELS = 7  # contour lines of each loss
RADII = (0.1, 0.2, 0.3)  # of the ellipses drawn, as shares of the plane's shorter side

Plane = tuple[float, float, float, float]


def landscape(
    first: Array,
    second: Array,
    extent: Plane,
    ax: Axes | None = None,
    title: str | None = None,
    *,
    points: Mapping[str, tuple[float, float]] | None = None,
    ellipses: Mapping[str, tuple[tuple[float, float], Array]] | None = None,
    labels: tuple[str, str] = ("old task", "new task"),
    xlabel: str = "",
    ylabel: str = "",
) -> Axes:
    """Contour lines of two losses (m, m) over one plane: row i at height y, column j at x.

    ``extent`` (x0, x1, y0, y1) is where the first and last columns and rows lie. The contours of
    one loss divide the plane into equal areas. ``points`` are marked with their label.
    ``ellipses`` {label: (centre, M (2, 2))} are the curves (p - centre)^T M (p - centre) = constant
    of a symmetric M without negative eigenvalues, at three constants that fit the plane: what
    counts is their shape. Both axes have one scale, so a circle is a circle.
    """
    grids = [_grid(first, "first"), _grid(second, "second")]
    if grids[0].shape != grids[1].shape:
        raise ValueError(f"expected two grids alike, got {grids[0].shape} and {grids[1].shape}")
    x0, x1, y0, y1 = extent
    if not (x0 < x1 and y0 < y1):
        raise ValueError(f"expected an extent (x0, x1, y0, y1) with x0 < x1, y0 < y1, got {extent}")
    marked = {label: array(place) for label, place in (points or {}).items()}
    for label, place in marked.items():
        if place.shape != (2,):
            raise ValueError(f"expected {label!r} at (x, y), got {place.shape}")
    drawn = {k: _rings(k, *given, min(x1 - x0, y1 - y0)) for k, given in (ellipses or {}).items()}
    ax = axes(ax, title, (6.0, 5.5))
    _contours(ax, grids, extent)
    for k, rings in enumerate(drawn.values(), start=2):
        for ring in rings:
            ax.plot(*ring, color=COLOURS[k % len(COLOURS)], linestyle=STYLES[k % len(STYLES)])
    ax.set_xlim(x0, x1)
    ax.set_ylim(y0, y1)
    ax.set_aspect("equal")
    ax.set_xlabel(xlabel)
    ax.set_ylabel(ylabel)
    _legend(ax, (*(f"loss of the {label}" for label in labels), *drawn))
    _mark(ax, marked)
    lines = ", ".join((*(f"loss of the {label}" for label in labels), *drawn))
    places = [f"{label} at {x:.2g} across, {y:.2g} up" for label, (x, y) in marked.items()]
    tell(ax, [f"contour lines: {lines}", *places])
    return ax


def _contours(ax: Axes, grids: list[Floats], extent: Plane) -> None:
    rows, columns = grids[0].shape
    across, up = np.linspace(*extent[:2], columns), np.linspace(*extent[2:], rows)
    for k, grid in enumerate(grids):
        finite = grid[np.isfinite(grid)]
        levels = np.unique(np.quantile(finite, np.linspace(0.04, 0.88, LEVELS)))
        levels = levels[(levels > finite.min()) & (levels < finite.max())]
        if not len(levels):
            continue  # the same loss everywhere
        masked = np.ma.masked_invalid(grid)
        looks: dict[str, Any] = {"colors": COLOURS[k], "linestyles": STYLES[k], "linewidths": 1.0}
        lines = ax.contour(across, up, masked, levels, **looks)
        ax.clabel(lines, levels[::2], fontsize=7, fmt="%.2g")


def _mark(ax: Axes, points: Mapping[str, Floats]) -> None:
    for k, (x, y) in enumerate(points.values()):
        marker = MARKERS[k % len(MARKERS)]
        ax.plot(x, y, marker, color="black", markeredgecolor="white", markersize=8, zorder=4)
    if points:
        places = np.stack(list(points.values()))
        beside(ax, places, list(points), places)
        for text in ax.texts[-len(points) :]:
            text.set_bbox({"facecolor": "white", "alpha": 0.8, "linewidth": 0, "pad": 0.8})
            text.set_zorder(5)


def _legend(ax: Axes, labels: tuple[str, ...]) -> None:
    handles = [
        Line2D([], [], color=COLOURS[k % len(COLOURS)], linestyle=STYLES[k % len(STYLES)])
        for k in range(len(labels))
    ]
    legend_below(ax, 0.1, 2, handles=handles, labels=labels)


def _rings(label: str, centre: tuple[float, float], M: Array, side: float) -> list[Floats]:
    """Curves (2, n) of equal distance as M measures it, the widest 0.3 of ``side`` on average."""
    middle, matrix = array(centre), array(M)
    if middle.shape != (2,) or matrix.shape != (2, 2):
        raise ValueError(
            f"expected {label!r} as centre (2,) and matrix (2, 2), got {middle.shape} "
            f"and {matrix.shape}"
        )
    values, vectors = np.linalg.eigh((matrix + matrix.T) / 2)
    if not np.allclose(matrix, matrix.T) or values[1] <= 0 or values[0] < -1e-6 * values[1]:
        raise ValueError(f"{label}: expected a symmetric matrix without negative eigenvalues")
    axes_of = 1 / np.sqrt(np.maximum(values, 1e-6 * values[1]))
    axes_of *= side / np.sqrt(axes_of.prod())
    angle = np.linspace(0.0, 2 * np.pi, 361)
    unit = vectors @ (axes_of[:, None] * np.stack([np.cos(angle), np.sin(angle)]))
    return [middle[:, None] + radius * unit for radius in RADII]


def _grid(values: Array, name: str) -> Floats:
    grid = array(values)
    if grid.ndim != 2 or min(grid.shape) < 2 or not np.isfinite(grid).any():
        raise ValueError(f"expected {name} (m, m) of losses, some finite, got {grid.shape}")
    return grid
