"""The exact Fisher diagonal, against one example's gradients at a time and closed forms."""

import pytest
import torch
from torch import nn
from torch.func import functional_call, jacrev, vmap

from course import fisher
from course.device import generator
from course.fisher import empirical_diagonal, fisher_diagonal
from course.models import MLP

PIXELS, CLASSES, ROWS = 12, 4, 23


def network(dtype=torch.float64, *, hidden=(9, 7), **options) -> MLP:
    return MLP(PIXELS, hidden, CLASSES, generator=generator(1), **options).to(dtype)


def rows(dtype=torch.float64, n=ROWS) -> torch.Tensor:
    return torch.randn(n, PIXELS, generator=generator(2), dtype=torch.float64).to(dtype)


def by_samples(model: nn.Module, x: torch.Tensor) -> dict[str, torch.Tensor]:
    """The definition: every row's gradient of every class's log p, squared and weighted by p."""
    was_training = model.training
    model.eval()
    weights = {name: p.detach() for name, p in model.named_parameters()}

    def log_p(weights, row):
        return functional_call(model, weights, (row[None],)).log_softmax(dim=1)[0]

    def weighted(row):
        p = log_p(weights, row).exp()
        gradients = jacrev(log_p)(weights, row)
        return {name: torch.einsum("c,c...->...", p, g**2) for name, g in gradients.items()}

    per_row = vmap(weighted)(x)
    model.train(was_training)
    return {name: values.mean(dim=0) for name, values in per_row.items()}


def sequential(*, inplace: bool = False) -> nn.Sequential:
    torch.manual_seed(3)
    layers = [nn.Linear(PIXELS, 8), nn.ReLU(inplace), nn.Dropout(0.5), nn.Linear(8, 6, bias=False)]
    return nn.Sequential(*layers, nn.Tanh(), nn.Linear(6, CLASSES))


class Residual(nn.Module):
    """Layers are made in another order than they are used in."""

    def __init__(self):
        super().__init__()
        self.head = nn.Linear(8, CLASSES)
        self.body = nn.Linear(8, 8)
        self.stem = nn.Linear(PIXELS, 8)

    def forward(self, x):
        x = torch.tanh(self.stem(x))
        return self.head(x + torch.sigmoid(self.body(x)))


