"""Messages made to cost the scorer memory, time or its life: each is refused, and cheaply."""

import json
import re
import signal
import socket
import struct
import threading
import time
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest
import torch
from torch import nn

from autograder import trace
from autograder.inside.codec import SCORER
from autograder.inside.errors import RemoteError
from autograder.inside.peer import Peer
from autograder.inside.wire import CannotCross, Channel, Closed, Late, WireError
from autograder.scoring import judge
from autograder.student import BadValue, StudentFailure, raised
from tests.redteam.hostile_end import Frame, HostileSandbox, answer, asking
from tests.redteam.mutations import ERRORS, packed

MIB = 1 << 20
MUCH = 500 * MIB  # some times the largest frame, and a fraction of what the attacks are after


def tensor(number, place=0, strided=False):
    state = {"v": place, "grad": False}
    return {"t": "tensor", "n": number, "strided": strided, "state": state}


def listed(number, *items):
    return {"t": "list", "n": number, "state": list(items)}


def ref(number):
    return {"t": "ref", "n": number}


def rows(dtype, shape, size):
    """A blob of one tensor whose bytes are zero."""
    return packed({"0": {"dtype": dtype, "shape": shape, "data_offsets": [0, size]}}, bytes(size))


def module(kind, state=None, **config):
    spec = {"class": kind, "config": config}
    return {"t": "module", "n": 1, "spec": spec, "state": state or {"t": "map", "v": []}}


def doubled(levels):
    """Each list holds the one before it twice."""
    lists = [listed(1, 0)]
    lists += [listed(2 * k + 1, ref(2 * k - 1), ref(2 * k - 1)) for k in range(1, levels)]
    return {"t": "tuple", "v": lists}


def keys_with_one_hash(count):
    """Pairs of 64-bit numbers whose tuples all have the same hash, as CPython computes it."""
    p1, p2, p5 = 11400714785074694791, 14029467366897019727, 2870177450012600261
    mask, limit = (1 << 64) - 1, (1 << 61) - 1

    def step(lane, before):
        turned = (before + lane * p2) & mask
        return ((turned << 31 | turned >> 33) * p1) & mask

    inverse, found, first, wanted = pow(p2, -1, 1 << 64), [], 0, 12345
    while len(found) < count:
        first += 1
        second = (wanted - step(first, p5)) * inverse & mask
        second -= 1 << 64 if second >> 63 else 0
        if abs(second) < limit and second != -1:
            found.append((first, second))
    assert len({hash(key) for key in found}) == 1
    return found


def stack(count):
    layer = {"class": "ReLU", "config": {}}
    children = [[str(k), layer] for k in range(count)]
    return module("", None) | {"spec": {"class": "Sequential", "children": children}}


def optimizer(groups):
    spec = {"class": "SGD", "groups": [{"params": [], "settings": {"lr": 0.1}}] * groups}
    return {"t": "optimizer", "n": 1, "spec": spec, "state": []}


MLP = {"input_size": 1, "hidden": [], "num_outputs": 1, "num_heads": 1, "dropout": 0.0}
BIG = rows("U8", [32 * MIB], 32 * MIB)
DICT = {"t": "dict", "n": 1, "state": [
    [{"t": "tuple", "v": list(key)}, 0] for key in keys_with_one_hash(40_000)
]}  # fmt: skip
MANY = {str(k): {"dtype": "U8", "shape": [1], "data_offsets": [k, k + 1]} for k in range(50_000)}
REFUSED = {
    "one tensor, a thousand times": (
        {"t": "tuple", "v": [tensor(2 * k + 1) for k in range(1000)]}, BIG),
    "one tensor, a thousand times, not contiguous": (
        {"t": "tuple", "v": [tensor(2 * k + 1, 0, True) for k in range(1000)]}, BIG),
    "a model with a billion heads": (module("MLP", **MLP | {"num_heads": 10**9}), b""),
    "a model with 300,000 layers": (module("MLP", **MLP | {"hidden": [1] * 300_000}), b""),
    "a stack of 50,000 layers": (stack(50_000), b""),
    "a layer of 20 GB on the CPU": (
        module("Linear", in_features=70_000, out_features=70_000, bias=False, device="cpu"), b""),
    "a layer whose size overflows": (
        module("Linear", in_features=2**40, out_features=2**40, bias=False), b""),
    "an optimizer of 50,000 groups": (optimizer(50_000), b""),
    "lists that hold one another, 2 to the 45": (doubled(45), b""),
    "a list that holds itself": (listed(1, ref(1)), b""),
    "a dict whose keys have one hash": (DICT, b""),
    "a number of 4,000 digits": (10**4000, b""),
    "a number of 100 bits": (2**100, b""),
    "tuples in tuples": (json.loads('{"t":"tuple","v":[' * 80 + "1" + "]}" * 80), b""),
    "50,000 tensors": (1, packed(MANY, bytes(50_000))),
    "a tensor of 10,000 dimensions": (tensor(1), rows("U8", [1] * 10_000, 1)),
    "a tensor of 2 to the 40 empty rows": (tensor(1), rows("F32", [2**40, 0], 0)),
    "a tensor that is larger than its bytes": (tensor(1), rows("F32", [2**31, 2**31], 4)),
    "a dtype that cannot be compared": (tensor(1), rows("F8_E4M3", [4], 4)),
    "a complex tensor": (tensor(1), rows("C64", [1], 8)),
    "a truth value of 7": (tensor(1), packed(
        {"0": {"dtype": "BOOL", "shape": [1], "data_offsets": [0, 1]}}, b"\x07")),
    "a state that no generator has": (
        {"t": "generator", "n": 1, "state": 0}, rows("U8", [5056], 5056)),
    "an object numbered by truth": (ref(True), b""),
}  # fmt: skip


