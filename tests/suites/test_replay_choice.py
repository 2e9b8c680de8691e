"""How `choose_informative` is judged: the networks, their training, and who passes."""

import pytest
import torch

from autograder import solutions
from autograder.assignments import find
from autograder.reference import replay_models
from autograder.scoring import run_suite
from autograder.student import LocalStudent
from autograder.suites import replay_population
from autograder.suites.replay_population import Population
from autograder.suites.replay_rows import Rows
from course.data import even_odd, load
from course.models import MLP
from course.training import make_optimizer, train

REPLAY = find("02-replay")


def rng(seed=0):
    return torch.Generator().manual_seed(seed)


def models(count):
    return [MLP(6, (5,), 3, generator=rng(seed)) for seed in range(count)]


def batch(networks, n=20):
    x = torch.rand(networks, n, 6, generator=rng(9))
    return x, torch.randint(3, (networks, n), generator=rng(8))


def test_a_population_says_what_its_networks_say():
    own = models(3)
    population = Population.of(own)
    x, y = batch(3)
    for number, model in enumerate(own):
        assert torch.allclose(population(x)[number], model(x[number]), atol=1e-6)
        assert torch.allclose(population.model(number)(x[0]), model(x[0]), atol=1e-6)
        right = (model(x[0]).argmax(dim=1) == y[0]).double().mean()
        assert population.accuracy(x[0], y[0])[number] == right


def test_networks_train_together_as_they_would_alone(monkeypatch):
    """In one batch of all rows the order does not matter."""
    monkeypatch.setattr(replay_population, "BATCH", 20)
    own = models(2)
    population = Population.of(own)
    x, y = batch(2)
    population.train(x, y, 15, rng())
    for number, model in enumerate(own):
        adam = make_optimizer("adam", model, replay_population.LR)
        train(model, x[number], y[number], optimizer=adam, epochs=15, batch_size=20,
              generator=rng())  # fmt: skip
        together = population.model(number).parameters()
        for mine, alone in zip(together, model.parameters(), strict=True):
            assert torch.allclose(mine, alone, atol=1e-5)


def test_every_row_is_used_once_an_epoch_in_a_new_order(monkeypatch):
    """Networks do not see each other's rows, and batches follow the generator."""
    monkeypatch.setattr(replay_population, "BATCH", 8)
    x, y = batch(2)
    ends = []
    for other, seed in ((0.0, 0), (5.0, 0), (0.0, 1)):
        population = Population.of(models(2))
        population.train(torch.stack([x[0], x[1] + other]), y, 3, rng(seed))
        ends.append([weight[0].detach() for weight in population.weights])
    assert all(torch.equal(a, b) for a, b in zip(ends[0], ends[1], strict=True))
    assert not torch.equal(ends[0][0], ends[2][0])


def test_the_networks_that_are_kept_have_learnt_the_even_digits():
    population = replay_models.read()
    even, odd = even_odd(load("digits", device="cpu", download=False))
    assert len(population) == replay_models.MODELS == 40
    assert population.accuracy(even.x_test, even.y_test).min() > 0.96
    assert population.accuracy(odd.x_test, odd.y_test).mean() < 0.5
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
