"""Two sides that call each other over one channel, also while one waits for the other's answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from .codec import SCORER, Codec
from .errors import MAX_NAME, MAX_TEXT, RemoteError, as_builtin, described
from .slope import attach, attach_flat, detach, flat
from .wire import BROKEN, CannotCross, Channel, Closed, WireError, take_tensor

Handler = Callable[[dict[str, Any]], Any]
MAX_NESTED = 20  # requests inside requests: a penalty that uses an earlier answer is the fourth


class Peer:
    """One end. ``handlers`` maps an operation to the function that carries it out here."""

    def __init__(self, channel: Channel, parity: int, handlers: dict[str, Handler]) -> None:
        self._channel = channel
        self._handlers = {"function": self._call_function, **handlers}
        self._parity = parity
        self._count = 0
        self._depth = 0  # requests that are being answered, here or there, at this moment
        self.codec = Codec(parity, self._remote)
        self.deadline: float | None = None

    def request(self, op: str, *, fresh: bool = False, **fields: Any) -> Any:
        """Asks the other side. ``fresh``: objects that crossed before are forgotten.

        Raises ``RemoteError`` when the other side raised, ``CannotCross`` where nothing was asked,
        and what is ``BROKEN``.
        """
        self._count += 1
        number = self._count
        moment = self.codec.mark()
        self._send({"op": op, "request": number, **fields}, () if self._depth else None, fresh)
        self._depth += 1
        try:
            return self._wait_for(number)
        finally:
            self._depth -= 1
            if self._depth:
                self.codec.forget(moment)

    def _wait_for(self, number: int) -> Any:
        """The answer to a request; requests of the other side that come first are answered."""
        while True:
            moment = self.codec.mark()
            message = self._receive()
            if message["op"] in ("return", "raise"):
                if _number(message) != number:
                    raise WireError("an answer to something that was not asked")
                if message["op"] == "return":
                    return message.get("value")
                raise _error(message)
            self._answer(message)
            self.codec.forget(moment)

    def serve(self) -> None:
        """Answers requests until the other side closes the channel."""
        while True:
            try:
                message = self._receive()
            except Closed:
                return
            self._answer(message)

    def _answer(self, message: dict[str, Any]) -> None:
        handler = self._handlers.get(str(message["op"]))
        if handler is None:
            raise WireError(f"an unknown operation: {str(message['op'])[:40]!r}")
        if self._depth > MAX_NESTED:
            raise WireError("requests inside requests, too many")
        number = _number(message)
        about = (message,) if self._depth else None
        self._depth += 1
        try:
            value = handler(message)
        except BROKEN:
            raise
        except BaseException as error:  # noqa: BLE001 - it goes to the other side
            self._send_error(number, error, about)
            return
        finally:
            self._depth -= 1
        try:
            self._send({"op": "return", "request": number, "value": value}, about)
        except CannotCross as error:
            self._send_error(number, error, about)

    def _send_error(self, number: Any, error: BaseException, about: Any) -> None:
        kind, text = described(error)
        if isinstance(error, CannotCross):
            kind, text = "TypeError", str(error)
        self._send({"op": "raise", "request": number, "kind": kind, "message": text}, about)

    def _call_function(self, message: dict[str, Any]) -> Any:
        function = self.codec.object(message.get("number"))
        args, kwargs = message.get("args", ()), dict(message.get("kwargs", ()))
        with torch.set_grad_enabled(message.get("gradients") is not False):
            return detach(function(*args, **kwargs), args, kwargs)

    def _remote(self, number: int) -> Callable[..., Any]:
        def remote(*args: Any, **kwargs: Any) -> Any:
            try:
                if self._parity == SCORER and self._is_penalty(args, kwargs):
                    return self._penalty(number, args[0])
                fields: dict[str, Any] = {"args": args, "kwargs": tuple(kwargs.items())}
                fields |= {"number": number, "gradients": torch.is_grad_enabled()}
                return attach(self.request("function", **fields), args, kwargs)
            except RemoteError as error:
                raise as_builtin(error) from None

        return remote

    def _is_penalty(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
        """A function of a model alone, and of one that both sides hold."""
        return len(args) == 1 and not kwargs and self._shared(args[0])

    def _shared(self, value: Any) -> bool:
        return isinstance(value, nn.Module) and self.codec.number(value) is not None

    def _penalty(self, number: int, model: nn.Module) -> Any:
        """A function's value with its gradient, on a short way: it is called for every batch."""
        self._count += 1
        request = self._count
        message = {"op": "penalty", "request": request, "number": number}
        message |= {"model": self.codec.number(model), "training": model.training}
        self._channel.send(message, [flat(model.parameters())], self.deadline)
        self.codec.outdated(model)
        self._depth += 1
        try:
            return attach_flat(self._wait_for(request), model)
        finally:
            self._depth -= 1

    def _send(self, fields: dict[str, Any], about: Any, fresh: bool = False) -> None:
        message, tensors = self.codec.encode(fields, fresh, about)
        self._channel.send(message, tensors, self.deadline)

    def _receive(self) -> dict[str, Any]:
        message, tensors = self._channel.receive(self.deadline)
        if message.get("op") == "penalty":
            return message | {"weights": take_tensor(tensors, 0)}
        fields = self.codec.decode(message, tensors)
        if not isinstance(fields.get("op"), str):
            raise WireError("a message without an operation")
        return fields

    def close(self) -> None:
        self._channel.close()


def _number(message: dict[str, Any]) -> int:
    """Which request a message is, or answers."""
    number = message.get("request")
    if type(number) is not int:
        raise WireError("a message without the number of a request")
    return number


def _error(message: dict[str, Any]) -> RemoteError:
    """The exception that an answer tells of, in no more words than ``described`` makes."""
    kind, text = message.get("kind"), message.get("message")
    if not isinstance(kind, str) or not isinstance(text, str):
        raise WireError("an error without a name")
    return RemoteError(kind[:MAX_NAME], text[:MAX_TEXT])