@pytest.fixture(autouse=True)
def _cheaply():
    """Fails what takes much memory, and what has not ended after five minutes."""

    def give_up(*_):
        pytest.fail("this attack keeps the scorer busy")

    before, handler = _memory("VmRSS"), signal.signal(signal.SIGALRM, give_up)
    Path("/proc/self/clear_refs").write_text("5")  # the highest use so far is forgotten
    signal.alarm(300)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, handler)
    assert _memory("VmHWM") - before < MUCH


def _memory(what):
    return int(re.search(rf"{what}:\s+(\d+) kB", Path("/proc/self/status").read_text())[1]) << 10


@contextmanager
def scorer_hearing(*frames, handlers=None):
    """A scorer's end whose other end says these frames and hangs up."""
    with closing(HostileSandbox(b"".join(frame.encoded() for frame in frames))) as sandbox:
        yield Peer(Channel(sandbox.socket), SCORER, handlers or {})


@pytest.mark.parametrize("name", REFUSED)
def test_what_asks_for_much_is_refused(name):
    value, blob = REFUSED[name]
    with scorer_hearing(answer(1, value, blob=blob)) as scorer, pytest.raises(WireError):
        scorer.request("call", args=())


def test_an_object_changes_once_in_a_message():
    """What an object holds is copied whenever it changes, so many small changes would cost much."""
    changes = [[0, []]] * 30_000 + [[0, [0] * 300_000]]
    with scorer_hearing(answer(1, None, changes)) as scorer, pytest.raises(WireError):
        scorer.request("call", args=[1])


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param([[0, [doubled(45)]]], id="2 to the 45 lists"),
        pytest.param([[0, [ref(0)]]], id="itself"),
        pytest.param([[0, [ref(0)]], [0, []]], id="itself, before the message turns out to be bad"),
        pytest.param([[0, [1, {"t": "?"}]]], id="something that cannot be read"),
    ],
)
def test_what_a_refused_message_made_of_an_argument_can_be_looked_at(changes):
    argument = [1]
    with scorer_hearing(answer(1, None, changes)) as scorer, pytest.raises(WireError):
        scorer.request("call", args=argument)
    assert trace.plain(argument) == []


@pytest.mark.parametrize("levels", [30, 38, 48])
def test_what_became_of_an_argument_can_be_sent_again(levels):
    argument, nested = [1], 0
    for k in range(levels):
        nested = listed(2 * k + 1, nested)
    both = (answer(1, None, [[0, [nested]]]), answer(2, 7))
    with scorer_hearing(*both) as scorer:
        with suppress(WireError):
            scorer.request("call", args=argument)
        assert scorer.request("call", fresh=True, args={"in": [(argument,)]}) == 7


def test_lists_do_not_grow_into_one_another_over_many_messages():
    grown = [[0, [ref(2), ref(2)]], [2, [ref(4)] * 2], [4, [ref(6)] * 1000], [6, [0] * 1000]]
    asked = [
        Frame(asking("serve", k).document | {"changes": [change]}) for k, change in enumerate(grown)
    ]
    handlers = {"serve": lambda message: None}
    with scorer_hearing(*asked, handlers=handlers) as scorer, pytest.raises(WireError):
        scorer.request("call", args=([1], [2], [3], [4]))


