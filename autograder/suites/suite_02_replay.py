"""Hidden tests of 02-replay. Each points at one thing that an exercise promises.

Where a choice is judged by statistics, a comment says how often a right answer fails; where a
mistake could be right by chance elsewhere, the chance is below one in a hundred thousand.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from itertools import pairwise
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from autograder.reference import replay_models
from autograder.student import Student
from autograder.suites import expect
from autograder.suites.graded_run import judge
from autograder.suites.inputs import network, shuffled, spread, whole
from autograder.suites.recorder import Recorder, named, scripted
from autograder.suites.replay_rows import (
    Rows,
    all_of,
    distinct,
    from_generator_alone,
    uniform_fives,
)
from autograder.suites.side_effects import watched
from course.data import Dataset, Task, even_odd, load
from course.models import MLP
from course.population import Population
from course.training import accuracy, make_train_on

Rng = torch.Generator


class TestChooseExemplars:
    exercise = "choose_exemplars"
    WHAT = "What `choose_exemplars` returned"

    def choose(self, student: Student, rows: Rows, fraction: float, generator: Rng) -> Tensor:
        before = rows.copy()
        result = student.choose_exemplars(rows.x, rows.y, fraction, generator)
        chosen = before.which(result, self.WHAT)
        count = int(fraction * len(rows))
        assert len(chosen) == count, (
            f"{self.WHAT}: for {len(rows)} rows and the fraction {fraction:g} it should hold "
            f"{count} rows, the whole part of fraction times n, but it holds {len(chosen)}."
        )
        distinct(chosen, self.WHAT)
        return chosen

    @pytest.mark.points(1)
    def test_the_right_number_of_distinct_rows_with_their_labels(
        self, student: Student, rng: Rng
    ) -> None:
        small = ((50, 0.7), (29, 0.34), (11, 0.25), (5, 0.2), (3, 0.3))
        for n, fraction in (*small, (100, 0.29), (1000, 0.005)):
            self.choose(student, Rows.draw(rng, n), fraction, rng)

    @pytest.mark.points(0.5)
    def test_every_row_is_equally_likely(self, student: Student, rng: Rng) -> None:
        rows = Rows.draw(rng, 10)
        what = "The rows chosen"
        uniform_fives(lambda: self.choose(student, rows.copy(), 0.55, rng), what, rows.y)

    @pytest.mark.points(0.5)
    def test_generator_alone_decides(self, student: Student, rng: Rng) -> None:
        rows = Rows.draw(rng, 60)
        from_generator_alone(
            lambda generator: self.choose(student, rows.copy(), 0.5, generator),
            rng,
            "The rows chosen",
        )

    @pytest.mark.points(0.5)
    def test_fractions_0_and_1_and_outside(self, student: Student, rng: Rng) -> None:
        rows = Rows.draw(rng, 20)
        for fraction in (0.0, 1.0):
            self.choose(student, rows, fraction, rng)
        for fraction in (1.5, -0.5, 1.01, -0.01, math.nan):
            call = partial(student.choose_exemplars, rows.x, rows.y, fraction, rng)
            expect.refuses(call, f"The fraction {fraction:g}")

    @pytest.mark.points(0.5)
    def test_dtypes_are_kept_and_x_and_y_stay_as_they_are(self, student: Student, rng: Rng) -> None:
        plain = Rows.draw(rng, 40, dtype=torch.float64)
        for rows in (Rows(spread(plain.x), spread(plain.y)), Rows(plain.x, plain.y.int())):
            before = expect.Untouched(x=rows.x, y=rows.y)
            self.choose(student, rows, 0.5, rng)
            before.check("choose_exemplars")


class TestMix:
    exercise = "mix"
    WHAT = "What `mix` returned"

    def mix(self, student: Student, a: Rows, b: Rows, generator: Rng) -> Tensor:
        """The order in which the rows came: those of ``a`` first, then those of ``b``."""
        both = Rows.joined(a, b)
        result = student.mix(a.x, a.y, b.x, b.y, generator)
        order = both.which(result, self.WHAT)
        all_of(order, len(a) + len(b), self.WHAT)
        return order

    @pytest.mark.points(1)
    def test_all_rows_of_both_with_their_labels(self, student: Student, rng: Rng) -> None:
        for n, m in ((31, 12), (5, 40), (6, 0)):
            self.mix(student, Rows.draw(rng, n), Rows.draw(rng, m, first=n), rng)
        rows = Rows.draw(rng, 9)
        one, two = rows.copy(), rows.copy()
        twice = student.mix(one.x, one.y, two.x, two.y, rng)
        counts = rows.which(twice, self.WHAT).bincount(minlength=9)
        assert (counts == 2).all(), (
            f"{self.WHAT}: both sets held the same nine rows. Each of them should come twice."
        )

    @pytest.mark.points(1)
    def test_one_random_order_of_all_rows_together(self, student: Student, rng: Rng) -> None:
        """Five rows are mixed 120 times, which gives every order the same chance.

        A right answer fails once in 150,000: how often a row comes at a place is
        binomial(120, 1/5), outside 5 to 48 with probability 2e-7, for 25 of them. That a row never
        comes right after a certain other one has probability (4/5)^120 = 2e-12.
        """
        self.look_at_many_rows(student, rng)
        a, b = Rows.draw(rng, 2), Rows.draw(rng, 3, first=2)
        orders = torch.stack([self.mix(student, a.copy(), b.copy(), rng) for _ in range(120)])
        assert (orders != orders[0]).any(), (
            "120 mixtures of 2 and 3 rows all had the same order. It should be drawn at random, "
            "anew each time."
        )
        places = torch.stack([place.bincount(minlength=5) for place in orders.T])
        assert 5 <= places.min() <= places.max() <= 48, (
            "In 120 mixtures of 2 and 3 rows, some row came at some place much too often or too "
            "rarely. Every row should be equally likely at every place."
        )
        after = {tuple(two) for two in torch.cat([orders[:, :-1, None], orders[:, 1:, None]], 2)
                 .flatten(0, 1).tolist()}  # fmt: skip
        assert len(after) == 20, (
            "In 120 mixtures of 2 and 3 rows, some row never came right after a certain other row. "
            "The whole order should be random, not only where it starts or how the sets interleave."
        )

    def look_at_many_rows(self, student: Student, rng: Rng) -> None:
        """Of two sets of 200 rows, 100 +- 5 of the first come among the first 200 of the mixture.

        More than 35 from that, and fewer than 100 neighbours of two kinds (200 +- 10), come once
        in 10^11 right answers.
        """
        order = self.mix(student, Rows.draw(rng, 200), Rows.draw(rng, 200, first=200), rng)
        first = order < 200
        switches = int((first[1:] != first[:-1]).sum())
        of = "In a mixture of 200 and 200 rows"
        assert switches > 1, (
            f"{of}, all rows of one set came before all of the other. Shuffle all rows together."
        )
        assert switches < 300, (
            f"{of}, the two sets took turns. Which set a row is from should be left to chance."
        )
        together = switches < 100 or abs(int(first[:200].sum()) - 100) > 35
        assert not together, (
            f"{of}, rows of one set stayed together. Shuffle all rows together, not a few at a "
            "time: every row should be equally likely at every place."
        )
        for rows in (order[first], order[~first]):
            assert not torch.equal(rows, rows.sort().values), (
                f"{of}, the rows of one set came in their old order, with others in between. "
                "Shuffle all rows together."
            )
        alone = self.mix(student, Rows.draw(rng, 30), Rows.draw(rng, 0), rng)
        assert not torch.equal(alone, torch.arange(30)), (
            "The first set had 30 rows, the second none: the rows came in their old order. "
            "They should be shuffled all the same."
        )

    @pytest.mark.points(0.5)
    def test_generator_alone_decides(self, student: Student, rng: Rng) -> None:
        a, b = Rows.draw(rng, 20), Rows.draw(rng, 30, first=20)
        from_generator_alone(
            lambda generator: self.mix(student, a.copy(), b.copy(), generator),
            rng,
            "The order of the rows",
        )

    @pytest.mark.points(0.5)
    def test_dtypes_are_kept_and_the_rows_handed_over_stay_as_they_are(
        self, student: Student, rng: Rng
    ) -> None:
        a, b = Rows.draw(rng, 6, dtype=torch.float64), Rows.draw(rng, 4, 3, torch.float64, first=6)
        for kind in (torch.int64, torch.int32):
            one, two = (Rows(spread(part.x), spread(part.y.to(kind))) for part in (a, b))
            before = expect.Untouched(x_a=one.x, y_a=one.y, x_b=two.x, y_b=two.y)
            self.mix(student, one, two, rng)
            before.check("mix")


class TestReservoirBuffer:
    exercise = "ReservoirBuffer"

    def fill(
        self,
        student: Student,
        capacity: int,
        rows: Rows,
        generator: Rng,
        cuts: Sequence[int] = (),
        look: bool = False,
    ) -> Any:
        """A buffer that was shown the rows, in pieces of these sizes, then the rest.

        ``look``: after each piece as many rows as it can hold are sampled.
        """
        buffer = student.ReservoirBuffer(capacity)
        start = 0
        for size in (*cuts, len(rows) - sum(cuts)):
            piece = rows[start : start + size]
            buffer.add(piece.x.clone(), piece.y.clone(), generator)
            start += size
            if look:
                buffer.sample(capacity, generator)
        return buffer

    def held(self, buffer: Any, count: int, rows: Rows, generator: Rng) -> Tensor:
        """Numbers of the rows that are held, which should be ``count``."""
        what = f"What `sample` gave of a buffer that was shown {len(rows)} rows"
        found = rows.which(buffer.sample(count, generator), what)
        assert len(found) == count, (
            f"A buffer that was shown {len(rows)} rows should hold {count} of them, but "
            f"`sample({count}, generator)` gave {len(found)}."
        )
        distinct(found, what)
        return found

    @pytest.mark.points(0.75)
    def test_keeps_every_row_until_it_is_full(self, student: Student, rng: Rng) -> None:
        rows = Rows.draw(rng, 10)
        buffer = student.ReservoirBuffer(10)
        seen = 0
        for size in (0, 4, 1, 0, 3, 2):
            piece = rows[seen : seen + size]
            buffer.add(piece.x, piece.y, rng)
            seen += size
            count = len(buffer)
            assert count == seen, (
                f"`len(buffer)` is {count} after {seen} rows were added to a buffer for 10."
            )
            if seen:
                self.held(buffer, seen, rows[:seen], rng)

    @pytest.mark.points(0.75)
    def test_holds_as_many_rows_as_its_capacity_and_never_more(
        self, student: Student, rng: Rng
    ) -> None:
        for capacity, cuts in ((10, (4, 3, 9, 1)), (8, ()), (5, (5, 1)), (1, (1, 2))):
            rows = Rows.draw(rng, 30)
            buffer = self.fill(student, capacity, rows, rng, cuts)
            count = len(buffer)
            assert count == capacity, (
                f"`len(buffer)` is {count} after 30 rows were added to a buffer for {capacity}."
            )
            self.held(buffer, capacity, rows, rng)

    def by_arrival(self, held: Tensor, seen: int, edges: Sequence[int], how: str) -> str:
        """Whether of each part of the stream as many rows are held as its length demands.

        If not, says of which part it is least so. The number held of a part is hypergeometric.
        Allowed are 7 standard deviations, of few parts 6, which a right answer leaves once in 50
        million.
        """
        share = len(held) / seen
        worst, said = 7.0 if len(edges) > 3 else 6.0, ""
        for start, stop in pairwise(edges):
            n, count = stop - start, int(((held >= start) & (held < stop)).sum())
            off = count - n * share
            deviations = abs(off) / math.sqrt(n * share * (1 - share) * (1 - n / seen))
            if deviations <= worst:
                continue
            where = "beginning" if start == 0 else "end" if stop == seen else "middle"
            worst, said = deviations, (
                f"{how}, a buffer of capacity {len(held)} held rows from the {where} of the stream "
                f"too {'often' if off > 0 else 'rarely'}. After {seen} rows each should be held "
                f"with probability {len(held)} / {seen}: of rows {start} to {stop - 1} about "
                f"{n * share:.0f}, but {count} are held."
            )  # fmt: skip
        return said

    @pytest.mark.points(1)
    def test_every_row_of_one_long_stream_is_held_equally_often(
        self, student: Student, rng: Rng
    ) -> None:
        rows = Rows.draw(rng, 2400)
        held = self.held(self.fill(student, 120, rows, rng), 120, rows, rng)
        how = "When all rows came in one call of `add`"
        said = self.by_arrival(held, 2400, (0, 120, 600, 1200, 1800, 2400), how)
        assert not said, said

    @pytest.mark.points(1)
    def test_equally_often_however_the_stream_is_cut(self, student: Student, rng: Rng) -> None:
        """A call that crosses the moment when the buffer is full; many calls.

        What goes wrong may still be right where rows come one by one, which tells why.
        """
        found = {
            how: self.by_cuts(student, how, sizes, cuts, rng)
            for how, sizes, cuts in (
                ("two calls of `add`", (120, 2400), (80,)),
                ("40 calls of `add`, with one of `sample` after each", (120, 1200), (30,) * 39),
            )
        }
        if any(found.values()):
            how = "calls of `add` with one row each"
            found[how] = self.by_cuts(student, how, (80, 1000), (1,) * 999, rng)
        right = [how for how, said in found.items() if not said]
        also = f" When they came in {' or in '.join(right)}, all was well." if right else ""
        for said in found.values():
            assert not said, said + also

    def by_cuts(
        self, student: Student, how: str, sizes: tuple[int, int], cuts: Sequence[int], rng: Rng
    ) -> str:
        """What is wrong with a buffer, if anything; ``sizes`` are its capacity and the stream's."""
        (capacity, seen), look = sizes, "sample" in how
        rows = Rows.draw(rng, seen)
        held = self.held(self.fill(student, capacity, rows, rng, cuts, look), capacity, rows, rng)
        ends: tuple[int, ...] = (0, seen // 2, seen)
        if len(cuts) < 100:
            ends = (0, capacity, seen // 2, seen - capacity, seen)
        return self.by_arrival(held, seen, ends, f"When the rows came in {how}")

    @pytest.mark.points(1)
    def test_the_row_after_the_last_free_place(self, student: Student, rng: Rng) -> None:
        """Two places, three rows: each is held with probability 2/3, 400 +- 12 times in 600 trials.

        Who is within 29 passes: off by one, the third row is held 300 +- 12 times, and passes once
        in 300 million. Who is off by 72 or more fails, a right answer once in a billion. Between
        the two, 2,400 trials decide: 1600 +- 23, and off by one 1200 +- 24. There 150 are allowed,
        which a right answer leaves once in 10 billion.
        """
        counts, trials, allowed = self.held_of(student, 3, rng), 600, 29
        if allowed < (counts - 400).abs().max() < 72:
            counts, trials, allowed = counts + self.held_of(student, 3, rng, 1800), 2400, 150
        off = int((counts - trials * 2 // 3).abs().max())
        shown = f"In {trials} trials, a buffer with two places was shown three rows. "
        last, always = int(counts[2]), bool(((counts == 0) | (counts == trials)).all())
        assert not always, (
            f"{shown}Each time the same two were held. Which ones should be left to chance."
        )
        assert abs(last - trials * 2 / 3) <= allowed, (
            f"{shown}The third was held "
            f"{last} times, which is too {'often' if last > trials * 2 / 3 else 'rarely'}: the "
            "probability is capacity / rows seen, the row itself included, so 2/3."
            + (self.after_that(student, rng) if last == trials else "")
        )
        stays = self.stays(student, rng) if counts[:2].max() == trials else ""
        assert off <= allowed, (
            f"{shown}The first and the second row were not held equally "
            f"often.{stays} Where a row replaces another, "
            "each of those held is equally likely to go."
        )

    def held_of(self, student: Student, shown: int, rng: Rng, trials: int = 600) -> Tensor:
        """How often a buffer with two places held each of the rows that it was shown."""
        rows = Rows(torch.arange(float(shown))[:, None], torch.arange(shown))
        held = [self.held(self.fill(student, 2, rows, rng), 2, rows, rng) for _ in range(trials)]
        return torch.cat(held).bincount(minlength=shown)

    def after_that(self, student: Student, rng: Rng) -> str:
        """What becomes of a fourth row, where the third always comes in."""
        always = int(self.held_of(student, 4, rng, 60)[3]) == 60
        return " Of four rows the fourth was always held, too." if always else ""

    def stays(self, student: Student, rng: Rng) -> str:
        """What becomes of a row that the third never replaces, when a fourth comes."""
        always = int(self.held_of(student, 4, rng, 60)[:2].max()) == 60
        also = ", after a fourth row too: it is never replaced" if always else ""
        return f" One of them was held each time{also}."

    @pytest.mark.points(0.5)
    def test_holds_copies(self, student: Student, rng: Rng) -> None:
        rows = Rows.draw(rng, 24)
        for capacity, first in ((30, 9), (8, 5)):
            with student.keeping():
                self.overwrite(student, capacity, (rows[:first], rows[first:]), rng)

    def overwrite(
        self, student: Student, capacity: int, parts: Sequence[Rows], generator: Rng
    ) -> None:
        """Writes into what was added and into what was sampled, and looks at the buffer."""
        rows = Rows.joined(*parts)
        count = min(capacity, len(rows))
        buffer = student.ReservoirBuffer(capacity)
        for part in parts:
            own = Rows(part.x.clone(), part.y.clone())
            before = expect.Untouched(x=own.x, y=own.y)
            buffer.add(own.x, own.y, generator)
            before.check("add")
            own.x.fill_(-100), own.y.fill_(-100)
            student.sync()
        by = "after `add`, by whoever had added them,"
        x, y = unchanged(by, buffer.sample(count, generator), count, rows)
        x.fill_(-100), y.fill_(-100)
        student.sync()
        by = "by whoever was given them by `sample`"
        unchanged(by, buffer.sample(count, generator), count, rows)

    @pytest.mark.points(0.5)
    def test_sample_gives_distinct_rows_at_most_all(self, student: Student, rng: Rng) -> None:
        rows = Rows.draw(rng, 40)
        buffer = self.fill(student, 12, rows, rng)
        held = set(self.held(buffer, 12, rows, rng).tolist())
        for n in (1, 7, 11, 12, 13, 100):
            what = f"What `sample({n}, generator)` gave of 12 rows that are held"
            got = rows.which(buffer.sample(n, rng), what)
            assert len(got) == min(n, 12), f"{what}: it gave {len(got)} rows."
            distinct(got, what)
            assert set(got.tolist()) <= held, f"{what}: it gave rows that were not held before."
            count = len(buffer)
            assert count == 12, f"After `sample({n}, generator)`, `len(buffer)` is {count}, not 12."

    @pytest.mark.points(0.5)
    def test_sample_is_uniform_and_follows_the_generator(self, student: Student, rng: Rng) -> None:
        rows = Rows.draw(rng, 10)
        buffer = self.fill(student, 10, rows, rng)
        what = "What `sample` gave"
        uniform_fives(lambda: rows.which(buffer.sample(5, rng), what), what, rows.y)
        many = Rows.draw(rng, 60)
        buffer = self.fill(student, 60, many, rng)
        from_generator_alone(lambda own: many.which(buffer.sample(30, own), what), rng, what)

    @pytest.mark.points(0.5)
    def test_nbytes_are_those_of_the_rows_held(self, student: Student, rng: Rng) -> None:
        for capacity, d, x_type, y_type in (
            (6, 5, torch.float32, torch.int64),
            (9, 3, torch.float64, torch.int32),
            (4, 7, torch.uint8, torch.uint8),
        ):
            buffer = student.ReservoirBuffer(capacity)
            for n in (capacity - 2, 17):
                x = (100 * torch.rand(n, d, generator=rng)).to(x_type)
                buffer.add(x, torch.arange(n).to(y_type), rng)
            got = expect.number(buffer.nbytes, "`nbytes` of a full buffer")
            want = capacity * (d * x.element_size() + torch.empty(0, dtype=y_type).element_size())
            what = f"`nbytes` of a full buffer with {capacity} rows, {x_type} and {y_type},"
            expect.close(got, want, what, "Images and labels both count, each in bytes.")

    @pytest.mark.points(0.25)
    def test_generator_alone_decides_what_is_held(self, student: Student, rng: Rng) -> None:
        rows = Rows.draw(rng, 120)

        def held(generator: Rng) -> Tensor:
            buffers = [self.fill(student, 30, rows, generator, (50,)) for _ in range(3)]
            fixed = torch.Generator().manual_seed(0)
            return torch.cat([self.held(b, 30, rows, fixed).sort().values for b in buffers])

        from_generator_alone(held, rng, "The rows held")

    @pytest.mark.points(0.25)
    def test_dtypes_are_kept_and_what_is_added_stays_as_it_is(
        self, student: Student, rng: Rng
    ) -> None:
        plain = Rows.draw(rng, 20, dtype=torch.float64)
        for rows in (Rows(spread(plain.x), spread(plain.y)), Rows(plain.x, plain.y.int())):
            before = expect.Untouched(x=rows.x, y=rows.y)
            buffer = student.ReservoirBuffer(6)
            buffer.add(rows.x, rows.y, rng)
            self.held(buffer, 6, rows, rng)
            before.check("add")


def unchanged(by: str, sample: Any, count: int, rows: Rows) -> tuple[Tensor, Tensor]:
    """What ``sample`` gave, which should be rows that were never changed."""
    x, y = expect.pair(sample, "What `sample` gave")
    tensors = [part for part in (x, y) if isinstance(part, Tensor)]
    assert not any((part == -100).any() for part in tensors), (
        f"Rows that the buffer holds were changed {by} although nobody touched the buffer. "
        "It should hold copies, and hand out copies."
    )
    found = rows.which((x, y), "What `sample` gave")
    assert len(found) == count, f"`sample({count}, generator)` gave {len(found)} rows."
    return x, y


class Stream:
    """Tasks of these sizes, a model for them, and a ``train_on`` that notes which rows it got.

    Rows are numbered through all tasks: the training rows first, then all others.
    """

    def __init__(self, rng: Rng, sizes: Sequence[int], dtype: torch.dtype = torch.float32) -> None:
        self.sizes = sizes
        total = sum(sizes)
        self.rows = Rows.draw(rng, total + 8 * len(sizes), dtype=dtype)
        self.starts = [sum(sizes[:j]) for j in range(len(sizes) + 1)]
        self.tasks = [self._task(j, total + 8 * j) for j in range(len(sizes))]
        self.model = network(rng, [3, 4, 2], dtype=dtype)
        weights = [named(network(rng, [3, 4, 2], dtype=dtype)) for _ in sizes]
        self.recorder = Recorder(self.model, scripted(weights))

    def _task(self, j: int, others: int) -> Task:
        train = self.rows[self.starts[j] : self.starts[j + 1]]
        test, val = self.rows[others : others + 5], self.rows[others + 5 : others + 8]
        parts = (train.x, train.y, test.x, test.y, val.x, val.y)
        return Task(f"task {j}", (0, 1), *(part.clone() for part in parts))

    def learn(self, student: Student, fraction: float, generator: Rng) -> list[Tensor]:
        """The numbers of the rows that each lesson had, in their order."""
        student.train_with_replay(
            self.model, self.tasks, self.recorder.train_on, fraction, generator
        )
        lessons = self.recorder.lessons
        missed = ""
        if len(lessons) < len(self.sizes):
            missed = self._missed([torch.isin(self.rows.y, lesson.y) for lesson in lessons])
        once = "" if len(lessons) != len(self.sizes) + 1 else " That is one call too many."
        assert len(lessons) == len(self.sizes), (
            f"For {len(self.sizes)} task(s), `train_on` was called {len(lessons)} times. "
            f"It should be called once for each task.{once}{missed}"
        )
        return [
            self.rows.which((lesson.x, lesson.y), f"The rows that task {j + 1} was trained on")
            for j, lesson in enumerate(lessons)
        ]

    def _missed(self, lessons: list[Tensor]) -> str:
        """Which task was never trained on in full; of the rows each lesson had some, a mask."""
        for j, which in ((0, "first"), (len(self.sizes) - 1, "last")):
            own = slice(self.starts[j], self.starts[j + 1])
            if not any(lesson[own].all() for lesson in lessons):
                return f" No call had all rows of the {which} task."
        return ""

    def of_task(self, rows: Tensor, j: int) -> Tensor:
        """Those of the rows that are training rows of task ``j``, in their order."""
        return rows[(rows >= self.starts[j]) & (rows < self.starts[j + 1])]

    def replayed(self, lessons: list[Tensor]) -> dict[tuple[int, int], Tensor]:
        """For each lesson and each earlier task, the exemplars of it, sorted; there are some."""
        found = {
            (i, j): self.of_task(lessons[i], j).sort().values
            for i in range(len(lessons))
            for j in range(i)
        }
        for (i, j), rows in found.items():
            assert len(rows), f"Of task {j + 1}, no row was replayed while task {i + 1} was learnt."
        return found

    def expect_rows(self, lessons: list[Tensor], fraction: float) -> None:
        """Each lesson has its task's rows and the exemplars of all earlier tasks, no others."""
        for i, lesson in enumerate(lessons):
            when = f"While task {i + 1} of {len(lessons)} was learnt"
            assert (lesson < self.starts[-1]).all(), (
                f"{when}, test or validation rows were trained on. Exemplars are training rows."
            )
            own = self.of_task(lesson, i)
            assert len(own.unique()) == self.sizes[i], (
                f"{when}, only {len(own.unique())} of its own {self.sizes[i]} rows were trained "
                "on. All rows of the current task are."
            )
            distinct(own, f"{when}, of its own rows")
            assert (lesson < self.starts[i + 1]).all(), f"{when}, rows of later tasks were used."
            self._expect_no_joint_share(len(lesson) - len(own), i, fraction, when)
            for j in range(i):
                self._expect_exemplars(self.of_task(lesson, j), j, fraction, when)

    def _expect_no_joint_share(self, replayed: int, i: int, fraction: float, when: str) -> None:
        """Rows of each task are rounded down, not those of all earlier tasks together."""
        each = sum(int(fraction * size) for size in self.sizes[:i])
        joint = int(fraction * sum(self.sizes[:i]))
        assert each == joint or replayed != joint, (
            f"{when}, {replayed} rows were replayed, the fraction {fraction:g} of all rows of the "
            f"earlier tasks together. Of each task the whole part of fraction times n rows is "
            f"kept, {each} in all."
        )

    def _expect_exemplars(self, rows: Tensor, j: int, fraction: float, when: str) -> None:
        count = int(fraction * self.sizes[j])
        assert len(rows) == count, (
            f"{when}, {len(rows)} rows of task {j + 1} were replayed. With the fraction "
            f"{fraction:g} and its {self.sizes[j]} rows, {count} should have been: the whole part "
            "of fraction times n, of every earlier task."
        )
        distinct(rows, f"{when}, of the exemplars of task {j + 1}")


class TestTrainWithReplay:
    exercise = "train_with_replay"

    @pytest.mark.points(1.5)
    def test_each_task_is_learnt_with_exemplars_of_every_earlier_one(
        self, student: Student, rng: Rng
    ) -> None:
        stream = Stream(rng, (26, 15, 33, 21))
        stream.expect_rows(stream.learn(student, 0.3, rng), 0.3)

    @pytest.mark.points(1)
    def test_exemplars_are_drawn_once_and_kept(self, student: Student, rng: Rng) -> None:
        stream = Stream(rng, (30, 24, 18, 6))
        found = stream.replayed(stream.learn(student, 0.5, rng))
        for (i, j), rows in found.items():
            first = found[j + 1, j]
            fewer = len(rows) < len(first) and bool(torch.isin(rows, first).all())
            assert not fewer, (
                f"Of task {j + 1}, {len(first)} rows were replayed at first, but only {len(rows)} "
                f"while task {i + 1} was learnt. What is kept of a task stays as it is."
            )
            assert torch.equal(rows, first), (
                f"Of task {j + 1}, other rows were replayed while task {i + 1} was learnt than "
                "before. Exemplars are drawn once, when their task ends; the rest of its rows is "
                "gone then."
            )
            distinct(rows, f"The rows of task {j + 1} that were replayed")
            assert len(rows) < stream.sizes[j], f"All rows of task {j + 1} were replayed."

    @pytest.mark.points(0.75)
    def test_exemplars_are_mixed_with_the_tasks_own_rows(self, student: Student, rng: Rng) -> None:
        """Of 40 own rows and 30 exemplars, in random order, 34 +- 4 neighbours are of two kinds.

        Below 15 come once in a million right answers.
        """
        stream = Stream(rng, (60, 40))
        lessons = stream.learn(student, 0.5, rng)
        stream.replayed(lessons)
        old = lessons[1] < 60
        switches = int((old[1:] != old[:-1]).sum())
        assert switches >= 15, (
            "Exemplars and the rows of the current task came in long stretches, one after the "
            "other. All rows should be shuffled together."
        )
        own = stream.of_task(lessons[1], 1)
        assert not torch.equal(own, own.sort().values), (
            "The current task's rows came in the order that they have in the task, only with "
            "exemplars in between. All rows should be shuffled together."
        )

    @pytest.mark.points(0.75)
    def test_exemplars_are_drawn_from_all_rows_by_the_generator_alone(
        self, student: Student, rng: Rng
    ) -> None:
        """Five of ten rows, 25 times: some row never comes in 3e-7 of all right answers."""
        state = rng.get_state()

        def replayed(generator: Rng) -> Tensor:
            stream = Stream(torch.Generator().set_state(state), (60, 40, 8))
            found = stream.replayed(stream.learn(student, 0.5, generator))
            return torch.cat(list(found.values()))

        def in_order(generator: Rng) -> Tensor:
            stream = Stream(torch.Generator().set_state(state), (60, 40, 8))
            return torch.cat(stream.learn(student, 0.5, generator)[1:])

        drawn = []
        for _ in range(25):
            stream = Stream(rng, (10, 2))
            drawn.append(stream.replayed(stream.learn(student, 0.55, rng))[1, 0].tolist())
        kept, never = "Five of ten rows were kept 25 times", set(range(10)).difference(*drawn)
        first = " ones, the first" if drawn[0] == [0, 1, 2, 3, 4] else ""
        assert any(rows != drawn[0] for rows in drawn), (
            f"{kept}, and always the same{first}. Exemplars are drawn at random, anew each time."
        )
        assert not never, (
            f"{kept}, but {len(never)} of the ten rows never "
            "were among them. Exemplars are drawn at random from all rows of a task."
        )
        from_generator_alone(replayed, rng, "The exemplars")
        from_generator_alone(in_order, rng, "The order of the rows")

    @pytest.mark.points(0.5)
    def test_only_train_on_changes_the_model_and_nothing_the_tasks(
        self, student: Student, rng: Rng
    ) -> None:
        stream = Stream(rng, (12, 8, 10))
        before = watched(stream.tasks)
        stream.replayed(stream.learn(student, 0.5, rng))
        stream.recorder.check("train_with_replay")
        assert all(lesson.penalty is None for lesson in stream.recorder.lessons), (
            "`train_on` was given a penalty. Replay needs rows, and no penalty."
        )
        before.check("train_with_replay")

    @pytest.mark.points(0.5)
    def test_fractions_1_and_0_and_one_task_and_float64(self, student: Student, rng: Rng) -> None:
        few = (3, 9, 7, 5)  # nothing is kept of the first
        for sizes, fraction in (((9, 5, 7), 1.0), ((9, 5, 7), 0.0), ((6,), 0.5), (few, 0.3)):
            stream = Stream(rng, sizes, torch.float64)
            stream.expect_rows(stream.learn(student, fraction, rng), fraction)

    @pytest.mark.accuracy
    @pytest.mark.confirms
    @pytest.mark.points(1)
    def test_earlier_tasks_are_not_forgotten(
        self, student: Student, rng: Rng, dataset: Dataset
    ) -> None:
        enough, got = judge(student.train_with_replay, self.exercise, dataset, rng)
        assert enough, (
            f"After all tasks, the mean accuracy on test rows was {got}. With replay it is "
            "clearly higher. Do all the rows reach `train_on`, with their labels?"
        )


class TestReplayBytes:
    exercise = "replay_bytes"

    def task(self, rng: Rng, n: int, d: int, x: torch.dtype, y: torch.dtype) -> Task:
        images, labels = (
            (100 * torch.rand(*shape, generator=rng)).to(kind)
            for shape, kind in (((n, d), x), ((n,), y))
        )
        return Task(f"{n} rows", (0, 1), images, labels, *[images[: n // 2], labels[: n // 2]] * 2)

    def compare(
        self, student: Student, tasks: list[Task], fraction: float, what: str, hint: str
    ) -> None:
        want, total = [], 0
        for task in tasks:
            want.append(total)
            x, y = task.x_train, task.y_train
            row = x.shape[1] * x.element_size() + y.element_size()
            total += int(fraction * len(x)) * row
        result = student.replay_bytes(tasks, fraction)
        got = expect.numbers(result, "The list of bytes", len(tasks))
        assert got[0] == 0, (
            f"The first entry is {got[0]:g}. While the first task is trained, nothing is kept yet."
        )
        expect.close(torch.tensor(got), torch.tensor(want), f"The list of bytes {what}", hint)
        if any(isinstance(entry, float) for entry in result):
            raise expect.WrongKind("Bytes are whole numbers: the list should hold ints.")

    @pytest.mark.points(1)
    def test_bytes_pile_up_from_task_to_task(self, student: Student, rng: Rng) -> None:
        sizes = [10 * (whole(rng, 2, 9) + 10 * k) for k in (3, 0, 2, 1)]
        tasks = [self.task(rng, n, 6, torch.float32, torch.int64) for n in sizes]
        hint = "Entry i counts what is kept of all tasks before task i."
        self.compare(student, tasks, 0.5, "for 4 tasks", hint)

    @pytest.mark.points(0.75)
    def test_whole_rows_of_each_task(self, student: Student, rng: Rng) -> None:
        tasks = [self.task(rng, n, 5, torch.float32, torch.int64) for n in (11, 9, 15, 3, 5, 2)]
        hint = "Of each task, the whole part of fraction times n rows is kept."
        self.compare(student, tasks, 0.25, "for the fraction 0.25", hint)

    @pytest.mark.points(0.75)
    def test_images_and_labels_of_any_dtype(self, student: Student, rng: Rng) -> None:
        d = whole(rng, 3, 9)
        kinds = [(torch.uint8, torch.int32), (torch.float64, torch.uint8)]
        kinds += [(torch.float32, torch.int64), (torch.float16, torch.int16)]
        tasks = [self.task(rng, 20 + 4 * k, d, *kind) for k, kind in enumerate(kinds)]
        hint = "An entry of a tensor takes `element_size()` bytes; labels take some too."
        self.compare(student, tasks, 0.5, "for images and labels of other dtypes", hint)

    @pytest.mark.points(0.5)
    def test_views_fractions_0_and_1_and_one_task(self, student: Student, rng: Rng) -> None:
        tasks = [self.task(rng, n, 4, torch.float32, torch.int64) for n in (9, 12, 5)]
        tasks = [Task(t.name, t.classes, spread(t.x_train), spread(t.y_train), t.x_test, t.y_test,
                      t.x_val, t.y_val) for t in tasks]  # fmt: skip
        hint = "What counts are the rows kept, not the memory behind the tensor that they are in."
        before = expect.Untouched(x_train=tasks[0].x_train, y_train=tasks[0].y_train)
        self.compare(student, tasks, 1.0, "for the fraction 1, from tensors that are views,", hint)
        self.compare(student, tasks, 0.0, "for the fraction 0", "Nothing is kept.")
        self.compare(student, tasks[:1], 0.5, "for one task", "")
        before.check("replay_bytes")


@cache
def digits() -> list[Task]:
    """The even and the odd digits, whatever dataset the course is graded with."""
    return even_odd(load("digits", device="cpu", download=False))


def even_rows() -> Rows:
    """The rows to choose from, a copy of them."""
    even, _ = digits()
    return Rows(even.x_train.clone(), even.y_train.clone())


# Mean accuracy on the old task after replay, as measured: mean, standard deviation over repetitions
# of the whole test (other choices where they are random, another order of training).
#   herding on features            83.5   0.1 (20 times)     k-means on features   83.1   0.3 (20)
#   nearest to the class's mean    79.7   0.2 (20)           random of each class  79.1   0.6 (30)
#   random                         74.1   1.0 (100)          most uncertain        59.1   0.1 (3)
# Random choice passes 3.4 deviations above its mean, 3 times in 10,000; the weakest of the right
# answers fails 12 deviations below its own. Random choice of each class is better than random, and
# is caught where another model should give other rows.
REPLAYED_AT_LEAST = 0.775


class TestChooseInformative:
    exercise = "choose_informative"
    WHAT = "What `choose_informative` returned"

    def choose(self, student: Student, model: nn.Module, rows: Rows, n: int, rng: Rng) -> Tensor:
        before = rows.copy()
        result = student.choose_informative(model, rows.x, rows.y, n, rng)
        chosen = before.which(result, self.WHAT)
        labels = ", ".join(map(str, rows.y.unique().tolist()))
        assert len(chosen) == n, (
            f"{self.WHAT}: of rows with the labels {labels}, {n} should have come, but "
            f"{len(chosen)} did, which is too {'few' if len(chosen) < n else 'many'}."
        )
        distinct(chosen, self.WHAT)
        return chosen

    def classes(self, rows: Rows, kept: Iterable[tuple[int, int]]) -> Rows:
        """The first rows of some classes: (label, how many)."""
        numbers = torch.cat([(rows.y == label).nonzero().flatten()[:n] for label, n in kept])
        return Rows(rows.x[numbers], rows.y[numbers])

    @pytest.mark.points(0.5)
    def test_distinct_rows_with_their_labels(self, student: Student, rng: Rng) -> None:
        rows = even_rows()
        models = replay_models.read()
        for n in (10, 7, 45):
            self.choose(student, models.member(whole(rng, 0, len(models) - 1)), rows, n, rng)

    @pytest.mark.points(0.5)
    def test_model_and_rows_stay_as_they_are_and_dropout_is_off(
        self, student: Student, rng: Rng
    ) -> None:
        rows = even_rows()
        rows = Rows(spread(rows.x.double()), spread(rows.y))
        for training in (True, False):
            model = replay_models.read().member(whole(rng, 0, 39)).double().train(training)
            start, before = copy.deepcopy(model), expect.Untouched(x=rows.x, y=rows.y)
            self.choose(student, model, rows, 12, rng)
            before.check("choose_informative")
            expect.mode(model, training, "choose_informative")
            for mine, old in zip(model.parameters(), start.parameters(), strict=True):
                assert torch.equal(mine, old), "`choose_informative` changed the model's weights."
        model = MLP(64, (128,), 5, dropout=0.5)
        model.load_state_dict(replay_models.read().member(whole(rng, 0, 39)).state_dict())
        rows, seed = even_rows(), whole(rng, 0, 2**30)
        one, two = (
            self.choose(student, model, rows, 20, torch.Generator().manual_seed(seed))
            for _ in range(2)
        )
        assert torch.equal(one.sort().values, two.sort().values), (
            "A model with Dropout came in training mode, twice, each time with a generator of the "
            "same seed, and other rows were chosen. In training mode Dropout drops other features "
            "each time. What the model has learnt shows in evaluation mode."
        )

    @pytest.mark.points(1)
    def test_classes_within_one_of_each_other(self, student: Student, rng: Rng) -> None:
        rows = even_rows()
        models = replay_models.read()
        some = self.classes(rows, ((0, 7), (3, 42), (4, 21)))
        for those, counts in ((rows, (10, 13, 3, 5)), (some, (20,))):
            found = []
            for n in counts:
                model = models.member(whole(rng, 0, len(models) - 1))
                found.append(Shares.of(those, self.choose(student, model, those, n, rng)))
            uneven = [shares for shares in found if shares.uneven]
            assert not uneven, f"{uneven[0]} {how_uneven(found)}".strip()
        moved = relabelled(rows, rng)
        model = models.member(whole(rng, 0, len(models) - 1))
        shares = Shares.of(moved, self.choose(student, model, moved, 45, rng))
        assert not shares.uneven, (
            f"Many rows had another label than the model gives them. {shares} "
            "A row's class is its label in `y`, whatever the model says."
        )

    @pytest.mark.points(1)
    def test_another_model_gives_other_rows(self, student: Student, rng: Rng) -> None:
        rows = even_rows()
        models = replay_models.read()
        numbers = torch.randperm(len(models), generator=rng)[:6].tolist()
        seed = whole(rng, 0, 2**30)
        chosen = []
        for number in (*numbers, numbers[-1]):
            generator = torch.Generator().manual_seed(seed)
            chosen.append(self.choose(student, models.member(number), rows, 10, generator))
        assert torch.equal(chosen[-1], chosen[-2]), (
            "The same model, the same rows and a generator with the same seed gave different rows. "
            "All randomness should come from `generator`."
        )
        generator = torch.Generator().manual_seed(seed + 1)
        other = self.choose(student, models.member(number), rows, 10, generator)
        sets = {tuple(sorted(rows.tolist())) for rows in chosen}
        first = torch.cat([(rows.y == label).nonzero().flatten()[:2] for label in rows.y.unique()])
        how = ""
        if tuple(sorted(other.tolist())) not in sets:
            how = " With another seed others came: the generator alone decided."
        elif tuple(sorted(first.tolist())) in sets:
            how = " They were the first rows of each class."
        assert len(sets) > 1, (
            "Six different models, all with a generator of the same seed, gave the same rows. "
            f"Which rows are worth most depends on what the model makes of them.{how}"
        )

    @pytest.mark.accuracy
    @pytest.mark.points(2)
    def test_replaying_them_beats_rows_drawn_at_random(self, student: Student, rng: Rng) -> None:
        rows = even_rows()
        models = replay_models.read()
        chosen = torch.stack([
            self.choose(student, models.member(number), rows, 10, rng)
            for number in range(len(models))
        ])  # fmt: skip
        got = replayed_accuracy(models, chosen, rng)
        assert got >= REPLAYED_AT_LEAST, (
            f"{len(models)} networks that had learnt the even digits learnt the odd ones, "
            f"replaying 10 rows that you chose. They still have {got:.1%} of the even digits "
            "right, which is not clearly more than after replaying rows drawn at random. Are your "
            "rows good examples of their class, or the strangest ones?"
        )


@dataclass(frozen=True)
class Shares:
    """How many rows of each class there were, and how many of them were chosen."""

    own: Tensor
    chosen: Tensor

    @classmethod
    def of(cls, rows: Rows, chosen: Tensor) -> Shares:
        is_class = rows.y == rows.y.unique()[:, None]
        return cls(is_class.sum(dim=1), is_class[:, chosen].sum(dim=1))

    @property
    def uneven(self) -> bool:
        return int(self.chosen.max() - self.chosen.min()) > 1

    @property
    def in_proportion(self) -> bool:
        """As many of each class as its share of the rows, and never fewer of a larger one."""
        due = self.chosen.sum() * self.own / self.own.sum()
        larger, fewer = self.own[:, None] > self.own, self.chosen[:, None] < self.chosen
        return bool(((self.chosen - due).abs() < 1).all() and not (larger & fewer).any())

    @property
    def rest_to_one(self) -> bool:
        """Equally many of each class, but for one that may have more."""
        fewest_first = self.chosen.sort().values
        return bool((fewest_first[:-1] == fewest_first[0]).all())

    def __str__(self) -> str:
        return (
            f"Of {len(self.own)} classes, {int(self.chosen.sum())} rows were chosen, "
            f"{int(self.chosen.min())} of one class and {int(self.chosen.max())} of another. "
            "The numbers may differ by one at most."
        )


def how_uneven(found: Sequence[Shares]) -> str:
    """What choices have in common, of which some are uneven."""
    enough = [shares for shares in found if shares.chosen.sum() >= len(shares.own)]
    if all((shares.chosen > 0).sum() == 1 for shares in found):
        return "All were of one class."
    if all(shares.in_proportion for shares in found):
        return "They were as many of each class as its share of all rows."
    if enough and not any(shares.chosen.all() for shares in enough):
        return "Of some class there was none."
    if all(shares.rest_to_one for shares in found):
        return "One class got the whole rest."
    return ""


def relabelled(rows: Rows, rng: Rng) -> Rows:
    """Class 1 takes over all rows of class 0 but twelve."""
    zeros = shuffled(rng, (rows.y == 0).nonzero().flatten())
    y = rows.y.clone()
    y[zeros[12:]] = 1
    return Rows(rows.x, y)


def replayed_accuracy(models: Population, chosen: Tensor, rng: Rng) -> float:
    """Mean accuracy on the old task's test rows after 20 epochs of the new one with replay.

    ``chosen`` (k, n): which rows each network replays, as often as there are rows of the new task.
    """
    (even, odd), (k, n) = digits(), chosen.shape
    again = chosen[:, torch.arange(len(odd.y_train)) % n]
    x = torch.cat([odd.x_train.expand(k, -1, -1), even.x_train[again]], dim=1)
    y = torch.cat([odd.y_train.expand(k, -1), even.y_train[again]], dim=1)
    generators = replay_models.own_generators(k, rng)
    learn = make_train_on(
        "adam", 1e-3, epochs=20, batch_size=32, generator=generators, progress=False
    )
    learn(models, x, y)
    return float(accuracy(models, even.x_test, even.y_test).mean())
