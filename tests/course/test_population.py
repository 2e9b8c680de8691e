"""Each member of a population against the same network trained alone, in double precision."""

import math

import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from course import training
from course.data import even_odd, load
from course.device import generator
from course.fisher import fisher_diagonal
from course.metrics import accuracy_matrix
from course.models import MLP
from course.population import Population, members_of, stacked
from course.training import accuracy, make_optimizer, make_train_on, train

ROWS, PIXELS, CLASSES, BATCH, EPOCHS, K = 50, 6, 3, 16, 3, 3  # batches of 16, 16, 16 and 2
KINDS = [("sgd", 0.1, 0.0), ("sgd", 0.1, 0.9), ("adam", 0.01, 0.0)]
HIDDEN = [(), (5,), (5, 4)]


def rows(seed=0, dtype=torch.float64) -> tuple[torch.Tensor, torch.Tensor]:
    source = generator(seed)
    x = torch.rand(ROWS, PIXELS, generator=source, dtype=dtype)
    return x, torch.randint(CLASSES, (ROWS,), generator=source)


def own_rows() -> tuple[torch.Tensor, torch.Tensor]:
    x, y = zip(*(rows(seed) for seed in range(K)), strict=True)
    return torch.stack(x), torch.stack(y)


def networks(hidden=(5,), **options) -> list[MLP]:
    return [
        MLP(PIXELS, hidden, CLASSES, generator=generator(10 + k), **options).double()
        for k in range(K)
    ]


def run(model, x, y, source, kind=KINDS[0], **options):
    optimizer = make_optimizer(kind[0], model, *kind[1:])
    options = {"epochs": EPOCHS, "batch_size": BATCH, **options}
    return train(model, x, y, optimizer=optimizer, generator=source, **options)


def distance(a: nn.Module, b: nn.Module) -> float:
    pairs = zip(a.parameters(), b.parameters(), strict=True)
    return max((p - q).abs().max().item() for p, q in pairs)


def assert_same(population, histories, alone, expected) -> None:
    """Each member where the network alone is, by the same losses."""
    for k, model in enumerate(alone):
        assert distance(population.member(k), model) < 1e-10
        assert [float(losses[k]) for losses in histories] == pytest.approx(expected[k], rel=1e-10)


@pytest.mark.parametrize("hidden", HIDDEN)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("own_x", [False, True])
@pytest.mark.parametrize("own_order", [False, True])
def test_each_member_equals_the_network_trained_alone(hidden, kind, own_x, own_order):
    alone, population = networks(hidden), Population(networks(hidden))
    x, y = own_rows() if own_x else rows()
    seeds = range(K) if own_order else [0] * K
    expected = [
        run(model, *((x[k], y[k]) if own_x else (x, y)), generator(seed), kind)
        for k, (model, seed) in enumerate(zip(alone, seeds, strict=True))
    ]
    sources = [generator(seed) for seed in seeds] if own_order else generator(0)
    histories = run(population, x, y, sources, kind)
    assert all(losses.shape == (K,) and losses.device.type == "cpu" for losses in histories)
    assert_same(population, histories, alone, expected)


def test_other_rows_or_orders_give_other_networks():
    same, orders, others = (Population(networks()) for _ in range(3))
    run(same, *rows(), generator(0))
    run(orders, *rows(), [generator(k) for k in range(K)])
    run(others, *own_rows(), generator(0))
    assert distance(same.member(0), orders.member(0)) < 1e-10  # the first has the same of both
    assert distance(same.member(0), others.member(0)) < 1e-10
    assert distance(same.member(1), orders.member(1)) > 1e-4
    assert distance(same.member(1), others.member(1)) > 1e-4


STRENGTHS = (0.0, 0.3, 2.0)


def squares(model, anchor) -> torch.Tensor:
    """As a student writes it: half the squared distance, over the parameters by name."""
    terms = [((p - anchor[name]) ** 2).sum() for name, p in model.named_parameters()]
    return torch.stack(terms).sum() / 2


def place(model) -> dict[str, torch.Tensor]:
    return {name: p.detach().clone() + 0.1 for name, p in model.named_parameters()}


def by_each(anchor, strengths):
    return lambda population: strengths * population.each(squares, anchor)


def by_hand(anchor, strengths):
    def penalty(population):
        terms = [
            ((p - anchor[name]) ** 2).flatten(1).sum(1) for name, p in population.named_parameters()
        ]
        return strengths * sum(terms) / 2

    return penalty


