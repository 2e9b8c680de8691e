"""A learner taught task by task, thrown away after each, judged on all of them."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from course.arena.rules import MEMORY, allowed_bytes, checked_labels, checked_state, weigh
from course.arena.streams import CLASSES, ends, stream
from course.data import Dataset
from course.device import generator

LOOK = 60  # rows that are labelled before and after a learner was thrown away


@dataclass(frozen=True)
class Practice:
    """What came of one stream; ``str`` of it is a report.

    ``accuracies``, fractions, on the tasks in the order in which they were learnt, once the last
    had been; ``naive`` and ``joint``: what doing nothing and learning all at once reach on average
    on this stream, one run each. ``seconds`` of computing took the longest ``learn``;
    ``drift``: the largest part of rows that a restored learner labelled otherwise than the one that
    was thrown away.
    """

    accuracies: list[float]
    naive: float
    joint: float
    state_bytes: int
    allowed_bytes: int
    seconds: float
    drift: float

    @property
    def average(self) -> float:
        """Average accuracy, a fraction."""
        return sum(self.accuracies) / len(self.accuracies)

    @property
    def way(self) -> float:
        """Where the average lies: 0 at naive, 1 at joint training."""
        return (self.average - self.naive) / (self.joint - self.naive)

    def __str__(self) -> str:
        each = ", ".join(f"{accuracy:.1%}" for accuracy in self.accuracies)
        lines = [
            f"{self.average:.1%} on average (nothing done {self.naive:.1%}, joint "
            f"{self.joint:.1%}): {self.way:.0%} of the way",
            f"  in the order learnt: {each}",
            f"  state: {self.state_bytes:,} of {self.allowed_bytes:,} bytes; longest `learn`: "
            f"{self.seconds:.1f} s",
        ]
        if self.drift:
            lines.append(
                f"  restored, it labels up to {self.drift:.0%} of the rows otherwise than before: "
                "something that `predict` needs is not in the state"
            )
        return "\n".join(lines)


def practise(
    Learner: Callable[..., Any],
    dataset: Dataset,
    scenario: str,
    *,
    memory_bytes: int | None = None,
    seed: int = 0,
) -> Practice:
    """Teaches a ``Learner`` one stream, task by task, as the grader of 05-showdown does.

    After each task the learner is replaced by a new one, made with the same arguments and restored
    from ``state()`` alone. In the end it labels the test rows: task by task and told which in
    ``"task"``, of all tasks in one random order in the other scenarios. All rows are on the CPU.
    ``memory_bytes`` is what grading allows for the dataset unless another is given.

    Raises ``ValueError`` that says what was expected where the learner breaks a rule, and for
    another scenario or dataset.
    """
    if dataset.name not in MEMORY:
        raise ValueError(f"expected one of {', '.join(MEMORY)}, got {dataset.name!r}")
    tasks = stream(dataset, scenario, seed)
    memory = MEMORY[dataset.name] if memory_bytes is None else memory_bytes
    input_size, outputs = dataset.input_size, CLASSES if scenario == "class" else 2
    arguments = (input_size, outputs, len(tasks), memory, seed)
    allowed = allowed_bytes(dataset.name, input_size, memory)
    learner, longest, weight, drift = Learner(*arguments), 0.0, 0, 0.0

    def labels_of(x: Tensor, number: int) -> Tensor:
        told = (number,) if scenario == "task" else ()
        return checked_labels(learner.predict(x.clone(), *told), len(x), outputs)

    for number, task in enumerate(tasks):
        start = time.process_time()
        learner.learn(replace(task, x_test=task.x_test[:0], y_test=task.y_test[:0]), scenario)
        longest = max(longest, time.process_time() - start)
        state = checked_state(learner.state(), allowed)
        weight = weigh(state)
        before = labels_of(task.x_train[:LOOK], number)
        learner = Learner(*arguments)
        learner.restore(state)
        after = labels_of(task.x_train[:LOOK], number)
        drift = max(drift, float((before != after).double().mean()))
    if scenario == "task":
        found = [labels_of(task.x_test, number) for number, task in enumerate(tasks)]
    else:
        found = _mixed([task.x_test for task in tasks], lambda x: labels_of(x, 0), seed)
    accuracies = [
        float((labels == task.y_test).double().mean())
        for labels, task in zip(found, tasks, strict=True)
    ]
    return Practice(accuracies, *ends(dataset, scenario, seed), weight, allowed, longest, drift)


def _mixed(parts: list[Tensor], labels_of: Callable[[Tensor], Tensor], seed: int) -> list[Tensor]:
    """The labels of each part, asked for in one random order of all rows."""
    x = torch.cat(parts)
    order = torch.randperm(len(x), generator=generator(seed))
    labels = torch.empty(len(x), dtype=torch.int64)
    labels[order] = labels_of(x[order])
    return list(labels.split([len(part) for part in parts]))
