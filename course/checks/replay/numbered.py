"""Rows that carry their own number, so that a check sees which ones came back."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from course.checks.expect import pair, tensor
from course.data import Task

SIZES = (8, 6, 10)
STARTS = (0, 100, 200)  # the numbers of a task's rows begin here; its test rows at 50 more


def numbered(n: int, start: int = 0, dtype: torch.dtype = torch.float32) -> tuple[Tensor, Tensor]:
    """``n`` rows: image k is (k, -k), its label k; counted from ``start``."""
    y = torch.arange(start, start + n)
    return torch.stack([y, -y], dim=1).to(dtype), y


def tasks(dtype: torch.dtype = torch.float32) -> list[Task]:
    """Three tasks of such rows."""
    made = []
    for size, start in zip(SIZES, STARTS, strict=True):
        (x, y), (x_test, y_test) = numbered(size, start, dtype), numbered(3, start + 50, dtype)
        made.append(Task("t", (0, 1), x, y, x_test, y_test, x[:0], y[:0]))
    return made


def seeded(seed: int) -> torch.Generator:
    """A generator that starts from ``seed``."""
    return torch.Generator().manual_seed(seed)


def which(value: Any, what: str, count: int, dtype: torch.dtype = torch.float32) -> list[int]:
    """The numbers of the ``count`` rows that came back, each image with its own label."""
    x, y = pair(value, what)
    y = tensor(y, f"y, {_inside(what)},", (count,), torch.int64)
    x = tensor(x, f"x, {_inside(what)},", (count, 2), dtype)
    assert torch.equal(x[:, 0].round().long(), y.long()), (
        f"{what}: images and labels no longer belong together. Choose and shuffle x and y by the"
        " same numbers."
    )
    return [int(label) for label in y]


def _inside(what: str) -> str:
    return what[0].lower() + what[1:]


def all_different(rows: list[int], what: str) -> None:
    """No row came twice."""
    assert len(set(rows)) == len(rows), (
        f"{what}: rows {sorted({k for k in rows if rows.count(k) > 1})} came more than once. Each"
        " row may come only once."
    )


def drawn_from(generator_runs: list[Any], what: str) -> None:
    """Two runs with one seed agree, and runs with other seeds are not all the same."""
    first, again, *others = generator_runs
    assert first == again, (
        f"{what}: two runs with equal generators came out differently. Draw from the `generator`"
        " that is handed over, and from nothing else."
    )
    assert any(other != first for other in others), (
        f"{what}: runs with differently seeded generators all came out the same. Choose at random,"
        " with the `generator` that is handed over."
    )
