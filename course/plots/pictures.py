"""Rows of numbers shown as the images that they are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import ScalarFormatter

from course.plots.style import MAP, Array, Floats, array, axes
from course.plots.words import tell

__all__ = ["images", "importance"]


def images(
    x: Array,
    shape: tuple[int, int],
    ax: Axes | None = None,
    title: str | None = None,
    *,
    labels: Sequence[object] | None = None,
    columns: int = 10,
) -> Axes:
    """Rows x (n, d) as a grid of n images of ``shape`` (height, width), a label above each."""
    pixels = _pixels(x, shape, labels, "x")
    ax, grid = _grid(pixels, shape, ax, title, labels, columns, 0.6)
    ax.imshow(grid, cmap="gray_r")
    tell(ax, [_in_words(pixels, labels)])
    return ax


def importance(
    values: Array,
    shape: tuple[int, int],
    ax: Axes | None = None,
    title: str | None = None,
    *,
    labels: Sequence[object] | None = None,
    columns: int = 10,
) -> Axes:
    """Rows (k, d) of numbers from 0 up (a Fisher of input weights) as k images of ``shape``.

    One scale for all, from 0 to the largest, which the colour bar shows. ``labels`` are written
    above the images; ``columns`` is how many stand side by side, at most.
    """
    pixels = _pixels(values, shape, labels, "values")
    if not (pixels >= 0).all() or not np.isfinite(pixels).all():
        raise ValueError(f"expected finite values from 0 up, got {pixels.min()}, {pixels.max()}")
    ax, grid = _grid(pixels, shape, ax, title, labels, columns, 1.0)
    drawn = ax.imshow(grid, cmap=MAP, vmin=0.0, vmax=pixels.max() or 1.0)
    form = ScalarFormatter()
    form.set_powerlimits((-3, 4))
    bar = ax.figure.colorbar(drawn, ax=ax, fraction=0.05, pad=0.02, aspect=15, format=form)
    bar.outline.set_visible(False)
    largest = ", ".join(f"{value:.2g}" for value in pixels.max(axis=1))
    tell(ax, [_in_words(pixels, labels), f"largest pixel of each: {largest}"])
    return ax


def _in_words(pixels: Floats, labels: Sequence[object] | None) -> str:
    """How many images, and what is written above them."""
    above = "" if labels is None else f", labelled {', '.join(map(str, labels))}"
    return f"{len(pixels)} images{above}"


def _grid(
    pixels: Floats,
    shape: tuple[int, int],
    ax: Axes | None,
    title: str | None,
    labels: Sequence[object] | None,
    columns: int,
    inches: float,
) -> tuple[Axes, Floats]:
    """Axes with the labels written, and one large image of all, NaN between them.

    On a new figure each image is ``inches`` wide.
    """
    height, width = shape
    columns = min(columns, len(pixels))
    gap = 1 if labels is None else height // 2 + 1
    rows = -(-len(pixels) // columns)
    ax = axes(ax, title, (inches * columns, inches * rows * (1 + gap / height) + 0.3))
    grid = np.full((rows * (height + gap), columns * (width + 1)), np.nan)
    for k, image in enumerate(pixels.reshape(-1, height, width)):
        top, left = k // columns * (height + gap) + gap, k % columns * (width + 1)
        grid[top : top + height, left : left + width] = image
        if labels is not None:
            middle = left + (width - 1) / 2
            ax.text(middle, top - 0.7, str(labels[k]), ha="center", va="bottom", fontsize=8)
    ax.set_axis_off()
    return ax, grid


def _pixels(x: Array, shape: tuple[int, int], labels: Sequence[object] | None, name: str) -> Floats:
    pixels = array(x)
    height, width = shape
    if pixels.ndim != 2 or pixels.shape[1] != height * width or not len(pixels):
        raise ValueError(f"expected {name} (n, {height * width}), got {pixels.shape}")
    if labels is not None and len(labels) != len(pixels):
        raise ValueError(f"expected {len(pixels)} labels, got {len(labels)}")
    return pixels