@pytest.mark.parametrize("way", [by_each, by_hand])
def test_a_penalty_with_a_strength_for_each_member(way):
    alone, population = networks(), Population(networks())
    expected = []
    for model, strength in zip(alone, STRENGTHS, strict=True):
        penalty = _pull(place(model), strength)
        expected.append(run(model, *rows(), generator(0), penalty=penalty))
    strengths = torch.tensor(STRENGTHS, dtype=torch.float64)
    penalty = way(place(population), strengths)
    histories = run(population, *rows(), generator(0), penalty=penalty)
    assert_same(population, histories, alone, expected)
    mixed = Population(networks())
    run(mixed, *rows(), generator(0), penalty=way(place(mixed), strengths.flip(0)))
    assert distance(mixed.member(0), alone[0]) > 1e-4


def _pull(anchor, strength):
    return lambda model: strength * squares(model, anchor)


def test_the_sum_over_members_is_no_penalty_and_no_loss():
    population = Population(networks())
    before = place(population)
    with pytest.raises(ValueError, match=r"a penalty for each member, \(3,\).*population\.each"):
        run(population, *rows(), generator(0), penalty=lambda m: squares(m, before))
    with pytest.raises(ValueError, match=r"a loss for each member, \(3,\), got shape \(\)"):
        run(population, *rows(), generator(0), loss=lambda m, x, y: m(x).sum())
    assert all(torch.equal(p, before[name]) for name, p in place(population).items())


def test_a_loss_of_ones_own_and_a_number_as_penalty():
    def smoothed(model, x, y):
        return cross_entropy(model(x), y, label_smoothing=0.5)

    def each(population, x, y):
        return torch.stack([cross_entropy(z, y, label_smoothing=0.5) for z in population(x)])

    alone, population = networks(), Population(networks())
    options = {"penalty": lambda _: 1.0}
    expected = [run(m, *rows(), generator(0), loss=smoothed, **options) for m in alone]
    histories = run(population, *rows(), generator(0), loss=each, **options)
    assert_same(population, histories, alone, expected)


def test_a_member_that_diverges_leaves_the_others_alone():
    strengths = torch.tensor([0.0, 1e9, 0.5], dtype=torch.float64)
    alone, population = networks(), Population(networks())
    expected = [
        run(alone[k], *rows(), generator(0), epochs=40, penalty=_pull(place(alone[k]), strength))
        for k, strength in ((0, 0.0), (2, 0.5))
    ]
    penalty = by_each(place(population), strengths)
    histories = run(population, *rows(), generator(0), epochs=40, penalty=penalty)
    assert histories[-1].isfinite().tolist() == [True, False, True]
    for k, history in zip((0, 2), expected, strict=True):
        assert distance(population.member(k), alone[k]) < 1e-10
        assert [float(losses[k]) for losses in histories] == pytest.approx(history, rel=1e-10)
    assert accuracy(population, *rows())[1] == 0.0
    with pytest.raises(FloatingPointError):
        run(alone[1], *rows(), generator(0), epochs=40, penalty=_pull(place(alone[1]), 1e9))


@pytest.mark.parametrize("chunk", [1, 40, 8192])
@pytest.mark.parametrize("hidden", HIDDEN)
def test_accuracy_of_each_member(chunk, hidden, monkeypatch):
    monkeypatch.setattr(training, "CHUNK", chunk)
    alone = networks(hidden)
    population = Population(alone)
    x, y = own_rows()
    shared = accuracy(population, x[0], y[0])
    assert shared.dtype == torch.float64
    assert shared.tolist() == [accuracy(model, x[0], y[0]) for model in alone]
    own = accuracy(population, x, y)
    assert own.tolist() == [accuracy(model, x[k], y[k]) for k, model in enumerate(alone)]
    assert len(set(own.tolist())) > 1


def test_a_matrix_for_each_member():
    tasks = even_odd(load("digits", device="cpu"))
    alone = [MLP(64, (8,), 5, generator=generator(k)) for k in range(2)]
    population = Population(alone)
    options = {"epochs": 1, "batch_size": 64}
    R = accuracy_matrix(
        population,
        tasks,
        make_train_on("adam", 0.01, generator=[generator(k) for k in range(2)], **options),
    )
    assert R.shape == (2, 2, 2)
    for k, model in enumerate(alone):
        train_on = make_train_on("adam", 0.01, generator=generator(k), **options)
        torch.testing.assert_close(R[k], accuracy_matrix(model, tasks, train_on), atol=0.01, rtol=0)


def test_members_are_copies():
    models = networks()
    population = Population(models)
    before = [place(model) for model in models]
    run(population, *rows(), generator(0))
    assert all(torch.equal(p, before[0][n]) for n, p in place(models[0]).items())
    member = population.member(-1)
    torch.testing.assert_close(member(rows()[0]), population(rows()[0])[-1])
    assert all(p.requires_grad for p in member.parameters())
    run(member, *rows(), generator(1))
    assert distance(member, population.member(-1)) > 1e-4
    assert [type(m) for m in population] == [MLP] * len(population) == [MLP] * K
    with pytest.raises(IndexError):
        population.member(K)


