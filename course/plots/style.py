"""What all figures share: colours, styles, percent axes, and arrays from whatever comes in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.ticker import PercentFormatter
from torch import Tensor

__all__ = [
    *("COLOURS", "HATCHES", "MAP", "MARKERS", "STYLES"),
    *("Array", "Floats", "array", "axes", "in_percent", "ink", "legend_below", "names_for"),
    *("numbers", "percent_axis"),
]

Floats = np.ndarray[Any, np.dtype[np.float64]]
Array = Tensor | np.ndarray[Any, Any] | Sequence[Any]

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#000000", "#E69F00", "#56B4E9")
STYLES: tuple[Any, ...] = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 3)), (0, (8, 3)))
HATCHES = ("", "//", "..", "xx", "--", "\\\\", "oo")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
MAP = "cividis"  # from dark blue to yellow, steadily lighter


def axes(ax: Axes | None, title: str | None, size: tuple[float, float] | None = None) -> Axes:
    """The axes to draw on: those given, or those of a new figure."""
    if ax is None:
        ax = plt.subplots(figsize=size, layout="constrained")[1]
    if title is not None:
        ax.set_title(title)
    return ax


def array(values: Any) -> Floats:
    """A float array of a tensor, an array or numbers."""
    if isinstance(values, Tensor):
        values = values.detach().cpu().numpy()
    return np.asarray(values, dtype=float)


def numbers(values: Any, count: int | None, what: str) -> Floats:
    """A float array (count,); ``what`` is its name in the error. Without a count: not empty."""
    given = array(values)
    if given.ndim != 1 or (len(given) != count if count is not None else not len(given)):
        expected = "n" if count is None else count
        raise ValueError(f"expected {what} ({expected},), got {given.shape}")
    return given


def names_for(names: Sequence[str] | None, count: int) -> list[str]:
    """The tasks' names: those given, or their numbers."""
    if names is None:
        return [f"task {number}" for number in range(1, count + 1)]
    if len(names) != count:
        raise ValueError(f"expected {count} names, got {len(names)}")
    return list(names)


def percent_axis(ax: Axes, top: float = 1.05) -> None:
    """A vertical axis from 0 to 100 %, and room above it up to ``top``."""
    ax.set_ylim(0.0, top)
    ax.set_yticks(np.linspace(0.0, 1.0, 6))
    in_percent(ax.yaxis)


def in_percent(axis: Axis) -> None:
    """Fractions are written as whole percents."""
    axis.set_major_formatter(PercentFormatter(1.0))


def legend_below(ax: Axes, down: float, columns: int = 4, **entries: Any) -> None:
    """A legend under the axes, ``down`` of their height below them."""
    looks: dict[str, Any] = {"loc": "upper center", "frameon": False}
    ax.legend(bbox_to_anchor=(0.5, -down), ncols=columns, **looks, **entries)


def ink(share: float) -> str:
    """Black or white: what is read more easily on the colour map at this share of its range."""
    return "black" if share > 0.47 else "white"
