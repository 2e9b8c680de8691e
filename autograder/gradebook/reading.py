"""Reads a submitted notebook, whatever it is, without ever failing the class."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

import nbformat
from nbconvert.exporters import NotebookExporter
from nbformat import NotebookNode
from nbformat.v4 import new_notebook

from autograder.limits import Limits

FLAGS = "grading_flags"


class Unreadable(ValueError):
    """The file is no notebook that could be graded; the text says why."""


def read_notebook(path: Path, limit: int) -> NotebookNode:
    """The notebook at ``path``, as nbformat 4. Raises ``Unreadable``. Follows no link."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            info = os.fstat(descriptor)
            if not stat.S_ISREG(info.st_mode):
                raise Unreadable("not a regular file")
            if info.st_size > limit:
                raise Unreadable(f"{info.st_size >> 20} MiB, more than {limit >> 20} MiB")
            text = file.read(limit + 1).decode("utf-8", "replace")
    except OSError as error:
        reason = "a link" if os.path.islink(path) else (error.strerror or str(error))
        raise Unreadable(reason) from None
    return parse_notebook(text)


def parse_notebook(text: str) -> NotebookNode:
    """The notebook in ``text``; raises ``Unreadable`` unless it has a list of cells."""
    try:
        notebook = nbformat.reads(text, as_version=4)
        cells = notebook["cells"]
        if not isinstance(cells, list) or not all(isinstance(cell, dict) for cell in cells):
            raise Unreadable("its cells are not a list of cells")
    except RecursionError:
        raise Unreadable("nested too deeply") from None
    except Unreadable:
        raise
    except Exception as error:  # noqa: BLE001 - nbformat raises whatever it stumbles over
        raise Unreadable(f"not a notebook ({type(error).__name__})") from None
    return notebook


def read_submission(path: Path) -> tuple[NotebookNode, list[str]]:
    """The notebook and no flag, or an empty notebook and a flag that says why."""
    try:
        return read_notebook(path, Limits().notebook), []
    except Unreadable as reason:
        return new_notebook(), [f"unreadable-notebook: {reason}"]


class SubmissionExporter(NotebookExporter):
    """Reads a submission. One that cannot be read counts as empty and carries a flag."""

    def from_filename(
        self, filename: str, resources: dict[str, Any] | None = None, **kw: Any
    ) -> tuple[Any, dict[str, Any]]:
        """Never raises: the class goes on."""
        resources = dict(resources or {})
        path = Path(filename)
        resources["metadata"] = {"name": path.stem, "path": str(path.parent), "modified_date": ""}
        notebook, resources[FLAGS] = read_submission(path)
        return self.from_notebook_node(notebook, resources, **kw)
