"""Streams of tasks to practise on, and what doing nothing and joint training reach on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import torch

from course.data import Dataset, Task, split
from course.device import generator
from course.methods import HIDDEN, Training, make, run
from course.metrics import average_accuracy

TASKS, CLASSES = 5, 10
ROWS = {"digits": (1_347, 450), "mnist": (5_000, 1_000)}  # to train on, to test with
# Not Adam: with a head for each task it forgets so little that there is no way to go.
TRAINING = {
    "digits": Training("sgd", 0.1, momentum=0.9, batch_size=32, epochs=20),
    "mnist": Training("sgd", 0.1, momentum=0.9, batch_size=32, epochs=5),
}


def stream(dataset: Dataset, scenario: str, seed: int) -> list[Task]:
    """Five pairs of digits on the CPU: pairs, their order, rows and the order of pixels by seed.

    Raises ``ValueError`` for another scenario.
    """
    source = generator(seed)
    digits = torch.randperm(CLASSES, generator=source).tolist()
    pairs = [(digits[2 * k], digits[2 * k + 1]) for k in range(TASKS)]
    return presented(dataset, scenario, pairs, source)


def presented(
    dataset: Dataset, scenario: str, pairs: Sequence[tuple[int, int]], source: torch.Generator
) -> list[Task]:
    """These pairs of digits, on the CPU, with rows and one order of all pixels from ``source``.

    So what was learnt from the images beforehand is of no use. (Networks of linear layers do not
    care; an image's neighbourhoods are lost.) Raises ``ValueError`` for another scenario.
    """
    pixels = torch.randperm(dataset.input_size, generator=source)
    parts = []
    both = ((dataset.x_train, dataset.y_train), (dataset.x_test, dataset.y_test))
    for (x, y), count in zip(both, ROWS[dataset.name], strict=True):
        rows = torch.randperm(len(x), generator=source)[:count]
        parts += [x.cpu()[rows][:, pixels], y.cpu()[rows]]
    x_train, y_train, x_test, y_test = parts
    drawn = replace(dataset, x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test)
    return split(drawn, scenario, pairs=pairs)


@cache
def ends(dataset: Dataset, scenario: str, seed: int) -> tuple[float, float]:
    """Average accuracies of doing nothing and of joint training on one stream, one run each."""
    return between(stream(dataset, scenario, seed), dataset.name, scenario, seed)


def between(tasks: list[Task], dataset: str, scenario: str, seed: int) -> tuple[float, float]:
    """Average accuracies, fractions, of doing nothing and of joint training, from equal weights."""
    naive, joint = (
        average_accuracy(
            run(
                make(name, scenario, dataset),
                tasks,
                scenario,
                hidden=HIDDEN[dataset],
                training=TRAINING[dataset],
                generator=generator(seed),
                progress=False,
            )
        )
        for name in ("nothing", "joint")
    )
    return naive, joint
