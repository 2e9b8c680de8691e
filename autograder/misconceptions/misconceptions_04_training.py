"""Wrong answers for `train_with_ewc`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from autograder.misconceptions.entry import Entries
from autograder.misconceptions.misconceptions_04_empirical import squares
from autograder.misconceptions.misconceptions_04_fisher import exact, predicted
from autograder.misconceptions.misconceptions_04_gradients import evaluating
from autograder.misconceptions.misconceptions_04_gradients import right as gradients

ENTRIES = Entries()
Weights = dict[str, Tensor]
EWC = "train_with_ewc"


@dataclass
class Held:
    """What a task leaves behind."""

    anchor: Weights
    fisher: Weights


def copied(model: nn.Module) -> Weights:
    return {n: p.detach().clone() for n, p in model.named_parameters()}


def fisher_of(model: nn.Module, task: Any) -> Weights:
    with evaluating(model):
        return exact(model, task.x_train)


def left(model: nn.Module, task: Any) -> Held:
    return Held(copied(model), fisher_of(model, task))


def term(model: nn.Module, held: Held) -> Any:
    own = model.named_parameters()
    return sum(((held.fisher[n] * (p - held.anchor[n]) ** 2).sum() for n, p in own)) / 2


def taught(
    model: nn.Module,
    tasks: Any,
    train_on: Any,
    strength: float,
    leave: Callable[[nn.Module, Any], Held] = left,
    combine: Callable[[list[Any]], Any] = sum,
    keep: Callable[[list[Held]], list[Held]] = list,
) -> None:
    """EWC, in which each part can be replaced."""
    earlier: list[Held] = []
    for task in tasks:
        now = list(earlier)
        penalty = (
            (lambda m, now=now: strength * combine([term(m, held) for held in now]))
            if now
            else None
        )
        train_on(model, task.x_train, task.y_train, penalty)
        earlier = keep([*earlier, leave(model, task)])


def variant(key: str, hint: str, **parts: Any) -> None:
    """Enters EWC with some of its parts replaced."""

    def wrong(model: nn.Module, tasks: Any, train_on: Any, strength: float) -> None:
        taught(model, tasks, train_on, strength, **parts)

    ENTRIES.add(key, EWC, hint)(wrong)


def with_fisher(change: Callable[[nn.Module, Any], Weights]) -> Callable[[nn.Module, Any], Held]:
    return lambda model, task: Held(copied(model), change(model, task))


def batch_mean(model: nn.Module, task: Any) -> Weights:
    with evaluating(model):
        found = gradients(model, task.x_train, task.y_train)
    return {n: g.mean(dim=0) ** 2 for n, g in found.items()}


def empirical(model: nn.Module, task: Any) -> Weights:
    with evaluating(model):
        return squares(model, task.x_train, task.y_train)


def argmax(model: nn.Module, task: Any) -> Weights:
    with evaluating(model):
        return squares(model, task.x_train, predicted(model, task.x_train))


def on_test_rows(model: nn.Module, task: Any) -> Weights:
    with evaluating(model):
        return exact(model, task.x_test)


def ones(model: nn.Module, task: Any) -> Weights:
    return {n: torch.ones_like(p) for n, p in copied(model).items()}


def scaled(model: nn.Module, task: Any) -> Weights:
    fisher = fisher_of(model, task)
    largest = max(f.max() for f in fisher.values())
    return {n: f / largest for n, f in fisher.items()}


def summed(model: nn.Module, task: Any) -> Weights:
    return {n: f * len(task.x_train) for n, f in fisher_of(model, task).items()}


variant(
    "ewc-with-batch-mean-squared",
    "Your Fisher is the square of the batch-mean gradient. Square each example's gradient first.",
    leave=with_fisher(batch_mean),
)
variant(
    "ewc-with-empirical-fisher",
    "You use the empirical Fisher, at the observed labels. The exact one is asked for.",
    leave=with_fisher(empirical),
)
variant(
    "ewc-with-argmax-fisher",
    "Your Fisher uses the predicted label only. The exact one sums over all classes.",
    leave=with_fisher(argmax),
)
variant(
    "ewc-fisher-on-test-rows",
    "You take the Fisher on the test rows. Take it on the task's training rows.",
    leave=with_fisher(on_test_rows),
)
variant(
    "ewc-fisher-with-dropout",
    "You take the Fisher in training mode, with Dropout on. Take it in evaluation mode.",
    leave=with_fisher(lambda model, task: exact(model, task.x_train)),
)
variant(
    "ewc-is-plain-l2",
    "Every weight counts alike in your penalty: that is L2. Weigh each by its Fisher.",
    leave=with_fisher(ones),
)
variant(
    "ewc-fisher-scaled",
    "You scale the Fisher to a largest entry of 1. Its size matters.",
    leave=with_fisher(scaled),
)
variant(
    "ewc-fisher-summed",
    "Your Fisher is a sum over rows. The mean is asked for.",
    leave=with_fisher(summed),
)
variant(
    "last-task-only",
    "Only the task just before is protected. Keep a penalty for every earlier task.",
    keep=lambda held: held[-1:],
)
variant(
    "first-task-only",
    "Only the first task is protected. Keep a penalty for every earlier task.",
    keep=lambda held: held[:1],
)
variant(
    "closures-see-the-last-anchor",
    "All your penalties use the anchor and the Fisher of the last task: closures made in a loop "
    "see the variable, not the value it had. Bind it as a default argument.",
    keep=lambda held: [held[-1]] * len(held),
)
variant(
    "latest-anchor-for-all",
    "You keep every Fisher but only the latest anchor. Each task is held where it ended itself.",
    keep=lambda held: [Held(held[-1].anchor, one.fisher) for one in held],
)
variant(
    "first-fisher-for-all",
    "The Fisher is taken after the first task and never again.",
    keep=lambda held: [Held(one.anchor, held[0].fisher) for one in held],
)
variant(
    "penalties-averaged",
    "You average the penalties over the earlier tasks. Add them up.",
    combine=lambda parts: sum(parts) / len(parts),
)
variant(
    "ewc-twice-the-penalty",
    "Your penalty is twice too large: the half is missing.",
    combine=lambda parts: 2 * sum(parts),
)
variant(
    "ewc-penalty-cannot-pull",
    "The penalty has the right value but no gradient, so it cannot pull the weights.",
    combine=lambda parts: torch.stack(parts).sum().detach(),
)
variant(
    "ewc-penalties-multiplied",
    "You multiply the penalties of the earlier tasks with one another. Add them up.",
    combine=lambda parts: torch.stack(parts).prod(),
)


@ENTRIES.add(
    "ewc-anchor-from-before-the-task",
    EWC,
    "Your anchors are the parameters from before each task. Copy them when the task ends.",
)
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float) -> None:
    starts: list[Weights] = []

    def note(own: nn.Module, *rest: Any) -> None:
        starts.append(copied(own))
        train_on(own, *rest)

    leave = lambda m, task: Held(starts[-1], fisher_of(m, task))  # noqa: E731
    taught(model, tasks, note, strength, leave)


@ENTRIES.add(
    "ewc-fisher-from-before-the-task",
    EWC,
    "You take each Fisher before its task is learnt. What matters to a task shows when it is "
    "known: take it when the task ends.",
)
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float) -> None:
    early: list[Weights] = []

    def note(own: nn.Module, *rest: Any) -> None:
        early.append(fisher_of(own, tasks[len(early)]))
        train_on(own, *rest)

    taught(model, tasks, note, strength, lambda m, task: Held(copied(m), early[-1]))


@ENTRIES.add("ewc-strength-forgotten", EWC, "The penalties are not multiplied by the strength.")
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float) -> None:
    taught(model, tasks, train_on, 1.0)


@ENTRIES.add("ewc-strength-twice", EWC, "You multiply by the strength twice.")
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float) -> None:
    taught(model, tasks, train_on, strength**2)


@ENTRIES.add(
    "ewc-never-used",
    EWC,
    "No penalty is handed to `train_on`. From the second task on it belongs there, as the fourth "
    "argument.",
)
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float) -> None:
    for task in tasks:
        train_on(model, task.x_train, task.y_train)


@ENTRIES.add(
    "ewc-first-task-penalised",
    EWC,
    "The first task is learnt with a penalty that holds it near the untrained network. There is "
    "nothing to remember yet.",
)
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float) -> None:
    earlier = [Held(copied(model), {n: torch.ones_like(p) for n, p in copied(model).items()})]
    for number, task in enumerate(tasks):
        now = earlier[1:] if number else earlier
        penalty = lambda m, now=now: strength * sum(term(m, held) for held in now)  # noqa: E731
        train_on(model, task.x_train, task.y_train, penalty)
        earlier = [*earlier, left(model, task)]


@ENTRIES.add(
    "fisher-of-the-new-task",
    EWC,
    "You take the Fisher on the rows of the task that is about to be learnt. What matters is what "
    "the old tasks need: take it when a task ends, on its own rows.",
)
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float) -> None:
    earlier: list[Held] = []
    for number, task in enumerate(tasks):
        if number:
            earlier = [*earlier, left(model, task)]
        now = list(earlier)
        penalty = (lambda m, now=now: strength * sum(term(m, h) for h in now)) if now else None
        train_on(model, task.x_train, task.y_train, penalty)


@ENTRIES.add(
    "old-fishers-computed-again",
    EWC,
    "You compute the Fishers of all earlier tasks again with the new weights. Each is taken once, "
    "when its task ends; later its data is gone.",
)
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float) -> None:
    anchors: list[Weights] = []
    for number, task in enumerate(tasks):
        pairs = zip(anchors, tasks[:number], strict=True)
        now = [Held(anchor, fisher_of(model, old)) for anchor, old in pairs]
        penalty = (lambda m, now=now: strength * sum(term(m, h) for h in now)) if now else None
        train_on(model, task.x_train, task.y_train, penalty)
        anchors.append(copied(model))


@ENTRIES.add(
    "ewc-anchor-follows-the-model",
    EWC,
    "Your anchors are the model's own memory: they move along, and the penalty is always zero. "
    "Copy the parameters when a task ends.",
)
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float) -> None:
    live = {n: p.detach() for n, p in model.named_parameters()}
    taught(model, tasks, train_on, strength, lambda m, task: Held(live, fisher_of(m, task)))


@ENTRIES.add(
    "ewc-trains-on-everything",
    EWC,
    "Later tasks are trained on the rows of earlier ones as well. EWC keeps no data: each task is "
    "learnt from its own rows.",
)
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float) -> None:
    earlier: list[Held] = []
    for number, task in enumerate(tasks, start=1):
        x = torch.cat([t.x_train for t in tasks[:number]])
        y = torch.cat([t.y_train for t in tasks[:number]])
        now = list(earlier)
        penalty = (lambda m, now=now: strength * sum(term(m, h) for h in now)) if now else None
        train_on(model, x, y, penalty)
        earlier.append(left(model, task))
