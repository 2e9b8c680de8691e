"""Gives the figures of a notebook an alternative text, which screen readers read out.

JupyterLab and nbconvert show a PNG without one, whatever its metadata say, but keep the ``alt`` of
an image in HTML. So a figure is displayed as that, besides the PNG that it has always been.
"""

from __future__ import annotations

import sys
from html import escape
from typing import Any

from matplotlib.figure import Figure

from course.plots.words import in_words

__all__ = ["describe_figures"]


def describe_figures() -> None:
    """From now on figures that this notebook shows have their words with them.

    Where no notebook is running, nothing happens.
    """
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    if shell is not None:
        # Not one formatter each: Matplotlib clears those of figures when it sets up its own.
        shell.display_formatter.mimebundle_formatter.for_type(Figure, _bundle)


def as_html(figure: Figure) -> str:
    """The figure as an image in HTML, with its words as ``alt``."""
    from IPython.core.pylabtools import print_figure  # only notebooks need it

    words = escape(in_words(figure))
    return f'<img alt="{words}" src="data:image/png;base64,{print_figure(figure, base64=True)}">'


def _bundle(figure: Figure) -> tuple[dict[str, str], dict[str, Any]]:
    """What is shown besides the PNG, by kind; no metadata."""
    return {"text/html": as_html(figure), "text/plain": in_words(figure)}, {}
