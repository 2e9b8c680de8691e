"""Two sides that call each other over one channel, also while one waits for the other's answer."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from typing import Any

from .codec import Codec
from .wire import Channel, WireError

Handler = Callable[[dict[str, Any]], Any]


class RemoteError(Exception):
    """The other side's function raised an exception of type ``kind``."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


def as_builtin(error: RemoteError) -> Exception:
    """The same error as the builtin exception of that name, where there is one."""
    kind = getattr(builtins, error.kind, None)
    if isinstance(kind, type) and issubclass(kind, Exception):
        try:
            return kind(str(error))
        except TypeError:
            pass
    return RuntimeError(f"{error.kind}: {error}")


class Peer:
    """One end. ``handlers`` maps an operation to the function that carries it out here."""

    def __init__(self, channel: Channel, parity: int, handlers: dict[str, Handler]) -> None:
        self._channel = channel
        self._handlers = {"function": self._call_function, **handlers}
        self._count = 0
        self.codec = Codec(parity, self._remote)
        self.deadline: float | None = None

    def request(self, op: str, *, fresh: bool = False, **fields: Any) -> Any:
        """Asks the other side. ``fresh``: objects that crossed before are forgotten.

        Raises ``RemoteError`` when the other side raised, ``WireError``, ``EOFError``,
        ``TimeoutError``, ``OSError``.
        """
        self._count += 1
        number = self._count
        self._send({"op": op, "request": number, **fields}, fresh)
        while True:
            message = self._receive()
            if message["op"] in ("return", "raise"):
                if message.get("request") != number:
                    raise WireError("an answer to something that was not asked")
                if message["op"] == "return":
                    return message.get("value")
                raise RemoteError(str(message.get("kind")), str(message.get("message")))
            self._answer(message)

    def serve(self) -> None:
        """Answers requests until the other side closes the channel."""
        while True:
            try:
                message = self._receive()
            except EOFError:
                return
            self._answer(message)

    def _answer(self, message: dict[str, Any]) -> None:
        handler = self._handlers.get(str(message["op"]))
        if handler is None:
            raise WireError(f"an unknown operation: {str(message['op'])[:40]!r}")
        number = message.get("request")
        try:
            value = handler(message)
        except (WireError, EOFError, TimeoutError):
            raise
        except BaseException as error:  # noqa: BLE001 - it goes to the other side
            self._send_error(number, error)
            return
        try:
            self._send({"op": "return", "request": number, "value": value})
        except WireError as error:
            self._send_error(number, error)

    def _send_error(self, number: Any, error: BaseException) -> None:
        kind = error.kind if isinstance(error, RemoteError) else type(error).__name__
        try:
            text = str(error)[:2000]
        except Exception:  # noqa: BLE001 - a hostile __str__
            text = ""
        self._send({"op": "raise", "request": number, "kind": kind, "message": text})

    def _call_function(self, message: dict[str, Any]) -> Any:
        function = self.codec.object(message.get("number"))
        return function(*message.get("args", ()), **dict(message.get("kwargs", ())))

    def _remote(self, number: int) -> Callable[..., Any]:
        def remote(*args: Any, **kwargs: Any) -> Any:
            try:
                return self.request(
                    "function", number=number, args=args, kwargs=tuple(kwargs.items())
                )
            except RemoteError as error:
                raise as_builtin(error) from None

        return remote

    def _send(self, fields: dict[str, Any], fresh: bool = False) -> None:
        message, tensors = self.codec.encode(fields, fresh)
        self._channel.send(message, tensors, self.deadline)

    def _receive(self) -> dict[str, Any]:
        fields = self.codec.decode(*self._channel.receive(self.deadline))
        if not isinstance(fields.get("op"), str):
            raise WireError("a message without an operation")
        return fields

    def close(self) -> None:
        self._channel.close()
