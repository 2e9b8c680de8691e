"""Values cross the wire unchanged, and what should not cross is refused."""

import copy
import json
import socket
import struct
import threading
import time

import numpy as np
import pytest
import torch
from torch import nn

from autograder.inside.codec import AGENT, SCORER
from autograder.inside.errors import RemoteError
from autograder.inside.peer import Peer
from autograder.inside.wire import Channel, WireError
from course.data import Task
from course.models import MLP


@pytest.fixture
def both_ends():
    """A scorer's end, and an agent's end that serves the functions put into ``functions``."""
    ours, theirs = socket.socketpair()
    functions = {}

    def call(message):
        return functions[message["name"]](*message["args"])

    scorer = Peer(Channel(ours), SCORER, {})
    agent = Peer(Channel(theirs), AGENT, {"call": call})
    thread = threading.Thread(target=agent.serve, daemon=True)
    thread.start()

    def ask(function, *args):
        functions["f"] = function
        return scorer.request("call", fresh=True, name="f", args=args)

    yield ask
    scorer.close()
    thread.join(5)
    assert not thread.is_alive()
    agent.close()


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        3,
        2.5,
        float("inf"),
        "text",
        (1, (2.0, "x")),
        [1, [2]],
        {"a": 1, 2: (3,)},
        -(2**40),
    ],
)
def test_plain_values_come_back_equal_and_of_the_same_type(both_ends, value):
    back = both_ends(lambda v: copy.deepcopy(v), value)
    assert back == value
    assert type(back) is type(value)


def test_numpy_scalars_and_arrays_stay_what_they_are(both_ends):
    for value in (np.float64(1.5), np.float32(2.5), np.int64(3), np.bool_(True)):
        back = both_ends(lambda v: v, value)
        assert type(back) is type(value)
        assert back == value
    array = np.arange(6.0).reshape(2, 3)
    assert np.array_equal(both_ends(lambda a: a + 1, array), array + 1)


@pytest.mark.parametrize(
    "dtype", [torch.float32, torch.float64, torch.int64, torch.bool, torch.uint8]
)
def test_tensors_keep_shape_dtype_and_values(both_ends, dtype):
    tensor = torch.tensor([[0, 1, 2], [3, 4, 5]]).to(dtype)
    back = both_ends(lambda t: t.clone(), tensor)
    assert back.dtype == dtype
    assert torch.equal(back, tensor)


def test_a_tensor_in_another_memory_order_arrives_in_another_memory_order(both_ends):
    tensor = torch.arange(6.0).reshape(2, 3).T
    contiguous, values = both_ends(lambda t: (t.is_contiguous(), t.clone()), tensor)
    assert contiguous is False
    assert torch.equal(values, tensor)


def test_gradients_are_asked_for_where_they_were(both_ends):
    tensor = torch.ones(2, requires_grad=True)
    assert both_ends(lambda t: t.requires_grad, tensor) is True
    assert both_ends(lambda t: t * 2, tensor).requires_grad
    assert not both_ends(lambda t: (t * 2).detach(), tensor).requires_grad


def test_changes_made_over_there_are_seen_here(both_ends):
    tensor, numbers, table = torch.zeros(3), [3, 1, 2], {"a": 1}

    def change(t, n, d):
        t[1] = 7
        n.sort()
        d["b"] = 2

    both_ends(change, tensor, numbers, table)
    assert tensor.tolist() == [0, 7, 0]
    assert numbers == [1, 2, 3]
    assert table == {"a": 1, "b": 2}


def test_a_model_is_trained_over_there_as_it_would_be_here(both_ends):
    torch.manual_seed(0)
    model = MLP(4, [5], 3)
    here = copy.deepcopy(model)
    x, y = torch.randn(6, 4), torch.randint(0, 3, (6,))

    def step(model, optimizer, x, y):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()

    remote = torch.optim.Adam(model.parameters(), lr=0.1)
    local = torch.optim.Adam(here.parameters(), lr=0.1)
    for _ in range(3):  # the optimizer's running averages must travel, too
        both_ends(step, model, remote, x, y)
        step(here, local, x, y)
    for a, b in zip(model.parameters(), here.parameters(), strict=True):
        assert torch.equal(a, b)
        assert torch.equal(a.grad, b.grad)


def test_modes_of_a_model_travel_both_ways(both_ends):
    model = nn.Sequential(nn.Linear(2, 2), nn.Dropout(0.5)).eval()
    assert both_ends(lambda m: m.training, model) is False
    both_ends(lambda m: m.train() and None, model)
    assert model.training
    assert model[1].training