NETWORKS = {
    "MLP": network,
    "one linear layer in an MLP": lambda: network(hidden=()),
    "MLP with dropout": lambda: network(dropout=0.5),
    "one head of three": lambda: network(num_heads=3).for_task(1),
    "Sequential": lambda: sequential().double(),
    "activations that work in place": lambda: sequential(inplace=True).double(),
    "a single layer": lambda: nn.Linear(PIXELS, CLASSES).double(),
    "residual": lambda: Residual().double(),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_equals_the_mean_over_single_examples(name):
    model, x = NETWORKS[name](), rows()
    got, expected = fisher_diagonal(model, x), by_samples(model, x)
    assert list(got) == list(expected) == [name for name, _ in model.named_parameters()]
    for parameter, values in expected.items():
        assert values.max() > 0
        torch.testing.assert_close(got[parameter], values, rtol=1e-10, atol=1e-14)


def test_the_empirical_one_takes_each_row_s_own_label(monkeypatch):
    monkeypatch.setattr(fisher, "CHUNK", 5)
    model, x = network(), rows()
    y = torch.arange(ROWS) % CLASSES
    got = empirical_diagonal(model, x, y)
    expected = {name: torch.zeros_like(p) for name, p in model.named_parameters()}
    for row, label in zip(x, y, strict=True):
        log_p = model(row[None]).log_softmax(dim=1)[0, label]
        for name, g in zip(expected, torch.autograd.grad(log_p, model.parameters()), strict=True):
            expected[name] += g**2 / ROWS
    assert list(got) == list(expected)
    for name, values in expected.items():
        torch.testing.assert_close(got[name], values, rtol=1e-10, atol=1e-14)


def test_the_exact_one_is_the_empirical_one_with_every_label_weighed():
    model, x = network(), rows(n=1)
    p = model(x).softmax(dim=1)[0].detach()
    each = [empirical_diagonal(model, x, torch.tensor([c])) for c in range(CLASSES)]
    for name, values in fisher_diagonal(model, x).items():
        weighed = sum(share * one[name] for share, one in zip(p, each, strict=True))
        torch.testing.assert_close(values, weighed, rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize("y", [torch.zeros(ROWS), torch.zeros(ROWS - 1, dtype=torch.int64)])
def test_labels_that_do_not_fit(y):
    with pytest.raises(ValueError, match=r"expected labels \(23,\) int64, got"):
        empirical_diagonal(network(), rows(), y)


@pytest.mark.parametrize("sizes", [(64, (128,), 5), (784, (128,), 5)])
def test_single_precision_to_a_hundred_thousandth(sizes):
    model = MLP(*sizes, generator=generator(0))
    x = torch.rand(300, sizes[0], generator=generator(4))
    got, expected = fisher_diagonal(model, x), by_samples(model, x)
    for name, values in expected.items():
        assert got[name].dtype == torch.float32
        # Behind a unit that is hardly ever on, both ways round off the fifth digit of a tiny value.
        torch.testing.assert_close(got[name], values, rtol=1e-5, atol=1e-7 * values.max().item())


def test_softmax_regression_in_closed_form():
    model, x = nn.Sequential(nn.Linear(PIXELS, CLASSES)).double(), rows()
    p = model(x).softmax(dim=1).detach()
    spread = p * (1 - p)
    got = fisher_diagonal(model, x)
    torch.testing.assert_close(got["0.weight"], spread.T @ x**2 / ROWS)
    torch.testing.assert_close(got["0.bias"], spread.mean(dim=0))


def test_is_the_curvature_of_the_divergence():
    """KL(p at theta, p at theta + d) is half F d^2, one weight moved."""
    model, x, d = network(), rows(), 1e-3
    weight = model.heads[0].weight
    with torch.no_grad():
        before = model(x).log_softmax(dim=1)
        weight[2, 3] += d
        after = model(x).log_softmax(dim=1)
        weight[2, 3] -= d
    divergence = (before.exp() * (before - after)).sum(dim=1).mean().item()
    expected = fisher_diagonal(model, x)["heads.0.weight"][2, 3].item()
    assert 2 * divergence / d**2 == pytest.approx(expected, rel=2e-3)


def test_a_head_keeps_its_name():
    names = set(fisher_diagonal(network(num_heads=3).for_task(2), rows()))
    hidden = {f"hidden.{k}.{kind}" for k in (0, 2) for kind in ("weight", "bias")}
    assert names == hidden | {"heads.2.weight", "heads.2.bias"}


def test_chunks_make_no_difference(monkeypatch):
    model, x = network(), rows()
    whole = fisher_diagonal(model, x)
    seen = []
    model.register_forward_pre_hook(lambda _, inputs: seen.append(len(inputs[0])))
    monkeypatch.setattr(fisher, "CHUNK", 10)
    torch.testing.assert_close(fisher_diagonal(model, x), whole)
    assert seen == [10, 10, 3], "memory is bounded: no more rows at once"


def test_dropout_is_off_and_each_module_is_left_in_its_mode():
    model, x = network(dropout=0.5), rows()
    model.train()
    model.hidden[2].eval()
    before = [module.training for module in model.modules()]
    first = fisher_diagonal(model, x)
    torch.testing.assert_close(fisher_diagonal(model, x), first, rtol=0, atol=0)
    assert [module.training for module in model.modules()] == before
    with pytest.raises(ValueError, match="expected rows"):
        fisher_diagonal(model, x[:, 1:])
    assert [module.training for module in model.modules()] == before


def test_nothing_is_left_behind():
    model, x = network(), rows()
    weights = {name: values.clone() for name, values in model.state_dict().items()}
    model(x).sum().backward()
    gradients = [p.grad.clone() for p in model.parameters()]
    given = x.clone()
    got = fisher_diagonal(model, x)
    for p, gradient in zip(model.parameters(), gradients, strict=True):
        assert torch.equal(p.grad, gradient)
    assert all(torch.equal(weights[name], values) for name, values in model.state_dict().items())
    assert torch.equal(x, given)
    assert not x.requires_grad
    assert not any(values.requires_grad for values in got.values())
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in model.modules())
    model.zero_grad(set_to_none=True)
    fisher_diagonal(model, x)
    assert all(p.grad is None for p in model.parameters())


def test_frozen_weights_and_no_grad_make_no_difference():
    model, x = network(), rows()
    expected = fisher_diagonal(model, x)
    model.requires_grad_(False)
    with torch.no_grad():
        torch.testing.assert_close(fisher_diagonal(model, x), expected)
    assert not any(p.requires_grad for p in model.parameters())


class Twice(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner, self.head = nn.Linear(PIXELS, PIXELS), nn.Linear(PIXELS, CLASSES)

    def forward(self, x):
        return self.head(self.inner(torch.relu(self.inner(x))))


class Unused(Twice):
    def forward(self, x):
        return self.head(x)


class Tied(Twice):
    def __init__(self):
        super().__init__()
        self.other = nn.Linear(PIXELS, PIXELS)
        self.other.weight = self.inner.weight


def normalised() -> nn.Module:
    return nn.Sequential(nn.Linear(PIXELS, 8), nn.BatchNorm1d(8), nn.Linear(8, CLASSES))


def mixed() -> nn.Module:
    return nn.Sequential(nn.Linear(PIXELS, 8), nn.Linear(8, CLASSES).double())


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (normalised, r"only layers with parameters are nn.Linear, got BatchNorm1d '1'"),
        (lambda: nn.Sequential(nn.ReLU()), "got one without parameters"),
        (Twice, r"uses each layer once, got Linear\(.*\) again"),
        (Unused, r"uses each layer once, got unused \[Linear"),
        (Tied, "no two layers share their weights"),
        (mixed, "all parameters on one device and of one dtype"),
        (lambda: network(torch.float32, num_heads=2), r"call model\.for_task\(i\)"),
        (lambda: nn.Sequential(nn.Linear(PIXELS, 4), nn.Flatten(0)), r"logits \(5, C\), got \(20,"),
    ],
)
def test_networks_that_it_does_not_hold_for(make, message):
    model = make()
    with pytest.raises(ValueError, match=message):
        fisher_diagonal(model, rows(torch.float32, 5))
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in model.modules())


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (torch.zeros(0, PIXELS), r"n at least 1, got \(0, 12\)"),
        (torch.zeros(PIXELS), r"expected x \(n, d\) .* got \(12,\)"),
        (torch.zeros(2, 3, PIXELS), r"expected x \(n, d\) .* got \(2, 3, 12\)"),
        (torch.zeros(5, 7), r"expected rows \(5, 12\) for Linear\(.*, got \(5, 7\)"),
        (torch.zeros(5, PIXELS).double(), r"float32\), got \(cpu, torch.float64\)"),
        (torch.zeros(5, PIXELS, dtype=torch.int64), r"got \(cpu, torch.int64\)"),
        (torch.zeros(5, PIXELS, device="meta"), r"model's device .*\(cpu, .* got \(meta, "),
    ],
)
def test_rows_that_do_not_fit(x, message):
    with pytest.raises(ValueError, match=message):
        fisher_diagonal(network(torch.float32), x)


