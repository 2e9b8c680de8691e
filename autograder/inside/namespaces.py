"""Namespaces and powers of a process, by the kernel's own calls.

``bwrap`` builds the walls around a nursery; what a forked agent needs of its own within them is
done here, as Python has no calls for it: unshare(2), mount(2), capset(2), prctl(2).
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import socket
import struct
from contextlib import suppress

NEW_MOUNTS, NEW_HOST, NEW_IPC = 0x00020000, 0x04000000, 0x08000000
NEW_USER, NEW_PIDS, NEW_NETWORK = 0x10000000, 0x20000000, 0x40000000
READ_ONLY, NO_SETUID, NO_DEVICES, NO_EXECUTION, BIND, BELOW = 1, 2, 4, 8, 4096, 16384
DETACH = 2
SET_NAME, SET_SECCOMP, DROP_FROM_BOUNDING_SET, SET_NO_NEW_PRIVILEGES = 15, 22, 24, 38
FILTER = 2
CAPABILITY_VERSION = 0x20080522
LAST_CAPABILITY = 63
MAP_ROOT = 31  # CAP_SETFCAP: root is mapped into a new user namespace only by who has it
UP, SET_FLAGS = 1, 0x8914

_libc = ctypes.CDLL(None, use_errno=True)


def leave_all(uid: int) -> None:
    """New namespaces of every kind for this process, that of processes for its children.

    In them its user is ``uid``. Raises ``OSError`` where the kernel refuses.
    """
    outside, group = os.geteuid(), os.getegid()
    everything = NEW_MOUNTS | NEW_HOST | NEW_IPC | NEW_USER | NEW_PIDS | NEW_NETWORK
    _call("unshare", everything)
    for name, line in (
        ("setgroups", "deny"),
        ("uid_map", f"{uid} {outside} 1"),
        ("gid_map", f"{uid} {group} 1"),
    ):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(line)


def furnish(folders: list[str], size: int, kept: list[str]) -> None:
    """What the first process of new namespaces needs: its own /proc, folders and loopback.

    ``folders`` become empty folders in memory, of ``size`` bytes each, but for what is mounted at
    ``kept``, which may lie in them, though not in the first. No further user namespaces can be
    made from here on.
    """
    mount("proc", "/proc", NO_SETUID | NO_DEVICES | NO_EXECUTION)
    with open("/proc/sys/user/max_user_namespaces", "w") as file:
        file.write("0")
    mount("tmpfs", "/proc/sys", READ_ONLY | NO_SETUID | NO_DEVICES)
    for number, folder in enumerate(folders):
        mount("tmpfs", folder, NO_SETUID | NO_DEVICES, f"mode=0755,size={size}")
        if number == 0:
            stashes = [_shown_at(place, f"{folder}/{n}") for n, place in enumerate(kept)]
    for place, stash in zip(kept, stashes, strict=True):
        _shown_at(stash, place)
        _call("umount2", stash.encode(), DETACH)
        os.rmdir(stash)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        fcntl.ioctl(sock, SET_FLAGS, struct.pack("16sH14x", b"lo", UP))


def _shown_at(place: str, other: str) -> str:
    """Shows what is mounted at ``place``, and below it, at ``other`` as well, which is made."""
    os.makedirs(other, exist_ok=True)
    _call("mount", place.encode(), other.encode(), None, BIND | BELOW, None)
    return other


def mount(kind: str, place: str, flags: int, options: str = "") -> None:
    """Mounts a file system that needs no source."""
    _call("mount", kind.encode(), place.encode(), kind.encode(), flags, options.encode())


def uncover_proc() -> None:
    """Takes away what bwrap lays over parts of /proc where root runs it.

    The kernel gives nobody a new /proc who does not see the whole of the old one.
    """
    for part in ("sys", "sysrq-trigger", "irq", "bus"):
        with suppress(OSError):  # nothing lies there
            _call("umount2", f"/proc/{part}".encode(), DETACH)


def renounce(*but: int) -> None:
    """Gives up all capabilities but those, for good, also what a program might bring with it."""
    _call("prctl", SET_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    for number in range(LAST_CAPABILITY + 1):
        with suppress(OSError):  # beyond the last that this kernel knows, or not ours to drop
            _call("prctl", DROP_FROM_BOUNDING_SET, number, 0, 0, 0)
    kept = sum(1 << number for number in but)
    sets = struct.pack("6I", kept, kept, 0, 0, 0, 0)  # effective, permitted, and no others
    _call("capset", struct.pack("Ii", CAPABILITY_VERSION, 0), sets)


def refuse_calls(program: bytes) -> None:
    """Has the kernel apply a filter, in classic BPF, to this process and all its children."""
    lines = ctypes.create_string_buffer(program, len(program))
    described = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(lines))
    _call("prctl", SET_SECCOMP, FILTER, described, 0, 0)


def rename(name: str) -> None:
    """What tools call this process; at most 15 letters."""
    _call("prctl", SET_NAME, name.encode(), 0, 0, 0)


def _call(name: str, *arguments: int | bytes | None) -> None:
    longs = (ctypes.c_ulong(value) if isinstance(value, int) else value for value in arguments)
    if getattr(_libc, name)(*longs) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
