"""Checks of ``train_with_replay``."""

from __future__ import annotations

from itertools import pairwise

from torch import Tensor, nn

from course.checks.replay.numbered import (
    SIZES,
    STARTS,
    all_different,
    drawn_from,
    seeded,
    tasks,
    which,
)
from course.checks.student import Checks, Function


def _lessons(train_with_replay: Function, fraction: float, seed: int) -> list[list[int]]:
    """The rows of each call of ``train_on``."""
    lessons: list[list[int]] = []

    def train_on(model: nn.Module, x: Tensor, y: Tensor, penalty: object = None) -> None:
        lessons.append(which((x, y), f"Call {len(lessons) + 1} of `train_on`", len(y)))

    train_with_replay(nn.Linear(2, 2), tasks(), train_on, fraction, seeded(seed))
    calls = len(lessons)
    assert calls == 3, f"With 3 tasks `train_on` should be called 3 times, once each, not {calls}."
    return lessons


def trains_on_all_of_each_task(train_with_replay: Function) -> None:
    """Trains on all of each task."""
    for k, rows in enumerate(_lessons(train_with_replay, 0.5, 0)):
        start, size = STARTS[k], SIZES[k]
        own = sorted(row for row in rows if start <= row < start + size)
        assert len(set(own)) == size, (
            f"Task {k + 1} has {size} training rows. All of them should be trained on, once"
            f" each, when it is its turn; {len(set(own))} of them were."
        )
        twice = sum(own.count(row) > 1 for row in set(own))
        assert not twice, (
            f"All {size} training rows of task {k + 1} were trained on when it was its turn, but"
            f" {twice} of them came more than once. A task's exemplars are for the tasks after it."
        )
        assert not any(start + 50 <= row < start + 53 for row in rows), "Test rows were trained on."


def replays_every_earlier_task(train_with_replay: Function) -> None:
    """Replays every earlier task."""
    for k, rows in enumerate(_lessons(train_with_replay, 0.5, 0)):
        for earlier in range(3):
            if earlier == k:
                continue
            start, wanted = STARTS[earlier], SIZES[earlier] // 2 if earlier < k else 0
            found = [row for row in rows if start <= row < start + 100]
            assert len(found) == wanted, (
                f"While task {k + 1} is learnt, with the fraction 0.5, {wanted} of the"
                f" {SIZES[earlier]} rows of task {earlier + 1} should be replayed, but"
                f" {len(found)} were."
            )
            what = f"The rows of task {earlier + 1} that are replayed"
            all_different(found, what)
            assert all(row < start + 50 for row in found), f"{what} came from its test rows."


def draws_exemplars_once(train_with_replay: Function) -> None:
    """Draws exemplars once."""
    for seed in range(3):
        _, second, third = _lessons(train_with_replay, 0.5, seed)
        first_time = sorted(row for row in second if row < 100)
        next_time = sorted(row for row in third if row < 100)
        assert first_time == next_time, (
            "While task 3 is learnt other rows of task 1 are replayed than while task 2 was. They"
            " are drawn once, when task 1 ends, and kept; the others are gone."
        )


def mixes_old_and_new(train_with_replay: Function) -> None:
    """Mixes old and new."""
    apart = []
    for seed in range(4):
        for rows in _lessons(train_with_replay, 0.5, seed)[1:]:
            owners = [row // 100 for row in rows]
            changes = sum(a != b for a, b in pairwise(owners))
            apart.append(changes < len(set(owners)))
    assert not all(apart), (
        "Old and new rows are handed over one after another, not mixed. Shuffle them together."
    )


def replays_with_the_generator(train_with_replay: Function) -> None:
    """Draws from the generator alone."""
    runs = [_lessons(train_with_replay, 0.5, seed) for seed in (1, 1, 2, 3)]
    drawn_from(runs, "The rows that `train_on` is given")


CHECKS: Checks = {
    "train_with_replay": [
        trains_on_all_of_each_task,
        replays_every_earlier_task,
        draws_exemplars_once,
        mixes_old_and_new,
        replays_with_the_generator,
    ],
}
