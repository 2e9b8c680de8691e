"""How `choose_informative` is judged: the networks, their training, and who passes."""

import pytest
import torch

from autograder import solutions
from autograder.assignments import find
from autograder.reference import replay_models
from autograder.scoring import run_suite
from autograder.student import LocalStudent
from autograder.suites.replay_rows import Rows
from course.data import even_odd, load
from course.training import accuracy

REPLAY = find("02-replay")


def rng(seed=0):
    return torch.Generator().manual_seed(seed)


def test_the_networks_that_are_kept_have_learnt_the_even_digits():
    population = replay_models.read()
    even, odd = even_odd(load("digits", device="cpu", download=False))
    assert len(population) == replay_models.MODELS == 40
    assert accuracy(population, even.x_test, even.y_test).min() > 0.96
    assert accuracy(population, odd.x_test, odd.y_test).mean() < 0.5
    assert replay_models.PATH.stat().st_size < 1_000_000


def at_random(model, x, y, n, generator):
    rows = torch.randperm(len(x), generator=generator)[:n]
    return x[rows], y[rows]


def hardest_of_each_class(model, x, y, n, generator):
    loss = torch.nn.functional.cross_entropy(model(x), y, reduction="none").detach()
    own = [(y == label).nonzero().flatten() for label in y.unique()]
    rows = torch.cat([
        rows[loss[rows].argsort(descending=True)][: n // len(own) + (k < n % len(own))]
        for k, rows in enumerate(own)
    ])  # fmt: skip
    return x[rows], y[rows]


@pytest.mark.parametrize(
    ("chooser", "passes"), [(at_random, False), (hardest_of_each_class, False), (None, True)]
)
def test_only_a_choice_that_beats_random_passes(chooser, passes):
    name = "choose_informative"
    namespace = solutions.load(REPLAY) | ({name: chooser} if chooser else {})
    tests = run_suite(REPLAY, LocalStudent(namespace), 1, "digits", name)[name]
    (judged,) = [test.verdict for test in tests if test.by_accuracy]
    assert (judged.status == "passed") == passes
    assert passes or "drawn at random" in judged.message


def test_rows_that_came_back_are_told_apart():
    rows = Rows.draw(rng(), 8)
    order = torch.tensor([3, 0, 3])
    assert rows.which((rows.x[order], rows.y[order]), "It").tolist() == [3, 0, 3]
    for x, y, word in (
        (rows.x[order] + 1, rows.y[order], "none of those"),
        (rows.x[order], rows.y[order].flip(0) + 1, "label"),
        (rows.x[order].double(), rows.y[order], "float32"),
        (rows.x[order], rows.y[:2], "shape"),
        (None, rows.y, "tensor"),
    ):
        with pytest.raises(AssertionError, match=word):
            rows.which((x, y), "It")
