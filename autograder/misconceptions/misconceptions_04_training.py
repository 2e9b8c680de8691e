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
from autograder.misconceptions.misconceptions_04_gradients import evaluating, in_vmap
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


def also(key: str, **parts: Any) -> None:
    """Enters another form of ``key``."""

    def wrong(model: nn.Module, tasks: Any, train_on: Any, strength: float) -> None:
        taught(model, tasks, train_on, strength, **parts)

    ENTRIES.also(key)(wrong)


def with_fisher(change: Callable[[nn.Module, Any], Weights]) -> Callable[[nn.Module, Any], Held]:
    return lambda model, task: Held(copied(model), change(model, task))


def batch_mean(
    model: nn.Module, task: Any, labels: Callable[[nn.Module, Tensor], Tensor] | None = None
) -> Weights:
    with evaluating(model):
        y = labels(model, task.x_train) if labels else task.y_train
        found = gradients(model, task.x_train, y)
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


def scaled_each(model: nn.Module, task: Any) -> Weights:
    return {n: f / f.max() for n, f in fisher_of(model, task).items()}


def drawn(model: nn.Module, task: Any) -> Weights:
    """At one label for each row, drawn from the model."""
    with evaluating(model):
        p = model(task.x_train).softmax(dim=1).detach()
        return squares(model, task.x_train, torch.multinomial(p, 1)[:, 0])


def of_some_rows(rows: slice) -> Callable[[nn.Module, Any], Weights]:
    def fisher(model: nn.Module, task: Any) -> Weights:
        with evaluating(model):
            return exact(model, task.x_train[rows])

    return fisher


# Few and many of the 300 rows or so that a test hands over, and the last ones.
SOME_ROWS = (slice(64), slice(200), slice(-64, None))


def summed(model: nn.Module, task: Any) -> Weights:
    return {n: f * len(task.x_train) for n, f in fisher_of(model, task).items()}


variant(
    "ewc-with-batch-mean-squared",
    "Your Fisher is the square of the batch-mean gradient. Square each example's gradient first.",
    leave=with_fisher(batch_mean),
)
also(
    "ewc-with-batch-mean-squared",
    leave=with_fisher(
        lambda model, task: {n: f * len(task.x_train) for n, f in batch_mean(model, task).items()}
    ),
)
also(
    "ewc-with-batch-mean-squared",
    leave=with_fisher(lambda model, task: batch_mean(model, task, predicted)),
)
variant(
    "ewc-with-drawn-labels",
    "You draw labels to take the Fisher. The exact one sums over all classes, each with its "
    "probability.",
    leave=with_fisher(drawn),
)
variant(
    "ewc-fisher-of-some-rows",
    "You take the Fisher on some of the task's rows. All its training rows count.",
    leave=with_fisher(of_some_rows(SOME_ROWS[0])),
)
for some in SOME_ROWS[1:]:
    also("ewc-fisher-of-some-rows", leave=with_fisher(of_some_rows(some)))
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
also(
    "ewc-fisher-with-dropout",
    leave=with_fisher(
        lambda model, task: (
            in_vmap(model, task.x_train, task.y_train),
            fisher_of(model, task),
        )[1]
    ),
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
also("ewc-fisher-scaled", leave=with_fisher(scaled_each))
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
    "last-fisher-for-all",
    "You keep every anchor but only the latest Fisher. Each task has one of its own.",
    keep=lambda held: [Held(one.anchor, held[-1].fisher) for one in held],
)
variant(
    "first-anchor-for-all",
    "The anchor is taken after the first task and never again. Each task is held where it ended "
    "itself.",
    keep=lambda held: [Held(held[0].anchor, one.fisher) for one in held],
)
variant(
    "last-two-tasks-only",
    "Only the two tasks just before are protected. Keep a penalty for every earlier task.",
    keep=lambda held: held[-2:],
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
    "ewc-half-of-the-penalty",
    "Your penalty is half of the right one: the half is there twice.",
    combine=lambda parts: sum(parts) / 2,
)
variant(
    "ewc-penalty-cannot-pull",
    "The penalty has the right value but no gradient, so it cannot pull the weights. The model's "
    "parameters must not be detached in it, and the anchors must be.",
    combine=lambda parts: torch.stack(parts).sum().detach(),
)
variant(
    "ewc-penalties-multiplied",
    "You multiply the penalties of the earlier tasks with one another. Add them up.",
    combine=lambda parts: torch.stack(parts).prod(),
)


@ENTRIES.also("ewc-penalties-multiplied")
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float) -> None:
    product = lambda parts: torch.stack(parts).prod()  # noqa: E731
    scale = lambda m, task: Held(  # noqa: E731
        copied(m), {n: strength * f for n, f in fisher_of(m, task).items()}
    )
    taught(model, tasks, train_on, 1.0, scale, product)


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
    "ewc-starts-with-the-third-task",
    EWC,
    "The second task is learnt without a penalty. The first task needs protection from then on.",
)
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float) -> None:
    lessons: list[Any] = []

    def late(own: nn.Module, x: Tensor, y: Tensor, penalty: Any = None) -> None:
        train_on(own, x, y, penalty if len(lessons) > 1 else None)
        lessons.append(x)

    taught(model, tasks, late, strength)


@ENTRIES.add(
    "ewc-penalty-handed-over-as-a-value",
    EWC,
    "You hand over the penalty's value. `train_on` needs the function, to ask it again for every "
    "batch, when the weights have moved.",
)
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float) -> None:
    def once(own: nn.Module, x: Tensor, y: Tensor, penalty: Any = None) -> None:
        train_on(own, x, y, penalty(own) if penalty else None)

    taught(model, tasks, once, strength)


@ENTRIES.add(
    "ewc-penalty-computed-once",
    EWC,
    "Your penalty is computed once, before the task is learnt, and stays the same. Compute it "
    "inside the function, from the model that is handed over.",
)
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float) -> None:
    def once(own: nn.Module, x: Tensor, y: Tensor, penalty: Any = None) -> None:
        value = penalty(own) if penalty else None
        train_on(own, x, y, None if value is None else lambda m: value)

    taught(model, tasks, once, strength)


@ENTRIES.add(
    "ewc-zero-strength-ignored",
    EWC,
    "A strength of 0 is taken for none given. Nothing is added then: beware of `strength or ...`.",
)
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float) -> None:
    taught(model, tasks, train_on, strength or 1.0)
