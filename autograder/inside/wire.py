"""Frames on a socket: a JSON document and a safetensors blob, both of limited size.

A frame is ``[length of JSON: u32][length of blob: u64][JSON][blob]``, big-endian. Nothing is ever
unpickled. The other side may be hostile: anything unexpected raises ``WireError``.
"""

from __future__ import annotations

import json
import socket
import struct
import time
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

HEADER = struct.Struct(">IQ")
MAX_JSON = 4 << 20
MAX_BLOB = 256 << 20


class WireError(ValueError):
    """What came over the wire is not what the protocol allows."""


class CannotCross(TypeError):
    """A value of one's own is not sent: no frame holds one of its kind, depth or size."""


class Closed(EOFError):
    """The other side is gone. No code but the channel's raises this."""


class Late(TimeoutError):
    """The deadline has passed. No code but the channel's raises this."""


BROKEN = (WireError, Closed, Late)  # the channel is of no use any more


class Channel:
    """Sends and receives frames. ``deadline`` is a ``time.monotonic()`` moment, or None."""

    def __init__(
        self, sock: socket.socket, max_json: int = MAX_JSON, max_blob: int = MAX_BLOB
    ) -> None:
        self._sock = sock
        self._max_json = max_json
        self._max_blob = max_blob

    def send(
        self, message: dict[str, Any], tensors: list[Tensor], deadline: float | None = None
    ) -> None:
        """Raises ``CannotCross`` for a frame over the limits, ``Late``, ``Closed``."""
        text = json.dumps(message).encode()
        blob = save({str(i): t.contiguous() for i, t in enumerate(tensors)}) if tensors else b""
        if len(text) > self._max_json or len(blob) > self._max_blob:
            raise CannotCross(f"{len(text)} bytes of JSON and {len(blob)} of tensors are too much")
        self._set_timeout(deadline)
        try:
            self._sock.sendall(HEADER.pack(len(text), len(blob)) + text + blob)
        except TimeoutError:
            raise Late from None
        except ConnectionError as error:
            raise Closed(str(error)) from None

    def receive(self, deadline: float | None = None) -> tuple[dict[str, Any], dict[str, Tensor]]:
        """Raises ``Closed`` when the other side is gone, ``Late``, ``WireError``."""
        text_length, blob_length = HEADER.unpack(self._read(HEADER.size, deadline))
        if text_length > self._max_json or blob_length > self._max_blob:
            raise WireError(f"a frame of {text_length} + {blob_length} bytes is too large")
        text = self._read(text_length, deadline)
        blob = self._read(blob_length, deadline)
        try:
            message = json.loads(text)
            tensors = load(blob) if blob else {}
        except (ValueError, RecursionError, SafetensorError, KeyError, TypeError) as error:
            raise WireError(f"a frame that cannot be read: {type(error).__name__}") from None
        if not isinstance(message, dict):
            raise WireError("a frame that is not an object")
        return message, tensors

    def close(self) -> None:
        self._sock.close()

    def _set_timeout(self, deadline: float | None) -> None:
        if deadline is None:
            self._sock.settimeout(None)
            return
        left = deadline - time.monotonic()
        if left <= 0:
            raise Late
        self._sock.settimeout(left)

    def _read(self, count: int, deadline: float | None) -> bytes:
        data = bytearray()
        while len(data) < count:
            self._set_timeout(deadline)
            try:
                chunk = self._sock.recv(min(count - len(data), 1 << 20))
            except TimeoutError:
                raise Late from None
            except ConnectionError as error:
                raise Closed(str(error)) from None
            if not chunk:
                raise Closed("the other side closed the connection")
            data += chunk
        return bytes(data)


def tensor_at(tensors: dict[str, Tensor], index: Any) -> Tensor:
    """Tensor number ``index`` of a frame; raises ``WireError`` when there is none."""
    if not isinstance(index, int) or str(index) not in tensors:
        raise WireError(f"no tensor {index!r} in the frame")
    return tensors[str(index)]


def same_values(a: Tensor, b: Tensor) -> bool:
    """Equal in shape, dtype and every value, where NaN equals NaN."""
    if a.shape != b.shape or a.dtype != b.dtype:
        return False
    if a.is_floating_point():
        return bool(((a == b) | (a.isnan() & b.isnan())).all())
    return torch.equal(a, b)
