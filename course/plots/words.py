"""Figures in words: what stands in for a picture where nobody sees it."""

from __future__ import annotations

from collections.abc import Iterable

from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from course.plots.style import Floats

__all__ = ["amount", "course_of", "in_words", "tell"]

COLOUR_BAR = "<colorbar>"  # Matplotlib's own label of such axes


def tell(ax: Axes, facts: Iterable[str]) -> None:
    """Keeps in words what was drawn on ``ax``: its label, which Matplotlib shows nowhere."""
    ax.set_label("; ".join(facts))


def amount(axis: Axis, value: float) -> str:
    """A value as its axis writes it: in percent, or with three digits."""
    if isinstance(axis.get_major_formatter(), PercentFormatter):
        return f"{100 * value:.1f} %"
    return f"{value:.3g}"


def course_of(axis: Axis, values: Floats) -> str:
    """Where values (n,), all finite, begin and end, and how far they go beyond that."""
    first, last = float(values[0]), float(values[-1])
    if len(values) == 1:
        return amount(axis, first)
    text = f"from {amount(axis, first)} to {amount(axis, last)}"
    if values.min() < min(first, last):
        text += f", lowest {amount(axis, float(values.min()))}"
    if values.max() > max(first, last):
        text += f", highest {amount(axis, float(values.max()))}"
    return text


def in_words(figure: Figure) -> str:
    """The alternative text of a figure: title, axes and what is drawn, panel by panel."""
    panels = [ax for ax in figure.axes if ax.get_label() != COLOUR_BAR]
    texts = [_panel(ax) for ax in panels]
    if len(texts) > 1:
        texts = [f"Panel {n} of {len(texts)}: {text}" for n, text in enumerate(texts, start=1)]
    title = figure.get_suptitle()
    return " ".join(["Figure.", *([f"{title}."] if title else []), *texts])


def _panel(ax: Axes) -> str:
    """One panel's sentences; without any word about it, how much is drawn there."""
    across, up = ax.get_xlabel(), ax.get_ylabel()
    scales = " over ".join(label for label in (up, across) if label)
    drawn = str(ax.get_label()) or f"{len(ax.get_children())} parts without a description"
    sentences = [ax.get_title(), scales, drawn]
    return " ".join(f"{' '.join(text.split())}." for text in sentences if text)
