"""The feedback page that a student gets: nbgrader's, such that everybody can read it."""

from __future__ import annotations

import re
from typing import Any

from nbconvert.exporters import HTMLExporter
from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.preprocessors import GetGrades

from autograder.notebooks import TEST

# Links are not told by their colour alone, folded hints by their triangle; what is written has a
# contrast of 4.5 to 1.
STYLE = """<style>
a { color: #23527c; text-decoration: underline; }
summary { display: list-item; cursor: pointer; }
div.nbgrader_cell .panel-heading a { color: #ffffff; }
div.input_area, div.input_area div.highlight, div.input_area pre { background: #ffffff; }
@media print { a.anchor-link { display: none; } }
</style>
"""
ENTRY = re.compile(r'(<li><a href="#([^"]+)">)(?:Test cell|Written response)</a> (\([^)]*\))')
WAITING = "waiting"


class Grades(GetGrades):
    """nbgrader's points, and which written answers nobody has graded yet."""

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """Called by nbgrader; the names of those cells are in ``resources`` afterwards."""
        nb, resources = super().preprocess(nb, resources)
        info = resources["nbgrader"]
        with Gradebook(info["db_url"]) as gradebook:
            of_student = (info["notebook"], info["assignment"], info["student"])
            grades = gradebook.find_submission_notebook(*of_student).grades
            resources[WAITING] = {
                grade.name
                for grade in grades
                if grade.needs_manual_grade and grade.manual_score is None
            }
        return nb, resources


class FeedbackPage(HTMLExporter):
    """nbgrader's page, its language named and with colours that stand out from each other."""

    def from_notebook_node(
        self, nb: NotebookNode, resources: Any = None, **options: Any
    ) -> tuple[Any, dict[str, Any]]:
        """The page of one notebook; what students wrote comes after all that is changed."""
        html, resources = super().from_notebook_node(nb, resources, **options)
        html = html.replace("<html>", '<html lang="en">', 1)
        contents, end, rest = html.partition("</ol>")  # nothing of a student's stands before it
        waiting = resources.get(WAITING, set())
        html = ENTRY.sub(lambda entry: _named(entry, waiting), contents) + end + rest
        return html.replace("</head>", f"{STYLE}</head>", 1), resources


def _named(entry: re.Match[str], waiting: set[str]) -> str:
    """A line of the table of contents that says which exercise it is, not only of what kind."""
    name = entry[2]
    score = "(not graded yet)" if name in waiting else entry[3]
    return f"{entry[1]}{name.removeprefix(TEST)}</a> {score}"
