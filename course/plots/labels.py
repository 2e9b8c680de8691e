"""Words in figures, placed so that none is written over another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from course.plots.style import Floats

__all__ = ["End", "at_right", "beside"]

SMALL = 8  # points, the size of words inside the axes


@dataclass(frozen=True)
class End:
    """Where a line ends, in data coordinates, and what is written there."""

    x: float
    y: float
    label: str
    colour: str


def at_right(ax: Axes, ends: Sequence[End]) -> None:
    """Writes each label to the right of the axes, at the height where its line ends."""
    heights = [_height(ax, end.y) for end in ends]
    order = sorted(range(len(ends)), key=lambda k: heights[k])
    for place, k in zip(_spread([heights[k] for k in order]), order, strict=True):
        ax.annotate(
            ends[k].label,
            (ends[k].x, ends[k].y),
            xytext=(1.03, place),
            textcoords="axes fraction",
            va="center",
            arrowprops={"arrowstyle": "-", "color": ends[k].colour, "shrinkB": 2},
        )


def beside(ax: Axes, points: Floats, texts: Sequence[str], keep_off: Floats) -> None:
    """Writes each text beside its point (n, 2), where it covers least.

    ``keep_off`` (m, 2) are places, in data coordinates as the points, that are better left free.
    """
    if isinstance(ax.figure, Figure):
        ax.figure.draw_without_rendering()  # gives the axes their final size
    scale = 72 / ax.figure.dpi
    where = scale * ax.transData.transform(points)
    taken = [_box(x, y, 4.0, 4.0) for x, y in scale * ax.transData.transform(keep_off)]
    frame = scale * ax.get_window_extent().get_points().ravel()
    for point, (x, y), text in zip(points, where, texts, strict=True):
        width, height = 0.62 * SMALL * len(text), 1.1 * SMALL
        offsets = [
            (dx * (width / 2 + far), dy * (height / 2 + far))
            for far in (6.0, 10.0, 16.0)
            for dx, dy in ((1, 0), (0, 1), (0, -1), (-1, 0), (1, 1), (1, -1), (-1, 1), (-1, -1))
        ]
        boxes = [_box(x + dx, y + dy, width, height) for dx, dy in offsets]
        best = min(range(len(boxes)), key=lambda k: _covered(boxes[k], taken, frame) + 0.01 * k)
        taken.append(boxes[best])
        ax.annotate(
            text,
            (float(point[0]), float(point[1])),
            xytext=offsets[best],
            textcoords="offset points",
            fontsize=SMALL,
            ha="center",
            va="center",
        )


def _height(ax: Axes, y: float) -> float:
    """The data coordinate y as a fraction of the axes' height."""
    bottom, top, here = ax.transScale.transform([(1.0, v) for v in (*ax.get_ylim(), y)])[:, 1]
    return float((here - bottom) / (top - bottom))


def _spread(heights: Sequence[float], gap: float = 0.06) -> list[float]:
    """Heights from 0 to 1 in rising order, moved apart by at least ``gap``."""
    places: list[float] = []
    for height in heights:  # up, away from the one below
        places.append(max(height, places[-1] + gap) if places else height)
    top = 1.0
    for k in reversed(range(len(places))):  # and down again, off the upper edge
        top = min(top, places[k])
        places[k] = top
        top -= gap
    return places


def _box(x: float, y: float, width: float, height: float) -> Floats:
    return np.array([x - width / 2, y - height / 2, x + width / 2, y + height / 2])


def _covered(box: Floats, taken: Sequence[Floats], frame: Floats) -> float:
    """The area of ``box`` that is taken, and what lies outside ``frame`` ten times over."""
    others = np.array([*taken, frame])
    sides = np.minimum(box[2:], others[:, 2:]) - np.maximum(box[:2], others[:, :2])
    areas = np.clip(sides, 0.0, None).prod(axis=1)
    outside = (box[2:] - box[:2]).prod() - areas[-1]
    return float(areas[:-1].sum() + 10 * outside)
