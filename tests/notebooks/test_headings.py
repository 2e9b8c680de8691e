"""Headings of every notebook, in order: a screen reader goes by them."""

import re
from itertools import pairwise

import pytest

from autograder.assignments import ASSIGNMENTS
from autograder.notebooks import instructors_cells

FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^(#+) +\S", re.MULTILINE)


def levels(texts):
    """The levels of all headings, 1 for the title."""
    return [len(mark) for text in texts for mark in HEADING.findall(FENCED.sub("", text))]


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_no_level_is_left_out(assignment):
    texts = [cell.source for cell in instructors_cells(assignment) if cell.cell_type == "markdown"]
    found = levels(texts)
    assert found[0] == 1
    assert found.count(1) == 1
    assert all(level <= before + 1 for before, level in pairwise(found))
    assert [text for text in texts if "<img" in text or "![" in text] == [], "needs an alt text"


def test_code_is_no_heading():
    assert levels(["# T\n```python\n# comment\n```\n### Deep", "no # heading"]) == [1, 3]
