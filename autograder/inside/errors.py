"""How an exception goes to the other side: as the name of a builtin type, and a text."""

from __future__ import annotations

import builtins

MAX_NAME = 80
MAX_TEXT = 2000


class RemoteError(Exception):
    """The other side's function raised an exception of type ``kind``."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


def described(error: BaseException) -> tuple[str, str]:
    """The builtin type that ``error`` is a case of, and its text, with its own name if it has one.

    An exception that derives from ``Exception`` itself keeps its own name.
    """
    if isinstance(error, RemoteError):
        return error.kind, str(error)
    own = type(error)
    try:
        text = str(error)[:MAX_TEXT]
    except Exception:  # noqa: BLE001 - a hostile __str__
        text = ""
    ancestor = next(c for c in own.__mro__ if getattr(builtins, c.__name__, None) is c)
    if ancestor in (own, Exception, BaseException):
        return own.__name__[:MAX_NAME], text
    return ancestor.__name__, f"{own.__name__[:MAX_NAME]}: {text}"[:MAX_TEXT]


def as_builtin(error: RemoteError) -> Exception:
    """The same error as the builtin exception of that name, where there is one."""
    kind = getattr(builtins, error.kind, None)
    if isinstance(kind, type) and issubclass(kind, Exception):
        try:
            return kind(str(error))
        except TypeError:
            pass
    return RuntimeError(f"{error.kind}: {error}")
