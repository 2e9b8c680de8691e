"""The hidden orders of tasks on which learners are judged; ``course.arena`` presents them."""

from __future__ import annotations

from course.data import SCENARIOS

__all__ = ["ORDERS", "SCENARIOS", "num_outputs"]

Pair = tuple[int, int]

# Hidden: which digits make a task, and in which order the tasks come. Of random ones those in which
# naive training loses most where the task is told, so that there is something to win.
ORDERS: tuple[tuple[Pair, ...], ...] = (
    ((7, 9), (4, 3), (8, 2), (0, 6), (5, 1)),
    ((2, 4), (0, 3), (5, 1), (8, 9), (7, 6)),
    ((5, 6), (3, 2), (8, 9), (4, 7), (0, 1)),
    ((9, 4), (0, 2), (5, 7), (8, 3), (1, 6)),
    ((9, 0), (2, 8), (5, 3), (4, 1), (7, 6)),
)


def num_outputs(scenario: str) -> int:
    """How many labels there are: all digits, or two in every task."""
    return 2 * len(ORDERS[0]) if scenario == "class" else 2
