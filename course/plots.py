"""Figures: arrays in, Matplotlib ``Axes`` out. Nothing here calls ``plt.show()``.

Accuracies come in as fractions and are shown in percent. What differs in colour differs in line
style or hatching too and is labelled where it ends, so that every figure can be read in grey. The
colours are those of Okabe and Ito (2008), which colour-blind people can tell apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, PercentFormatter
from torch import Tensor

__all__ = ["accuracy_over_tasks", "bars", "curves", "heat_map", "images"]

Array = Tensor | np.ndarray[Any, Any] | Sequence[Any]

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#000000", "#E69F00", "#56B4E9")
STYLES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 3)), (0, (8, 3)))
HATCHES = ("", "//", "..", "xx", "--", "\\\\", "oo")


def heat_map(
    R: Array, ax: Axes | None = None, title: str | None = None, names: Sequence[str] | None = None
) -> Axes:
    """The accuracy matrix R (T, T), fractions, as a map with the percentage in every cell.

    Row i: after training on task i; column j: tested on task j. ``names`` are the tasks'.
    """
    matrix = _matrix(R)
    ticks = _names(names, len(matrix))
    ax = _axes(ax, title)
    ax.imshow(matrix, cmap="cividis", vmin=0.0, vmax=1.0)
    for (i, j), value in np.ndenumerate(matrix):
        colour = "black" if value > 0.47 else "white"
        ax.text(j, i, f"{100 * value:.1f}", ha="center", va="center", color=colour)
    ax.set_xticks(range(len(ticks)), ticks)
    ax.set_yticks(range(len(ticks)), ticks)
    ax.set_xlabel("accuracy (%) on task")
    ax.set_ylabel("after training on")
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
    ticks = _names(names, count)
    steps = np.arange(count)
    if several:
        means = {k: np.array([m[i, : i + 1].mean() for i in steps]) for k, m in matrices.items()}
        lines = {label: (steps, mean) for label, mean in means.items()}
    else:
        lines = {ticks[j]: (steps[j:], matrices[""][j:, j]) for j in steps}
    ax = _axes(ax, title)
    ax.set_xlim(-0.2, count - 0.8)
    _percent(ax)
    _lines(ax, lines, marker="o")
    ax.set_xticks(steps, ticks)
    ax.set_xlabel("after training on")
    ax.set_ylabel("mean accuracy on the tasks so far" if several else "accuracy on task")
    return ax


def curves(
    lines: Mapping[str, tuple[Array, Array]],
    ax: Axes | None = None,
    title: str | None = None,
    *,
    xlabel: str = "step",
    ylabel: str = "accuracy",
    percent: bool = True,
    chance: float | None = None,
) -> Axes:
    """A line for each label: (steps, values), two sequences of one length.

    ``percent``: the values are fractions, and the axis goes from 0 to 100 %; else it fits the
    values. ``chance`` draws a line at the accuracy of guessing.
    """
    if not lines:
        raise ValueError("expected at least one curve, got none")
    arrays = {label: (_array(x), _array(y)) for label, (x, y) in lines.items()}
    for label, (x, y) in arrays.items():
        if x.ndim != 1 or x.shape != y.shape or not len(x):
            raise ValueError(f"{label}: expected as many steps as values, got {x.shape}, {y.shape}")
    ax = _axes(ax, title)
    if percent:
        _percent(ax)
    _lines(ax, arrays, chance=chance)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_xlabel(xlabel)
    ax.set_ylabel(ylabel)
    return ax


def bars(
    series: Mapping[str, Array],
    ax: Axes | None = None,
    title: str | None = None,
    names: Sequence[str] | None = None,
    *,
    chance: float | None = None,
    errors: Mapping[str, Array] | None = None,
    ylabel: str = "accuracy",
) -> Axes:
    """Accuracies side by side: for each label one bar for each name (a task, a setting).

    ``series`` holds fractions, as many for each label as there are names. ``chance`` draws a line
    at the accuracy of guessing, ``errors`` error bars of these half-lengths.
    """
    heights = {label: np.atleast_1d(_array(values)) for label, values in series.items()}
    sizes = {len(values) for values in heights.values()}
    if len(sizes) != 1 or any(values.ndim != 1 for values in heights.values()):
        raise ValueError(f"expected as many values for each label, got {sorted(sizes)}")
    ticks = _names(names, sizes.pop())
    ax = _axes(ax, title)
    width = 0.8 / len(heights)
    for k, (label, values) in enumerate(heights.items()):
        drawn = ax.bar(
            np.arange(len(values)) + (k - (len(heights) - 1) / 2) * width,
            values,
            0.92 * width,
            yerr=None if errors is None else np.atleast_1d(_array(errors[label])),
            capsize=3,
            label=label,
            color=COLOURS[k % len(COLOURS)],
            hatch=HATCHES[k % len(HATCHES)],
            edgecolor="white",
        )
        ax.bar_label(drawn, [f"{100 * value:.1f}" for value in values], padding=2, fontsize=8)
    _percent(ax)
    _lines(ax, {}, chance=chance)
    ax.set_xticks(range(len(ticks)), ticks)
    ax.set_ylabel(ylabel)
    if len(heights) > 1:
        ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.08), ncols=4, frameon=False)
    return ax


def images(
    x: Array,
    shape: tuple[int, int],
    ax: Axes | None = None,
    title: str | None = None,
    labels: Sequence[object] | None = None,
    *,
    columns: int = 10,
) -> Axes:
    """Rows x (n, d) as a grid of n images of ``shape`` (height, width), a label above each."""
    pixels = _array(x)
    height, width = shape
    if pixels.ndim != 2 or pixels.shape[1] != height * width or not len(pixels):
        raise ValueError(f"expected x (n, {height * width}), got {pixels.shape}")
    if labels is not None and len(labels) != len(pixels):
        raise ValueError(f"expected {len(pixels)} labels, got {len(labels)}")
    columns = min(columns, len(pixels))
    gap = 1 if labels is None else height // 2 + 1
    rows = -(-len(pixels) // columns)
    ax = _axes(ax, title, (0.6 * columns, 0.6 * rows * (1 + gap / height)))
    grid = np.full((rows * (height + gap), columns * (width + 1)), np.nan)
    for k, image in enumerate(pixels.reshape(-1, height, width)):
        top, left = k // columns * (height + gap) + gap, k % columns * (width + 1)
        grid[top : top + height, left : left + width] = image
        if labels is not None:
            middle = left + (width - 1) / 2
            ax.text(middle, top - 0.7, str(labels[k]), ha="center", va="bottom", fontsize=8)
    ax.imshow(grid, cmap="gray_r")
    ax.set_axis_off()
    return ax


def _axes(ax: Axes | None, title: str | None, size: tuple[float, float] | None = None) -> Axes:
    if ax is None:
        ax = plt.subplots(figsize=size, layout="constrained")[1]
    if title is not None:
        ax.set_title(title)
    return ax


def _array(values: Array) -> np.ndarray[Any, Any]:
    if isinstance(values, Tensor):
        values = values.detach().cpu().numpy()
    return np.asarray(values, dtype=float)


def _matrix(R: Array) -> np.ndarray[Any, Any]:
    matrix = _array(R)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or not len(matrix):
        raise ValueError(f"expected R (T, T), got {matrix.shape}")
    return matrix


def _names(names: Sequence[str] | None, count: int) -> list[str]:
    if names is None:
        return [f"task {number}" for number in range(1, count + 1)]
    if len(names) != count:
        raise ValueError(f"expected {count} names, got {len(names)}")
    return list(names)


def _percent(ax: Axes) -> None:
    ax.set_ylim(0.0, 1.05)
    ax.set_yticks(np.linspace(0.0, 1.0, 6))
    ax.yaxis.set_major_formatter(PercentFormatter(1.0))


def _lines(
    ax: Axes,
    lines: Mapping[str, tuple[Any, Any]],
    *,
    marker: str | None = None,
    chance: float | None = None,
) -> None:
    """Draws the lines, and writes each one's label beside its last finite value."""
    ends = []
    for k, (label, (x, y)) in enumerate(lines.items()):
        colour, style = COLOURS[k % len(COLOURS)], STYLES[k % len(STYLES)]
        ax.plot(x, y, color=colour, linestyle=style, marker=marker)
        finite = np.flatnonzero(np.isfinite(y))
        if len(finite):
            ends.append((float(y[finite[-1]]), float(x[finite[-1]]), label, colour))
    if chance is not None:
        ax.axhline(chance, color="grey", linestyle=(0, (1, 1)), linewidth=1)
        ends.append((chance, ax.get_xlim()[1], "chance", "grey"))
    ends.sort()
    for place, (y_end, x_end, label, colour) in zip(
        _spread([end[0] for end in ends], ax.get_ylim()), ends, strict=True
    ):
        ax.annotate(
            label,
            (x_end, y_end),
            xytext=(1.03, place),
            textcoords=ax.get_yaxis_transform(),
            va="center",
            arrowprops={"arrowstyle": "-", "color": colour, "shrinkB": 2},
        )


def _spread(heights: Sequence[float], limits: tuple[float, float]) -> list[float]:
    """Heights in rising order, moved apart so that no label is written over another."""
    bottom, top = limits
    gap = 0.06 * (top - bottom)
    places: list[float] = []
    for height in heights:  # up, away from the one below
        places.append(max(height, places[-1] + gap) if places else height)
    for k in reversed(range(len(places))):  # and down again, off the upper edge
        top = min(top, places[k])
        places[k] = top
        top -= gap
    return places
