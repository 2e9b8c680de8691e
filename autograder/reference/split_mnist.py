"""The published table of split MNIST: its protocol, its rows, and one run of it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from torch import Tensor
from torch.nn.functional import pad

from course.data import SCENARIOS, Dataset, Task, split
from course.device import generator
from course.methods import METHODS, Training, run

# Hsu et al. 2018, and their scripts: one Adam for all tasks, images in a frame of 32 by 32 pixels.
HIDDEN = (400, 400)
TRAINING = Training("adam", 1e-3, batch_size=128, epochs=4, fresh=False)
MARGIN, MEAN, DEVIATION = 2, 0.1307, 0.3081
VALIDATION = 0.1
CHOICE_SEED = 1_000  # never tested with
CHOICE_TRAINING = replace(TRAINING, epochs=1)

Cell = tuple[float, float | None]  # a mean in percent, and its uncertainty where one was published


@dataclass(frozen=True)
class Row:
    """A method with its settings, and what was published of it, for task, domain and class.

    ``strengths``: those to choose from under each scenario. ``hsu`` is Hsu et al. 2018, ``others``
    van de Ven and Tolias, 2018 and 2019.
    """

    name: str
    method: str
    hsu: tuple[Cell, Cell, Cell]
    others: tuple[str, str, str] = ("", "", "")
    settings: Mapping[str, Any] = field(default_factory=dict)
    strengths: tuple[tuple[float, ...], ...] = ((), (), ())

    def choices(self, scenario: str) -> tuple[float, ...]:
        """The strengths to choose from under a scenario."""
        return self.strengths[SCENARIOS.index(scenario)]


def _plain(*means: float) -> tuple[Cell, Cell, Cell]:
    task, domain, classes = means
    return (task, None), (domain, None), (classes, None)


# The strengths are those of Hsu's scripts, times two as their penalties have no half, and others
# around them where there is something to gain.
ROWS = (
    Row(
        "nothing done",
        "nothing",
        ((93.46, 2.01), (55.16, 1.38), (19.71, 0.08)),
        ("85.15, 87.19", "57.33, 59.21", "19.90, 19.90"),
    ),
    Row(
        "joint training",
        "joint",
        _plain(99.52, 98.59, 97.53),
        ("99.64, 99.66", "98.41, 98.42", "97.93, 97.94"),
    ),
    Row(
        "L2",
        "L2",
        ((98.18, 0.96), (66.00, 3.73), (22.52, 1.08)),
        strengths=((0.002, 0.02, 0.2), (0.1, 1.0, 10.0), (200.0,)),
    ),
    Row(
        "EWC",
        "EWC",
        ((97.70, 0.81), (58.85, 2.59), (19.80, 0.05)),
        ("85.48, 98.64", "57.80, 63.95", "19.90, 20.01"),
        strengths=((20.0, 200.0, 2_000.0), (20.0, 200.0, 2_000.0), (1_200.0,)),
    ),
    Row(
        "online EWC",
        "online EWC",
        _plain(98.04, 57.33, 19.77),
        ("85.22", "57.60", "19.90"),
        strengths=((80.0, 800.0, 8_000.0), (140.0, 1_400.0, 14_000.0), (200.0,)),
    ),
    Row(
        "SI",
        "SI",
        _plain(98.56, 64.76, 19.67),
        ("99.14", "63.77", "20.04"),
        strengths=((60.0, 600.0, 6_000.0), (600.0, 6_000.0, 60_000.0), (1_200.0,)),
    ),
    Row(
        "MAS",
        "MAS",
        _plain(99.22, 68.57, 19.52),
        strengths=((0.1, 1.0, 10.0), (1.0, 10.0, 100.0), (1.0,)),
    ),
    Row(
        "LwF",
        "LwF",
        _plain(99.60, 71.02, 24.17),
        ("99.60", "71.02", "24.17"),
    ),
    Row("replay, 1,100 rows", "replay", _plain(99.40, 95.16, 90.78), settings={"capacity": 1_100}),
    Row("replay, 4,400 rows", "replay", _plain(99.57, 97.11, 95.59), settings={"capacity": 4_400}),
)


@dataclass(frozen=True)
class Run:
    """One training over the five tasks; with ``choice`` for choosing a strength."""

    scenario: str
    row: str
    seed: int
    strength: float | None = None
    choice: bool = False


def accuracies(dataset: Dataset, work: Run) -> list[float]:
    """Percent of each task's test rows at the end, to 0.01; of its validation rows for a choice.

    NaN where training diverged. A choice trains one epoch a task, on the other rows.
    """
    (row,) = [row for row in ROWS if row.name == work.row]
    strength = {} if work.strength is None else {"strength": work.strength}
    method = METHODS[row.method](**row.settings, **strength)
    source = generator(work.seed)
    share = VALIDATION if work.choice else 0.0
    tasks = split(framed(dataset), work.scenario, validation=share, generator=source)
    try:
        R = run(
            method,
            [_on_validation(task) for task in tasks] if work.choice else tasks,
            work.scenario,
            hidden=HIDDEN,
            training=CHOICE_TRAINING if work.choice else TRAINING,
            generator=source,
            progress=False,
        )
    except FloatingPointError:
        return [math.nan] * len(tasks)
    return [round(100 * value, 2) for value in R[-1].tolist()]


@lru_cache(maxsize=1)
def framed(dataset: Dataset) -> Dataset:
    """Images in a black frame of two pixels, then less their mean, over their deviation."""
    height, width = dataset.image_shape

    def moved(x: Tensor) -> Tensor:
        images = pad(x.view(-1, height, width), (MARGIN,) * 4)
        return ((images - MEAN) / DEVIATION).flatten(1)

    return replace(
        dataset,
        x_train=moved(dataset.x_train),
        x_test=moved(dataset.x_test),
        image_shape=(height + 2 * MARGIN, width + 2 * MARGIN),
    )


def _on_validation(task: Task) -> Task:
    return replace(task, x_test=task.x_val, y_test=task.y_val)