def test_what_is_no_network_and_no_tensor():
    with pytest.raises(TypeError, match=r"expected a network \(nn.Module\), got function"):
        fisher_diagonal(lambda x: x, rows())
    with pytest.raises(TypeError, match=r"a tensor \(n, d\), got list"):
        fisher_diagonal(network(), rows().tolist())


def test_no_devices_are_mixed():
    with torch.device("meta"):
        model = MLP(PIXELS, (5,), CLASSES, dropout=0.5)
        got = fisher_diagonal(model, torch.empty(ROWS, PIXELS))
    shapes = {name: (p.shape, "meta") for name, p in model.named_parameters()}
    assert {name: (f.shape, f.device.type) for name, f in got.items()} == shapes
    with pytest.raises(ValueError, match="model's device"):
        fisher_diagonal(model, torch.empty(ROWS, PIXELS))


DEVICES = {"cuda": torch.cuda.is_available, "mps": torch.backends.mps.is_available}


@pytest.mark.parametrize("device", DEVICES)
def test_a_gpu_agrees_with_the_cpu(device):
    if not DEVICES[device]():
        pytest.skip(f"needs a {device.upper()} device")
    model = MLP(64, (128,), 5, generator=generator(0))
    x = torch.rand(3000, 64, generator=generator(4))
    expected = fisher_diagonal(model, x)
    got = fisher_diagonal(model.to(device), x.to(device))
    for name, values in expected.items():
        assert got[name].device.type == device
        torch.testing.assert_close(
            got[name].cpu(), values, rtol=1e-4, atol=1e-5 * values.max().item()
        )
