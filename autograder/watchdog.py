"""Looks at what a sandbox uses, from outside, and says which limit it exceeds."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass

import psutil

from autograder.limits import Limits

PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Breach:
    """A limit that was exceeded. ``status`` is ``timeout`` or ``crashed``; the text says which."""

    status: str
    text: str


class Watchdog:
    """Looks at one process and all its descendants.

    ``computed`` is how many seconds they have computed so far, as far as that can be seen: it may
    miss processes that are gone before the next look.
    """

    def __init__(self, root: int, limits: Limits, folders: tuple[str, ...]) -> None:
        self._root = root
        self._limits = limits
        self._folders = folders
        self._own: dict[psutil.Process, float] = {}
        self.computed = 0.0
        self._allowed = float("inf")
        self._granted: float | None = None
        self._idle = False

    def allow(self, seconds: float, idle: bool) -> None:
        """From the next look on they may compute for so long; ``idle``: nothing is asked now."""
        self._granted, self._idle = seconds, idle

    def tree(self) -> list[psutil.Process]:
        """The process, then those that descend from it."""
        try:
            root = psutil.Process(self._root)
            return [root, *root.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    def look(self, tree: list[psutil.Process]) -> Breach | None:
        """The limit that these processes exceed now, or None."""
        limits = self._limits
        tasks, resident, counted = 0, 0, 0.0
        for process in tree:
            with suppress(psutil.NoSuchProcess, psutil.AccessDenied), process.oneshot():
                tasks += process.num_threads()
                resident += process.memory_info().rss
                times = process.cpu_times()
                self._own[process] = times.user + times.system
                counted += sum(times[:4])
        # Two accounts, neither complete: of all that were seen; of the living and their children.
        self.computed = max(self.computed, sum(self._own.values()), counted)
        granted, self._granted = self._granted, None
        if granted is not None:
            self._allowed = self.computed + granted
        stored, files = self.stored(tree)
        if tasks > limits.processes:
            return Breach("crashed", f"it used more than {limits.processes} processes and threads")
        if files > limits.files:
            return Breach("crashed", f"it made more than {limits.files} files")
        # The quick count takes pages that processes share for each one's own.
        if resident + stored > limits.memory and _proportional(tree) + stored > limits.memory:
            return Breach("crashed", f"it used more than {limits.memory >> 20} MiB of memory")
        if self.computed > self._allowed and self._idle:
            return Breach("crashed", "what was started before it went on computing")
        if self.computed > self._allowed:
            return Breach("timeout", "its processes together computed for longer than is allowed")
        return None

    def stored(self, tree: list[psutil.Process]) -> tuple[int, int]:
        """Bytes and files in the private folders, which lie in memory but in no process."""
        stored = files = 0
        for folder in self._folders:
            with suppress(OSError, IndexError):  # not there yet, or gone
                there = os.statvfs(f"/proc/{tree[-1].pid}/root{folder}")
                if there.f_blocks * there.f_frsize < self._limits.private_files + PAGE:  # not ours
                    stored += (there.f_blocks - there.f_bfree) * there.f_frsize
                    files += there.f_files - there.f_ffree
        return stored, files


def _proportional(tree: list[psutil.Process]) -> int:
    """Resident bytes, where a page that several share counts in parts."""
    total = 0
    for process in tree:
        with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            total += process.memory_full_info().pss
    return total
