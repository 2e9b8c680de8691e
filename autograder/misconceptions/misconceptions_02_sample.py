"""Wrong answers for `ReservoirBuffer`: what comes out of it."""

from __future__ import annotations

from typing import Any

import torch
from torch import Generator, Tensor

from autograder.misconceptions.entry import Entries
from autograder.misconceptions.misconceptions_02_reservoir import NAME, Pair, Reservoir

ENTRIES = Entries()


@ENTRIES.add(
    "sampled-with-replacement",
    NAME,
    "`sample` may give the same row twice. The rows that it gives are distinct: draw without "
    "replacement.",
)
class _WithReplacement(Reservoir):
    def sample(self, n: int, generator: Generator) -> Pair:
        x, y = self.all()
        rows = torch.randint(len(x), (min(n, len(x)),), generator=generator)
        return x[rows], y[rows]


@ENTRIES.add(
    "more-asked-than-held-refused",
    NAME,
    "`sample` raises where more rows are asked for than are held. Give all that there are.",
)
class _MoreRefused(Reservoir):
    def sample(self, n: int, generator: Generator) -> Pair:
        if n > len(self.rows):
            raise ValueError(f"there are only {len(self.rows)} rows")
        return super().sample(n, generator)


@ENTRIES.add(
    "sampled-by-global-random-state",
    NAME,
    "`sample` draws from a global random state, so nobody can repeat your run. Hand it the "
    "generator that `sample` is given.",
)
class _GlobalSample(Reservoir):
    def sample(self, n: int, generator: Generator) -> Pair:
        x, y = self.all()
        rows = torch.randperm(len(x))[:n]
        return x[rows], y[rows]


@ENTRIES.add(
    "sample-not-random",
    NAME,
    "`sample` gives the first rows that are held, the same ones each time. Draw them at random.",
)
class _FirstHeld(Reservoir):
    def sample(self, n: int, generator: Generator) -> Pair:
        x, y = self.all()
        return x[:n], y[:n]


@ENTRIES.add(
    "sampled-apart",
    NAME,
    "`sample` draws once for the images and once more for the labels, so they do not fit. Draw one "
    "set of places for both.",
)
class _SampledApart(Reservoir):
    def sample(self, n: int, generator: Generator) -> Pair:
        return super().sample(n, generator)[0], super().sample(n, generator)[1]


@ENTRIES.add(
    "sample-takes-out",
    NAME,
    "`sample` takes the rows out of the buffer. It only hands out copies: the buffer stays as it "
    "is.",
)
class _TakesOut(Reservoir):
    def sample(self, n: int, generator: Generator) -> Pair:
        order = torch.randperm(len(self.rows), generator=generator).tolist()
        x, y = self.all()
        self.rows = [self.rows[place] for place in order[n:]]
        return x[order[:n]], y[order[:n]]


@ENTRIES.add(
    "views-handed-out",
    NAME,
    "What `sample` gives shares its memory with the buffer, so whoever changes it changes your "
    "rows. Hand out copies.",
)
class _ViewsOut(Reservoir):
    def sample(self, n: int, generator: Generator) -> Pair:
        x, y = super().sample(len(self.rows), generator)
        self.rows = list(zip(x, y, strict=True))
        return x[:n], y[:n]


@ENTRIES.add(
    "elements-counted",
    NAME,
    "`nbytes` counts numbers. Each takes several bytes: see `element_size` and `nbytes` of "
    "tensors.",
)
class _Elements(Reservoir):
    @property
    def nbytes(self) -> int:
        return sum(x.numel() + y.numel() for x, y in self.rows)


@ENTRIES.add(
    "labels-not-counted",
    NAME,
    "`nbytes` leaves out the labels. They have to be kept as well.",
)
class _LabelsLeftOut(Reservoir):
    @property
    def nbytes(self) -> int:
        return sum(x.nbytes for x, _ in self.rows)


@ENTRIES.add(
    "four-bytes-for-everything",
    NAME,
    "`nbytes` takes four bytes for every number. How many it takes depends on the dtype: an int64 "
    "label takes eight.",
)
class _FourBytes(Reservoir):
    @property
    def nbytes(self) -> int:
        return sum(4 * (x.numel() + y.numel()) for x, y in self.rows)


@ENTRIES.add(
    "bytes-of-all-rows-seen",
    NAME,
    "`nbytes` grows with the stream. It counts the rows that are held, not all that were shown.",
)
class _AllSeen(Reservoir):
    @property
    def nbytes(self) -> int:
        x, y = self.rows[0]
        return self.seen * (x.nbytes + y.nbytes)


@ENTRIES.add(
    "nbytes-is-a-method",
    NAME,
    "`nbytes` should be read without brackets. Put `@property` above its definition.",
)
class _Method(Reservoir):
    def nbytes(self) -> Any:  # type: ignore[override]
        return super().nbytes


@ENTRIES.add(
    "length-is-capacity",
    NAME,
    "`len(buffer)` says how many rows there is room for. It should say how many are held now.",
)
class _Capacity(Reservoir):
    def __len__(self) -> int:
        return self.capacity


