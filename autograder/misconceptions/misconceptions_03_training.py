"""Wrong answers for `train_with_l2`."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from autograder.misconceptions.entry import Entries

ENTRIES = Entries()
Weights = dict[str, Tensor]


def copied(model: nn.Module) -> Weights:
    return {name: p.detach().clone() for name, p in model.named_parameters()}


def pull(anchor: Weights, strength: float) -> Callable[[nn.Module], Any]:
    def penalty(model: nn.Module) -> Any:
        squares = [((p - anchor[n]) ** 2).sum() for n, p in model.named_parameters()]
        return strength * sum(squares) / 2

    return penalty


@ENTRIES.add(
    "l2-never-used",
    "train_with_l2",
    "No penalty is handed to `train_on`. From the second task on it belongs there, as the fourth "
    "argument.",
)
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float) -> None:
    for task in tasks:
        train_on(model, task.x_train, task.y_train)


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
    "Your anchor is the model's own memory, so it moves along while the model trains and the "
    "penalty is always zero. Copy the parameters when a task ends.",
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
    "first-task-penalised",
    "train_with_l2",
    "The first task is learnt with a penalty that holds it near the untrained network. There is "
    "nothing to remember yet.",
)
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float) -> None:
    for task in tasks:
        train_on(model, task.x_train, task.y_train, pull(copied(model), strength))


@ENTRIES.add(
    "penalty-evaluated-once",
    "train_with_l2",
    "You hand over the penalty's value, worked out before training. `train_on` needs the function, "
    "to ask it again for every batch.",
)
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float) -> None:
    penalty = None
    for task in tasks:
        train_on(model, task.x_train, task.y_train, penalty and penalty(model))
        penalty = pull(copied(model), strength)


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
    "all-tasks-together",
    "train_with_l2",
    "Later tasks are trained on the rows of earlier ones as well. L2 may not keep any data: each "
    "task is learnt from its own rows.",
)
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float) -> None:
    penalty = None
    for number in range(1, len(tasks) + 1):
        x = torch.cat([task.x_train for task in tasks[:number]])
        y = torch.cat([task.y_train for task in tasks[:number]])
        train_on(model, x, y, penalty)
        penalty = pull(copied(model), strength)


@ENTRIES.add(
    "trained-on-test-rows",
    "train_with_l2",
    "You train on the test rows. They are for measuring only.",
)
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float) -> None:
    penalty = None
    for task in tasks:
        train_on(model, task.x_test, task.y_test, penalty)
        penalty = pull(copied(model), strength)


@ENTRIES.add(
    "moved-back-to-the-anchor",
    "train_with_l2",
    "You move the weights yourself, outside `train_on`. The penalty does the pulling, while the "
    "task is learnt.",
)
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float) -> None:
    penalty = None
    for task in tasks:
        before = copied(model)
        train_on(model, task.x_train, task.y_train, penalty)
        penalty = pull(copied(model), strength)
        with torch.no_grad():
            for name, p in model.named_parameters():
                p.mul_(0.5).add_(0.5 * before[name])


@ENTRIES.add(
    "weights-reset-before-each-task",
    "train_with_l2",
    "You put the weights back to where they were at the start before each task. The model goes on "
    "from where the task before left it.",
)
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float) -> None:
    penalty, start = None, copied(model)
    for task in tasks:
        model.load_state_dict(start)
        train_on(model, task.x_train, task.y_train, penalty)
        penalty = pull(copied(model), strength)


@ENTRIES.add(
    "new-model-for-each-task",
    "train_with_l2",
    "You train a copy of the model for each task. The one that was handed over has to learn them "
    "all, one after another.",
)
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float) -> None:
    penalty = None
    for task in tasks:
        own = copy.deepcopy(model)
        train_on(own, task.x_train, task.y_train, penalty)
        penalty = pull(copied(own), strength)


@ENTRIES.add(
    "learnt-twice",
    "train_with_l2",
    "You train on a task first without and then with the penalty. One call for each task, with the "
    "penalty from the second task on.",
)
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float) -> None:
    penalty = None
    for task in tasks:
        train_on(model, task.x_train, task.y_train)
        if penalty is not None:
            train_on(model, task.x_train, task.y_train, penalty)
        penalty = pull(copied(model), strength)


@ENTRIES.add(
    "first-task-left-out",
    "train_with_l2",
    "The first task is never trained on. It is learnt like the others, only without a penalty.",
)
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float) -> None:
    for task in tasks[1:]:
        train_on(model, task.x_train, task.y_train, pull(copied(model), strength))


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
