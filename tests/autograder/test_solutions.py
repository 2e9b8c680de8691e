"""The whole way of one submission: right answers get every point, the untouched release none."""

import nbformat
import pytest

from autograder.assignments import ASSIGNMENTS
from autograder.grade import grade
from autograder.submissions import answered, right_answers, untouched
from course import mnist

pytestmark = pytest.mark.usefixtures("bubblewrap")


@pytest.fixture(params=["digits", "mnist"])
def dataset(request):
    if request.param == "mnist":
        try:
            mnist.locate(None, download=False)
        except FileNotFoundError as error:
            pytest.skip(str(error))
    return request.param


def graded(notebook, assignment, dataset):
    return grade(nbformat.writes(notebook).encode(), assignment, seed=11, dataset=dataset).report


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_right_answers_get_every_point(assignment, dataset):
    what = ASSIGNMENTS[assignment]
    report = graded(answered(what, right_answers(what)), assignment, dataset)
    lost = {
        test.name: test.message
        for verdict in report.exercises
        for test in verdict.tests
        if test.status != "passed"
    }
    assert lost == {}
    assert sum(verdict.score for verdict in report.exercises) == what.points
    assert report.flags == []


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_the_untouched_release_gets_nothing(assignment, dataset):
    what = ASSIGNMENTS[assignment]
    report = graded(untouched(what), assignment, dataset)
    assert [verdict.score for verdict in report.exercises] == [0.0] * len(what.exercises)
    statuses = {test.status for verdict in report.exercises for test in verdict.tests}
    assert statuses == {"not_attempted"}
