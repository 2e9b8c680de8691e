"""Submissions that are nearly the same, though most students wrote something else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import nbformat
from nbformat import NotebookNode
from sklearn.cluster import DBSCAN
from sklearn.feature_extraction.text import TfidfVectorizer

from autograder.assignments import find
from autograder.gradebook import handed
from autograder.gradebook.course import Course
from autograder.insights.grams import grams
from autograder.notebooks import grade_id, instructors_cells
from autograder.release import RELEASE

ALIKE = 0.8  # cosine of two submissions from which on they count as nearly the same
COMMON = 0.1  # what more than this part of the class wrote is nobody's own, ...
COMMON_COUNT = 10  # ... unless fewer than this many wrote it
ENOUGH = 40  # runs of tokens of one's own: with fewer there is nothing to compare


@dataclass(frozen=True)
class Group:
    """Students whose submissions are alike, and how alike on average, from 0 to 1."""

    students: tuple[str, ...]
    likeness: float


def groups(course: Course, assignment: str, students: list[str]) -> list[Group]:
    """The groups among the students' submissions, the most alike first.

    Compared are the cells that students write, code and prose. What stands in the handed-out
    notebook or in the instructor's counts for nothing.
    """
    given, limit = _given(assignment), course.limits().notebook
    own = {}
    for student in students:
        path = course.notebook("submitted", student, assignment)
        notebook, _ = handed.read(handed.find(path, limit))
        own[student] = _grams(notebook.cells, assignment) - given
    return alike(own)


def alike(own: Mapping[str, frozenset[int]]) -> list[Group]:
    """Groups among students by the runs of tokens that are their own."""
    counts = Counter(gram for found in own.values() for gram in found)
    most = max(COMMON_COUNT, COMMON * len(own))
    kept = {s: [gram for gram in found if counts[gram] <= most] for s, found in own.items()}
    students = [student for student, found in kept.items() if len(found) >= ENOUGH]
    if len(students) < 2:
        return []
    texts = [kept[student] for student in students]
    vectors = TfidfVectorizer(analyzer=list).fit_transform(texts)
    labels = DBSCAN(eps=1 - ALIKE, min_samples=2, metric="cosine").fit_predict(vectors)
    found = []
    for label in sorted(set(labels) - {-1}):
        members = [n for n, other in enumerate(labels) if other == label]
        likeness = _likeness(vectors[members])
        found.append(Group(tuple(sorted(students[n] for n in members)), likeness))
    return sorted(found, key=lambda group: (-group.likeness, group.students))


def _likeness(vectors: Any) -> float:
    """The mean cosine of each two of the rows, which have length 1."""
    count = vectors.shape[0]
    total = vectors.sum(axis=0)
    square = float((total @ total.T).item())
    return min(1.0, (square - count) / (count * (count - 1)))


def _given(assignment: str) -> frozenset[int]:
    """The runs in the handed-out notebook and in the instructor's."""
    released = nbformat.read(RELEASE / assignment / f"{assignment}.ipynb", as_version=4).cells
    return _grams(released, assignment) | _grams(list(instructors_cells(assignment)), assignment)


def _grams(cells: list[NotebookNode], assignment: str) -> frozenset[int]:
    names = {exercise.name for exercise in find(assignment).exercises}
    wanted = [c for c in cells if grade_id(c) in names or grade_id(c).startswith("answer-")]
    return frozenset().union(*(grams(c.source, c.cell_type == "code") for c in wanted))
