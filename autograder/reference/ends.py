"""The two ends between which a learner is placed: naive and joint training, as measured."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from autograder.suites.arena import ARENAS, ORDERS, Arena, stream
from course.data import Dataset, Task, joint
from course.device import generator
from course.models import MLP
from course.training import accuracy, make_optimizer, train

FOLDER = Path(__file__).parent
ASSIGNMENT = "05-showdown"
NAIVE, JOINT = "naive", "joint"


def way(average: float, dataset: str, scenario: str, order: int) -> float:
    """Where an average accuracy lies, 0 for naive training and 1 for joint training.

    Raises ``LookupError`` where the order was not measured.
    """
    measured = _measured(dataset)
    if scenario not in measured or order >= len(measured[scenario]):
        raise LookupError(f"order {order} of {scenario!r} on {dataset!r}: run `reference`")
    low, high = (float(measured[scenario][order][end]["mean"]) for end in (NAIVE, JOINT))
    return (average - low) / (high - low)


@cache
def _measured(dataset: str) -> dict[str, Any]:
    path = FOLDER / f"{ASSIGNMENT}-{dataset}.json"
    return json.loads(path.read_text()).get("ends", {}) if path.exists() else {}


def both(dataset: Dataset, scenario: str, order: int, seed: int) -> tuple[float, float]:
    """Average accuracies, fractions, of naive and of joint training, from the same weights."""
    rng = generator(seed)
    arena = ARENAS[dataset.name]
    tasks = stream(dataset, scenario, ORDERS[order], rng)
    network = arena.network(dataset.input_size, scenario, rng)
    start = {name: value.clone() for name, value in network.state_dict().items()}
    for number, task in enumerate(tasks):
        _train(_of_task(network, number), task, arena, rng)
    naive = _average(network, tasks)
    network.load_state_dict(start)
    if scenario == "task":
        _train(network, joint(_numbered(tasks)), arena, rng, loss=_own_head)
    else:
        _train(network, joint(tasks), arena, rng)
    return naive, _average(network, tasks)


def entry(found: Sequence[tuple[float, float]]) -> dict[str, Any]:
    """Means and deviations over seeds, as they go into the JSON."""
    ends = zip((NAIVE, JOINT), zip(*found, strict=True), strict=True)
    return {
        end: {
            "mean": mean(values),
            "standard_deviation": stdev(values),
            "standard_error": stdev(values) / len(values) ** 0.5,
        }
        for end, values in ends
    }


def _train(
    network: nn.Module, task: Task, arena: Arena, rng: torch.Generator, loss: Any = None
) -> None:
    train(
        network,
        task.x_train,
        task.y_train,
        optimizer=make_optimizer("sgd", network, arena.lr, arena.momentum),
        epochs=arena.epochs,
        batch_size=arena.batch_size,
        generator=rng,
        loss=loss,
        progress=False,
    )


def _of_task(network: MLP, number: int) -> nn.Module:
    return network.for_task(number) if len(network.heads) > 1 else network


def _average(network: MLP, tasks: list[Task]) -> float:
    each = (accuracy(_of_task(network, k), t.x_test, t.y_test) for k, t in enumerate(tasks))
    return sum(each) / len(tasks)


def _numbered(tasks: list[Task]) -> list[Task]:
    """Tasks whose labels 0 and 1 tell the task as well: 2 k and 2 k + 1 in task k."""
    return [replace(task, y_train=task.y_train + 2 * k) for k, task in enumerate(tasks)]


def _own_head(network: nn.Module, rows: Tensor, labels: Tensor) -> Tensor:
    """Mean cross-entropy where each row is judged by the head of its task."""
    assert isinstance(network, MLP)
    hidden = network.features(rows)
    logits = torch.stack([head(hidden) for head in network.heads], dim=1)  # (n, T, 2)
    own = logits[torch.arange(len(rows)), labels // 2]
    return cross_entropy(own, labels % 2)
