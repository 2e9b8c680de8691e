"""The feedback page that a student gets: nbgrader's, such that everybody can read it."""

from __future__ import annotations

from typing import Any

from nbconvert.exporters import HTMLExporter
from nbformat import NotebookNode

# Links are not told by their colour alone, folded hints by their triangle; what is written has a
# contrast of 4.5 to 1.
STYLE = """<style>
a { color: #23527c; text-decoration: underline; }
summary { display: list-item; cursor: pointer; }
div.nbgrader_cell .panel-heading a { color: #ffffff; }
div.input_area, div.input_area div.highlight, div.input_area pre { background: #ffffff; }
</style>
"""


class FeedbackPage(HTMLExporter):
    """nbgrader's page, its language named and with colours that stand out from each other."""

    def from_notebook_node(
        self, nb: NotebookNode, resources: Any = None, **options: Any
    ) -> tuple[Any, dict[str, Any]]:
        """The page of one notebook; what students wrote comes after all that is changed."""
        html, resources = super().from_notebook_node(nb, resources, **options)
        html = html.replace("<html>", '<html lang="en">', 1)
        return html.replace("</head>", f"{STYLE}</head>", 1), resources
