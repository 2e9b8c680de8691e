"""The network: what it is made of, how it is drawn, its heads."""

import pytest
import torch
from torch import nn
from torch._subclasses.fake_tensor import FakeTensorMode

from course.device import generator
from course.models import MLP


def weights(model: nn.Module) -> list[torch.Tensor]:
    return [p.detach().clone() for p in model.parameters()]


def same(a: nn.Module, b: nn.Module) -> bool:
    return all(torch.equal(p, q) for p, q in zip(weights(a), weights(b), strict=True))


@pytest.mark.parametrize(("dropout", "between"), [(0.0, []), (0.3, [nn.Dropout])])
def test_made_of_plain_modules_each_used_once(dropout, between):
    model = MLP(6, (5, 4), 3, dropout=dropout)
    leaves = [m for m in model.modules() if not list(m.children())]
    kinds = [nn.Linear, nn.ReLU, *between] * 2 + [nn.Linear]
    assert [type(leaf) for leaf in leaves] == kinds
    calls = []
    for leaf in leaves:
        leaf.register_forward_hook(lambda module, *_: calls.append(module))
    model(torch.rand(2, 6))
    assert calls == leaves
    assert list(model.buffers()) == []
    assert all(p.requires_grad for p in model.parameters())


def test_forward_against_matrices():
    model = MLP(6, (5, 4), 3, generator=generator(0)).double()
    x = torch.rand(7, 6, dtype=torch.float64)
    (w1, b1, w2, b2, w3, b3) = (p.detach().numpy() for p in model.parameters())
    hidden = (x.numpy() @ w1.T + b1).clip(min=0)
    hidden = (hidden @ w2.T + b2).clip(min=0)
    assert torch.allclose(model.features(x), torch.from_numpy(hidden))
    assert torch.allclose(model(x), torch.from_numpy(hidden @ w3.T + b3))


def test_without_hidden_layers_it_is_softmax_regression():
    model, x = MLP(6, (), 3), torch.rand(2, 6)
    assert torch.equal(model.features(x), x)
    assert len(list(model.parameters())) == 2


def test_drawn_as_pytorch_draws():
    with torch.random.fork_rng():
        torch.manual_seed(7)
        plain = nn.Sequential(nn.Linear(30, 20), nn.Linear(20, 10))
    ours = MLP(30, (20,), 10, generator=generator(7))
    for p, q in zip(weights(plain), weights(ours), strict=True):
        assert torch.allclose(p, q)


def test_drawn_from_the_generator_alone():
    first = MLP(6, (5,), 3, num_heads=2, generator=generator(1))
    torch.rand(3)
    assert same(first, MLP(6, (5,), 3, num_heads=2, generator=generator(1)))
    assert not same(first, MLP(6, (5,), 3, num_heads=2, generator=generator(2)))
    heads = weights(first.heads)
    assert not torch.equal(heads[0], heads[2])


def test_config_builds_a_network_of_the_same_shape():
    model = MLP(6, (5, 4), 3, num_heads=2, dropout=0.25, generator=generator(0))
    again = MLP(**model.config)
    again.load_state_dict(model.state_dict())
    assert again.config == model.config
    assert str(again) == str(model)
    assert same(again, model)


def test_heads_share_what_is_hidden():
    model = MLP(6, (5,), 2, num_heads=3, generator=generator(0))
    x = torch.rand(4, 6)
    nets = [model.for_task(i) for i in range(3)]
    for i, net in enumerate(nets):
        assert torch.equal(net(x), model.heads[i](model.features(x)))
        assert torch.equal(net.features(x), model.features(x))
        parameters = dict(model.named_parameters())
        assert all(parameters[name] is p for name, p in net.named_parameters())
        assert len(list(net.parameters())) == 4
    nets[1](x).sum().backward()
    assert model.hidden[0].weight.grad is not None
    assert [head.weight.grad is None for head in model.heads] == [True, False, True]


def test_one_head_by_task():
    model, x = MLP(6, (5,), 2), torch.rand(4, 6)
    assert torch.equal(model.for_task(0)(x), model(x))


@pytest.mark.parametrize("training", [True, False])
def test_a_task_s_network_has_the_mode_of_the_whole(training):
    model = MLP(6, (5,), 2, num_heads=2, dropout=0.5).train(training)
    net = model.for_task(0)
    assert {m.training for m in net.modules()} == {training}
    model.hidden[2].train(not training)
    model.for_task(1)
    assert model.hidden[2].training is not training, "asking for a task's network changes no mode"


def test_several_heads_must_be_asked_by_task():
    with pytest.raises(ValueError, match="for_task"):
        MLP(6, (5,), 2, num_heads=2)(torch.rand(1, 6))


@pytest.mark.parametrize("task", [-1, 2])
def test_no_such_head(task):
    with pytest.raises(ValueError, match=f"no head {task}: there are 2"):
        MLP(6, (5,), 2, num_heads=2).for_task(task)


@pytest.mark.parametrize(
    ("sizes", "options"),
    [
        ((0, (5,), 2), {}),
        ((6, (5, 0), 2), {}),
        ((6, (5,), 0), {}),
        ((6, (5,), 2), {"num_heads": 0}),
        ((6, (5,), 2), {"dropout": 1.0}),
        ((6, (5,), 2), {"dropout": -0.1}),
    ],
)
def test_sizes_out_of_range(sizes, options):
    with pytest.raises(ValueError, match="expected sizes >= 1 and dropout"):
        MLP(*sizes, **options)


def test_meta_device():
    with torch.device("meta"):
        model = MLP(784, (400, 400), 10, num_heads=2, dropout=0.5)
        out = model.for_task(1)(torch.empty(3, 784))
    assert (out.shape, out.device.type) == ((3, 10), "meta")


def fake_cuda(kind: type[MLP], **options) -> MLP:
    with torch.device("cuda"):
        return kind(6, (5, 4), 3, **options)


@pytest.mark.parametrize("dropout", [0.0, 0.5])
def test_nothing_is_made_on_the_cpu(dropout):
    with FakeTensorMode():
        model = fake_cuda(MLP, dropout=dropout)
        x = torch.empty(7, 6, device="cuda")
        outs = [model(x), model.features(x), model.for_task(0)(x)]
    assert {out.device.type for out in outs} == {"cuda"}


class Mixed(MLP):
    """Wrong on purpose: makes a tensor of its own on the CPU."""

    def forward(self, x):
        return super().forward(x) + torch.zeros(len(x), 3)


def test_mixed_devices_are_caught_without_a_gpu():
    with FakeTensorMode():
        model = fake_cuda(Mixed)
        with pytest.raises(RuntimeError, match="device"):
            model(torch.empty(7, 6, device="cuda"))
