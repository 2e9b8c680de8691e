"""Wrong answers for `train_with_l2` whose penalty is another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from autograder.misconceptions.entry import Entries

ENTRIES = Entries()
Weights = dict[str, Tensor]
Method = Callable[[nn.Module, Any, Any, float], None]


def copied(model: nn.Module) -> Weights:
    return {name: p.detach().clone() for name, p in model.named_parameters()}


def pull(anchor: Weights, strength: float) -> Callable[[nn.Module], Any]:
    def penalty(model: nn.Module) -> Any:
        squares = [((p - anchor[n]) ** 2).sum() for n, p in model.named_parameters()]
        return strength * sum(squares) / 2

    return penalty


def one_after_another(
    model: nn.Module, tasks: Any, train_on: Any, made: Callable[[list[Weights]], Any]
) -> None:
    """Each task from its own rows, with the penalty ``made`` of where the tasks before ended."""
    ends: list[Weights] = []
    for task in tasks:
        train_on(model, task.x_train, task.y_train, made(list(ends)) if ends else None)
        ends.append(copied(model))


def with_value(value: Callable[[list[Tensor]], Tensor]) -> Method:
    """The right training, for another ``value`` of the squared differences, by parameter."""

    def train(model: nn.Module, tasks: Any, train_on: Any, strength: float) -> None:
        def made(ends: list[Weights]) -> Any:
            return lambda m: (
                strength * value([(p - ends[-1][name]) ** 2 for name, p in m.named_parameters()])
            )

        one_after_another(model, tasks, train_on, made)

    return train


def total(parts: list[Tensor]) -> Tensor:
    return torch.stack([part.sum() for part in parts]).sum()


@ENTRIES.add(
    "anchored-at-the-first-task",
    "train_with_l2",
    "You take the anchor once, after the first task, and never again. It should be taken anew "
    "after each task.",
)
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float) -> None:
    penalty = None
    for task in tasks:
        train_on(model, task.x_train, task.y_train, penalty)
        penalty = penalty or pull(copied(model), strength)


@ENTRIES.add(
    "anchored-at-the-start",
    "train_with_l2",
    "Your anchor is the untrained network, from before the first task. What is worth holding on to "
    "is there only when that task has been learnt.",
)
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float) -> None:
    penalty = pull(copied(model), strength)
    for number, task in enumerate(tasks):
        train_on(model, task.x_train, task.y_train, penalty if number else None)


@ENTRIES.add(
    "anchor-one-task-too-old",
    "train_with_l2",
    "Your anchor is taken just before a task is learnt but used for the next one: it is one task "
    "too old. Take it after `train_on`.",
)
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float) -> None:
    penalty = None
    for task in tasks:
        anchor = copied(model)
        train_on(model, task.x_train, task.y_train, penalty)
        penalty = pull(anchor, strength)


@ENTRIES.add(
    "anchor-follows-the-model",
    "train_with_l2",
    "The penalty is always zero. Your anchor is the model's own memory, so it moves along while "
    "the model trains: copy the parameters when a task ends. Or you work the penalty's value out "
    "once, before training.",
)
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float) -> None:
    penalty = None
    for task in tasks:
        train_on(model, task.x_train, task.y_train, penalty)
        penalty = pull({n: p.detach() for n, p in model.named_parameters()}, strength)


@ENTRIES.add(
    "anchor-with-gradient",
    "train_with_l2",
    "The penalty has the right value, but its gradient is zero, so nothing pulls. Is it detached, "
    "or a plain number? Or is the anchor not detached, so that its gradient cancels the other?",
)
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float) -> None:
    penalty = None
    for task in tasks:
        train_on(model, task.x_train, task.y_train, penalty)
        penalty = pull({name: p.clone() for name, p in model.named_parameters()}, strength)


@ENTRIES.add(
    "pulls-towards-zero",
    "train_with_l2",
    "You pull the weights towards zero. That is weight decay: it forgets the old task all the "
    "faster. Pull towards where the task before ended.",
)
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float) -> None:
    nowhere = {n: torch.zeros_like(p) for n, p in copied(model).items()}
    for number, task in enumerate(tasks):
        train_on(model, task.x_train, task.y_train, pull(nowhere, strength) if number else None)


@ENTRIES.also("pulls-towards-zero")
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float) -> None:
    def made(ends: list[Weights]) -> Any:
        return pull({name: torch.zeros_like(end) for name, end in ends[-1].items()}, 2 * strength)

    one_after_another(model, tasks, train_on, made)


@ENTRIES.add(
    "strength-forgotten",
    "train_with_l2",
    "The penalty is not multiplied by the strength. `train_on` adds it as it is.",
)
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float) -> None:
    penalty = None
    for task in tasks:
        train_on(model, task.x_train, task.y_train, penalty)
        penalty = pull(copied(model), 1.0)


@ENTRIES.add(
    "strength-squared",
    "train_with_l2",
    "You multiply by the strength twice, once in the penalty and once around it.",
)
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float) -> None:
    penalty = None
    for task in tasks:
        train_on(model, task.x_train, task.y_train, penalty)
        penalty = pull(copied(model), strength**2)


@ENTRIES.add(
    "half-forgotten",
    "train_with_l2",
    "Your penalty is twice too large: the half is missing.",
)
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float) -> None:
    penalty = None
    for task in tasks:
        train_on(model, task.x_train, task.y_train, penalty)
        penalty = pull(copied(model), 2 * strength)


@ENTRIES.add(
    "half-taken-twice",
    "train_with_l2",
    "Your penalty is half of the one asked for: the half is in it twice, once in the sum of "
    "squares and once beside the strength.",
)
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float) -> None:
    one_after_another(model, tasks, train_on, lambda ends: pull(ends[-1], strength / 2))


@ENTRIES.add(
    "penalties-of-all-earlier-tasks",
    "train_with_l2",
    "You add up a penalty for every earlier task. Here only the task just before counts: its end "
    "is where the others have already been carried.",
)
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float) -> None:
    pulls: list[Any] = []
    for task in tasks:
        earlier = list(pulls)
        penalty = (lambda m, all_of=earlier: sum(one(m) for one in all_of)) if earlier else None
        train_on(model, task.x_train, task.y_train, penalty)
        pulls.append(pull(copied(model), strength))


@ENTRIES.add(
    "mean-of-all-penalties",
    "train_with_l2",
    "You take the mean of the penalties of all earlier tasks. Here only the task just before "
    "counts.",
)
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float) -> None:
    def made(ends: list[Weights]) -> Any:
        return lambda m: sum(pull(end, strength)(m) for end in ends) / len(ends)

    one_after_another(model, tasks, train_on, made)


@ENTRIES.add(
    "first-task-penalised",
    "train_with_l2",
    "The first task is learnt with a penalty that holds it near the untrained network. There is "
    "nothing to remember yet.",
)
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float) -> None:
    for task in tasks:
        train_on(model, task.x_train, task.y_train, pull(copied(model), strength))


@ENTRIES.add(
    "penalty-without-biases",
    "train_with_l2",
    "Your penalty leaves the biases out. All parameters are held.",
)
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float) -> None:
    penalty = None
    for task in tasks:
        train_on(model, task.x_train, task.y_train, penalty)
        anchor = copied(model)

        def penalty(m: nn.Module, anchor: Weights = anchor) -> Any:
            own = [(n, p) for n, p in m.named_parameters() if n.endswith("weight")]
            return strength * sum(((p - anchor[n]) ** 2).sum() for n, p in own) / 2


@ENTRIES.also("penalty-without-biases")
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float) -> None:
    def made(ends: list[Weights]) -> Any:
        return lambda m: (
            strength
            * sum(((p - ends[-1][n]) ** 2).sum() for n, p in m.named_parameters() if p.dim() > 1)
        )

    one_after_another(model, tasks, train_on, made)


@ENTRIES.add(
    "mean-penalty",
    "train_with_l2",
    "You take a mean over entries where the sum is asked for.",
)
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float) -> None:
    penalty = None
    for task in tasks:
        train_on(model, task.x_train, task.y_train, penalty)
        count = sum(p.numel() for p in model.parameters())
        penalty = pull(copied(model), strength / count)


@ENTRIES.add(
    "second-task-only",
    "train_with_l2",
    "Only the second task is learnt with a penalty. Every task from the second on needs one.",
)
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float) -> None:
    for number, task in enumerate(tasks):
        penalty = pull(copied(model), strength) if number == 1 else None
        train_on(model, task.x_train, task.y_train, penalty)


@ENTRIES.add(
    "penalty-one-task-late",
    "train_with_l2",
    "Your penalty begins with the third task. Every task from the second on needs one: count "
    "from 0 or from 1, but the same way everywhere.",
)
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float) -> None:
    def made(ends: list[Weights]) -> Any:
        return pull(ends[-1], strength) if len(ends) > 1 else None

    one_after_another(model, tasks, train_on, made)


@ENTRIES.add(
    "mean-of-all-ends",
    "train_with_l2",
    "Your anchor is the mean of where all earlier tasks ended. Here it is where the task just "
    "before ended, and nothing else.",
)
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float) -> None:
    penalty, ends = None, []
    for task in tasks:
        train_on(model, task.x_train, task.y_train, penalty)
        ends.append(copied(model))
        mean = {name: torch.stack([end[name] for end in ends]).mean(dim=0) for name in ends[0]}
        penalty = pull(mean, strength)


@ENTRIES.add(
    "anchor-moves-too-slowly",
    "train_with_l2",
    "You mix the new anchor with the old one. It is where the task just before ended, and "
    "nothing of what was before that.",
)
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float) -> None:
    anchor: Weights = {}
    for task in tasks:
        train_on(
            model, task.x_train, task.y_train, pull(dict(anchor), strength) if anchor else None
        )
        now = copied(model)
        anchor = {n: (anchor.get(n, end) + end) / 2 for n, end in now.items()}


@ENTRIES.add(
    "distance-not-squared",
    "train_with_l2",
    "Your penalty is the distance from the anchor, a root. Asked for is half its square.",
)
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float) -> None:
    penalty = None
    for task in tasks:
        train_on(model, task.x_train, task.y_train, penalty)
        inner = pull(copied(model), 1.0)
        penalty = lambda m, inner=inner: strength * (2 * inner(m)).sqrt()  # noqa: E731


@ENTRIES.add(
    "strength-grows-with-the-tasks",
    "train_with_l2",
    "You multiply the strength by the number of tasks learnt so far. It is the same for every "
    "task.",
)
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float) -> None:
    penalty = None
    for number, task in enumerate(tasks):
        train_on(model, task.x_train, task.y_train, penalty)
        penalty = pull(copied(model), strength * (number + 1))


@ENTRIES.add(
    "strength-shrinks-with-the-tasks",
    "train_with_l2",
    "You divide the strength by the number of tasks learnt so far. It is the same for every task.",
)
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float) -> None:
    def made(ends: list[Weights]) -> Any:
        return pull(ends[-1], strength / len(ends))

    one_after_another(model, tasks, train_on, made)


# Each of these comes with the half and without it.
VALUES: dict[str, list[Callable[[list[Tensor]], Tensor]]] = {
    "mean-penalty": [
        lambda parts: torch.stack([part.mean() for part in parts]).sum(),
        lambda parts: torch.cat([part.flatten() for part in parts]).mean(),
    ],
    "distance-not-squared": [
        lambda parts: total(parts).sqrt(),
        lambda parts: torch.stack([part.sum().sqrt() for part in parts]).sum(),
    ],
}
for key, values in VALUES.items():
    for value in values:
        ENTRIES.also(key)(with_value(value))
        ENTRIES.also(key)(with_value(lambda parts, value=value: value(parts) / 2))  # type: ignore[misc]
