"""On real MNIST: what forgetting costs, five seeds, against the published numbers."""

import pytest
import torch

from autograder.reference.forgetting import PROTOCOLS, measure
from autograder.reference.results import PAGE, page
from course import mnist
from course.device import generator
from course.models import MLP

SEEDS = range(5)


def test_the_results_page_is_made_from_the_measurements():
    assert PAGE.read_text() == page()
    assert "even/odd, joint" in page()


def test_never_clearing_gradients_is_momentum_one():
    """The claim behind the third line of the table, to the last bit of float64."""
    x = torch.randn(40, 6, generator=generator(0), dtype=torch.float64)
    y = torch.randint(0, 3, (40,), generator=generator(1))
    ends = []
    for momentum, clears in ((0.0, False), (1.0, True), (0.0, True)):
        model = MLP(6, [5], 3, generator=generator(2)).double()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=momentum)
        for rows in torch.arange(40).split(4):
            if clears:
                optimizer.zero_grad()
            torch.nn.functional.cross_entropy(model(x[rows]), y[rows]).backward()
            optimizer.step()
        ends.append(torch.cat([p.detach().flatten() for p in model.parameters()]))
    assert torch.allclose(ends[0], ends[1], rtol=0, atol=1e-14)
    assert not torch.allclose(ends[0], ends[2], rtol=0, atol=1e-3)


@pytest.fixture(scope="module")
def measured():
    try:
        mnist.locate(None, download=False)
    except FileNotFoundError as error:
        pytest.skip(str(error))
    return {m.protocol.name: m for m in measure("mnist", SEEDS)}


def test_joint_training_is_reached(measured):
    """The tutorial's joint figure on even/odd, a mean of 97.5, is reached."""
    parity = measured["even/odd, joint"]
    assert parity.mean.mean() + 2 * parity.error.mean() >= 97.5
    assert measured["digit pairs, joint"].mean[0] > 99.3
    assert measured["digit pairs, joint"].mean[1] > 97.5


@pytest.mark.parametrize(
    "name", [p.name for p in PROTOCOLS["mnist"] if p.published and p.sequential]
)
def test_published_runs_lie_within_three_standard_deviations(measured, name):
    line = measured[name]
    distance = (torch.tensor(line.protocol.published) - line.mean).abs() / line.deviation
    assert (distance < 3).all(), (name, line.mean, line.deviation)


def test_forgetting_is_real_but_its_size_in_the_tutorial_is_an_artefact(measured):
    honest = measured["digit pairs, nothing done"].mean
    cleared = measured["digit pairs, lr 0.001, with zero_grad"].mean
    piled_up = measured["digit pairs, lr 0.001, no zero_grad (momentum 1)"].mean
    assert 70 < honest[0] < 82
    assert honest[1] > 97
    assert cleared[0] > 99  # the same learning rate, gradients cleared: nothing is forgotten,
    assert cleared[1] < 88  # and little is learned
    assert piled_up[0] < honest[0]
