"""Earlier exercises, as the code of a later one finds them: answered from the other side."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .peer import Peer, RemoteError, as_builtin
from .slope import attach


def served(peer: Peer, name: str, properties: tuple[str, ...] | None) -> Callable[..., Any]:
    """A function, or with ``properties`` a class whose objects have these, that is right."""

    def function(*args: Any, **kwargs: Any) -> Any:
        result = _ask(peer, "serve", args, kwargs, name=name)
        return attach(result, args, kwargs)

    def new(*args: Any, **kwargs: Any) -> ServedObject:
        return ServedObject(peer, _ask(peer, "serve", args, kwargs, name=name), properties or ())

    made = function if properties is None else new
    made.__name__ = name
    return made


class ServedObject:
    """An object on the other side, used as if it were here."""

    def __init__(self, peer: Peer, key: int, properties: tuple[str, ...]) -> None:
        self._peer = peer
        self._key = key
        self._properties = properties

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
