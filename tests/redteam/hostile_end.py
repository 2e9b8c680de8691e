"""The attacker at the sandbox's end of the socket: it records honest frames and sends bad ones."""

import copy
import json
import socket
import struct
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from autograder import session

HEADER = struct.Struct(">IQ")


@dataclass
class Frame:
    """A message as it crosses: a JSON document, and a safetensors blob, which may be empty."""

    document: object
    blob: bytes = b""

    def encoded(self):
        text = json.dumps(self.document).encode()
        return HEADER.pack(len(text), len(self.blob)) + text + self.blob

    def copy(self):
        return Frame(copy.deepcopy(self.document), self.blob)


def frames(data):
    """The frames that ``data`` is made of."""
    found = []
    while data:
        text, blob = HEADER.unpack_from(data)
        start, middle, end = HEADER.size, HEADER.size + text, HEADER.size + text + blob
        found.append(Frame(json.loads(data[start:middle]), data[middle:end]))
        data = data[end:]
    return found


def answer(request, value, changes=(), blob=b""):
    """The answer to a request, as the agent gives it."""
    fields = {"op": "return", "request": request, "value": value}
    return Frame({"fresh": False, "changes": list(changes), "fields": fields}, blob)


def asking(op, request=1, blob=b"", **fields):
    """A request of the sandbox, as the agent makes it."""
    fields = {"op": op, "request": request, **fields}
    return Frame({"fresh": False, "changes": [], "fields": fields}, blob)


class Tap:
    """A socket that keeps what was received."""

    def __init__(self, sock):
        self._sock = sock
        self.received = bytearray()

    def __getattr__(self, name):
        return getattr(self._sock, name)

    def recv(self, count):
        data = self._sock.recv(count)
        self.received += data
        return data


class HostileSandbox:
    """Stands where a sandbox would: says what it likes, then hangs up. Reads nothing."""

    breach = None
    complaint = ""
    computed = 0.0

    def __init__(self, said):
        self.socket, self._theirs = socket.socketpair()
        for end in (self.socket, self._theirs):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
        self._theirs.setblocking(False)
        sent = 0
        with suppress(BlockingIOError):
            while sent < len(said):
                sent += self._theirs.send(said[sent:])
        self._rest = None
        if sent == len(said):
            self._theirs.shutdown(socket.SHUT_WR)
        else:
            self._rest = threading.Thread(target=self._say, args=(said[sent:],), daemon=True)
            self._rest.start()

    def _say(self, said):
        with suppress(OSError):
            self._theirs.setblocking(True)
            self._theirs.sendall(said)
            self._theirs.shutdown(socket.SHUT_WR)

    def allow(self, *_, **__):
        """It computes nothing."""

    def kill(self):
        self.close()

    def close(self):
        self.socket.close()
        if self._rest is not None:
            self._rest.join()
        self._theirs.close()


@contextmanager
def speaking(*streams):
    """Sandboxes started in this block say what the streams hold; all later ones, the last."""
    left = list(streams)

    def started(*_):
        return HostileSandbox(left.pop(0) if len(left) > 1 else left[0])

    before, session.Sandbox = session.Sandbox, started
    try:
        yield
    finally:
        session.Sandbox = before