@ENTRIES.add(
    "length-is-rows-seen",
    NAME,
    "`len(buffer)` says how many rows were shown. It should say how many are held.",
)
class _Seen(Reservoir):
    def __len__(self) -> int:
        return self.seen


@ENTRIES.add(
    "empty-add-fails",
    NAME,
    "`add` fails when it is given no rows. Then there is nothing to do, and that is all.",
)
class _EmptyFails(Reservoir):
    def add(self, x: Tensor, y: Tensor, generator: Generator) -> None:
        x[0], y[0]
        super().add(x, y, generator)


@ENTRIES.add(
    "stored-as-float32",
    NAME,
    "Your buffer turns what it holds into float32 and int64. Rows come back with the dtypes that "
    "they had.",
)
class _Float32(Reservoir):
    def sample(self, n: int, generator: Generator) -> Pair:
        x, y = super().sample(n, generator)
        return x.float(), y.long()


@ENTRIES.also("more-asked-than-held-refused")
class _MoreFails(Reservoir):
    def sample(self, n: int, generator: Generator) -> Pair:
        if n > len(self.rows):
            raise RuntimeError("cannot sample")
        return super().sample(n, generator)


@ENTRIES.also("sample-not-random")
class _LastHeld(Reservoir):
    def sample(self, n: int, generator: Generator) -> Pair:
        x, y = self.all()
        return x[-n:], y[-n:]


@ENTRIES.also("views-handed-out")
class _AllHandedOut(Reservoir):
    """Its own tensors where all rows are asked for, else copies."""

    out: Pair | None = None

    def add(self, x: Tensor, y: Tensor, generator: Generator) -> None:
        super().add(x, y, generator)
        self.out = None

    def sample(self, n: int, generator: Generator) -> Pair:
        if n < len(self.rows):
            return super().sample(n, generator)
        self.out = self.out or self.all()
        return self.out


@ENTRIES.also("empty-add-fails")
class _EmptyRaises(Reservoir):
    def add(self, x: Tensor, y: Tensor, generator: Generator) -> None:
        if not len(x):
            raise RuntimeError("no rows")
        super().add(x, y, generator)


@ENTRIES.also("stored-as-float32")
class _ConvertedByAdd(Reservoir):
    def add(self, x: Tensor, y: Tensor, generator: Generator) -> None:
        super().add(x.float(), y.long(), generator)


@ENTRIES.also("stored-as-float32")
class _LabelsAsFloats(Reservoir):
    def add(self, x: Tensor, y: Tensor, generator: Generator) -> None:
        super().add(x, y.float(), generator)


@ENTRIES.add(
    "sample-filled-up-with-repeats",
    NAME,
    "Where more rows are asked for than are held, `sample` gives some twice. Give each row that is "
    "held once, and no more.",
)
class _FilledUp(Reservoir):
    def sample(self, n: int, generator: Generator) -> Pair:
        x, y = self.all()
        if n <= len(x):
            return super().sample(n, generator)
        rows = torch.randint(len(x), (n,), generator=generator)
        return x[rows], y[rows]


@ENTRIES.add(
    "sampled-one-stretch",
    NAME,
    "`sample` draws where to start and gives rows that follow each other. Draw every row on its "
    "own.",
)
class _Stretch(Reservoir):
    def sample(self, n: int, generator: Generator) -> Pair:
        x, y = self.all()
        start = int(torch.randint(len(x), (), generator=generator))
        rows = (start + torch.arange(min(n, len(x)))) % len(x)
        return x[rows], y[rows]


@ENTRIES.add(
    "sample-seeded-again",
    NAME,
    "`sample` seeds a generator itself, so it always draws the same rows. Draw from the generator "
    "that `sample` is given.",
)
class _SampleSeeded(Reservoir):
    def sample(self, n: int, generator: Generator) -> Pair:
        return super().sample(n, torch.Generator().manual_seed(0))


@ENTRIES.add(
    "free-places-sampled",
    NAME,
    "`sample` draws from all places, also from those where no row has come yet. Draw from the rows "
    "that are held.",
)
class _FreePlaces(Reservoir):
    def sample(self, n: int, generator: Generator) -> Pair:
        x, y = self.all()
        free = max(0, self.capacity - len(x))
        x, y = torch.cat([x, x.new_zeros(free, *x.shape[1:])]), torch.cat([y, y.new_zeros(free)])
        rows = torch.randperm(len(x), generator=generator)[: min(n, len(self.rows))]
        return x[rows], y[rows]


@ENTRIES.add(
    "usual-dtypes-counted",
    NAME,
    "`nbytes` takes four bytes for a pixel and eight for a label. That holds for float32 and int64 "
    "only: ask the tensors.",
)
class _UsualDtypes(Reservoir):
    @property
    def nbytes(self) -> int:
        return sum(4 * x.numel() + 8 for x, _ in self.rows)


@ENTRIES.add(
    "bytes-of-one-row",
    NAME,
    "`nbytes` is that of one row. All rows that are held count.",
)
class _OneRow(Reservoir):
    @property
    def nbytes(self) -> int:
        x, y = self.rows[0]
        return x.nbytes + y.nbytes
