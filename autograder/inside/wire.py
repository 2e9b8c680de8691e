"""Frames on a socket: a JSON document and a safetensors blob, both of limited size.

A frame is ``[length of JSON: u32][length of blob: u64][JSON][blob]``, big-endian. Nothing is ever
unpickled. The other side may be hostile: anything unexpected raises ``WireError``.
"""

from __future__ import annotations

import json
import socket
import struct
import time
from math import prod
from typing import Any

import torch
from safetensors.torch import load, save
from torch import Tensor

HEADER = struct.Struct(">IQ")
BLOB_HEADER = struct.Struct("<Q")  # how a safetensors blob begins: the length of its own JSON
MAX_JSON = 4 << 20
MAX_BLOB = 64 << 20
MAX_BLOB_HEADER = 1 << 20
MAX_DIMENSIONS = 16
MAX_ROWS_OF_NOTHING = 1 << 20
# Of which everything that is computed with tensors here can be computed.
DTYPES = (
    *(torch.float32, torch.float64, torch.float16, torch.bfloat16, torch.bool),
    *(torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8),
)


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
        self.left: int | None = None  # bytes that may still be received; None: no limit

    def send(
        self, message: dict[str, Any], tensors: list[Tensor], deadline: float | None = None
    ) -> None:
        """Raises ``CannotCross`` for a frame over the limits, ``Late``, ``Closed``."""
        try:
            text = json.dumps(message).encode()
        except (TypeError, ValueError) as error:
            raise CannotCross(str(error)) from None
        blob = save({str(i): t.contiguous() for i, t in enumerate(tensors)}) if tensors else b""
        if len(text) > self._max_json or len(blob) > self._max_blob:
            raise CannotCross(f"{len(text)} bytes of JSON and {len(blob)} of tensors are too much")
        try:
            self._set_timeout(deadline)
            self._sock.sendall(HEADER.pack(len(text), len(blob)) + text + blob)
        except TimeoutError:
            raise Late from None
        except OSError as error:
            raise Closed(str(error)) from None

    def receive(self, deadline: float | None = None) -> tuple[dict[str, Any], dict[str, Tensor]]:
        """Raises ``Closed`` when the other side is gone, ``Late``, ``WireError``."""
        text_length, blob_length = HEADER.unpack(self._read(HEADER.size, deadline))
        if text_length > self._max_json or blob_length > self._max_blob:
            raise WireError(f"a frame of {text_length} + {blob_length} bytes is too large")
        if self.left is not None:
            self.left -= HEADER.size + text_length + blob_length
            if self.left < 0:
                raise WireError("too many bytes in all its messages together")
        text = self._read(text_length, deadline)
        blob = self._read(blob_length, deadline)
        try:
            message = json.loads(text.decode())
            tensors = _tensors(blob) if blob else {}
        except WireError:
            raise
        except Exception as error:  # noqa: BLE001 - however the parsers put it, the frame is bad
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
            try:
                self._set_timeout(deadline)
                chunk = self._sock.recv(min(count - len(data), 1 << 20))
            except TimeoutError:
                raise Late from None
            except OSError as error:
                raise Closed(str(error)) from None
            if not chunk:
                raise Closed("the other side closed the connection")
            data += chunk
        return bytes(data)


def _tensors(blob: bytes) -> dict[str, Tensor]:
    """The tensors of a blob; raises ``WireError`` for one that is not ``sendable``."""
    if BLOB_HEADER.unpack_from(blob)[0] > MAX_BLOB_HEADER:
        raise WireError("a list of tensors that is too long")
    tensors = load(blob)
    for tensor in tensors.values():
        if not sendable(tensor):
            raise WireError("a tensor of a kind that does not cross")
        if tensor.dtype == torch.bool and bool((tensor.view(torch.uint8) > 1).any()):
            raise WireError("a truth value that is neither true nor false")
    return tensors


def sendable(tensor: Tensor) -> bool:
    """Whether tensors of its dtype and shape cross.

    A tensor without entries may have a few rows only: a list is made of it as of any other.
    """
    few = tensor.numel() > 0 or prod(max(size, 1) for size in tensor.shape) <= MAX_ROWS_OF_NOTHING
    return tensor.dtype in DTYPES and tensor.dim() <= MAX_DIMENSIONS and few


def take_tensor(tensors: dict[str, Tensor], index: Any) -> Tensor:
    """Tensor number ``index`` of a frame, once; raises ``WireError`` when there is none.

    Were it given away twice, a small frame could hold a large tensor very often.
    """
    if type(index) is not int or str(index) not in tensors:
        raise WireError("no such tensor in the frame, or it was used already")
    return tensors.pop(str(index))


def clean(text: str) -> str:
    """The text without lone surrogates, which no file and no database takes."""
    return text if text.isascii() else text.encode(errors="replace").decode()


def same_values(a: Tensor, b: Tensor) -> bool:
    """Equal in shape, dtype and every value, where NaN equals NaN."""
    if a.shape != b.shape or a.dtype != b.dtype:
        return False
    if a.is_floating_point():
        return bool(((a == b) | (a.isnan() & b.isnan())).all())
    return torch.equal(a, b)
