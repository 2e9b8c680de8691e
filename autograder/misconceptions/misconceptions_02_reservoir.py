"""Wrong answers for `ReservoirBuffer`: how rows get in. The right one, one part exchanged."""

from __future__ import annotations

import torch
from torch import Generator, Tensor

from autograder.misconceptions.entry import Entries

ENTRIES = Entries()
Pair = tuple[Tensor, Tensor]
NAME = "ReservoirBuffer"


class Reservoir:
    """The right answer; its parts are what the entries exchange."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.seen = 0
        self.rows: list[Pair] = []

    def __len__(self) -> int:
        return len(self.rows)

    def add(self, x: Tensor, y: Tensor, generator: Generator) -> None:
        for image, label in zip(x, y, strict=True):
            self.seen += 1
            self.put(self.copy(image), self.copy(label), generator)

    def copy(self, part: Tensor) -> Tensor:
        return part.clone()

    def put(self, image: Tensor, label: Tensor, generator: Generator) -> None:
        if len(self.rows) < self.capacity:
            self.rows.append((image, label))
            return
        place = self.place(generator)
        if place < self.capacity:
            self.rows[place] = (image, label)

    def place(self, generator: Generator) -> int:
        return int(torch.randint(self.seen, (), generator=generator))

    def all(self) -> Pair:
        if not self.rows:
            return torch.zeros(0, 3), torch.zeros(0, dtype=torch.int64)
        return torch.stack([x for x, _ in self.rows]), torch.stack([y for _, y in self.rows])

    def sample(self, n: int, generator: Generator) -> Pair:
        rows = torch.randperm(len(self.rows), generator=generator)[:n]
        x, y = self.all()
        return x[rows], y[rows]

    @property
    def nbytes(self) -> int:
        return sum(x.nbytes + y.nbytes for x, y in self.rows)


@ENTRIES.add(
    "always-replaces",
    NAME,
    "Once full, your buffer takes in every new row, so early rows soon are gone. A new row may "
    "only come in with probability capacity / rows seen.",
)
class _AlwaysReplaces(Reservoir):
    def place(self, generator: Generator) -> int:
        return int(torch.randint(self.capacity, (), generator=generator))


@ENTRIES.add(
    "never-replaces",
    NAME,
    "Your buffer holds the first rows that it was shown, and no later one. A later row must have "
    "the same chance to be held.",
)
class _NeverReplaces(Reservoir):
    def place(self, generator: Generator) -> int:
        return self.capacity


@ENTRIES.add(
    "newest-rows",
    NAME,
    "Your buffer holds the newest rows, as a queue does. Rows from the beginning of the stream "
    "must have the same chance to be held.",
)
class _NewestRows(Reservoir):
    def place(self, generator: Generator) -> int:
        return (self.seen - 1) % self.capacity


@ENTRIES.add(
    "row-itself-not-counted",
    NAME,
    "Your probability is capacity / rows seen before, so the first row after the last free place "
    "always comes in. The new row counts among those seen.",
)
class _ItselfNotCounted(Reservoir):
    def place(self, generator: Generator) -> int:
        return int(torch.randint(self.seen - 1, (), generator=generator))


@ENTRIES.add(
    "counted-one-too-many",
    NAME,
    "You draw from one number too many, so new rows come in a little too rarely. With k rows seen, "
    "the new one included, a place is drawn from k numbers, 0 to k - 1.",
)
class _OneTooMany(Reservoir):
    def place(self, generator: Generator) -> int:
        return int(torch.randint(self.seen + 1, (), generator=generator))


@ENTRIES.add(
    "even-chance",
    NAME,
    "A new row comes in with the same probability whenever it comes. It must become rarer: "
    "capacity / rows seen.",
)
class _EvenChance(Reservoir):
    def place(self, generator: Generator) -> int:
        return int(torch.randint(2 * self.capacity, (), generator=generator))


@ENTRIES.add(
    "first-place-replaced",
    NAME,
    "The probability is right, but the row that goes is always the same one, or the next in turn. "
    "Each row held must be equally likely to go.",
)
class _FirstPlace(Reservoir):
    def place(self, generator: Generator) -> int:
        return 0 if super().place(generator) < self.capacity else self.capacity


@ENTRIES.add(
    "last-place-never-replaced",
    NAME,
    "One of the places is never drawn, so the row there stays for ever. Is the upper end of your "
    "draw included or not?",
)
class _LastPlaceSpared(Reservoir):
    def place(self, generator: Generator) -> int:
        if super().place(generator) >= self.capacity:
            return self.capacity
        return int(torch.randint(max(1, self.capacity - 1), (), generator=generator))


@ENTRIES.add(
    "seen-only-when-full",
    NAME,
    "You begin to count when the buffer is full, so the rows that filled it are missing from the "
    "count. Every row that was shown counts.",
)
class _SeenWhenFull(Reservoir):
    def place(self, generator: Generator) -> int:
        return int(torch.randint(max(1, self.seen - self.capacity), (), generator=generator))


@ENTRIES.add(
    "grows-without-end",
    NAME,
    "Your buffer keeps every row. It may never hold more than `capacity`.",
)
class _Grows(Reservoir):
    def put(self, image: Tensor, label: Tensor, generator: Generator) -> None:
        self.rows.append((image, label))


@ENTRIES.add(
    "images-and-labels-placed-apart",
    NAME,
    "You draw one place for the image and another for its label, so they part. Draw once and put "
    "both there.",
)
class _Apart(Reservoir):
    def put(self, image: Tensor, label: Tensor, generator: Generator) -> None:
        if len(self.rows) < self.capacity:
            self.rows.append((image, label))
            return
        first, second = self.place(generator), self.place(generator)
        if first < self.capacity:
            self.rows[first] = (image, self.rows[first][1])
        if second < self.capacity:
            self.rows[second] = (self.rows[second][0], label)


@ENTRIES.add(
    "reservoir-by-global-random-state",
    NAME,
    "Which rows are held comes from a global random state, so nobody can repeat your run. Hand "
    "`generator` to the function that draws.",
)
class _GlobalPlace(Reservoir):
    def place(self, generator: Generator) -> int:
        return int(torch.randint(self.seen, ()))


@ENTRIES.add(
    "views-kept",
    NAME,
    "You keep views of the tensors that were handed over: when their owner changes them, your rows "
    "change too. Copy what you keep.",
)
class _Views(Reservoir):
    def copy(self, part: Tensor) -> Tensor:
        return part


@ENTRIES.also("first-place-replaced")
class _InTurn(Reservoir):
    next = 0

    def place(self, generator: Generator) -> int:
        if super().place(generator) >= self.capacity:
            return self.capacity
        self.next += 1
        return (self.next - 1) % self.capacity


@ENTRIES.also("seen-only-when-full")
class _SeenAfterFull(Reservoir):
    def place(self, generator: Generator) -> int:
        since = self.seen - self.capacity
        comes_in = float(torch.rand((), generator=generator)) < self.capacity / since
        own = int(torch.randint(self.capacity, (), generator=generator))
        return own if comes_in else self.capacity


@ENTRIES.add(
    "chance-one-over-seen",
    NAME,
    "A new row comes in with probability 1 / rows seen, which is too rarely. There are `capacity` "
    "places: the probability is capacity / rows seen.",
)
class _OneOverSeen(Reservoir):
    def place(self, generator: Generator) -> int:
        if super().place(generator):
            return self.capacity
        return int(torch.randint(self.capacity, (), generator=generator))


@ENTRIES.add(
    "room-for-one-too-many",
    NAME,
    "Your buffer holds one row more than `capacity`. It is full as soon as `capacity` rows are "
    "held.",
)
class _OneMore(Reservoir):
    def __init__(self, capacity: int) -> None:
        super().__init__(capacity + 1)


@ENTRIES.add(
    "reservoir-seeded-again",
    NAME,
    "`add` seeds a generator itself, so every buffer decides alike. Draw from the generator that "
    "`add` is given.",
)
class _OwnSeed(Reservoir):
    def add(self, x: Tensor, y: Tensor, generator: Generator) -> None:
        super().add(x, y, torch.Generator().manual_seed(0))


@ENTRIES.add(
    "sample-counts-as-seen",
    NAME,
    "`sample` raises the count of rows seen, so later rows come in too rarely. Only `add` shows "
    "rows to the buffer.",
)
class _SampleCounts(Reservoir):
    def sample(self, n: int, generator: Generator) -> Pair:
        x, y = super().sample(n, generator)
        self.seen += len(x)
        return x, y
