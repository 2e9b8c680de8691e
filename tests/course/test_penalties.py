"""The quadratic penalty: its size, its gradient, and that members of a population pay their own."""

import pytest
import torch

from course.device import generator
from course.models import MLP
from course.penalties import quadratic
from course.population import Population, stacked

K = 3


def network(seed=0):
    return MLP(4, (5,), 3, generator=generator(seed)).double()


def like(model, seed):
    """A number between 0 and 1 for every parameter."""
    source = generator(seed)
    return {
        name: torch.rand(p.shape, generator=source, dtype=torch.float64)
        for name, p in model.named_parameters()
    }


def test_by_hand():
    model = torch.nn.Linear(1, 2)
    with torch.no_grad():
        model.weight[:] = torch.tensor([[1.0], [2.0]])
        model.bias[:] = torch.tensor([3.0, 4.0])
    anchor = {"weight": torch.zeros(2, 1), "bias": torch.tensor([3.0, 1.0])}
    assert quadratic(anchor, 2.0)(model).item() == 1 + 4 + 9
    importance = {"weight": torch.tensor([[1.0], [0.5]]), "bias": torch.tensor([100.0, 0.0])}
    assert quadratic(anchor, 1.0, importance)(model).item() == (1 + 2) / 2


def test_the_gradient_is_strength_times_importance_times_distance():
    model = network()
    anchor, importance = like(model, 1), like(model, 2)
    quadratic(anchor, 0.3, importance)(model).backward()
    for name, p in model.named_parameters():
        expected = 0.3 * importance[name] * (p.detach() - anchor[name])
        torch.testing.assert_close(p.grad, expected)


@pytest.mark.parametrize("own", [True, False])
def test_every_member_of_a_population_pays_what_it_would_alone(own):
    models = [network(seed) for seed in range(K)]
    anchors = [like(models[0], 10 + (i if own else 0)) for i in range(K)]
    importances = [like(models[0], 20 + (i if own else 0)) for i in range(K)]
    strengths = torch.tensor([0.1, 1.0, 10.0], dtype=torch.float64)
    given = (stacked(anchors), strengths, stacked(importances))
    together = quadratic(*(given if own else (anchors[0], strengths, importances[0])))
    found = together(Population(models))
    assert found.shape == (K,)
    alone = [
        quadratic(a, float(s), i)(m)
        for a, s, i, m in zip(anchors, strengths, importances, models, strict=True)
    ]
    torch.testing.assert_close(found, torch.stack(alone))
