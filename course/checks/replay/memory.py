"""Checks of ``replay_bytes`` and ``choose_informative``."""

from __future__ import annotations

from collections import Counter

import torch
from torch import Tensor

from course.checks.expect import RETURN, number, pair, tensor
from course.checks.replay.numbered import all_different, seeded, tasks
from course.checks.student import Checks, Function
from course.models import MLP


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
    result = replay_bytes(tasks(dtype), fraction)
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
    "replay_bytes": [adds_up_bytes, follows_the_dtype, rounds_each_task_down],
    "choose_informative": [
        chooses_distinct_rows,
        balances_the_classes,
        asks_the_model,
        leaves_the_model_alone,
    ],
}
