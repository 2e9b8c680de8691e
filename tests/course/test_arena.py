"""The practice arena plays by the rules by which learners are graded."""

import pytest
import torch

from course import arena
from course.arena import practice
from course.data import SCENARIOS, load
from tests.checks.mistakes_05 import PARTS


@pytest.fixture(scope="module")
def digits():
    return load("digits", device="cpu")


@pytest.fixture(autouse=True)
def quick(request, monkeypatch):
    """The two ends are not measured, but for the tests that are about them."""
    if "measured" not in request.fixturenames:
        monkeypatch.setattr(practice, "ends", lambda *_: (0.2, 0.9))


@pytest.fixture
def measured():
    """Asks for real ends."""


def learner(*changes):
    """The nearest of the rows that it keeps, with some of its code exchanged."""
    code = PARTS["Learner"]
    for old, new in changes:
        assert code.count(old) == 1
        code = code.replace(old, new)
    namespace = {"torch": torch}
    exec(code, namespace)
    return namespace["Learner"]


def test_what_a_state_weighs():
    state = {"w": torch.zeros(3, 5), "größe": torch.tensor(1), "": torch.zeros(0).byte()}
    assert arena.weigh(state) == (60 + 1 + 16) + (8 + 7) + 8
    network = (64 * 128 + 128) + (128 * 128 + 128) + (128 * 50 + 50)
    assert arena.network_bytes("digits", 64) == 4 * network
    assert arena.allowed_bytes("digits", 64, 1000) == 1000 + 4 * network + arena.SMALL_CHANGE


def test_a_seed_is_a_stream(digits):
    one, again, other = (arena.stream(digits, "class", seed) for seed in (1, 1, 2))
    assert [task.classes for task in one] == [task.classes for task in again]
    assert all(torch.equal(a.x_train, b.x_train) for a, b in zip(one, again, strict=True))
    assert [task.classes for task in one] != [task.classes for task in other]
    assert sorted(k for task in one for k in task.classes) == list(range(10))
    assert sum(len(task.x_train) for task in one) == 1347
    # One order of pixels for all: the means of the pixels are those of the digits, moved.
    x = torch.cat([task.x_train for task in one]).mean(dim=0)
    plain = digits.x_train.mean(dim=0)
    assert not torch.allclose(x, plain, atol=0.05)
    assert torch.allclose(x.sort().values, plain.sort().values, atol=1e-5)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_learner_is_placed(digits, scenario):
    found = arena.practise(learner(), digits, scenario, seed=3)
    assert len(found.accuracies) == 5
    assert found.average > 0.85
    assert found.way == pytest.approx((found.average - 0.2) / 0.7)
    assert found.drift == 0
    assert 60_000 < found.state_bytes < found.allowed_bytes == 65_536 + 125_128 + 16_384
    assert f"{found.average:.1%} on average" in str(found)
    assert "restored" not in str(found)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_what_a_learner_is_told(digits, scenario):
    """It gets no test rows, is made anew for each task, and told the task in the first only."""
    made, ids, sizes = [], set(), []

    class Watched(learner()):
        def __init__(self, *arguments):
            super().__init__(*arguments)
            made.append(arguments)

        def learn(self, task, scenario):
            assert len(task.x_test) == len(task.y_test) == 0
            super().learn(task, scenario)

        def predict(self, x, *told):
            ids.add(told)
            sizes.append(len(x))
            return super().predict(x, *told)

    arena.practise(Watched, digits, scenario, memory_bytes=9999, seed=3)
    assert made == 6 * [(64, 10 if scenario == "class" else 2, 5, 9999, 3)]
    assert ids == ({(k,) for k in range(5)} if scenario == "task" else {()})
    assert sizes.count(450) == (scenario != "task"), "all test rows in one heap"


def test_what_is_not_in_the_state_is_forgotten(digits):
    forgetful = learner(('"y": self.y}', '"y": self.y.flip(0)}'))
    found = arena.practise(forgetful, digits, "class")
    assert found.drift > 0.2
    assert "not in the state" in str(found)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('{"x": self.x, "y": self.y}', "[self.x]", r"expected `state\(\)` to give a dict"),
        ('"y": self.y}', '"y": 3}', "expected tensors by name .* 'y': int"),
        ("share = self.room // (now + 1)\n", "share = 10**6; x = x.double()\n", "at most 207,048"),
        (".long()", "", r"expected `predict` to give \(60,\) int64, got \(60,\) torch.uint8"),
        ("return labels[", "labels[", "got NoneType"),
        (".long()", ".long() + 9", "labels from 0 to 9"),
    ],
)
def test_broken_rules_are_named(digits, old, new, said):
    with pytest.raises(ValueError, match=said):
        arena.practise(learner((old, new)), digits, "class")


def test_unknown_names_are_refused(digits):
    with pytest.raises(ValueError, match="unknown scenario 'online'"):
        arena.practise(learner(), digits, "online")


@pytest.mark.usefixtures("measured")
def test_doing_nothing_and_joint_training_are_far_apart(digits):
    naive, joint = arena.ends(digits, "class", 0)
    assert naive < 0.25 < 0.9 < joint
    assert arena.practise(learner(), digits, "class").joint == joint
