"""Ways to spoil a frame: a document, its tensors, or its bytes."""

import copy
import json
import struct
from contextlib import suppress

from tests.redteam.hostile_end import Frame, asking

KINDS = (
    *("ref", "tuple", "numpy", "task", "slope", "opaque", "function", "tensor", "list", "dict"),
    *("module", "optimizer", "generator", "map", "nothing"),
)
KEYS = ("t", "v", "n", "g", "state", "spec", "strided", "grad", "class", "config", "op", "request",
        "value", "fields", "changes", "params", "weights", "training")  # fmt: skip
DTYPES = ("F64", "F32", "F16", "BF16", "I64", "I32", "I8", "U8", "BOOL", "U16", "U64", "F8_E4M3",
          "F8_E5M2", "F8_E8M0", "F4", "C64", "X")  # fmt: skip
OPERATIONS = ("return", "raise", "function", "serve", "serve_use", "penalty", "call", "run", "?")
ERRORS = ("ValueError", "StopIteration", "SystemExit", "KeyboardInterrupt", "ExceptionGroup",
          "UnicodeDecodeError", "GeneratorExit", "MemoryError", "KeyError", "__import__", "print",
          "NameNotDefined", "NotImplementedError", "Warning", "BaseException", "OSError", "\ud800",
          "x" * 10_000, "TimeoutError", "EOFError", "RecursionError", "AssertionError")  # fmt: skip


def nested(depth, item=None):
    for _ in range(depth):
        item = [item]
    return item


def deep_tuple(depth):
    value = 1
    for _ in range(depth):
        value = {"t": "tuple", "v": [value]}
    return value


def odd(rng):
    """Something that does not belong where it is put."""
    numbers = (-1, 0, 1, 2, 3, 5, 7, True, False, 0.5, 1e308, 2**31, 2**53, 2**63, 2**64, -(2**70))
    return rng.choice(
        (
            lambda: rng.choice(numbers),
            lambda: 10 ** rng.choice((30, 400, 4000)),
            lambda: rng.choice((float("nan"), float("inf"), -float("inf"))),
            lambda: rng.choice(("", "x", "\ud800", "\x00", "<b>", "0", "SGD", "MLP", "é" * 3000)),
            lambda: rng.choice(([], {}, None, [None], [[]], [1, 2], {"t": 1}, {"": {}})),
            lambda: nested(rng.choice((3, 60, 900))),
            lambda: deep_tuple(rng.choice((3, 49, 60, 300))),
            lambda: {"t": rng.choice(KINDS)},
            lambda: {"t": "ref", "n": rng.randrange(-2, 12)},
            lambda: {"t": rng.choice(("numpy", "slope")), "v": rng.randrange(4), "g": [0, None]},
            lambda: {"t": "list", "n": rng.randrange(1, 60), "state": [1]},
            lambda: {"t": "function", "n": rng.randrange(1, 60)},
            lambda: {"t": "tensor", "n": rng.randrange(1, 60), "strided": True,
                     "state": {"v": rng.randrange(4), "grad": True}},
            lambda: rng.choice(ERRORS),
            lambda: rng.choice(DTYPES),
        )
    )()  # fmt: skip


def places(document):
    """Every ``(container, key)`` in a document."""
    found, left = [], [document]
    while left:
        value = left.pop()
        keys = value if isinstance(value, dict) else range(len(value))
        for key in list(keys):
            found.append((value, key))
            if isinstance(value[key], dict | list):
                left.append(value[key])
    return found


