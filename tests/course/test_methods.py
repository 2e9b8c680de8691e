"""Each method against an independent answer: closed forms, numpy, the notebooks' own."""

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy

from course.device import generator
from course.methods.lwf import LwF, distillation
from course.methods.mas import output_sensitivity
from course.methods.memory import Reservoir
from course.methods.outputs import Outputs
from course.methods.quadratic import _Pull
from course.methods.replay import AGEM, DERPlusPlus, Replay, project
from course.methods.si import SI
from course.training import make_optimizer, train

ROWS = 12


def started(method, scenario="class", heads=1, width=4):
    """The method, its small network of float64, and rows of task 0 to learn from."""
    outputs = Outputs(scenario, heads, width)
    model = outputs.network(3, (5,), generator(0)).double()
    method.start(model, outputs, generator(1))
    method.begin(0)
    x = torch.rand(ROWS, 3, generator=generator(2), dtype=torch.float64)
    return method, model, x, torch.randint(width, (ROWS,), generator=generator(3))


class Bowl(SI):
    """SI on the loss 3 / 2 * sum of (theta - goal)^2."""

    goal = 0.0

    def loss(self, model, rows, labels):
        return 1.5 * sum(((p - self.goal) ** 2).sum() for p in model.parameters())


def learn(method, steps, lr=0.1):
    x, y = torch.zeros(1, 3, dtype=torch.float64), torch.zeros(1, dtype=torch.int64)
    optimizer = make_optimizer("sgd", method.model, lr)
    hooks = {"penalty": method.penalty, "loss": method.loss, "on_step": method.on_step}
    view = method.view
    train(view, x, y, optimizer=optimizer, epochs=steps, batch_size=1, generator=generator(0),
          **hooks)  # fmt: skip
    method.end(x, y)


def test_the_path_integral_of_si_on_a_bowl():
    method, model, _, _ = started(Bowl(1.0, damping=0.1))
    before = torch.cat([p.detach().flatten() for p in model.parameters()])
    learn(method, steps=5)
    # theta shrinks by r = 1 - 0.1 * 3 at each step, so w is a geometric series.
    r = 0.7
    path = 0.1 * 3**2 * before**2 * (1 - r**10) / (1 - r**2)
    expected = path / ((before * (1 - r**5)) ** 2 + 0.1)
    found = torch.cat([value.flatten() for value in method.importance.values()])
    assert torch.allclose(found, expected, rtol=1e-12)


def test_the_penalty_has_no_part_in_the_path_of_si():
    method, model, _, _ = started(Bowl(2.0))
    learn(method, steps=5)
    theta = torch.cat([p.detach().flatten() for p in model.parameters()]).numpy()
    omega = torch.cat([value.flatten() for value in method.importance.values()]).numpy()
    method.goal = 1.0
    method.begin(1)
    learn(method, steps=4)
    anchor, first, own, both = theta.copy(), theta.copy(), 0.0, 0.0
    for _ in range(4):
        gradient = 3 * (theta - 1.0)
        pulled = gradient + 2.0 * omega * (theta - anchor)
        own, both = own + gradient * 0.1 * pulled, both + pulled * 0.1 * pulled
        theta = theta - 0.1 * pulled
    way = (theta - first) ** 2 + 0.1
    found = torch.cat([value.flatten() for value in method.importance.values()]).numpy()
    assert np.allclose(found, omega + own / way, rtol=1e-10)
    assert not np.allclose(found, omega + both / way, rtol=1e-3)


def test_a_pull_is_half_the_weighted_square_with_its_gradient():
    p, anchor, weight = torch.rand(3, 4, 2, generator=generator(0), dtype=torch.float64)
    p = p.clone().requires_grad_()
    value = _Pull.apply([anchor[:1], anchor[1:]], [weight[:1], weight[1:]], p[:1], p[1:])
    assert value.item() == pytest.approx(0.5 * (weight * (p - anchor) ** 2).sum().item())
    (3 * value).backward()
    assert torch.allclose(p.grad, 3 * weight * (p.detach() - anchor))


def test_distillation_in_numpy():
    new, old = torch.randn(2, 6, 4, generator=generator(0), dtype=torch.float64)
    old = 3 * old
    softened = []
    for logits in (new.numpy() / 2, old.numpy() / 2):
        e = np.exp(logits)
        softened.append(e / e.sum(axis=1, keepdims=True))
    q, p = softened
    expected = 4 * (p * np.log(p / q)).sum(axis=1).mean()
    assert distillation(new, old, 2.0).item() == pytest.approx(expected)
    assert distillation(old, old, 2.0).item() == pytest.approx(0.0, abs=1e-12)
    assert distillation(old, new, 2.0).item() != pytest.approx(expected, rel=1e-2)


