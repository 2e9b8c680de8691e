"""Checks of ``train_with_replay``, ``replay_bytes`` and ``choose_informative``."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import torch
from torch import Tensor, nn

from course.checks.expect import RETURN, number, pair, tensor
from course.checks.replay.numbered import all_different, drawn_from, numbered, seeded, which
from course.checks.student import Checks, Function
from course.data import Task
from course.models import MLP

SIZES = (8, 6, 10)
STARTS = (0, 100, 200)  # the numbers of a task's rows begin here; its test rows at 50 more


def _tasks(dtype: torch.dtype = torch.float32) -> list[Task]:
    tasks = []
    for size, start in zip(SIZES, STARTS, strict=True):
        (x, y), (x_test, y_test) = numbered(size, start), numbered(3, start + 50)
        x, x_test = x.to(dtype), x_test.to(dtype)
        tasks.append(Task("t", (0, 1), x, y, x_test, y_test, x[:0], y[:0]))
    return tasks


def _lessons(train_with_replay: Function, fraction: float, seed: int) -> list[list[int]]:
    """The rows of each call of ``train_on``."""
    lessons: list[list[int]] = []

    def train_on(model: nn.Module, x: Tensor, y: Tensor, penalty: object = None) -> None:
        lessons.append(which((x, y), f"Call {len(lessons) + 1} of `train_on`", len(y)))

    train_with_replay(nn.Linear(2, 2), _tasks(), train_on, fraction, seeded(seed))
    calls = len(lessons)
    assert calls == 3, f"With 3 tasks `train_on` should be called 3 times, once each, not {calls}."
    return lessons


def trains_on_all_of_each_task(train_with_replay: Function) -> None:
    """Trains on all of each task."""
    for k, rows in enumerate(_lessons(train_with_replay, 0.5, 0)):
        start, size = STARTS[k], SIZES[k]
        own = sorted(row for row in rows if start <= row < start + size)
        assert own == list(range(start, start + size)), (
            f"Task {k + 1} has {size} training rows. All of them should be trained on, once"
            f" each, when it is its turn; {len(set(own))} of them were."
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
            tasks = [row // 100 for row in rows]
            changes = sum(a != b for a, b in pairwise(tasks))
            apart.append(changes < len(set(tasks)))
    assert not all(apart), (
        "Old and new rows are handed over one after another, not mixed. Shuffle them together."
    )


def replays_with_the_generator(train_with_replay: Function) -> None:
    """Draws from the generator alone."""
    runs = [_lessons(train_with_replay, 0.5, seed) for seed in (1, 1, 2, 3)]
    drawn_from(runs, "The rows that `train_on` is given")


def adds_up_bytes(replay_bytes: Function) -> None:
    """Adds up bytes."""
    # A row takes 2 float32 and one int64, 16 bytes; half of 8, 6 and 10 rows are kept.
    _bytes(replay_bytes, torch.float32, 0.5, [0, 4 * 16, (4 + 3) * 16])


def follows_the_dtype(replay_bytes: Function) -> None:
    """Follows the dtype."""
    _bytes(replay_bytes, torch.float64, 0.5, [0, 4 * 24, (4 + 3) * 24])


def rounds_each_task_down(replay_bytes: Function) -> None:
    """Rounds each task down."""
    _bytes(replay_bytes, torch.float32, 0.3, [0, 2 * 16, (2 + 1) * 16])


def _bytes(replay_bytes: Function, dtype: torch.dtype, fraction: float, wanted: list[int]) -> None:
    result = replay_bytes(_tasks(dtype), fraction)
    assert result is not None, f"The result should be a list of 3 numbers. {RETURN}"
    listed = isinstance(result, list | tuple) and len(result) == 3
    assert listed, f"For 3 tasks the result should be a list of 3 numbers, not {result!r}."
    found = [int(number(entry, "Each entry of the list")) for entry in result]
    assert not any(isinstance(entry, float) for entry in result), (
        "Bytes are whole numbers: the list should hold ints."
    )
    size = 2 * dtype.itemsize
    as_float32 = [kept // (size + 8) * 16 for kept in wanted]
    assert dtype == torch.float32 or found != as_float32, (
        "That counts 4 bytes for each pixel, but these are float64: ask `element_size()`."
    )
    entries = [kept // (size + 8) * 3 for kept in wanted]
    assert found != entries, "That is the number of entries. Count bytes: `element_size()`."
    images = [kept // (size + 8) * size for kept in wanted]
    assert found != images, "That is the bytes of the images alone; the labels are kept too."
    shifted = [*wanted[1:], None]
    assert found[:2] != shifted[:2], (
        "That counts the task that is being learnt. While it is, only exemplars of the tasks before"
        " it are held: 0 bytes in the first."
    )
    alone = [b - a for a, b in zip([0, *wanted], wanted, strict=False)]
    assert found == wanted or found != alone, (
        "That is what each task adds. Exemplars of all earlier tasks are held: add them up."
    )
    assert found == wanted, (
        f"For tasks of 8, 6 and 10 rows of two {dtype} pixels and an int64 label, and the fraction"
        f" {fraction}, {wanted} bytes are held while training each, not {found}."
    )


def _known_rows() -> tuple[Tensor, Tensor]:
    """Sixty rows of three classes in random order."""
    x = torch.randn(60, 5, generator=seeded(7))
    return x, torch.randint(3, (60,), generator=seeded(8))


def _chosen(choose: Function, n: int, seed: int) -> list[int]:
    """Numbers of the rows chosen with a network of that seed; checks that they are rows at all."""
    x, y = _known_rows()
    model = MLP(5, [8], 3, generator=seeded(seed))
    what = f"A choice of {n} of 60 rows"
    found_x, found_y = pair(choose(model, x, y, n, seeded(0)), what)
    found_x = tensor(found_x, f"{what}: x", (n, 5), torch.float32)
    found_y = tensor(found_y, f"{what}: y", (n,), torch.int64)
    same = (found_x[:, None, :] == x[None, :, :]).all(dim=2)
    assert bool(same.any(dim=1).all()), "Some rows that came are none of those handed over."
    rows = [int(k) for k in same.int().argmax(dim=1)]
    assert found_y.tolist() == y[rows].tolist(), "Images and labels no longer belong together."
    return rows


def chooses_distinct_rows(choose: Function) -> None:
    """Chooses n distinct rows."""
    for n in (6, 10, 1):
        all_different(_chosen(choose, n, 0), f"The {n} rows chosen")


def balances_the_classes(choose: Function) -> None:
    """Balances the classes."""
    _, y = _known_rows()
    for n in (9, 10, 11):
        counts = Counter(y[_chosen(choose, n, 0)].tolist())
        numbers = sorted(counts[label] for label in range(3))
        assert numbers[-1] - numbers[0] <= 1, (
            f"Of {n} rows from three classes, {numbers} came from each. Choose equally many, or one"
            " more or less."
        )


def asks_the_model(choose: Function) -> None:
    """Asks the model."""
    choices = [sorted(_chosen(choose, 9, seed)) for seed in range(4)]
    assert any(choice != choices[0] for choice in choices), (
        "Four different networks led to the same rows. Which rows are worth more depends on what"
        " the network makes of them: look at `model.features(x)` or its logits."
    )


def leaves_the_model_alone(choose: Function) -> None:
    """Leaves the model alone."""
    x, y = _known_rows()
    for training in (True, False):
        model = MLP(5, [8], 3, generator=seeded(0)).train(training)
        before = [p.detach().clone() for p in model.parameters()]
        choose(model, x, y, 6, seeded(0))
        mode = "training" if training else "evaluation"
        assert model.training == training, f"The model came in {mode} mode; leave it so."
        same = all(torch.equal(a, b) for a, b in zip(before, model.parameters(), strict=True))
        assert same, "The weights of the model changed. It should only be looked at."
    _chosen(choose, 6, 0)


CHECKS: Checks = {
    "train_with_replay": [
        trains_on_all_of_each_task,
        replays_every_earlier_task,
        draws_exemplars_once,
        mixes_old_and_new,
        replays_with_the_generator,
    ],
    "replay_bytes": [adds_up_bytes, follows_the_dtype, rounds_each_task_down],
    "choose_informative": [
        chooses_distinct_rows,
        balances_the_classes,
        asks_the_model,
        leaves_the_model_alone,
    ],
}