def test_plain_text_comes_of_lone_surrogates():
    value = {"t": "tuple", "v": ["\ud800x", "é\udfff"]}
    with scorer_hearing(answer(1, value)) as scorer:
        assert scorer.request("call") == ("?x", "é?")


@pytest.mark.parametrize("kind", [*ERRORS, "x" * (1 << 21)], ids=lambda kind: kind[:20])
def test_an_error_of_any_name_is_an_error(kind):
    fields = {"op": "raise", "request": 1, "kind": kind, "message": "y" * (1 << 20)}
    with scorer_hearing(Frame({"changes": [], "fields": fields})) as scorer:
        with pytest.raises(RemoteError) as caught:
            scorer.request("call")
        error = raised("f", caught.value.kind, str(caught.value))
        assert isinstance(error, StudentFailure)
        assert len(str(error)) < 3000


def test_requests_inside_requests_end():
    """Each calls a function that asks the sandbox, which asks for the next."""
    call = {"number": 0, "kwargs": {"t": "tuple", "v": []}}
    call["args"] = {"t": "tuple", "v": [{"t": "function", "n": 1}]}
    again = call | {"args": {"t": "tuple", "v": [{"t": "function", "n": 3}]}}
    frames = [asking("function", 1, **call)]
    frames += [asking("function", k, **_numbered(again, 2 * k + 1)) for k in range(2, 400)]
    with scorer_hearing(*frames) as scorer, pytest.raises(WireError, match="inside requests"):
        scorer.request("call", args=(lambda function: function(),))


def _numbered(call, number):
    return call | {"args": {"t": "tuple", "v": [{"t": "function", "n": number}]}}


def test_endless_requests_end_at_the_deadline():
    frames = [asking("serve", k) for k in range(40_000)]
    with scorer_hearing(*frames, handlers={"serve": lambda message: None}) as scorer:
        scorer.deadline = time.monotonic() + 0.5
        with pytest.raises((Late, Closed)) as caught:
            scorer.request("call")
    assert caught.type is Late


def test_a_frame_that_comes_byte_by_byte_is_late():
    ours, theirs = socket.socketpair()
    frame = answer(1, "x" * 100_000).encoded()
    over = threading.Event()

    def trickle():
        with suppress(OSError):
            for byte in frame:
                if over.wait(0.001):
                    return
                theirs.send(bytes([byte]))

    thread = threading.Thread(target=trickle)
    with ours, theirs:
        scorer = Peer(Channel(ours), SCORER, {})
        scorer.deadline = time.monotonic() + 0.5
        thread.start()
        with pytest.raises(Late):
            scorer.request("call")
        over.set()
        thread.join()


def test_a_frame_that_is_promised_and_never_comes_is_late():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(struct.pack(">IQ", 1 << 20, 1 << 25))
        scorer = Peer(Channel(ours), SCORER, {})
        scorer.deadline = time.monotonic() + 0.3
        with pytest.raises(Late):
            scorer.request("call")


def test_who_does_not_listen_is_late():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(b"".join(asking("serve", k).encoded() for k in range(1000)))
        scorer = Peer(Channel(ours), SCORER, {"serve": lambda message: torch.zeros(MIB)})
        scorer.deadline = time.monotonic() + 1
        with pytest.raises(Late):
            scorer.request("call")


def test_a_function_of_a_sandbox_that_is_gone_is_closed():
    frame = answer(1, {"t": "function", "n": 1})
    with scorer_hearing(frame) as scorer:
        function = scorer.request("call")
    with pytest.raises((Closed, Late)):
        function(1)


def test_an_optimizer_of_a_model_that_was_forgotten_does_not_cross_again():
    model = nn.Linear(1, 1)
    with scorer_hearing() as scorer, pytest.raises(CannotCross):
        scorer.request("call", args=(torch.optim.SGD(model.parameters(), lr=0.1),))


def test_evidence_of_what_was_given_back_stays_small(monkeypatch):
    """It is kept until the whole suite is done."""
    monkeypatch.setattr(trace, "MAX_EVIDENCE", 1000)
    for value in (torch.zeros(2000), [0.5] * 2000, {"a": ("x" * 16_000,)}):
        kept = trace.snapshot("f", value, (value,), {"x": [value]}, {})
        assert kept == ("f", *["more than is kept"] * 3, [])
    assert trace.snapshot("f", [1, "x"], (2,), {}, {}) == ("f", [1, "x"], [2], {}, [])


def test_messages_are_short_whoever_writes_them():
    for error in (AssertionError("x" * MIB), BadValue("x" * MIB), TypeError("x" * MIB)):
        assert len(judge(error)[1]) <= 2000
