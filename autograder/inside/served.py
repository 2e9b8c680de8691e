"""Earlier exercises, as the code of a later one finds them: answered from the other side."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .errors import RemoteError, as_builtin
from .peer import Peer
from .slope import attach


def served(peer: Peer, name: str, properties: tuple[str, ...] | None) -> Callable[..., Any]:
    """A function, or with ``properties`` a class whose objects have these, that is right."""
    if properties is not None:
        fields = {"_peer": peer, "_served_name": name, "_properties": properties}
        return type(name, (ServedObject,), fields)

    def function(*args: Any, **kwargs: Any) -> Any:
        result = _ask(peer, "serve", args, kwargs, name=name)
        return attach(result, args, kwargs)

    function.__name__ = name
    return function


class ServedObject:
    """An object on the other side, used as if it were here; its class says of which class."""

    _peer: Peer
    _served_name: str
    _properties: tuple[str, ...]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._key = _ask(self._peer, "serve", args, kwargs, name=self._served_name)

    def __getattr__(self, member: str) -> Any:
        if member.startswith("_"):
            raise AttributeError(member)
        return self._use(member) if member in self._properties else self._method(member)

    def __len__(self) -> int:
        return int(self._use("__len__"))

    def _method(self, member: str) -> Callable[..., Any]:
        return lambda *args, **kwargs: self._use(member, *args, **kwargs)

    def _use(self, member: str, *args: Any, **kwargs: Any) -> Any:
        return _ask(self._peer, "serve_use", args, kwargs, key=self._key, member=member)


def _ask(peer: Peer, op: str, args: Any, kwargs: dict[str, Any], **fields: Any) -> Any:
    try:
        return peer.request(op, args=args, kwargs=tuple(kwargs.items()), **fields)
    except RemoteError as error:
        raise as_builtin(error) from None
