"""An answer that goes the reference's way gets its end; any other is trained for real."""

import pytest
import torch

from autograder import solutions
from autograder.assignments import EWC, L2
from autograder.scoring import dataset_named, run_quickly, run_suite
from autograder.student import LocalStudent
from autograder.suites import followed, graded_run
from autograder.suites.followed import following, noting

EXERCISES = ("train_with_l2", "train_with_online_ewc")


def really(way, teach, order):
    """Instead of ``following``: trains all the same."""
    return teach


def accuracy(function, exercise, seed=5):
    rng = torch.Generator().manual_seed(seed)
    return graded_run.graded_accuracy(function, exercise, dataset_named("digits"), rng)


@pytest.mark.parametrize("exercise", EXERCISES)
def test_it_gives_the_accuracy_of_real_training(exercise, monkeypatch):
    function = solutions.of(exercise)
    followed_to = accuracy(function, exercise)
    monkeypatch.setattr(followed, "following", really)
    assert accuracy(function, exercise) == followed_to


class Steps:
    """A ``teach`` that counts how often the penalty was asked for in all its lessons."""

    def __init__(self, order):
        self.order, self.asked = order, 0

    def __call__(self, model, x, y, penalty):
        for _ in range(10):
            rows = torch.randperm(len(x), generator=self.order)[:3]
            loss = torch.nn.functional.cross_entropy(model(x[rows]), y[rows])
            if penalty is not None:
                self.asked += 1
                loss = loss + penalty(model)
            loss.backward()
            with torch.no_grad():
                for p in model.parameters():
                    p -= 0.1 * p.grad
                    p.grad = None


def taught(penalties, follow=None, change=None):
    """Two lessons with these penalties: (weights in the end, how often they were really asked)."""
    torch.manual_seed(3)
    model, order = torch.nn.Linear(4, 2), torch.Generator().manual_seed(1)
    x, y = torch.rand(12, 4), torch.arange(12) % 2
    teach, way = Steps(order), []
    if follow is None:
        lesson = noting(way, teach, order, lambda rows: 10)
    else:
        lesson = following(follow, teach, order)
    for number, penalty in enumerate(penalties):
        rows = (x + 1, y) if change == number else (x, y)
        lesson(model, *rows, penalty)
    return model.weight.detach().clone(), teach.asked, way


def pull(model, by=1.0):
    return by * 0.5 * sum((p**2).sum() for p in model.parameters())


def test_the_same_penalties_are_not_trained_again():
    end, asked, way = taught([None, pull])
    assert asked == 20  # a lesson without a penalty is noted as one whose penalty is zero
    assert [len(lesson.places) for lesson in way] == [5, 5]
    again, asked, _ = taught([None, lambda m: pull(m) * 1.0], way)
    assert asked == 0
    assert torch.equal(again, end)


@pytest.mark.parametrize(
    "penalties",
    [
        [None, None],
        [None, lambda m: pull(m, 1.01)],
        [None, lambda m: pull(m).detach()],
        [None, lambda m: pull(m) + m.weight.sum() * 0.1],
        [pull, pull],
    ],
)
def test_another_penalty_is_trained_for_real(penalties):
    way = taught([None, pull])[2]
    real, _, _ = taught(penalties)
    end, _, _ = taught(penalties, way)
    assert torch.equal(end, real)
    assert not torch.equal(end, taught([None, pull])[0])


def test_other_rows_are_trained_for_real_and_so_is_all_that_follows():
    way = taught([None, pull])[2]
    for change in (0, 1):
        real = taught([None, pull], change=change)[0]
        end, asked, _ = taught([None, pull], way, change)
        assert torch.equal(end, real)
        assert asked == 10


def test_what_a_penalty_raises_is_raised_by_real_training():
    way = taught([None, pull])[2]

    def broken(model):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        taught([None, broken], way)


@pytest.mark.parametrize(
    ("what", "exercise", "answer"),
    [
        (L2, "train_with_l2", None),
        (L2, "best_strength", max),
        (EWC, "merge_fisher", lambda old, new, decay: new),
        (EWC, "ewc_penalty", None),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_without_pytest_the_outcomes_are_the_same(what, exercise, answer):
    answers = {**solutions.load(what)}
    answers[exercise] = answer or answers[exercise]
    under_pytest = run_suite(what, LocalStudent(answers), 3, "digits", exercise, False)[exercise]
    direct = run_quickly(what, LocalStudent(answers), 3, "digits", exercise)
    assert [o.verdict for o in direct] == [o.verdict for o in under_pytest]
    assert all(o.verdict.status == "passed" for o in direct) == (answer is None)


def test_real_training_comes_last():
    answers = {**solutions.load(L2), "train_with_l2": lambda *arguments: None}
    outcomes = run_suite(L2, LocalStudent(answers), 3, "digits", "train_with_l2")["train_with_l2"]
    assert outcomes[-1].verdict.message.startswith("Real training comes last")
    assert outcomes[-1].verdict.status == "failed"
