"""Whatever bytes a sandbox sends, nothing but a failed test comes of it."""

import json
import random
from contextlib import closing, suppress

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import nn

from autograder.inside import outputs
from autograder.inside.codec import SCORER
from autograder.inside.errors import RemoteError
from autograder.inside.peer import Peer
from autograder.inside.wire import BROKEN, CannotCross, Channel, WireError, take_tensor
from autograder.trace import alike, plain
from tests.redteam import mutations, scenes
from tests.redteam.hostile_end import Frame, HostileSandbox, speaking

SHARES = 40
BATCH = 20  # messages of one seed: to draw a seed takes as long as to read some of them
# `make test` tries a few thousand messages, `make redteam` more than a hundred thousand.
few_and_many = pytest.mark.parametrize(
    "share", [1, pytest.param(SHARES, marks=pytest.mark.slow)], ids=["few", "many"]
)
seeds = st.integers(0, 2**64 - 1)


def tried(times, check, **strategies):
    """Has Hypothesis call ``check`` with so many examples."""
    quiet = list(HealthCheck)
    chosen = settings(max_examples=times, deadline=None, database=None, suppress_health_check=quiet)
    return chosen(given(**strategies)(check))


@pytest.fixture(scope="module")
def honest():
    """What an honest sandbox sends, by scene."""
    patch = pytest.MonkeyPatch()
    recorded = {}
    for assignment in scenes.SOURCES:
        recorded |= scenes.record(assignment, patch)
    return recorded


def sent(frames):
    return b"".join(frame.encoded() for frame in frames)


@pytest.mark.xdist_group("wire")
def test_honest_frames_are_taken_from_whoever_sends_them(honest):
    for scene, frames in honest.items():
        with speaking(sent(frames)):
            suite = scenes.play(scene)
        assert suite.failed == (scene == "gives error"), scene


@pytest.mark.xdist_group("wire")
@few_and_many
def test_spoiled_frames(honest, share):
    """One or more frames of an honest exchange are changed, left out, repeated or made up."""

    def check(scene, seed):
        with speaking(mutations.spoiled(honest[scene], random.Random(seed)), sent(honest[scene])):
            scenes.play(scene)

    tried(500 * share, check, scene=st.sampled_from(sorted(honest)), seed=seeds)()


@pytest.mark.xdist_group("wire")
@few_and_many
def test_spoiled_answers(honest, share):
    """The last answer of a scene, spoiled, comes as the answer to another call."""
    last = [frames[-1].copy() for frames in honest.values()]
    for frame in last:
        frame.document["fields"]["request"] = 1

    def check(seed):
        rng = random.Random(seed)
        for _ in range(BATCH):
            value = received(mutations.spoiled([rng.choice(last)], rng, first=0))
            assert alike(plain(value), plain(value))

    tried(100 * share, check, seed=seeds)()


texts = st.text(st.characters(exclude_categories=()), max_size=8)
numbers = st.integers() | st.floats() | st.booleans() | st.sampled_from([2**63, -(2**63), 10**400])
names = st.sampled_from(["0.weight", "0.bias", "", "x"])
objects = st.integers(-1, 14)
places = st.none() | st.integers(-1, 5)
layers = st.fixed_dictionaries(
    {"class": st.sampled_from(["Linear", "ReLU", "Dropout", "Flatten", "Softplus", "Module"])},
    optional={
        "config": st.dictionaries(
            st.sampled_from(["in_features", "out_features", "bias", "p", "beta", "device"]),
            st.integers(0, 3) | numbers | texts,
        )
    },
)
networks = st.fixed_dictionaries(
    {
        "class": st.just("MLP"),
        "config": st.fixed_dictionaries(
            {
                "input_size": st.integers(1, 4) | numbers,
                "hidden": st.lists(st.integers(1, 4), max_size=3) | numbers,
                "num_outputs": st.integers(1, 3),
                "num_heads": st.integers(1, 3) | numbers,
                "dropout": st.floats(0, 0.9) | numbers,
            }
        ),
    }
)
stacks = st.builds(
    lambda children: {"class": "Sequential", "children": children},
    st.lists(st.tuples(names, layers), max_size=3),
)
steps = st.builds(
    lambda kind, params, rest: {
        "class": kind,
        "groups": [{"params": params, "settings": rest}],
    },
    st.sampled_from(["SGD", "Adam", "AdamW", "RMSprop", "LBFGS"]),
    st.lists(st.tuples(objects, names), max_size=3),
    st.dictionaries(st.sampled_from(["lr", "betas", "momentum", "params", "foreach"]), numbers),
)
trees = st.recursive(
    st.builds(lambda v: {"t": "tensor", "v": v}, places) | numbers | texts,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.builds(
            lambda pairs: {"t": "map", "v": pairs},
            st.lists(st.tuples(names | st.sampled_from(["weights", "grads"]), inner), max_size=4),
        )
    ),
    max_leaves=6,
)
tensors = st.builds(lambda v, grad: {"v": v, "grad": grad}, places, st.booleans())
states = tensors | trees | places | st.lists(numbers | texts, max_size=4)
plains = st.none() | numbers | texts
alone = st.one_of(
    plains,
    st.builds(lambda n: {"t": "ref", "n": n}, objects),
    st.builds(lambda n: {"t": "function", "n": n}, objects),
    st.builds(lambda v: {"t": "numpy", "v": v}, places),
    st.builds(lambda v, g: {"t": "slope", "v": v, "g": g}, places, st.lists(places, max_size=4)),
    st.builds(
        lambda n, state, strided: {"t": "tensor", "n": n, "state": state, "strided": strided},
        objects,
        tensors,
        st.booleans(),
    ),
    st.builds(
        lambda kind, n, spec, state: {"t": kind, "n": n, "spec": spec, "state": state},
        st.sampled_from(["module", "optimizer", "generator", "list", "dict", "opaque", "?"]),
        objects,
        layers | networks | stacks | steps,
        states,
    ),
)
values = st.recursive(
    alone,
    lambda inner: st.one_of(
        st.builds(lambda v: {"t": "tuple", "v": v}, st.lists(inner, max_size=4)),
        st.builds(
            lambda n, v: {"t": "list", "n": n, "state": v}, objects, st.lists(inner, max_size=4)
        ),
        st.builds(
            lambda n, v: {"t": "dict", "n": n, "state": v},
            objects,
            st.lists(st.tuples(inner, inner), max_size=3),
        ),
        st.builds(
            lambda v: {"t": "task", "v": v},
            st.dictionaries(st.sampled_from(["name", "classes", "x_train", "more"]), inner),
        ),
        st.lists(inner, max_size=2),
    ),
    max_leaves=8,
)
documents = st.builds(
    lambda changes, op, request, value, more: {
        "fresh": False,
        "changes": changes,
        "fields": {"op": op, "request": request, "value": value, **more},
    },
    st.lists(st.tuples(objects, states | values), max_size=2),
    st.sampled_from(["return", "return", "return", "raise", "function", "serve", "penalty"]),
    st.just(1) | values,
    values,
    st.fixed_dictionaries(
        {}, optional={"number": values, "args": values, "kwargs": values, "kind": values}
    ),
)
blobs = st.builds(
    lambda shapes, seed: blob_of(shapes, random.Random(seed)),
    st.lists(
        st.tuples(
            st.sampled_from(["F32", "F32", "F64", "I64", "U8", "BOOL", "BF16", "F8_E4M3", "U16"]),
            st.lists(st.integers(0, 4), max_size=3),
        ),
        max_size=5,
    ),
    st.integers(0, 2**32),
)
WIDTHS = {"F32": 4, "F64": 8, "I64": 8, "U8": 1, "BOOL": 1, "BF16": 2, "F8_E4M3": 1, "U16": 2}


