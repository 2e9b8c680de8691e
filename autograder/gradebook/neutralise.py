"""The last step of grading: nothing of a student's runs on a page that shows the autograded copy.

The copy itself is made harmless, not the pages: nbgrader's feedback, its formgrader, JupyterLab and
nbconvert show it in different ways, and not all of them read this project's configuration.
"""

from __future__ import annotations

import re
from html import escape
from typing import Any

from nbformat import NotebookNode
from nbgrader.preprocessors import NbGraderPreprocessor

from autograder.gradebook.sanitise import GRADING
from autograder.notebooks import instructors_texts, is_test

COLOURS = re.compile(r"\x1b\[[0-9;]*m")
RETURN = re.compile(r"\r\n?")
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
BASE64 = re.compile(r"[A-Za-z0-9+/=\s]+")


class Neutralise(NbGraderPreprocessor):
    """Leaves of what a student wrote and printed the text alone, and PNG pictures."""

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        return neutralise(nb, resources["nbgrader"]["assignment"]), resources


def neutralise(notebook: NotebookNode, assignment: str) -> NotebookNode:
    """The same notebook, changed, made harmless."""
    ours = instructors_texts(assignment)
    notebook.metadata[GRADING] = printable(notebook.metadata[GRADING])
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [_output(output, is_test(cell)) for output in cell.outputs]
        elif cell.source not in ours:
            cell.cell_type, cell.source = "markdown", as_text(cell.source)
    return notebook


def as_text(source: str) -> str:
    """HTML that shows ``source`` as it was typed, but for formulas, which MathJax may set.

    It is one block without empty lines, so Markdown passes it on as it is. What Markdown itself
    would make of the text is not safe: a link may hold a script, a picture asks its server.
    """
    lines = [line.rstrip() for line in escape(printable(source)).splitlines()]
    return f'<div style="white-space: pre-wrap">{"<br>".join(lines)}</div>'


def printable(value: Any) -> Any:
    """The same strings, lists and dicts without what no page or file can hold.

    Colours and other control characters go: nbconvert stumbles over some of them, ``ESC[38m`` for
    one. Half a surrogate pair cannot be written to a file, and is replaced.
    """
    if isinstance(value, str):
        text = CONTROL.sub("", RETURN.sub("\n", COLOURS.sub("", value)))
        return text.encode("utf-8", "replace").decode()
    if isinstance(value, list):
        return [printable(item) for item in value]
    if isinstance(value, dict):
        return NotebookNode({printable(key): printable(item) for key, item in value.items()})
    return value


def _output(output: NotebookNode, ours: bool) -> NotebookNode:
    """Of a display nothing but text and PNG is kept, unless it is our own table."""
    output = printable(output)
    if "data" in output and not ours:
        data = {"text/plain": output.data.get("text/plain", "")}
        png = output.data.get("image/png", "")
        if BASE64.fullmatch(png):
            data["image/png"] = png
        words = {"alt": " ".join(data["text/plain"].split())} if "image/png" in data else {}
        output.data, output.metadata = NotebookNode(data), NotebookNode({"image/png": words})
    return output