def test_names_and_shapes_are_those_of_a_network_with_members_in_front():
    model = networks()[0]
    population = Population([model] * 4).eval()
    expected = {name: (4, *p.shape) for name, p in model.named_parameters()}
    assert {name: tuple(p.shape) for name, p in population.named_parameters()} == expected
    assert population.state_dict().keys() == model.state_dict().keys()
    assert not population.member(0).training
    assert (members_of(model), members_of(population)) == ((), (4,))


@pytest.mark.parametrize("hidden", HIDDEN)
def test_features_of_each_member(hidden):
    models = networks(hidden)
    expected = torch.stack([model.features(rows()[0]) for model in models])
    torch.testing.assert_close(Population(models).features(rows()[0]), expected)


def test_making_members_draws_nothing():
    models = networks()
    before = torch.get_rng_state()
    list(Population(models))
    assert torch.equal(torch.get_rng_state(), before)


def test_fishers_of_members_together():
    population = Population(networks())
    fisher = stacked(fisher_diagonal(member, rows()[0]) for member in population)
    assert fisher.keys() == dict(population.named_parameters()).keys()
    assert all(fisher[name].shape == p.shape for name, p in population.named_parameters())
    third = fisher_diagonal(networks()[2], rows()[0])
    assert all(torch.equal(fisher[name][2], values) for name, values in third.items())
    for wrong in ([], [third, {"other": torch.ones(1)}]):
        with pytest.raises(ValueError, match="expected the same names of each member"):
            stacked(wrong)


def test_each_sees_one_network_at_a_time():
    population = Population(networks())
    x = own_rows()[0]
    shapes = []

    def mean_logit(model, own):
        shapes.append([tuple(p.shape) for p in model.parameters()])
        return model(own).mean()

    values = population.each(mean_logit, x)
    expected = [m(x[k]).mean().item() for k, m in enumerate(networks())]
    assert values.tolist() == pytest.approx(expected, rel=1e-10)
    assert shapes == [[tuple(p.shape) for p in networks()[0].parameters()]]
    values.sum().backward()
    assert all(p.grad is not None for p in population.parameters())


@pytest.mark.parametrize(
    ("models", "message"),
    [
        ([], "at least one MLP"),
        ([nn.Linear(2, 2)], "at least one MLP, got .'Linear'"),
        ([MLP(2, (3,), 2), MLP(2, (4,), 2)], "one shape"),
        ([MLP(2, (3,), 2, dropout=0.5)], "no Dropout"),
        ([MLP(2, (3,), 2, num_heads=2)], "one head"),
        ([MLP(2, (3,), 2), MLP(2, (3,), 2).double()], "one device and dtype"),
    ],
)
def test_what_is_no_population(models, message):
    with pytest.raises(ValueError, match=message):
        Population(models)


@pytest.mark.parametrize(
    ("x", "y", "sources", "message"),
    [
        (own_rows()[0][:2], own_rows()[1][:2], generator(0), r"x \(3, n, d\) and y \(3, n\)"),
        (own_rows()[0], own_rows()[1][:, 1:], generator(0), r"got \(3, 50, 6\) and \(3, 49\)"),
        (own_rows()[0][:, :0], own_rows()[1][:, :0], generator(0), "n at least 1"),
        (*rows(), [generator(0)] * 2, "one for each member of a population, got 2 for 3"),
    ],
)
def test_what_does_not_fit_a_population(x, y, sources, message):
    with pytest.raises(ValueError, match=message):
        run(Population(networks()), x, y, sources)


def test_one_network_has_one_generator():
    with pytest.raises(ValueError, match="got 1 for no population"):
        run(networks()[0], *rows(), [generator(0)])


needs_cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")


@needs_cuda
@pytest.mark.parametrize("own_order", [False, True])
def test_cuda_agrees_with_the_cpu(own_order):
    histories = []
    for device in ("cpu", "cuda"):
        task = even_odd(load("digits", device=device))[0]
        models = [MLP(64, (128,), 5, generator=generator(k)).to(device) for k in range(K)]
        population = Population(models)
        sources = [generator(k) for k in range(K)] if own_order else generator(0)
        history = run(population, task.x_train, task.y_train, sources, ("adam", 1e-3))
        assert math.isfinite(float(accuracy(population, task.x_test, task.y_test).mean()))
        histories.append(torch.stack(history))
    torch.testing.assert_close(*histories, rtol=1e-3, atol=1e-4)