def blob_of(shapes, rng):
    header, data = {}, b""
    for index, (dtype, shape) in enumerate(shapes):
        begin = len(data)
        data += rng.randbytes(WIDTHS[dtype] * int(torch.Size(shape).numel()))
        offsets = [begin, len(data)]
        header[str(index)] = {"dtype": dtype, "shape": shape, "data_offsets": offsets}
    return mutations.packed(header, data) if shapes else b""


def received(data):
    """What a scorer makes of these bytes as the answer to a call; None where it makes nothing."""
    with closing(HostileSandbox(data)) as sandbox:
        scorer = Peer(Channel(sandbox.socket), SCORER, {"serve": lambda message: message["args"]})
        model = nn.Sequential(nn.Linear(2, 1))
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        held = (model, [1], {"a": 2}, torch.zeros(2), torch.Generator(), lambda *a: a, optimizer)
        try:
            value = scorer.request("call", args=held)
        except (*BROKEN, RemoteError):
            return None
        with suppress(CannotCross):
            scorer.codec.encode({"value": value, "held": held})
        return value


@few_and_many
def test_made_up_messages(share):
    """Messages that follow the rules of the wire in part."""

    def check(document, blob):
        value = received(Frame(document, blob).encoded())
        assert alike(plain(value), plain(value))

    tried(100 * share, check, document=documents, blob=blobs)()


@few_and_many
def test_spoiled_tensors(share):
    """Blobs whose header promises other shapes, dtypes and places, or whose bytes are noise."""

    def check(blob, seed):
        rng = random.Random(seed)
        for _ in range(BATCH):
            look(mutations.spoiled_blob(blob, rng))

    tried(25 * share, check, blob=blobs, seed=seeds)()


def look(blob):
    """Works with the tensors of a blob, if there are any."""
    with closing(HostileSandbox(Frame({}, blob).encoded())) as sandbox:
        try:
            _, found = Channel(sandbox.socket).receive()
        except WireError:
            return
    for index in [int(name) for name in found if name.isdecimal()]:
        tensor = take_tensor(found, index)
        assert alike(plain(tensor), plain(tensor))
        assert tensor.numel() * tensor.element_size() <= len(blob)
        assert torch.sum(tensor).numel() == 1
        with pytest.raises(WireError):
            take_tensor(found, index)


printed = st.recursive(
    plains,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "output_type",
                    "name",
                    "text",
                    "data",
                    "ename",
                    "evalue",
                    "traceback",
                    "text/plain",
                ]
            ),
            inner | st.sampled_from(["stream", "error", "display_data", "stdout"]),
            max_size=6,
        )
    ),
    max_leaves=10,
)


@few_and_many
def test_made_up_outputs_of_cells(share):
    """What is left of them can be written into a notebook."""

    def check(made):
        try:
            kept, _ = outputs.cut(outputs.rebuilt(json.dumps(made)), 1000)
        except WireError:
            return
        assert json.dumps(kept, ensure_ascii=False).encode()

    tried(100 * share, check, made=printed)()
