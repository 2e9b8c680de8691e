"""A memory of rows, each row of a stream as likely to be in it as any other."""

from __future__ import annotations

import torch
from torch import Tensor


class Reservoir:
    """Holds ``capacity`` rows of a stream, each seen so far with the same probability.

    A row is a tuple with one entry from each tensor given to ``add`` (Vitter 1985, Algorithm R).
    Raises ``ValueError`` for a capacity below 1.
    """

    def __init__(self, capacity: int, generator: torch.Generator) -> None:
        if capacity < 1:
            raise ValueError(f"expected a capacity of at least 1, got {capacity}")
        self.capacity, self.generator = capacity, generator
        self.seen = 0
        self.held: tuple[Tensor, ...] = ()

    def __len__(self) -> int:
        return min(self.seen, self.capacity)

    def add(self, *columns: Tensor) -> None:
        """Shows it the rows (n, ...) of all columns, in order; what it keeps are copies."""
        if not self.held:
            self.held = tuple(c.new_zeros(self.capacity, *c.shape[1:]) for c in columns)
        rows, places = self._places(len(columns[0]))
        self.seen += len(columns[0])
        for held, column in zip(self.held, columns, strict=True):
            held[places.to(held.device)] = column.detach()[rows.to(column.device)]

    def _places(self, n: int) -> tuple[Tensor, Tensor]:
        """Which of the next n rows are kept in the end, and where."""
        number = torch.arange(self.seen, self.seen + n)
        # Row number i, from 0, draws a place from 0 to i; those beyond the capacity fall away.
        drawn = torch.rand(n, generator=self.generator, dtype=torch.float64)
        place = (drawn * (number + 1)).long()
        place = torch.where(number < self.capacity, number, place)
        last = torch.full((self.capacity,), -1)
        kept = place < self.capacity
        rows = torch.arange(n)[kept]
        last.scatter_reduce_(0, place[kept], rows, "amax")  # later rows replace earlier ones
        places = (last >= 0).nonzero().squeeze(1)
        return last[places], places

    def sample(self, n: int) -> tuple[Tensor, ...]:
        """``min(n, len)`` distinct rows at random, as one tensor for each column."""
        chosen = torch.randperm(len(self), generator=self.generator)[:n]
        return tuple(held[chosen.to(held.device)] for held in self.held)

    @property
    def nbytes(self) -> int:
        """Bytes of the rows that it holds."""
        return sum(held[: len(self)].nbytes for held in self.held)
