"""System calls that no student's code needs, refused inside the sandbox.

They would hold memory that belongs to no process and no private folder, so that no watchdog sees
it, reach sockets that have nothing to do with the network, or look into other processes. The
filter is classic BPF, as ``bwrap --seccomp`` takes it (seccomp(2)).
"""

from __future__ import annotations

import errno
import os
import platform
import struct

# By architecture: its number for the kernel, and the numbers of the system calls.
CALLS = {
    "x86_64": (
        0xC000003E,
        {
            "memfd_create": 319, "memfd_secret": 447, "shmget": 29, "msgget": 68, "semget": 64,
            "mq_open": 240, "add_key": 248, "request_key": 249, "keyctl": 250,
            "io_uring_setup": 425, "userfaultfd": 323, "bpf": 321, "perf_event_open": 298,
            "ptrace": 101, "process_vm_readv": 310, "process_vm_writev": 311,
        },
    ),
    "aarch64": (
        0xC00000B7,
        {
            "memfd_create": 279, "memfd_secret": 447, "shmget": 194, "msgget": 186, "semget": 190,
            "mq_open": 180, "add_key": 217, "request_key": 218, "keyctl": 219,
            "io_uring_setup": 425, "userfaultfd": 282, "bpf": 280, "perf_event_open": 241,
            "ptrace": 117, "process_vm_readv": 270, "process_vm_writev": 271,
        },
    ),
}  # fmt: skip
SOCKET = {"x86_64": 41, "aarch64": 198}
FAMILIES = (1, 2, 10)  # AF_UNIX, AF_INET, AF_INET6: all three end at the sandbox's wall
OTHER_NUMBERING = 0x40000000  # the x32 calls of x86_64, which nothing here uses

LOAD, EQUAL, AT_LEAST, RETURN = 0x20, 0x15, 0x35, 0x06
NUMBER_AT, ARCHITECTURE_AT, FIRST_ARGUMENT_AT = 0, 4, 16  # in the kernel's struct seccomp_data
ALLOW, KILL, REFUSE = 0x7FFF0000, 0x80000000, 0x00050000


def program() -> bytes:
    """The filter for this machine; on one whose system calls are not listed it lets all pass."""
    machine = platform.machine()
    if machine not in CALLS:
        return _line(RETURN, ALLOW)
    architecture, refused = CALLS[machine]
    lines = [
        _line(LOAD, ARCHITECTURE_AT),
        _line(EQUAL, architecture, 1, 0),
        _line(RETURN, KILL),
        _line(LOAD, NUMBER_AT),
        _line(AT_LEAST, OTHER_NUMBERING, 0, 1),
        _line(RETURN, REFUSE | errno.ENOSYS),
    ]
    for number in refused.values():
        lines += [_line(EQUAL, number, 0, 1), _line(RETURN, REFUSE | errno.ENOSYS)]
    lines += [_line(EQUAL, SOCKET[machine], 1, 0), _line(RETURN, ALLOW)]
    lines += [_line(LOAD, FIRST_ARGUMENT_AT)]
    for family in FAMILIES:
        lines += [_line(EQUAL, family, 0, 1), _line(RETURN, ALLOW)]
    lines += [_line(RETURN, REFUSE | errno.EAFNOSUPPORT)]
    return b"".join(lines)


def _line(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("HBBI", code, if_true, if_false, value)


def descriptor() -> int:
    """The filter as a pipe that can be read once, for the caller to close."""
    reading, writing = os.pipe()
    with os.fdopen(writing, "wb") as file:
        file.write(program())
    return reading
