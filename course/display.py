"""Shows a text in the best form that the place has: a notebook's, or plain."""

from __future__ import annotations

import sys
from collections.abc import Mapping

__all__ = ["show"]


def show(forms: Mapping[str, str]) -> None:
    """Displays ``forms``, texts by MIME type, in a notebook; prints ``"text/plain"`` elsewhere."""
    ipython = sys.modules.get("IPython")
    if ipython is not None and ipython.get_ipython() is not None:
        ipython.display.display(dict(forms), raw=True)
    else:
        print(forms["text/plain"])
