"""Python values as JSON and tensors, and objects that both sides hold under one number.

Values (numbers, strings, tuples) are copied. Objects that can change (tensors, lists, dicts,
models, optimizers, generators) and functions get a number when they first cross; from then on
they cross as that number. A call and its answer carry all changes of what both sides hold; what is
asked back and forth in between carries the changes of what it mentions, and what first crosses
there is forgotten afterwards, which keeps it quick.
``Codec.reset`` forgets all objects.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields
from itertools import islice
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn, optim

from course.data import Task

from . import modules
from .slope import Slope
from .wire import CannotCross, WireError, clean, same_values, sendable, take_tensor

SCORER, AGENT = 0, 1
MAX_DEPTH = 50
MAX_HELD = 40  # levels that an object may come to have: it can be sent again, inside others
MAX_OBJECTS = 10_000
MAX_ITEMS = 1_000_000  # in all lists, tuples and dicts of a message
MAX_KEYS = 1000  # of a dict: of many more, all with the same hash, it would take hours to make one


NUMPY = ("bool", "int8", "int16", "int32", "int64", "uint8", "float16", "float32", "float64")


@dataclass(frozen=True)
class Opaque:
    """Stands for a value of a type that does not cross, under its name."""

    type_name: str


class Encoder:
    """Writes one message; ``tensors`` collects what goes into the blob."""

    def __init__(self, codec: Codec) -> None:
        self._codec = codec
        self.tensors: list[Tensor] = []

    def value(self, value: Any, depth: int = 0) -> Any:
        if depth > MAX_DEPTH:
            raise WireError("a value that is nested too deeply")
        if value is None or type(value) in (bool, float, str):
            return value
        if type(value) is int:
            return _whole(value)
        if isinstance(value, np.generic | np.ndarray):
            return self._numpy(value)
        if isinstance(value, bool | int | float | str):  # subclasses: their plain value
            plain = next(t for t in (bool, int, float, str) if isinstance(value, t))
            return self.value(plain(value))
        if isinstance(value, tuple):
            return {"t": "tuple", "v": [self.value(item, depth + 1) for item in value]}
        if isinstance(value, Task):
            content = {f.name: self.value(getattr(value, f.name), depth + 1) for f in fields(Task)}
            return {"t": "task", "v": content}
        if isinstance(value, Slope):
            gradients = [None if g is None else self._tensor(g) for g in value.gradients]
            return {"t": "slope", "v": self._tensor(value.value), "g": gradients}
        number = self._codec.number(value)
        if number is not None:
            return {"t": "ref", "n": number}
        return self._object(value, depth)

    def _object(self, value: Any, depth: int) -> Any:
        if isinstance(value, Tensor):
            kind: dict[str, Any] = {"t": "tensor", "strided": not value.is_contiguous()}
        elif isinstance(value, list):
            kind = {"t": "list"}
        elif isinstance(value, dict):
            kind = {"t": "dict"}
        elif isinstance(value, nn.Module) and modules.crosses(value):
            kind = {"t": "module", "spec": modules.describe(value)}
        elif isinstance(value, optim.Optimizer):
            names = self._codec.parameter_names()
            kind = {"t": "optimizer", "spec": modules.describe_optimizer(value, names)}
        elif isinstance(value, torch.Generator):
            kind = {"t": "generator"}
        elif callable(value) and not isinstance(value, type):
            return {"t": "function", "n": self._codec.add(value)}
        else:
            return {"t": "opaque", "type": type(value).__name__}
        kind["n"] = self._codec.add(value)
        kind["state"] = self.state(value, depth)
        return kind

    def _numpy(self, value: np.generic | np.ndarray) -> Any:
        array = np.ascontiguousarray(value).reshape(value.shape)
        if array.dtype.name not in NUMPY:
            return {"t": "opaque", "type": f"numpy {array.dtype}"}
        return {"t": "numpy", "v": self._tensor(torch.from_numpy(array.copy()))}

    def _tensor(self, tensor: Tensor) -> int:
        plain = torch.Tensor.detach(tensor).cpu()
        if plain.layout != torch.strided or plain.is_complex():
            raise WireError("only dense, real tensors cross")
        if not sendable(plain):
            raise WireError(f"no {plain.dtype} of {plain.dim()} dimensions crosses")
        self.tensors.append(plain.clone(memory_format=torch.contiguous_format))
        return len(self.tensors) - 1

    def state(self, value: Any, depth: int = 0) -> Any:
        """The changeable part of an object."""
        if isinstance(value, Tensor):
            return {"v": self._tensor(value), "grad": value.requires_grad}
        if isinstance(value, list):
            return [self.value(item, depth + 1) for item in value]
        if isinstance(value, dict):
            pairs = _few(value).items()
            return [[self.value(k, depth + 1), self.value(v, depth + 1)] for k, v in pairs]
        if isinstance(value, nn.Module):
            return self._tree(modules.module_state(value))
        if isinstance(value, optim.Optimizer):
            return self._tree(modules.optimizer_state(value))
        return self._tensor(value.get_state())

    def _tree(self, value: Any) -> Any:
        """Nested plain containers of tensors, copied: no numbers are given out for them."""
        if isinstance(value, Tensor):
            return {"t": "tensor", "v": self._tensor(value)}
        if isinstance(value, list):
            return [self._tree(item) for item in value]
        if isinstance(value, dict):
            return {"t": "map", "v": [[key, self._tree(item)] for key, item in value.items()]}
        return value


class Decoder:
    """Reads one message."""

    def __init__(self, codec: Codec, tensors: dict[str, Tensor]) -> None:
        self._codec = codec
        self._tensors = tensors

    def value(self, data: Any, depth: int = 0) -> Any:
        if depth > MAX_DEPTH:
            raise WireError("a value that is nested too deeply")
        if data is None or isinstance(data, bool | float):
            return data
        if isinstance(data, str):
            return clean(data)
        if isinstance(data, int):
            return _whole(data)
        kind = data["t"]
        if kind == "ref":
            return self._codec.object(data["n"])
        if kind == "tuple":
            return tuple(self.value(item, depth + 1) for item in data["v"])
        if kind == "numpy":
            return take_tensor(self._tensors, data["v"]).numpy()[()]
        if kind == "task":
            return Task(**{key: self.value(item, depth + 1) for key, item in data["v"].items()})
        if kind == "slope":
            at = [None if g is None else take_tensor(self._tensors, g) for g in data["g"]]
            return Slope(take_tensor(self._tensors, data["v"]), at)
        if kind == "opaque":
            return Opaque(clean(str(data["type"])[:80]))
        if kind == "function":
            return self._codec.add(self._codec.remote(data["n"]), data["n"], give_object=True)
        return self._object(kind, data, depth)

    def _object(self, kind: str, data: Any, depth: int) -> Any:
        if kind == "tensor":
            return self._new_tensor(data)
        if kind in ("list", "dict"):
            value: Any = [] if kind == "list" else {}
        elif kind == "module":
            value = modules.build(data["spec"])
        elif kind == "optimizer":
            value = modules.build_optimizer(data["spec"], self._codec.object)
        elif kind == "generator":
            value = torch.Generator()
        else:
            raise WireError(f"a value of an unknown kind: {str(kind)[:40]!r}")
        self._codec.add(value, data["n"])
        self.set_state(value, data["state"], depth)
        return value

    def _new_tensor(self, data: Any) -> Tensor:
        tensor = take_tensor(self._tensors, data["state"]["v"])
        if data["strided"] and tensor.dim():
            tensor = torch.stack([tensor, tensor], -1)[..., 0]
        tensor.requires_grad_(bool(data["state"]["grad"]) and tensor.is_floating_point())
        self._codec.add(tensor, data["n"])
        return tensor

    def set_state(self, value: Any, state: Any, depth: int = 0) -> None:
        """Puts a state from ``Encoder.state`` into ``value``, in place."""
        if isinstance(value, Tensor):
            self._set_tensor(value, state)
        elif isinstance(value, list):
            value[:] = [self.value(item, depth + 1) for item in state]
        elif isinstance(value, dict):
            pairs = _few(state)
            content = {self.value(k, depth + 1): self.value(v, depth + 1) for k, v in pairs}
            value.clear()
            value.update(content)
        elif isinstance(value, nn.Module):
            modules.set_module_state(value, self._tree(state))
        elif isinstance(value, optim.Optimizer):
            modules.set_optimizer_state(value, self._tree(state))
        elif isinstance(value, torch.Generator):
            value.set_state(take_tensor(self._tensors, state))

    def _set_tensor(self, value: Tensor, state: Any) -> None:
        new = take_tensor(self._tensors, state["v"])
        if new.shape != value.shape or new.dtype != value.dtype:
            raise WireError("a tensor that changed its shape or dtype")
        value.requires_grad_(False)
        value.copy_(new)
        value.requires_grad_(bool(state["grad"]) and value.is_floating_point())

    def _tree(self, data: Any) -> Any:
        if isinstance(data, list):
            return [self._tree(item) for item in data]
        if isinstance(data, dict) and data["t"] == "tensor":
            return take_tensor(self._tensors, data["v"])
        if isinstance(data, dict):
            return {key: self._tree(item) for key, item in _few(data["v"])}
        return _whole(data) if type(data) is int else data


class Codec:
    """What both sides hold: objects by number. Each side gives out numbers of its own parity.

    Only the agent's side forgets when the other side says so.
    """

    def __init__(self, parity: int, remote: Callable[[int], Callable[..., Any]]) -> None:
        self._parity = parity
        self._obeys = parity == AGENT
        self.remote = remote
        self.reset()

    def reset(self) -> None:
        self._objects: dict[int, Any] = {}
        self._numbers: dict[int, int] = {}
        self._synced: dict[int, Any] = {}
        self._next = self._parity

    def number(self, value: Any) -> int | None:
        return self._numbers.get(id(value))

    def object(self, number: Any) -> Any:
        if type(number) is not int or number not in self._objects:
            raise WireError(f"no object {str(number)[:40]!r}")
        return self._objects[number]

    def add(self, value: Any, number: Any = None, give_object: bool = False) -> Any:
        """Notes ``value`` under its number, a new one unless the other side gave it one."""
        if number is None:
            number, self._next = self._next, self._next + 2
        elif type(number) is not int or number % 2 == self._parity or number in self._objects:
            raise WireError(f"an object cannot have the number {str(number)[:40]!r}")
        if len(self._objects) >= MAX_OBJECTS:
            raise WireError("too many objects")
        self._objects[number] = value
        self._numbers[id(value)] = number
        return value if give_object else number

    def outdated(self, value: Any) -> None:
        """The other side may hold another state of ``value`` now: it is sent the next time."""
        self._synced.pop(self._numbers[id(value)], None)

    def mark(self) -> int:
        """A moment, to which ``forget`` can go back."""
        return len(self._objects)

    def forget(self, moment: int) -> None:
        """Forgets the objects that first crossed since then."""
        for number in self._since(moment):
            del self._numbers[id(self._objects.pop(number))]
            self._synced.pop(number, None)

    def _since(self, moment: int) -> list[int]:
        return list(islice(self._objects, moment, None))

    def modules(self) -> dict[int, nn.Module]:
        return {n: o for n, o in self._objects.items() if isinstance(o, nn.Module)}

    def parameter_names(self) -> dict[int, list[Any]]:
        return {
            id(parameter): [number, name]
            for number, module in self.modules().items()
            for name, parameter in module.named_parameters()
        }

    def encode(
        self, fields: dict[str, Any], fresh: bool = False, about: Iterable[Any] | None = None
    ) -> tuple[dict[str, Any], list[Tensor]]:
        """A message with the fields' values and the changes since the last message.

        ``fresh`` makes both sides forget what they held before. ``about``: changes of these values
        and what is in them, besides the fields', are enough; by default all changes are sent.
        Raises ``CannotCross``.
        """
        if fresh:
            self.reset()
        encoder = Encoder(self)
        known = self.mark()
        looked_at = list(self._objects) if about is None else self._within([fields, *about])
        try:
            changes = [[n, encoder.state(self._objects[n])] for n in looked_at if self._changed(n)]
            message = {key: encoder.value(value) for key, value in fields.items()}
        except Exception as error:  # noqa: BLE001 - whatever an odd object makes of being looked at
            self.forget(known)
            raise CannotCross(str(error)) from None
        self._note_synced([*(n for n, _ in changes), *self._since(known)])
        return {"fresh": fresh, "changes": changes, "fields": message}, encoder.tensors

    def decode(self, message: dict[str, Any], tensors: dict[str, Tensor]) -> dict[str, Any]:
        """The fields of a message, its changes applied.

        Raises ``WireError``; lists and dicts that the message was about to change are empty then:
        what it made of them may hold itself, or be too much for whoever looks at it.
        """
        if message.get("fresh") is True and self._obeys:
            self.reset()
        decoder = Decoder(self, tensors)
        known = self.mark()
        changed: dict[int, Any] = {}
        try:
            for number, state in message["changes"]:
                value = self.object(number)
                if number in changed:
                    raise WireError("an object that changed twice at once")
                changed[number] = value
                decoder.set_state(value, state)
            values = {str(key): decoder.value(value) for key, value in message["fields"].items()}
            touched = [*changed, *self._since(known)]
            self._check_size(values, touched)
            self._note_synced(touched)
        except Exception as error:
            for value in changed.values():
                if isinstance(value, list | dict):
                    value.clear()
            if isinstance(error, WireError):
                raise
            # However torch puts it, the message is bad.
            raise WireError(f"a message that cannot be read: {type(error).__name__}") from None
        return values

    def _check_size(self, values: dict[str, Any], touched: list[int]) -> None:
        """Raises ``WireError`` where lists hold themselves, or one another very often.

        Thirty lists, each of which holds the one before it twice, are a billion items to whoever
        looks at all of them.
        """
        known: dict[int, tuple[int, int]] = {}
        total = sum(_size(value, known)[0] for value in values.values())
        if any(isinstance(self._objects[number], list | dict) for number in touched):
            held = [value for value in self._objects.values() if isinstance(value, list | dict)]
            total = max([total, *(_size(value, known)[0] for value in held)])
        if total > MAX_ITEMS:
            raise WireError("a value that holds too much")

    def _within(self, values: Iterable[Any]) -> list[int]:
        """Numbers of the objects among ``values`` and inside them, each once."""
        seen: set[int] = set()
        found: list[int] = []
        left = list(values)
        while left:
            value = left.pop()
            if id(value) in seen:
                continue
            seen.add(id(value))
            number = self.number(value)
            if number is not None:
                found.append(number)
            left += _parts(value)
        return found

    def _note_synced(self, numbers: Iterable[int]) -> None:
        for number in numbers:
            self._synced[number] = _copy(self._objects[number])

    def _changed(self, number: int) -> bool:
        return not _same(self._synced.get(number), _copy(self._objects[number]))


def _size(value: Any, known: dict[int, tuple[int, int]], depth: int = 0) -> tuple[int, int]:
    """How many items there are in a value, and how many levels; ``known``: those found by id."""
    if not isinstance(value, list | tuple | dict | Task):
        return 1, 0
    if id(value) not in known:
        if depth > MAX_HELD:
            raise WireError("a value that is nested too deeply")
        inside = [_size(part, known, depth + 1) for part in _parts(value)]
        known[id(value)] = (
            1 + sum(count for count, _ in inside),
            1 + max((levels for _, levels in inside), default=0),
        )
    if known[id(value)][1] > MAX_HELD:
        raise WireError("a value that is nested too deeply")
    return known[id(value)]


def _whole(number: int) -> int:
    """A whole number that fits into 64 bits, as those of tensors do."""
    if not -(1 << 63) <= number < 1 << 63:
        raise WireError("a whole number of more than 64 bits")
    return number


def _few(entries: Any) -> Any:
    """The entries of a dict, if they are not too many."""
    if len(entries) > MAX_KEYS:
        raise WireError(f"a dict of more than {MAX_KEYS} entries")
    return entries


def _parts(value: Any) -> Iterator[Any]:
    """What a container holds."""
    if isinstance(value, dict):
        yield from value
        yield from value.values()
    elif isinstance(value, list | tuple):
        yield from value
    elif isinstance(value, Task):
        yield from (getattr(value, field.name) for field in fields(Task))


def _copy(value: Any) -> Any:
    """What of an object both sides agree on, in a form that ``_same`` can compare."""
    if isinstance(value, Tensor):
        return (value.detach().clone(), value.requires_grad)
    if isinstance(value, list):
        return [_shallow(item) for item in value]
    if isinstance(value, dict):
        return [(key, _shallow(item)) for key, item in value.items()]
    if isinstance(value, nn.Module):
        return modules.module_state(value)
    if isinstance(value, optim.Optimizer):
        return modules.optimizer_state(value)
    if isinstance(value, torch.Generator):
        return value.get_state()
    return None  # a function


def _shallow(item: Any) -> Any:
    if item is None or isinstance(item, bool | int | float | str):
        return item
    return id(item)


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, Tensor) and isinstance(b, Tensor):
        return same_values(a, b)
    if type(a) is not type(b):
        return False
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(_same(x, y) for x, y in zip(a, b, strict=True))
    if isinstance(a, dict):
        return list(a) == list(b) and all(_same(a[key], b[key]) for key in a)
    return bool(a == b or a != a)
