"""Tiny tasks that are easy to learn: each class of images has bright pixels of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from course.checks.expect import tensor
from course.checks.student import Function
from course.data import Task

PIXELS, CLASSES, TASKS = 64, 6, 3
MEMORY = 64 << 10  # bytes
PAIRS = ((2, 0), (3, 1), (5, 4))  # the classes of the tasks


def task_of(pair: Sequence[int], scenario: str, rows: int = 60, seed: int = 0) -> Task:
    """A task with the images of two classes, labelled as ``scenario`` does; no test rows."""
    source = torch.Generator().manual_seed(seed + 10 * pair[0] + pair[1])
    place = torch.randint(2, (rows,), generator=source)
    digit = torch.tensor(pair)[place]
    bright = torch.arange(PIXELS) // (PIXELS // CLASSES) == digit[:, None]
    x = 0.3 * torch.rand(rows, PIXELS, generator=source) + 0.6 * bright
    y = digit if scenario == "class" else place
    return Task("/".join(map(str, pair)), tuple(pair), x, y, x[:0], y[:0], x[:0], y[:0])


def outputs(scenario: str) -> int:
    """How many labels there are."""
    return CLASSES if scenario == "class" else 2


def made(learner: Function, scenario: str, memory: int = MEMORY) -> Any:
    """A new learner."""
    one = learner(PIXELS, outputs(scenario), TASKS, memory, 1)
    missing = [m for m in ("learn", "predict", "state", "restore") if not hasattr(one, m)]
    assert not missing, (
        "`Learner(...)` should make an object with `learn`, `predict`, `state` and `restore`, but"
        f" what came has no {' and no '.join(f'`{name}`' for name in missing)}."
    )
    return one


def labels(learner: Function, one: Any, x: Tensor, scenario: str, number: int = 0) -> Tensor:
    """What it predicts for rows, told the task where the scenario does."""
    told = (number,) if scenario == "task" else ()
    what = f'What `predict` returned for {len(x)} rows in the scenario "{scenario}"'
    found = tensor(learner.use(one, "predict", x.clone(), *told), what, (len(x),), torch.int64)
    allowed = outputs(scenario)
    outside = ((found < 0) | (found >= allowed)).sum()
    assert not outside, (
        f"{what} holds {outside} labels outside of 0 to {allowed - 1}. `predict` should give the"
        " labels that `y_train` uses."
    )
    return found


def state_of(learner: Function, one: Any) -> dict[str, Tensor]:
    """A copy of its state: a dict of tensors by name."""
    state = learner.use(one, "state")
    assert state is not None, "`state()` gave nothing back. Is the `return` missing?"
    kind = type(state).__name__
    assert isinstance(state, dict), f"`state()` should return a dict, not a {kind}."
    for name, value in state.items():
        right = isinstance(name, str) and isinstance(value, Tensor)
        assert right, (
            "`state()` should hold nothing but tensors, each under a name (a str). Under"
            f" {name!r} there is a {type(value).__name__}; `torch.tensor(...)` makes a tensor of a"
            " number."
        )
    return {name: value.detach().clone() for name, value in state.items()}


def anew(learner: Function, one: Any, scenario: str) -> Any:
    """Another learner that knows nothing but the state of this one."""
    state = state_of(learner, one)
    other = made(learner, scenario)
    learner.use(other, "restore", state)
    return other
