"""Mark schemes are shown to whoever grades by hand, and to nobody else."""

import copy

import pytest

from autograder.assignments import ASSIGNMENTS
from autograder.gradebook.rubric import ShowMarkSchemes, mark_schemes
from autograder.notebooks import grade_id
from autograder.submissions import untouched

FORMGRADER = {"submission_id": "5f1c", "notebook_id": "n"}


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_every_written_answer_has_its_scheme_above_it(assignment):
    notebook = untouched(ASSIGNMENTS[assignment])
    step = ShowMarkSchemes()
    shown, _ = step.preprocess(notebook, {**FORMGRADER, "assignment_id": assignment})
    places = [n for n, cell in enumerate(shown.cells) if grade_id(cell).startswith("answer-")]
    assert places
    for place in places:
        scheme = shown.cells[place - 1].source
        assert "point" in scheme
        assert all(line.startswith(">") for line in scheme.splitlines())
        assert "SOLUTION" not in scheme
    assert len(shown.cells) == len(untouched(ASSIGNMENTS[assignment]).cells) + len(places)


@pytest.mark.parametrize("resources", [{}, {"nbgrader": {}}, {**FORMGRADER, "nbgrader": {}}])
def test_other_pages_stay_as_they_are(resources):
    assignment = next(iter(ASSIGNMENTS))
    notebook = untouched(ASSIGNMENTS[assignment])
    before = copy.deepcopy(notebook)
    after, _ = ShowMarkSchemes().preprocess(notebook, {"assignment_id": assignment, **resources})
    assert after == before


def test_an_instructors_own_assignment_has_none():
    assert mark_schemes("midterm") == {}
