"""Practice for 05-showdown: a learner is taught as the grader does it, on tasks anyone may see.

    print(practise(Learner, load("digits"), "class", seed=1))

A seed stands for one stream: which digits make a pair, in which order the pairs come, and the one
random order of all pixels. The streams that are graded are others.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import torch
from torch import Tensor

from course.data import Dataset, Task, split
from course.device import generator
from course.methods import HIDDEN, Training, make, run
from course.metrics import average_accuracy
from course.models import MLP

__all__ = ["MEMORY", "Practice", "allowed_bytes", "ends", "practise", "stream", "weigh"]

MEMORY = {"digits": 64 << 10, "mnist": 1 << 20}  # bytes beside the network
SMALL_CHANGE = 16 << 10  # bytes for counters, names, a generator's state: not to be counted
ROWS = {"digits": (1_347, 450), "mnist": (5_000, 1_000)}  # to train on, to test with
TRAINING = {
    "digits": Training("adam", 1e-3, batch_size=32, epochs=20),
    "mnist": Training("adam", 1e-3, batch_size=32, epochs=10),
}
TASKS, CLASSES = 5, 10
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
    Learner: Callable[..., Any],  # noqa: N803 - a class
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
        return _labels(learner.predict(x.clone(), *told), len(x), outputs)

    for number, task in enumerate(tasks):
        start = time.process_time()
        learner.learn(replace(task, x_test=task.x_test[:0], y_test=task.y_test[:0]), scenario)
        longest = max(longest, time.process_time() - start)
        state = _state(learner.state(), allowed)
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


def stream(dataset: Dataset, scenario: str, seed: int) -> list[Task]:
    """Five pairs of digits on the CPU: pairs, their order, rows and the order of pixels by seed.

    Raises ``ValueError`` for another scenario.
    """
    source = generator(seed)
    digits = torch.randperm(CLASSES, generator=source).tolist()
    pixels = torch.randperm(dataset.input_size, generator=source)
    parts = []
    both = ((dataset.x_train, dataset.y_train), (dataset.x_test, dataset.y_test))
    for (x, y), count in zip(both, ROWS[dataset.name], strict=True):
        rows = torch.randperm(len(x), generator=source)[:count]
        parts += [x.cpu()[rows][:, pixels], y.cpu()[rows]]
    x_train, y_train, x_test, y_test = parts
    drawn = replace(dataset, x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test)
    pairs = [(digits[2 * k], digits[2 * k + 1]) for k in range(TASKS)]
    return split(drawn, scenario, pairs=pairs)


@cache
def ends(dataset: Dataset, scenario: str, seed: int) -> tuple[float, float]:
    """Average accuracies of doing nothing and of joint training on one stream, one run each."""
    tasks = stream(dataset, scenario, seed)
    naive, joint = (
        average_accuracy(
            run(
                make(name, scenario, dataset.name),
                tasks,
                scenario,
                hidden=HIDDEN[dataset.name],
                training=TRAINING[dataset.name],
                generator=generator(seed),
                progress=False,
            )
        )
        for name in ("nothing", "joint")
    )
    return naive, joint


def allowed_bytes(dataset: str, input_size: int, memory_bytes: int) -> int:
    """What a state may weigh: the memory, a network of the reference's size and small change."""
    widest = MLP(input_size, HIDDEN[dataset], CLASSES, num_heads=TASKS)
    return memory_bytes + sum(p.nbytes for p in widest.parameters()) + SMALL_CHANGE


def weigh(state: dict[str, Tensor]) -> int:
    """Bytes of all tensors of a state, its names and shapes included."""
    return sum(
        value.numel() * value.element_size() + len(name.encode()) + 8 * value.dim()
        for name, value in state.items()
    )


def _state(state: Any, allowed: int) -> dict[str, Tensor]:
    """A copy of the state, if it is one and not too large."""
    if not isinstance(state, dict):
        raise ValueError(f"expected `state()` to give a dict, got {type(state).__name__}")
    for name, value in state.items():
        if not isinstance(name, str) or not isinstance(value, Tensor):
            kind = type(value).__name__
            raise ValueError(f"expected tensors by name in `state()`, got {name!r}: {kind}")
    if weigh(state) > allowed:
        raise ValueError(f"expected a state of at most {allowed:,} bytes, got {weigh(state):,}")
    return {name: value.detach().clone() for name, value in state.items()}


def _labels(labels: Any, n: int, outputs: int) -> Tensor:
    if not isinstance(labels, Tensor) or labels.shape != (n,) or labels.dtype != torch.int64:
        shape = getattr(labels, "shape", ()), getattr(labels, "dtype", type(labels).__name__)
        raise ValueError(f"expected `predict` to give ({n},) int64, got {shape[0]} {shape[1]}")
    if not ((labels >= 0) & (labels < outputs)).all():
        raise ValueError(
            f"expected labels from 0 to {outputs - 1}, as in y_train, got "
            f"{int(labels.min())} to {int(labels.max())}"
        )
    return labels


def _mixed(parts: list[Tensor], labels_of: Callable[[Tensor], Tensor], seed: int) -> list[Tensor]:
    """The labels of each part, asked for in one random order of all rows."""
    x = torch.cat(parts)
    order = torch.randperm(len(x), generator=generator(seed))
    labels = torch.empty(len(x), dtype=torch.int64)
    labels[order] = labels_of(x[order])
    return list(labels.split([len(part) for part in parts]))
