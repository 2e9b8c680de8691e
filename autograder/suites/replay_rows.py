"""Rows that can be told apart, so that it can be said which of them came back, and how often."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from autograder.suites import expect
from autograder.suites.inputs import whole

Rng = torch.Generator


@dataclass(frozen=True)
class Rows:
    """Images (n, d), no two alike, and their labels (n,)."""

    x: Tensor
    y: Tensor

    @classmethod
    def draw(
        cls, rng: Rng, n: int, d: int = 3, dtype: torch.dtype = torch.float32, first: int = 0
    ) -> Rows:
        """Random images; the labels are ``first``, ``first + 1``, ... in random order."""
        x = torch.randn(n, d, generator=rng, dtype=dtype)
        return cls(x, first + torch.randperm(n, generator=rng))

    @classmethod
    def joined(cls, *parts: Rows) -> Rows:
        return cls(torch.cat([part.x for part in parts]), torch.cat([part.y for part in parts]))

    def copy(self) -> Rows:
        """The same rows in memory of their own."""
        return Rows(self.x.clone(), self.y.clone())

    def __len__(self) -> int:
        return len(self.x)

    def __getitem__(self, rows: slice) -> Rows:
        return Rows(self.x[rows], self.y[rows])

    def which(self, result: Any, what: str) -> Tensor:
        """The numbers of the rows in ``result``, a pair of images and labels, in its order.

        Raises ``AssertionError`` unless it holds rows of these alone, each with its own label and
        with the dtypes that they have here.
        """
        got_x, got_y = expect.pair(result, what)
        n = len(got_x) if isinstance(got_x, Tensor) and got_x.dim() else 0
        x = expect.tensor(
            got_x, f"The images of {_inside(what)}", self.x.new_empty(n, *self.x.shape[1:])
        )
        y = expect.tensor(got_y, f"The labels of {_inside(what)}", self.y.new_empty(n))
        same = (x[:, None] == self.x).flatten(2).all(dim=2)
        known = same.any(dim=1)
        assert known.all(), (
            f"{what}: {int((~known).sum())} of {n} images are none of those that were handed over."
        )
        rows = same.int().argmax(dim=1) if n else torch.zeros(0, dtype=torch.int64)
        wrong = int((y != self.y[rows]).sum())
        still = ": the labels came in their old order" if torch.equal(y, self.y[:n]) else ""
        assert not wrong, (
            f"{what}: {wrong} of {n} images came with the label of another one{still}. "
            "Each image keeps its own label."
        )
        return rows


def _inside(what: str) -> str:
    return what[0].lower() + what[1:]


def distinct(rows: Tensor, what: str) -> None:
    """No row came twice."""
    repeated = len(rows) - len(rows.unique())
    assert not repeated, (
        f"{what}: {repeated} of {len(rows)} rows had come before. Each row may come at most once."
    )


def all_of(rows: Tensor, n: int, what: str) -> None:
    """Each of ``n`` rows came exactly once."""
    assert len(rows) == n, f"{what}: {n} rows should have come, but {len(rows)} did."
    distinct(rows, what)


def uniform_fives(draw: Callable[[], Tensor], what: str, labels: Tensor) -> None:
    """``draw`` gives five of ten rows with these labels, each row and each pair equally often.

    A right answer fails once in 150,000: a row's count is binomial(100, 0.5), outside 26 to 74
    with probability 6e-7; a pair stays away from 100 draws with probability (7/9)^100 = 1e-11.
    """
    draws = [draw().sort().values for _ in range(100)]
    said = f"{what}: of ten rows, five were drawn 100 times"
    assert any(not torch.equal(rows, draws[0]) for rows in draws), (
        f"{said}, and always the same ones came{_which_ones(draws[0], labels)}. "
        "The rows should be drawn at random, anew each time."
    )
    assert not all(_one_stretch(rows) for rows in draws), (
        f"{said}, and always they followed each other. "
        "Each row should be drawn at random, whatever the others are."
    )
    counts = torch.cat(draws).bincount(minlength=10)
    assert counts.all(), f"{said}, and some row never came. Every row should be equally likely."
    uneven = int(counts.min()) < 26 or int(counts.max()) > 74
    assert not uneven, (
        f"{said}. Each should be drawn about 50 times, "
        f"but one was drawn {int(counts.min())} times and another {int(counts.max())} times."
    )
    assert len(sum((pairs_of(rows) for rows in draws), start=pairs_of(draws[0][:0]))) == 45, (
        f"{said}, and some two of them never "
        "came together. Each row should be drawn at random, whatever the others are."
    )


def _which_ones(rows: Tensor, labels: Tensor) -> str:
    """What always the same rows, in ascending order, have in common."""
    if torch.equal(rows, torch.arange(len(rows))):
        return ", the first ones"
    if torch.equal(rows, torch.arange(len(labels) - len(rows), len(labels))):
        return ", the last ones"
    if torch.equal(rows, labels.argsort()[: len(rows)].sort().values):
        return ", those with the smallest labels"
    return ""


def _one_stretch(rows: Tensor) -> bool:
    """Whether the rows, some of ten, follow each other, the first one after the last."""
    own = set(rows.tolist())
    return len(own & {(row + 1) % 10 for row in own}) >= len(own) - 1


def from_generator_alone(draw: Callable[[Rng], Tensor], rng: Rng, what: str) -> None:
    """What ``draw`` gives follows from the state of the generator, and moves it on."""
    seed = whole(rng, 0, 2**30)
    one, same, other = (torch.Generator().manual_seed(seed + k) for k in (0, 0, 1))
    first, equal, later, different = draw(one), draw(same), draw(same), draw(other)
    assert torch.equal(first, equal), (
        f"{what}: two runs with equally seeded generators came out differently. All randomness "
        "should come from `generator`."
    )
    assert not torch.equal(first, different), (
        f"{what}: two differently seeded generators gave the same. The choice should be drawn at "
        "random, from `generator`."
    )
    assert not torch.equal(equal, later), (
        f"{what}: a second run with the same generator, not seeded again in between, repeated the "
        "first. Draw from the generator that you were given, and let it go on."
    )


def pairs_of(rows: Tensor) -> Counter[tuple[int, int]]:
    """All pairs of rows, the smaller number first."""
    ordered = rows.sort().values.tolist()
    return Counter((a, b) for k, a in enumerate(ordered) for b in ordered[k + 1 :])
