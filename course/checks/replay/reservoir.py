"""Checks of ``ReservoirBuffer``."""

from __future__ import annotations

from typing import Any

import torch

from course.checks.replay.numbered import all_different, drawn_from, numbered, seeded, which
from course.checks.student import Checks, Function

CAPACITY, STREAM, BUFFERS, PAIRS = 5, 20, 400, 1000


def _made(reservoir: Function, capacity: int) -> Any:
    """An empty buffer."""
    buffer = reservoir(capacity)
    missing = [name for name in ("add", "sample", "__len__") if not hasattr(buffer, name)]
    assert not missing, (
        f"`ReservoirBuffer({capacity})` should be a buffer with `add`, `sample` and `__len__`, but"
        f" what came has no {' and no '.join(f'`{name}`' for name in missing)}."
    )
    return buffer


def _filled(reservoir: Function, capacity: int, parts: list[int], seed: int) -> Any:
    """A buffer that saw rows 0, 1, 2, ..., in parts of these sizes."""
    buffer, generator, seen = _made(reservoir, capacity), seeded(seed), 0
    for count in parts:
        reservoir.use(buffer, "add", *numbered(count, start=seen), generator)
        seen += count
    return buffer


def _held(reservoir: Function, buffer: Any, count: int, what: str) -> list[int]:
    """The rows that a buffer holds, by asking for more than all of them."""
    return which(reservoir.use(buffer, "sample", 1000, seeded(0)), what, count)


def keeps_all_while_there_is_room(reservoir: Function) -> None:
    """Keeps all while there is room."""
    buffer = _filled(reservoir, CAPACITY, [3], 0)
    length = reservoir.use(buffer, "__len__")
    assert length == 3, f"After 3 rows, with room for 5, `len(buffer)` should be 3, not {length}."
    rows = _held(reservoir, buffer, 3, "What a buffer holds after 3 rows")
    assert sorted(rows) == [0, 1, 2], f"It should hold rows 0, 1 and 2, but holds {sorted(rows)}."


def never_holds_more(reservoir: Function) -> None:
    """Never holds more than its capacity."""
    for parts in ([20], [3, 4, 13], [1] * 8):
        buffer = _filled(reservoir, CAPACITY, parts, 1)
        length = reservoir.use(buffer, "__len__")
        assert length == CAPACITY, (
            f"After {sum(parts)} rows, added in parts of {parts}, a buffer for 5 should hold 5, but"
            f" `len(buffer)` is {length}."
        )
        what = f"What a buffer for 5 holds after {sum(parts)} rows"
        all_different(_held(reservoir, buffer, CAPACITY, what), what)


def every_row_has_the_same_chance(reservoir: Function) -> None:
    """Every row has the same chance."""
    counts = [0] * STREAM
    for seed in range(BUFFERS):
        parts = ([20], [7, 13], [4, 1, 15], [5, 5, 10])[seed % 4]
        buffer = _filled(reservoir, CAPACITY, parts, seed)
        for row in _held(reservoir, buffer, CAPACITY, "What a buffer for 5 holds after 20 rows"):
            counts[row] += 1
    # Each count is binomial(400, 1/4): 100 on average; 50 or 150 come once in 100 million.
    early, late = sum(counts[:5]) / 5, sum(counts[-5:]) / 5
    even = min(counts) > 50 and max(counts) < 150
    assert even, (
        f"400 buffers for 5 rows saw 20 rows each. Each row should be held by about 100 of them,"
        f" but the first five rows are held by {early:.0f} on average, the last five by {late:.0f}."
        " Row number k (counted from 1) replaces one that is held with probability capacity / k,"
        " where k counts every row seen so far, over all calls of `add`."
    )


def half_of_second_rows_come_in(reservoir: Function) -> None:
    """The second of two rows has an even chance."""
    what = "What a buffer for one holds after two rows"
    kept = sum(
        _held(reservoir, _filled(reservoir, 1, [2], seed), 1, what)[0] for seed in range(PAIRS)
    )
    # The second row's number is 1: binomial(1000, 1/2); 400 or 600 come once in 3 billion. Where
    # k is one more it is binomial(1000, 1/3): above 400 comes once in 200,000.
    hint = ""
    if kept == PAIRS or abs(kept - PAIRS / 3) < 60:
        hint = f"That is as if k were one {'less' if kept == PAIRS else 'more'}."
    message = (
        f"{PAIRS} buffers for one row saw two. About half should hold the second, but {kept} do."
        f" Row number k, counted from 1, comes in with probability capacity / k. {hint}"
    )
    assert 400 < kept < 600, message.rstrip()


def decides_with_the_generator(reservoir: Function) -> None:
    """Draws from the generator alone."""
    what = "What a buffer for 5 holds after 20 rows"
    runs = [sorted(_held(reservoir, _filled(reservoir, 5, [20], s), 5, what)) for s in (1, 1, 2, 3)]
    drawn_from(runs, what)


def keeps_copies(reservoir: Function) -> None:
    """Keeps copies, with their dtype."""
    for count in (3, CAPACITY):
        buffer, (x, y) = _made(reservoir, CAPACITY), numbered(count, dtype=torch.float64)
        reservoir.use(buffer, "add", x, y, seeded(0))
        sample = reservoir.use(buffer, "sample", 1000, seeded(0))
        which(sample, f"What it holds after {count} float64 rows", count, torch.float64)
        before: list[float] = []
        after: list[float] = []
        for sums in (before, after):
            for part in reservoir.use(buffer, "sample", count, seeded(0)):
                sums.append(float(part.float().abs().sum()))
            x.add_(10)
            y.add_(10)
        assert before == after, (
            "When the tensors that were added were changed afterwards, the rows in the buffer"
            " changed as well: it holds views of them. Store copies."
        )


def samples_some_of_them(reservoir: Function) -> None:
    """Samples distinct rows."""
    buffer = _filled(reservoir, 8, [6], 0)
    what = "A sample of 4 from 6 rows"
    runs = []
    for seed in (1, 1, 2, 3, 4):
        rows = which(reservoir.use(buffer, "sample", 4, seeded(seed)), what, 4)
        all_different(rows, what)
        runs.append(rows)
    drawn_from(runs, what)
    length = reservoir.use(buffer, "__len__")
    assert length == 6, f"After sampling the buffer should still hold 6 rows, not {length}."


def counts_its_bytes(reservoir: Function) -> None:
    """Counts its bytes."""
    buffer = _filled(reservoir, CAPACITY, [9], 0)
    found = reservoir.read(buffer, "nbytes")
    assert not callable(found), "`nbytes` should be a property: put `@property` above its `def`."
    # A row is two float32 pixels (8 bytes) and one int64 label (8 bytes).
    assert found != CAPACITY * 3, "That is the number of entries; a float32 takes 4 bytes."
    assert found != CAPACITY * 8, "That is the images or the labels alone; count both."
    assert found == CAPACITY * 16, (
        f"5 rows of two float32 pixels and an int64 label take 5 * (2 * 4 + 8) = 80 bytes, not"
        f" {found}."
    )


CHECKS: Checks = {
    "ReservoirBuffer": [
        keeps_all_while_there_is_room,
        never_holds_more,
        every_row_has_the_same_chance,
        half_of_second_rows_come_in,
        decides_with_the_generator,
        keeps_copies,
        samples_some_of_them,
        counts_its_bytes,
    ],
}