def test_lwf_holds_the_old_heads_to_what_they_said():
    method, model, x, y = started(LwF(0.5), "task", heads=3, width=2)
    y = y % 2
    assert method.loss(model.for_task(0), x, y) == cross_entropy(model.for_task(0)(x), y)
    said = [model.for_task(head)(x).detach() for head in range(3)]
    method.begin(2)
    with torch.no_grad():
        for p in model.parameters():
            p.mul_(1.1)
    expected = cross_entropy(model.for_task(2)(x), y)
    for head in range(2):
        expected = expected + 0.5 * distillation(model.for_task(head)(x), said[head], 2.0)
    assert torch.allclose(method.loss(model.for_task(2), x, y), expected)


def test_the_sensitivity_of_mas_row_by_row():
    _, model, x, _ = started(LwF())
    expected = {name: torch.zeros_like(p) for name, p in model.named_parameters()}
    for row in x:
        gradients = torch.autograd.grad((model(row[None]) ** 2).sum(), list(model.parameters()))
        for total, gradient in zip(expected.values(), gradients, strict=True):
            total += gradient.abs() / len(x)
    found = output_sensitivity(model, x)
    assert found.keys() == expected.keys()
    assert all(torch.allclose(found[name], expected[name]) for name in expected)


def test_a_gradient_against_the_reference_loses_that_part_and_no_other():
    r = [torch.tensor([1.0, 0.0]), torch.tensor([2.0])]
    against = [torch.tensor([-3.0, 5.0]), torch.tensor([-1.0])]  # g . r = -5, r . r = 5
    projected = project(against, r)
    assert sum((a * b).sum() for a, b in zip(projected, r, strict=True)) == 0
    assert projected[0].tolist() == [-2.0, 5.0]
    assert projected[1].tolist() == [1.0]
    along = [torch.tensor([3.0, 5.0]), torch.tensor([-1.0])]
    assert all(map(torch.equal, project(along, r), along))


def test_agem_never_steps_against_what_it_remembers():
    method, model, x, y = started(AGEM(ROWS), "domain", width=2)
    y = torch.zeros_like(y)
    method.end(x, y)
    method.begin(1)
    method.loss(model, x, 1 - y).backward()
    own = torch.cat([p.grad.flatten() for p in model.parameters()])
    every = list(model.parameters())
    kept = torch.autograd.grad(cross_entropy(model(x), y), every)
    reference = torch.cat([g.flatten() for g in kept])
    method.on_gradients()
    after = torch.cat([p.grad.flatten() for p in model.parameters()])
    assert own @ reference < -1e-3
    assert abs(after @ reference) < 1e-12
    assert torch.allclose(own - after, (own @ reference) / (reference @ reference) * reference)


def test_replay_means_the_batch_and_as_many_remembered_rows_by_their_own_heads():
    method, model, x, y = started(Replay(5), "task", heads=2, width=2)
    y = y % 2
    assert method.loss(model.for_task(0), x, y) == cross_entropy(model.for_task(0)(x), y)
    method.end(x, y)
    method.begin(1)
    old, labels = method.memory.held  # all five of them, as the batch is larger
    expected = (
        cross_entropy(model.for_task(1)(x), y) + cross_entropy(model.for_task(0)(old), labels)
    ) / 2
    assert torch.allclose(method.loss(model.for_task(1), x, y), expected)
    method.end(x, y)
    assert set(method.memory.held[1].tolist()) <= {0, 1, 2, 3}, "labels of both heads"
    assert method.memory.held[1].max() > 1


def test_der_stores_what_the_network_said_when_it_saw_the_row():
    method, model, x, y = started(DERPlusPlus(ROWS, alpha=0.3, beta=0.7))
    said = model(x).detach()
    method.loss(model, x, y)
    with torch.no_grad():
        for p in model.parameters():
            p.mul_(1.2)
    assert torch.equal(method.memory.held[2], said)
    now = model(x)
    expected = (1 + 0.7) * cross_entropy(now, y) + 0.3 * ((now - said) ** 2).mean()
    assert torch.allclose(method.loss(model, x, y), expected)
    assert not method.memory.held[2].requires_grad


@pytest.mark.parametrize("parts", [(9,), (4, 5), (1,) * 9])
def test_every_row_of_a_stream_is_as_likely_to_be_held(parts):
    capacity, trials, source = 3, 800, generator(0)
    counts = np.zeros(sum(parts))
    for _ in range(trials):
        memory = Reservoir(capacity, source)
        for rows in torch.arange(sum(parts)).split(parts):
            memory.add(rows, -rows)
        held, same = memory.held
        assert torch.equal(held, -same)
        assert len(set(held.tolist())) == len(memory) == capacity
        counts[held.numpy()] += 1
    share = capacity / sum(parts)
    error = (share * (1 - share) / trials) ** 0.5
    assert np.abs(counts / trials - share).max() < 4.5 * error


def test_a_memory_that_is_not_full_yet():
    memory = Reservoir(8, generator(0))
    x = torch.rand(5, 2)
    memory.add(x)
    assert (len(memory), memory.nbytes) == (5, x.nbytes)
    (drawn,) = memory.sample(10)
    assert sorted(drawn.tolist()) == sorted(x.tolist())
    x.zero_()
    assert memory.held[0][:5].min() > 0, "copies"
    with pytest.raises(ValueError, match="capacity"):
        Reservoir(0, generator(0))
