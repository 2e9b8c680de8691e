"""Takes from a submitted notebook what can be graded, and leaves all else.

Nothing of nbformat's is let near the file: its checks take minutes and print thousands of lines
for a notebook that is made for it. What comes out is a small, valid notebook of known shape.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output, new_raw_cell

from autograder.gradebook.files import Unreadable, short

MAX_NODES = 500_000  # lists and objects in the file: a million bytes of "[]" are 25 MB in memory
MAX_CELLS = 1000
MAX_TEXT = 1 << 20  # characters in all cells together
MAX_FIGURES = 4 << 20  # characters of pictures, as base64, and their words in all cells together
MAX_WORDS = 4000  # characters of what stands in for a picture where nobody sees it

SUBMITTED_ID = "submitted_id"
MAKERS = {"code": new_code_cell, "markdown": new_markdown_cell, "raw": new_raw_cell}
NBGRADER_KEYS = ("grade_id", "grade", "solution", "locked", "task", "points", "cell_type")


def parse(text: str) -> dict[str, Any]:
    """The JSON object in ``text``; raises ``Unreadable`` unless it has a list of cells."""
    if text.count("{") + text.count("[") > MAX_NODES:
        raise Unreadable(f"more than {MAX_NODES} lists and objects")
    try:
        content = json.loads(text)
    except RecursionError:
        raise Unreadable("nested too deeply") from None
    except ValueError as error:
        raise Unreadable(f"not a notebook ({type(error).__name__})") from None
    if not isinstance(content, dict) or not isinstance(_raw_cells(content), list):
        raise Unreadable("not a notebook (no list of cells)")
    if len(_raw_cells(content)) > MAX_CELLS:
        raise Unreadable(f"more than {MAX_CELLS} cells")
    return content


def keep(content: dict[str, Any]) -> NotebookNode:
    """A notebook of what is kept of each cell. Raises ``Unreadable`` for too much text."""
    cells = [_cell(cell) for cell in _raw_cells(content) if isinstance(cell, dict)]
    if sum(len(cell.source) for cell in cells) > MAX_TEXT:
        raise Unreadable(f"more than {MAX_TEXT >> 20} MiB of text in its cells")
    room = MAX_FIGURES
    for number, cell in enumerate(cells):
        cell.id = f"cell-{number:03d}"
        for output in cell.get("outputs", []):
            room -= sum(map(len, output.data.values()))
        if room < 0:
            cell.outputs = []
    return new_notebook(cells=cells)


def _raw_cells(content: dict[str, Any]) -> Any:
    """The cells of format 4, or of the worksheets that formats 2 and 3 have."""
    if "cells" in content or not isinstance(content.get("worksheets"), list):
        return content.get("cells")
    sheets = [sheet for sheet in content["worksheets"] if isinstance(sheet, dict)]
    lists = [sheet["cells"] for sheet in sheets if isinstance(sheet.get("cells"), list)]
    return [cell for cells in lists for cell in cells]


def _cell(cell: dict[str, Any]) -> NotebookNode:
    kind = cell.get("cell_type")
    source = _text(cell.get("source", cell.get("input")))  # format 3 says "input"
    if kind == "heading":
        kind = "markdown"
    made = MAKERS[kind if isinstance(kind, str) and kind in MAKERS else "raw"](source)
    metadata = cell.get("metadata")
    if isinstance(metadata, dict):
        made.metadata.update(_metadata(metadata))
    if isinstance(cell.get("id"), str):
        made.metadata[SUBMITTED_ID] = _text(cell["id"])[:100]
    if made.cell_type == "code":
        made.outputs = list(_figures(cell.get("outputs")))
    return made


def _metadata(metadata: dict[str, Any]) -> dict[str, Any]:
    """The metadata that anything is decided by: nbgrader's, and the tags."""
    kept: dict[str, Any] = {}
    given, tags = metadata.get("nbgrader"), metadata.get("tags")
    if isinstance(given, dict):
        kept["nbgrader"] = {key: _scalar(given[key]) for key in NBGRADER_KEYS if key in given}
    if isinstance(tags, list):
        kept["tags"] = sorted({_text(tag)[:100] for tag in tags[:100] if isinstance(tag, str)})
    return kept


def _scalar(value: Any) -> Any:
    """A truth value, number or null as it is, all else as a text."""
    return value if value is None or isinstance(value, (bool, int, float)) else _text(value)[:100]


def _text(value: Any) -> str:
    """A text, or the lines of one, without what no file in UTF-8 can hold; else nothing."""
    if isinstance(value, list):
        value = "".join(line for line in value if isinstance(line, str))
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else ""


def _figures(outputs: Any) -> Iterator[NotebookNode]:
    """The pictures that a student submitted, for whoever grades by hand: PNG and their words."""
    for output in outputs if isinstance(outputs, list) else []:
        data = output.get("data") if isinstance(output, dict) else None
        if not isinstance(data, dict):
            continue
        png = _text(data.get("image/png"))
        if re.fullmatch(r"iVBORw0KGgo[A-Za-z0-9+/=\s]+", png):
            words = _text(data.get("text/plain"))[:MAX_WORDS]
            yield new_output("display_data", {"image/png": png, "text/plain": words})


def oddities(content: dict[str, Any]) -> list[str]:
    """What the notebook says of itself that has no effect here, and is odd."""
    flags = []
    if "cells" not in content:
        flags.append("old-notebook-format: its cells were read all the same")
    metadata = content.get("metadata")
    kernel = metadata.get("kernelspec") if isinstance(metadata, dict) else None
    if isinstance(kernel, dict):
        names = [_text(kernel.get(key)) for key in ("language", "name")]
        said = next((name for name in names if name), "python")
        if not said.lower().startswith("python"):
            flags.append(f"kernel-changed: {short(said)}")
    return flags
