"""A verdict is the same whether a function runs in this process or in the sandbox."""

import textwrap

import numpy as np
import pytest
import torch

from autograder import solutions
from autograder.assignments import find
from autograder.diagnosis import diagnose
from autograder.limits import Limits
from autograder.remote import RemoteStudent
from autograder.scoring import run_suite
from autograder.session import Cell
from autograder.student import LocalStudent

L2 = """
def train_with_l2(model, tasks, train_on, strength):
    penalty = None
    for task in tasks:
        train_on(model, task.x_train, task.y_train, penalty)
        penalty = PENALTY(model, strength)
"""
RESERVOIR = """
import numpy as np
import torch

class ReservoirBuffer:
    def __init__(self, capacity):
        self.capacity, self.seen, self.x, self.y = capacity, 0, [], []

    def add(self, x, y, generator):
        for row, label in zip(x, y):
            self.seen += 1
            place = len(self.x)
            if place >= self.capacity:
                place = int(torch.randint(self.seen, (1,), generator=generator))
            if place < self.capacity:
                self.x[place:place + 1], self.y[place:place + 1] = [row.clone()], [label.clone()]

    def sample(self, n, generator):
        rows = torch.randperm(len(self.x), generator=generator)[:n].tolist()
        return torch.stack([self.x[k] for k in rows]), torch.stack([self.y[k] for k in rows])

    def __len__(self):
        return LENGTH

    @property
    def nbytes(self):
        return sum(t.nbytes for t in (*self.x, *self.y))
"""


def penalties(code):
    """``train_with_l2`` whose penalty is what this code makes of the anchored model."""
    return "03-l2", "train_with_l2", "import torch" + textwrap.dedent(code) + L2


HELD = """
    anchor = [p.detach().clone() for p in model.parameters()]
    def penalty(model):
        pairs = zip(model.parameters(), anchor)
"""
RIGHT = {
    "a penalty that is a module": penalties("""
class PENALTY(torch.nn.Module):
    def __init__(self, model, strength):
        super().__init__()
        self.anchor = [p.detach().clone() for p in model.parameters()]
        self.strength = strength

    def forward(self, model):
        pairs = zip(model.parameters(), self.anchor)
        return self.strength * sum(((p - a) ** 2).sum() for p, a in pairs) / 2
"""),
    "a penalty with one entry": penalties(f"""
def PENALTY(model, strength):{HELD}
        total = torch.zeros(1)
        for p, a in pairs:
            total = total + strength * ((p - a) ** 2).sum() / 2
        return total
    return penalty
"""),
    "a length of NumPy's": (
        "02-replay",
        "ReservoirBuffer",
        RESERVOIR.replace("LENGTH", "np.int64(len(self.x))"),
    ),
    "a length in a tensor": (
        "02-replay",
        "ReservoirBuffer",
        RESERVOIR.replace("LENGTH", "torch.tensor(len(self.x))"),
    ),
}
WRONG = {
    "a penalty that raises TimeoutError": penalties("""
def PENALTY(model, strength):
    def penalty(model):
        raise TimeoutError("mine")
    return penalty
"""),
    "a penalty that was changed in place": penalties(f"""
def PENALTY(model, strength):{HELD}
        squares = [((p - a) ** 2).exp() for p, a in pairs]
        total = sum(s.sum() for s in squares)
        with torch.no_grad():
            squares[0].add_(1)
        return total
    return penalty
"""),
    "a length that is no whole number": (
        "02-replay",
        "ReservoirBuffer",
        RESERVOIR.replace("LENGTH", "1.5"),
    ),
    "an EOFError of one's own": (
        "03-l2",
        "best_strength",
        "def best_strength(results):\n    raise EOFError('mine')",
    ),
    "an earlier exercise used": (
        "04-ewc",
        "train_with_ewc",
        """
def train_with_ewc(model, tasks, train_on, strength):
    penalty = None
    for task in tasks:
        train_on(model, task.x_train, task.y_train, penalty)
        anchor = {name: p.detach().clone() for name, p in model.named_parameters()}
        fisher = fisher_diagonal(model, task.x_train)
        penalty = lambda m, a=anchor, f=fisher: strength * ewc_penalty(m, a, f)
""",
    ),
}
SEED = 3


pytestmark = pytest.mark.usefixtures("bubblewrap")


def outcomes_both_ways(assignment, exercise, source):
    """What the suite says of the function here, and of that in a sandbox."""
    what = find(assignment)
    namespace = {**solutions.load(what), "torch": torch, "np": np}
    exec(source, namespace)
    student = RemoteStudent(what, [Cell("", source)], Limits())
    try:
        student.session.execute()
        assert student.session.cells[0].status == "passed", student.session.cells[0].message
        return [
            run_suite(what, who, SEED, "digits", exercise, with_training=False)[exercise]
            for who in (LocalStudent(namespace), student)
        ]
    finally:
        student.session.stop()


@pytest.mark.parametrize("name", RIGHT)
def test_right_answers_are_right_both_ways(name):
    for outcomes in outcomes_both_ways(*RIGHT[name]):
        assert {outcome.verdict.status for outcome in outcomes} == {"passed"}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_answers_are_told_the_same_both_ways(name):
    here, there = outcomes_both_ways(*WRONG[name])
    assert [outcome.verdict for outcome in here] == [outcome.verdict for outcome in there]
    assert any(outcome.verdict.status != "passed" for outcome in here)
    assert not any(outcome.verdict.status == "crashed" for outcome in there)


def test_a_value_that_cannot_cross_costs_its_points_and_no_more():
    assignment, exercise, source = penalties("""
def PENALTY(model, strength):
    return lambda model: torch.sparse_coo_tensor(size=(2, 2))
""")
    here, there = outcomes_both_ways(assignment, exercise, source)
    for outcomes in (here, there):
        assert {outcome.verdict.status for outcome in outcomes} == {"failed"}
    assert all("TypeError: only dense" in outcome.verdict.message for outcome in there)


def test_a_mistake_is_named_too_where_an_earlier_exercise_is_used():
    assignment, exercise, source = WRONG["an earlier exercise used"]
    for outcomes in outcomes_both_ways(assignment, exercise, source):
        found = diagnose(find(assignment), exercise, outcomes, SEED, "digits")
        assert found is not None
        assert found.key == "last-task-only"
