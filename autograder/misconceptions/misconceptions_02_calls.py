"""Wrong answers for `ReservoirBuffer`: what a call of `add` with many rows does."""

from __future__ import annotations

import torch
from torch import Generator, Tensor

from autograder.misconceptions.entry import Entries
from autograder.misconceptions.misconceptions_02_reservoir import NAME, Reservoir

ENTRIES = Entries()


@ENTRIES.add(
    "seen-restarts-at-each-add",
    NAME,
    "You count the rows seen anew in each call of `add`, so rows of later calls come in too often. "
    "The count belongs to the buffer, for as long as it lives.",
)
class _SeenRestarts(Reservoir):
    def add(self, x: Tensor, y: Tensor, generator: Generator) -> None:
        self.seen = len(self.rows)
        super().add(x, y, generator)


@ENTRIES.add(
    "seen-once-an-add",
    NAME,
    "You raise the count of rows seen once a call, after all its rows, so within a call every row "
    "comes in as easily as the first. Count row by row.",
)
class _SeenOnceAnAdd(Reservoir):
    def add(self, x: Tensor, y: Tensor, generator: Generator) -> None:
        before = self.seen
        for image, label in zip(x, y, strict=True):
            self.seen = before + 1
            self.put(image.clone(), label.clone(), generator)
        self.seen = before + len(x)


@ENTRIES.add(
    "calls-counted-not-rows",
    NAME,
    "You count calls of `add`, but the probability depends on the number of rows seen.",
)
class _CallsCounted(Reservoir):
    calls = 0

    def add(self, x: Tensor, y: Tensor, generator: Generator) -> None:
        self.calls += 1
        super().add(x, y, generator)

    def place(self, generator: Generator) -> int:
        return int(torch.randint(max(self.calls, self.capacity), (), generator=generator))


@ENTRIES.add(
    "crossing-batch-cut",
    NAME,
    "When a call of `add` fills the buffer, you forget the rest of its rows, or some of them. They "
    "were seen too, and each needs its chance.",
)
class _CrossingCut(Reservoir):
    def add(self, x: Tensor, y: Tensor, generator: Generator) -> None:
        room = self.capacity - len(self.rows)
        if room:
            super().add(x[:room], y[:room], generator)
            self.seen += max(0, len(x) - room)
        else:
            super().add(x, y, generator)


@ENTRIES.add(
    "batch-refused-when-too-large",
    NAME,
    "You only take rows in while the whole batch fits, so places stay empty. Go through the rows "
    "one by one.",
)
class _Refused(Reservoir):
    def add(self, x: Tensor, y: Tensor, generator: Generator) -> None:
        if len(self.rows) + len(x) <= self.capacity or len(self.rows) == self.capacity:
            super().add(x, y, generator)
        else:
            self.seen += len(x)


@ENTRIES.add(
    "emptied-by-each-add",
    NAME,
    "Each call of `add` begins with an empty buffer. Rows of earlier calls stay until they are "
    "replaced.",
)
class _Emptied(Reservoir):
    def add(self, x: Tensor, y: Tensor, generator: Generator) -> None:
        self.rows = []
        super().add(x, y, generator)


@ENTRIES.also("seen-restarts-at-each-add")
class _SeenFromZero(Reservoir):
    def add(self, x: Tensor, y: Tensor, generator: Generator) -> None:
        self.seen = 0
        super().add(x, y, generator)

    def place(self, generator: Generator) -> int:
        return int(torch.randint(max(self.seen, self.capacity), (), generator=generator))


@ENTRIES.also("seen-restarts-at-each-add")
class _SmallDraws(Reservoir):
    def add(self, x: Tensor, y: Tensor, generator: Generator) -> None:
        self.seen = 0
        super().add(x, y, generator)


@ENTRIES.also("crossing-batch-cut")
class _CrossingNotCounted(Reservoir):
    def add(self, x: Tensor, y: Tensor, generator: Generator) -> None:
        room = self.capacity - len(self.rows) or len(x)
        super().add(x[:room], y[:room], generator)


@ENTRIES.also("batch-refused-when-too-large")
class _OnlyWhatFits(Reservoir):
    def add(self, x: Tensor, y: Tensor, generator: Generator) -> None:
        before = self.seen
        if before + len(x) <= self.capacity:
            super().add(x, y, generator)
        for k in range(len(x) if len(self.rows) < before + len(x) else 0):
            self.seen = before + k + 1
            place = self.place(generator)
            if place < len(self.rows):
                self.rows[place] = (x[k].clone(), y[k].clone())
        self.seen = before + len(x)


@ENTRIES.add(
    "batch-cut-to-capacity",
    NAME,
    "Of a call with more rows than `capacity` you look at some only, as many as there is room for. "
    "Every row must get its chance, with the number of rows seen so far.",
)
class _BatchCut(Reservoir):
    def add(self, x: Tensor, y: Tensor, generator: Generator) -> None:
        rows = torch.randperm(len(x), generator=generator)[: self.capacity]
        super().add(x[rows], y[rows], generator)


@ENTRIES.also("batch-cut-to-capacity")
class _BatchCutCounted(Reservoir):
    def add(self, x: Tensor, y: Tensor, generator: Generator) -> None:
        rows = torch.randperm(len(x), generator=generator)[: self.capacity]
        super().add(x[rows], y[rows], generator)
        self.seen += len(x) - len(rows)


@ENTRIES.add(
    "seen-grows-before-the-loop",
    NAME,
    "You raise the count by the whole call before you go through its rows, so its first rows come "
    "in too rarely. Count row by row.",
)
class _SeenBefore(Reservoir):
    def add(self, x: Tensor, y: Tensor, generator: Generator) -> None:
        after = self.seen + len(x)
        for image, label in zip(x, y, strict=True):
            self.seen = after
            self.put(image.clone(), label.clone(), generator)
        self.seen = after


@ENTRIES.add(
    "one-draw-for-a-call",
    NAME,
    "You draw once for a whole call of `add`, so at most one of its rows comes in. Draw anew for "
    "every row.",
)
class _OneDraw(Reservoir):
    def add(self, x: Tensor, y: Tensor, generator: Generator) -> None:
        self.drawn: int | None = None
        super().add(x, y, generator)

    def place(self, generator: Generator) -> int:
        if self.drawn is None:
            self.drawn = super().place(generator)
        return self.drawn


@ENTRIES.also("seen-once-an-add")
class _SeenAfterTheLoop(Reservoir):
    def add(self, x: Tensor, y: Tensor, generator: Generator) -> None:
        before = self.seen
        for image, label in zip(x, y, strict=True):
            self.seen = max(before, self.capacity)
            self.put(image.clone(), label.clone(), generator)
        self.seen = before + len(x)
