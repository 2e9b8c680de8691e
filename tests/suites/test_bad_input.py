"""The instructor's solutions refuse what makes no sense, in words."""

import math

import pytest
import torch

from autograder import solutions
from autograder.assignments import ASSIGNMENTS
from course.data import Task
from course.models import MLP

FUNCTIONS = {
    name: function
    for assignment in ASSIGNMENTS.values()
    for name, function in solutions.load(assignment).items()
}
RNG = torch.Generator().manual_seed(0)
X, Y = torch.rand(6, 3), torch.arange(6) % 2
NET = MLP(3, [4], 2)
WEIGHTS = {name: p.detach() for name, p in NET.named_parameters()}
FEWER = {"heads.0.bias": torch.zeros(2)}
SHAPELESS = {name: p[:1] for name, p in WEIGHTS.items()}
TASK = Task("t", (0, 1), X, Y, X, Y, X[:0], Y[:0])
OUTSIDE = (-0.1, 1.1, math.nan)


def train_on(*args, **kwargs):
    raise AssertionError("nothing should be trained")


def optimizer():
    return torch.optim.SGD(NET.parameters(), lr=0.1)


def buffer(rows=0):
    made = FUNCTIONS["ReservoirBuffer"](3)
    made.add(X[:rows], Y[:rows], RNG)
    return made


BAD = {
    "choose_exemplars": [*((X, Y, f, RNG) for f in OUTSIDE), (X, Y[:4], 0.5, RNG)],
    "mix": [(X, Y[:4], X, Y, RNG), (X, Y, X[:2], Y, RNG)],
    "ReservoirBuffer": [(0,), (-1,)],
    "train_with_replay": [
        *((NET, [TASK], train_on, f, RNG) for f in OUTSIDE),
        (NET, [], train_on, 0.5, RNG),
    ],
    "replay_bytes": [([TASK], f) for f in OUTSIDE],
    "choose_informative": [(NET, X, Y, 7, RNG), (NET, X, Y, -1, RNG), (NET, X, Y[:4], 2, RNG)],
    "l2_penalty": [(NET, FEWER), (NET, {}), (NET, SHAPELESS)],
    "train_step_with_penalty": [
        (NET, optimizer(), X, Y, lambda model: torch.zeros(()), strength)
        for strength in (-1.0, math.nan)
    ],
    "train_with_l2": [(NET, [TASK], train_on, s) for s in (-1.0, math.nan)]
    + [(NET, [], train_on, 1.0)],
    "best_strength": [({},), ({1.0: (math.nan, 1.0)},)],
    "sample_gradients": [(NET, X, Y[:4])],
    "empirical_fisher": [(NET, X, Y[:4]), (NET, X[:0], Y[:0])],
    "fisher_diagonal": [(NET, X[:0])],
    "ewc_penalty": [(NET, FEWER, WEIGHTS), (NET, WEIGHTS, FEWER), (NET, WEIGHTS, SHAPELESS)],
    "merge_fisher": [
        (WEIGHTS, FEWER, 0.5),
        (SHAPELESS, WEIGHTS, 0.5),
        *((WEIGHTS, WEIGHTS, decay) for decay in OUTSIDE),
    ],
    "train_with_ewc": [(NET, [TASK], train_on, -1.0), (NET, [], train_on, 1.0)],
    "train_with_online_ewc": [
        (NET, [TASK], train_on, -1.0, 0.5),
        (NET, [TASK], train_on, 1.0, 1.5),
        (NET, [], train_on, 1.0, 0.5),
    ],
}
CASES = [(name, number) for name, cases in BAD.items() for number in range(len(cases))]


@pytest.mark.parametrize(("name", "number"), CASES)
def test_bad_input_is_refused_in_words(name, number):
    before = {key: weight.clone() for key, weight in WEIGHTS.items()}
    with pytest.raises(ValueError, match=r"expected|must|should"):
        FUNCTIONS[name](*BAD[name][number])
    assert all(torch.equal(WEIGHTS[key], weight) for key, weight in before.items())


def test_a_buffer_refuses_labels_that_do_not_fit_and_to_sample_nothing():
    with pytest.raises(ValueError, match="labels"):
        buffer(2).add(X, Y[:4], RNG)
    with pytest.raises(ValueError, match="no row"):
        FUNCTIONS["ReservoirBuffer"](3).sample(1, RNG)
    assert len(buffer(2)) == 2


def test_every_exercise_after_the_first_notebook_is_tried():
    first = {exercise.name for exercise in ASSIGNMENTS["01-forgetting"].exercises}
    # A learner takes what the grader hands it: nothing of a student's reaches it.
    assert BAD.keys() | {"snapshot", "Learner"} == FUNCTIONS.keys() - first
