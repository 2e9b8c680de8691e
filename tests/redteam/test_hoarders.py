"""No learner of 05-showdown remembers more than what its state may hold."""

import pytest

from autograder.assignments import SHOWDOWN
from autograder.limits import Limits
from autograder.remote import RemoteStudent
from autograder.session import Cell
from autograder.student import LocalStudent, StudentFailure
from autograder.suites.arena import ORDERS
from autograder.suites.expect import Partly
from autograder.suites.showdown import Contest
from course.arena import presented
from course.data import load
from course.device import generator
from tests.redteam.hoarders import ATTRIBUTE, INSIDE, NAIVE, OUTSIDE

pytestmark = pytest.mark.xdist_group("redteam-hoarders")


def contest(student):
    """What comes of one stream of classes, always the same."""
    data, rng = load("digits", device="cpu", download=False), generator(3)
    tasks = presented(data, "class", ORDERS[0], rng)
    student.begin("Learner", 5, trains=True)
    return Contest(student, "digits", "class", tasks, rng).run()


def sandboxed(*cells):
    limits = Limits(training_seconds=20)
    student = RemoteStudent(SHOWDOWN, [Cell("", source) for source in cells], limits)
    with student.session as session:
        session.start()
        session.execute()
        return contest(student)


@pytest.fixture(scope="module")
def honest():
    found = sandboxed(NAIVE).average
    assert 0.1 < found < 0.25
    return found


def test_hoarding_would_pay():
    """Where nothing is thrown away, a hoarder knows everything."""
    namespace = {}
    exec(NAIVE + ATTRIBUTE, namespace)
    assert contest(LocalStudent(namespace)).average > 0.9


@pytest.mark.parametrize("where", OUTSIDE)
def test_what_is_not_in_the_state_is_gone(where, honest):
    try:
        found = sandboxed(NAIVE, OUTSIDE[where]).average
    except StudentFailure:
        found = 0.0  # what was looked for is not there
    assert found <= honest + 0.05


@pytest.mark.parametrize("where", INSIDE)
def test_what_is_in_the_state_is_weighed(where):
    with pytest.raises(Partly, match=r"takes .* bytes") as refused:
        sandboxed(NAIVE, INSIDE[where])
    assert (refused.value.share, refused.value.misconception) == (0.0, "over-budget")


def test_test_rows_come_mixed_and_tell_nothing_of_their_task():
    asked = []

    class Spy:
        def __init__(self, *arguments):
            pass

        def learn(self, task, scenario):
            assert len(task.x_test) == len(task.y_test) == 0

        def predict(self, x, task_id=None):
            asked.append((x, task_id))
            return x.argmax(dim=1) % 10

        def state(self):
            return {}

        def restore(self, state):
            pass

    contest(LocalStudent({"Learner": Spy}))
    tasks = presented(load("digits", device="cpu"), "class", ORDERS[0], generator(3))
    rows, told = asked[-1]
    assert told is None
    assert len(rows) == sum(len(task.x_test) for task in tasks)
    places = [int((rows == task.x_test[0]).all(dim=1).nonzero()[0]) for task in tasks]
    assert places != sorted(places)
    first = {tuple(row.tolist()) for row in tasks[0].x_test}
    early = sum(tuple(row.tolist()) in first for row in rows[:90])
    assert early < 45