def test_a_generator_goes_on_where_the_other_side_left_it(both_ends):
    generator = torch.Generator().manual_seed(5)
    here = torch.Generator().manual_seed(5)
    drawn = both_ends(lambda g: torch.rand(3, generator=g), generator)
    assert torch.equal(drawn, torch.rand(3, generator=here))
    assert torch.equal(torch.rand(3, generator=generator), torch.rand(3, generator=here))


def test_a_callback_gets_the_callers_own_objects(both_ends):
    model, seen = nn.Sequential(nn.Linear(2, 1)), []

    def train_on(m, x, y, penalty=None):
        seen.append((m is model, x.tolist(), y.tolist(), penalty))
        with torch.no_grad():
            m[0].weight.fill_(2.0)

    def function(m, train_on):
        train_on(m, torch.ones(1, 2), torch.zeros(1, dtype=torch.long))
        return m[0].weight.sum().item()

    assert both_ends(function, model, train_on) == 4.0
    assert seen == [(True, [[1.0, 1.0]], [0], None)]


def test_tasks_arrive_as_tasks(both_ends):
    rows, labels = torch.rand(2, 3), torch.tensor([0, 1])
    none, nothing = torch.empty(0, 3), torch.empty(0, dtype=torch.long)
    task = Task("0/1", (0, 1), rows, labels, rows, labels, none, nothing)
    names = both_ends(lambda tasks: [(type(t).__name__, t.name, t.classes) for t in tasks], [task])
    assert names == [("Task", "0/1", (0, 1))]


def test_an_exception_arrives_with_its_type(both_ends):
    def function():
        raise ValueError("label 7")

    with pytest.raises(RemoteError, match="label 7") as caught:
        both_ends(function)
    assert caught.value.kind == "ValueError"


def test_what_cannot_cross_arrives_as_the_name_of_its_type(both_ends):
    assert both_ends(lambda: {1, 2}).type_name == "set"


def frame(text: bytes, blob: bytes = b"") -> bytes:
    return struct.pack(">IQ", len(text), len(blob)) + text + blob


def nested(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


FORGED = {
    "no JSON": frame(b"{"),
    "no object": frame(b"[]"),
    "deep JSON": frame(nested(100_000)),
    "no safetensors": frame(b"{}", b"not safetensors at all"),
    "a huge header": struct.pack(">IQ", 2**32 - 1, 2**63),
    "no fields": frame(b'{"changes": []}'),
    "unknown object": frame(json.dumps({"changes": [[0, {}]], "fields": {}}).encode()),
    "an answer to nothing": frame(
        json.dumps({"changes": [], "fields": {"op": "return", "request": 99, "value": 1}}).encode()
    ),
    "unknown kind": frame(
        json.dumps({"changes": [], "fields": {"op": "return", "request": 1, "value": {"t": "x"}}}
        ).encode()
    ),
    "a number of ours": frame(
        json.dumps(
            {"changes": [], "fields": {"op": "return", "request": 1,
             "value": {"t": "list", "n": 0, "state": []}}}
        ).encode()
    ),
    "a tensor that is not there": frame(
        json.dumps(
            {"changes": [], "fields": {"op": "return", "request": 1,
             "value": {"t": "tensor", "n": 1, "strided": False, "state": {"v": 5, "grad": False}}}}
        ).encode()
    ),
    "a huge layer": frame(
        json.dumps(
            {"changes": [], "fields": {"op": "return", "request": 1, "value": {
             "t": "module", "n": 1, "state": {"t": "map", "v": []},
             "spec": {"class": "Linear", "config": {"in_features": 10**6, "out_features": 10**6}}}}}
        ).encode()
    ),
}  # fmt: skip


@pytest.mark.parametrize("data", FORGED.values(), ids=FORGED.keys())
def test_forged_frames_are_refused_without_harm(data):
    ours, theirs = socket.socketpair()
    with ours, theirs:
        scorer = Peer(Channel(ours), SCORER, {})
        scorer.deadline = time.monotonic() + 5
        threading.Thread(target=theirs.sendall, args=(data,), daemon=True).start()
        with pytest.raises(WireError):
            scorer.request("call", fresh=True, name="f", args=())


def test_an_honest_answer_is_not_refused():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        scorer = Peer(Channel(ours), SCORER, {})
        fields = {"op": "return", "request": 1, "value": 5}
        theirs.sendall(frame(json.dumps({"changes": [], "fields": fields}).encode()))
        assert scorer.request("call", fresh=True, name="f", args=()) == 5


def test_silence_ends_at_the_deadline():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        scorer = Peer(Channel(ours), SCORER, {})
        scorer.deadline = time.monotonic() + 0.05
        with pytest.raises(TimeoutError):
            scorer.request("call", fresh=True, name="f", args=())