def spoil(document, rng):
    """Changes one place of a document."""
    spots = places(document)
    if not spots:
        return
    container, key = rng.choice(spots)
    how = rng.randrange(8)
    if how == 0:
        del container[key]
    elif how == 1:
        other, place = rng.choice(spots)
        if place in other if isinstance(other, dict) else place < len(other):
            with suppress(RecursionError):  # nested too deeply for a copy
                container[key] = copy.deepcopy(other[place])
    elif how == 2 and isinstance(container, list):
        with suppress(RecursionError):
            container[key:key] = [copy.deepcopy(container[key])] * rng.choice((1, 2, 300))
    elif how == 3 and isinstance(container, dict):
        container[rng.choice(KEYS)] = container.pop(key)
    elif how == 4:
        container[key] = rng.choice(
            ([container[key]], {"t": rng.choice(KINDS), "v": container[key]})
        )
    elif how == 5 and isinstance(container[key], int | float):
        container[key] += rng.choice((-2, -1, 1, 2, 2**32))
    else:
        container[key] = odd(rng)


def spoiled_blob(blob, rng):
    """A blob whose header, or whose bytes, are not what they were."""
    if len(blob) < 8:
        return rng.randbytes(rng.randrange(64))
    how = rng.randrange(5)
    if how == 0:
        at = rng.randrange(len(blob))
        return blob[:at] + rng.randbytes(rng.randrange(4)) + blob[at + 1 :]
    if how == 1:
        return blob[: rng.randrange(len(blob))]
    (length,) = struct.unpack_from("<Q", blob)
    header, data = json.loads(blob[8 : 8 + length]), blob[8 + length :]
    if how == 2:
        data = rng.randbytes(len(data))
    tensors = [entry for name, entry in header.items() if name != "__metadata__"]
    if how > 2 and tensors:
        entry = rng.choice(tensors)
        if rng.random() < 0.5:
            entry["dtype"] = rng.choice(DTYPES)
        else:
            spoil(entry, rng)
    return packed(header, data)


def packed(header, data):
    """A safetensors blob with this header and these bytes."""
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def request(rng):
    """Something asked by the sandbox at the wrong time, or of the wrong kind."""
    fields = {
        "number": rng.choice((0, 1, 2, 3, 4, 6, 8, odd(rng))),
        "name": rng.choice(("l2_penalty", "ReservoirBuffer", "choose_exemplars", odd(rng))),
        "key": rng.choice((0, -1, 1, odd(rng))),
        "member": rng.choice(("add", "sample", "nbytes", "__len__", "__class__", "x", odd(rng))),
        "args": {"t": "tuple", "v": [odd(rng) for _ in range(rng.randrange(4))]},
        "kwargs": rng.choice(({"t": "tuple", "v": []}, odd(rng))),
        "gradients": odd(rng),
    }
    return asking(rng.choice(OPERATIONS), rng.choice((1, 2, odd(rng))), **fields)


def spoiled(frames, rng, first=1):
    """The bytes of a stream of frames of which at least one, not before ``first``, is bad."""
    frames = [frame.copy() for frame in frames]
    at = rng.randrange(first, len(frames))
    how = rng.randrange(16)
    if how == 0:
        frames[at:at] = [request(rng) for _ in range(rng.choice((1, 1, 3, 30)))]
    elif how == 1:
        frames[at:at] = [frames[rng.randrange(len(frames))].copy()]
    elif how == 2:
        del frames[at]
    elif how <= 5:
        frames[at].blob = spoiled_blob(frames[at].blob, rng)
    elif how == 6:
        fields = {"op": "raise", "request": frames[at].document["fields"]["request"]}
        fields |= {"kind": rng.choice(ERRORS), "message": rng.choice(("", "why", odd(rng)))}
        frames[at] = Frame({"fresh": False, "changes": [], "fields": fields})
    elif how == 7:
        data = bytearray(frames[at].encoded())
        data[rng.randrange(len(data))] = rng.randrange(256)
        parts = [f.encoded() for f in frames]
        parts[at] = bytes(data) if rng.random() < 0.5 else bytes(data[: rng.randrange(len(data))])
        return b"".join(parts)
    else:
        for _ in range(rng.choice((1, 1, 2, 5))):
            spoil(frames[at].document, rng)
    return b"".join(frame.encoded() for frame in frames)
