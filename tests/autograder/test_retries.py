"""What is tried again, how often, and when. Nothing is graded here: the work is made up."""

import threading
import time
from collections import Counter

import pytest

from autograder.assignments import FORGETTING
from autograder.cluster import grade_all, workers
from autograder.gradebook.handed import Handed
from autograder.gradebook.job import Done, Failed, Job, Killed
from autograder.gradebook.marks import Marks
from autograder.receipts import grader_hash

tries = Counter()
at_work = []
most = Counter()
lock = threading.Lock()


def done(late=False):
    report = {"receipt": {"grader": grader_hash(FORGETTING.id)}}
    return Done("{}", report, Marks({}, {}), late)


def work(job):
    """What the student's name says; how many others are at work then is noted."""
    with lock:
        tries[job.student] += 1
        count = tries[job.student]
        at_work.append(job.student)
        most[job.student, count] = len(at_work)
    time.sleep(0.05)
    with lock:
        at_work.remove(job.student)
    what = job.student.split("-")[0]
    outcomes = {
        "fine": done(),
        "late": done(late=count == 1),
        "later": done(late=True),
        "once": Killed() if count == 1 else done(),
        "always": Killed(),
        "broken": Failed("what is wrong"),
        "unsandboxed": Failed("SandboxError: the sandbox did not start") if count == 1 else done(),
    }
    return outcomes[what]


@pytest.fixture(scope="module")
def outcomes():
    """By student, after all have been through three workers."""
    names = [f"{what}-{n}" for n in range(12) for what in ("fine",)]
    names[3:3] = ["late-1", "once-1", "always-1", "broken-1", "unsandboxed-1", "later-1", "late-2"]
    jobs = [Job(name, FORGETTING.id, Handed(b""), {}, {}, "") for name in names]
    with workers(FORGETTING.id, count=3) as client:
        found = [(job.student, outcome) for job, outcome in grade_all(client, jobs, work)]
    assert sorted(student for student, _ in found) == sorted(names)
    return dict(found)


def test_the_work_of_who_was_killed_is_done_again_twice_at_most(outcomes):
    assert outcomes["once-1"] == done()
    assert tries["once-1"] == 2
    assert outcomes["always-1"] == Killed(3)
    assert tries["always-1"] == 3


@pytest.mark.parametrize("student", ["late-1", "late-2", "unsandboxed-1", "later-1"])
def test_what_a_crowd_held_up_is_tried_once_more_alone(outcomes, student):
    assert tries[student] == 2
    assert most[student, 2] == 1
    assert list(outcomes).index(student) >= len(outcomes) - 4
    assert outcomes[student] == done(late=student == "later-1")


def test_all_else_is_done_once_and_side_by_side(outcomes):
    assert outcomes["broken-1"] == Failed("what is wrong")
    assert {tries[name] for name in outcomes if name.startswith(("fine", "broken"))} == {1}
    assert max(count for (_, number), count in most.items() if number == 1) == 3
