"""Rebuilds a submission from what may be believed: the gradebook's cells and the student's text."""

from __future__ import annotations

from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_notebook
from nbgrader.api import Gradebook
from nbgrader.preprocessors import NbGraderPreprocessor

from autograder.gradebook.cells import MAKERS, SUBMITTED_ID
from autograder.gradebook.files import short
from autograder.gradebook.handed import UNREADABLE
from autograder.gradebook.reading import FLAGS
from autograder.gradebook.truth import Truth, read_truths
from autograder.notebooks import experiment_ids

GRADING = "grading"
FIELDS = ("grade", "solution", "locked", "task", "points", "cell_type")
UNWANTED = {"skip-execution", "remove-cell", "remove_cell", "raises-exception", "experiment"}
MAX_FLAGS = 100


class Sanitise(NbGraderPreprocessor):
    """Mends the cells that the gradebook knows, drops what students may not set, flags both."""

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        info = resources["nbgrader"]
        with Gradebook(info["db_url"]) as gradebook:
            truths = read_truths(gradebook.find_notebook(info["notebook"], info["assignment"]))
        return rebuilt(nb, nb.metadata[FLAGS], truths, info["assignment"]), resources


def rebuilt(
    notebook: NotebookNode, flags: list[str], truths: dict[str, Truth], assignment: str
) -> NotebookNode:
    """The submission as it will be graded; ``flags`` come from reading it."""
    cells, more = mend(notebook.cells, truths, experiment_ids(assignment))
    new = new_notebook(cells=cells)
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    new.metadata = NotebookNode({"kernelspec": kernel, "language_info": {"name": "python"}})
    if not any(flag.startswith(UNREADABLE) for flag in flags):  # else all cells are missing
        flags = flags + more
    new.metadata[GRADING] = {"flags": capped(flags)}
    return new


def mend(
    cells: list[NotebookNode], truths: dict[str, Truth], experiments: frozenset[str]
) -> tuple[list[NotebookNode], list[str]]:
    """The submission's cells, mended, and a flag for each thing that was not as handed out."""
    flags: list[str] = []
    last = {_grade_id(cell): n for n, cell in enumerate(cells)}
    mended, found = [], []
    for n, cell in enumerate(cells):
        name = _grade_id(cell)
        if name and name not in truths:
            flags.append(f"unknown-cell: {short(name)}")
        elif name and last[name] != n:
            flags.append(f"duplicate-cell: {name}")
            if truths[name].locked:
                continue
        elif name:
            found.append(name)
            mended.append(_mend_known(cell, name, truths[name], flags))
            continue
        mended.append(_plain_cell(cell, experiments))
    if found != [name for name in truths if name in found]:
        flags.append("cells-reordered: " + " ".join(found)[:200])
    mended += _missing(truths, found, flags)
    for n, cell in enumerate(mended):
        cell.id = f"cell-{n:03d}"
    return mended, flags


def _mend_known(cell: NotebookNode, name: str, truth: Truth, flags: list[str]) -> NotebookNode:
    source = cell.source
    if cell.cell_type != truth.cell_type:
        flags.append(f"cell-type-changed: {name}")
    if truth.locked and source != truth.source:
        flags.append(f"locked-cell-edited: {name}")
        source = truth.source
    given = cell["metadata"]["nbgrader"]
    if any(key in given and given[key] != truth.metadata.get(key) for key in FIELDS):
        flags.append(f"cell-metadata-edited: {name}")
    if UNWANTED.intersection(cell.metadata.get("tags", [])):
        flags.append(f"cell-tagged: {name}")
    made = MAKERS[truth.cell_type](source)
    made.metadata["nbgrader"] = dict(truth.metadata)
    return made


def _plain_cell(cell: NotebookNode, experiments: frozenset[str]) -> NotebookNode:
    """A cell that the gradebook does not know. Only an experiment keeps its tag and figures."""
    made = MAKERS[cell.cell_type](cell.source)
    named = cell.metadata.get(SUBMITTED_ID) in experiments
    if cell.cell_type == "code" and (named or "experiment" in cell.metadata.get("tags", [])):
        made.metadata["tags"] = ["experiment"]
        made.outputs = cell.outputs
    return made


def _missing(truths: dict[str, Truth], found: list[str], flags: list[str]) -> list[NotebookNode]:
    """The graded cells that are gone.

    A missing stub is not put back: it would define again what the student defined elsewhere.
    """
    back = []
    for name, truth in truths.items():
        if name in found:
            continue
        flags.append(f"missing-cell: {name}")
        if truth.graded:
            made = MAKERS[truth.cell_type](truth.source)
            made.metadata["nbgrader"] = dict(truth.metadata)
            back.append(made)
    return back


def capped(flags: list[str]) -> list[str]:
    """The flags, but for those that only repeat what many others say already."""
    left_out = len(flags) - MAX_FLAGS
    return flags[:MAX_FLAGS] + ([f"more-flags: {left_out}"] if left_out > 0 else [])


def _grade_id(cell: NotebookNode) -> str:
    name = cell.metadata.get("nbgrader", {}).get("grade_id")
    return name if isinstance(name, str) else ""
