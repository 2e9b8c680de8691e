"""Checks of ``choose_exemplars`` and ``mix``."""

from __future__ import annotations

import torch

from course.checks.expect import unchanged
from course.checks.replay.numbered import all_different, drawn_from, numbered, seeded, which
from course.checks.student import Checks, Function, Raised


def keeps_as_many_as_asked(choose_exemplars: Function) -> None:
    """Keeps int(fraction * n) rows."""
    x, y = numbered(10)
    which(choose_exemplars(x, y, 0.37, seeded(0)), "The fraction 0.37 of 10 rows", 3)
    which(choose_exemplars(x, y, 0.1, seeded(0)), "The fraction 0.1 of 10 rows", 1)
    which(choose_exemplars(x, y, 0.0, seeded(0)), "The fraction 0 of 10 rows", 0)


def keeps_no_row_twice(choose_exemplars: Function) -> None:
    """Keeps no row twice."""
    x, y = numbered(12)
    for seed in range(5):
        what = "The fraction 0.75 of 12 rows"
        all_different(which(choose_exemplars(x, y, 0.75, seeded(seed)), what, 9), what)
    rows = which(choose_exemplars(x, y, 1.0, seeded(0)), "The fraction 1 of 12 rows", 12)
    assert sorted(rows) == list(range(12)), "The fraction 1 should keep every row once."


def chooses_at_random(choose_exemplars: Function) -> None:
    """Chooses with the generator."""
    x, y = numbered(20)
    what = "The fraction 0.5 of 20 rows"
    runs = [which(choose_exemplars(x, y, 0.5, seeded(s)), what, 10) for s in (1, 1, 2, 3)]
    drawn_from(runs, what)
    x, y = numbered(6)
    what = "The fraction 0.5 of 6 rows"
    sets = {frozenset(which(choose_exemplars(x, y, 0.5, seeded(s)), what, 3)) for s in range(100)}
    assert len(sets) > 12, (
        f"{what}: there are 20 sets of 3 rows, all equally likely, but in 100 runs only {len(sets)}"
        " of them came. Rows that stand together must not come together."
    )


def refuses_impossible_fractions(choose_exemplars: Function) -> None:
    """Refuses other fractions."""
    x, y = numbered(4)
    which(choose_exemplars(x, y, 0.5, seeded(0)), "The fraction 0.5 of 4 rows", 2)
    for fraction in (-0.25, 1.5):
        try:
            choose_exemplars(x, y, fraction, seeded(0))
        except Raised as raised:
            if isinstance(raised.error, ValueError):
                continue
            raise
        raise AssertionError(f"The fraction {fraction} makes no sense: it should raise ValueError.")


def leaves_rows_alone(choose_exemplars: Function) -> None:
    """Keeps the dtypes, leaves x and y unchanged."""
    x, y = numbered(6, dtype=torch.float64)
    x_before, y_before = x.clone(), y.clone()
    what = "The fraction 0.5 of 6 float64 rows"
    which(choose_exemplars(x, y, 0.5, seeded(0)), what, 3, torch.float64)
    unchanged(x_before, x, "x")
    unchanged(y_before, y, "y")


BOTH = "5 rows mixed with 4 others"


def _mixed(mix: Function, seed: int) -> list[int]:
    """The rows 0 to 4 mixed with 100 to 103."""
    (x_a, y_a), (x_b, y_b) = numbered(5), numbered(4, start=100)
    rows = which(mix(x_a, y_a, x_b, y_b, seeded(seed)), BOTH, 9)
    assert sorted(rows) == [*range(5), *range(100, 104)], (
        f"{BOTH}: each of the 9 rows should be there once, but some are missing or came twice."
    )
    return rows


def holds_all_rows(mix: Function) -> None:
    """Holds all rows of both."""
    for seed in range(3):
        _mixed(mix, seed)


def in_one_joint_order(mix: Function) -> None:
    """Shuffles both together."""
    orders = [_mixed(mix, seed) for seed in range(8)]
    apart = all(
        max(order.index(k) for k in range(5)) < min(order.index(k) for k in range(100, 104))
        for order in orders
    )
    assert not apart, (
        "All rows of the first set come before all rows of the second. The network would see them"
        " one after another and forget in between: shuffle all rows together."
    )
    still = all(sorted(order[:5]) == order[:5] for order in orders)
    assert not still, f"{BOTH}: the first rows are always in order. Shuffle all 9 together."


def mixes_with_the_generator(mix: Function) -> None:
    """Draws from the generator alone."""
    drawn_from([_mixed(mix, seed) for seed in (1, 1, 2, 3)], BOTH)


def leaves_both_alone(mix: Function) -> None:
    """Keeps the dtypes, leaves both sets unchanged."""
    (x_a, y_a), (x_b, y_b) = (numbered(n, start, torch.float64) for n, start in ((5, 0), (4, 100)))
    before = [t.clone() for t in (x_a, y_a, x_b, y_b)]
    which(mix(x_a, y_a, x_b, y_b, seeded(0)), f"{BOTH}, all float64", 9, torch.float64)
    for name, old, new in zip(
        ("x_a", "y_a", "x_b", "y_b"), before, (x_a, y_a, x_b, y_b), strict=True
    ):
        unchanged(old, new, name)


CHECKS: Checks = {
    "choose_exemplars": [
        keeps_as_many_as_asked,
        keeps_no_row_twice,
        chooses_at_random,
        refuses_impossible_fractions,
        leaves_rows_alone,
    ],
    "mix": [holds_all_rows, in_one_joint_order, mixes_with_the_generator, leaves_both_alone],
}
