"""Wrong answers for `train_with_online_ewc`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from autograder.misconceptions.entry import Entries
from autograder.misconceptions.misconceptions_04_fisher import exact
from autograder.misconceptions.misconceptions_04_training import (
    Held,
    Weights,
    argmax,
    batch_mean,
    copied,
    empirical,
    fisher_of,
    on_test_rows,
    ones,
    summed,
    taught,
    term,
)

ENTRIES = Entries()
ONLINE = "train_with_online_ewc"
Merge = Callable[[Weights, Weights, float], Weights]


def merged(old: Weights, new: Weights, decay: float) -> Weights:
    return {n: decay * old[n] + new[n] for n in new}


def taught_online(
    model: nn.Module,
    tasks: Any,
    train_on: Any,
    strength: float,
    decay: float,
    merge: Merge = merged,
    anchor_of: Callable[[list[Weights]], Weights] = lambda anchors: anchors[-1],
    fisher_from: Callable[[nn.Module, Any], Weights] = fisher_of,
) -> None:
    """Online EWC, in which each part can be replaced."""
    anchors: list[Weights] = []
    fisher: Weights | None = None
    for task in tasks:
        held = Held(anchor_of(anchors), fisher) if fisher is not None else None
        penalty = (lambda m, held=held: strength * term(m, held)) if held else None
        train_on(model, task.x_train, task.y_train, penalty)
        new = fisher_from(model, task)
        fisher = new if fisher is None else merge(fisher, new, decay)
        anchors.append(copied(model))


def online_variant(key: str, hint: str, **parts: Any) -> None:
    """Enters online EWC with some of its parts replaced."""

    def wrong(model: nn.Module, tasks: Any, train_on: Any, strength: float, decay: float) -> None:
        taught_online(model, tasks, train_on, strength, decay, **parts)

    ENTRIES.add(key, ONLINE, hint)(wrong)


online_variant(
    "online-decays-the-new",
    "You let the new Fisher fade. It is the old one that is multiplied by decay.",
    merge=lambda old, new, decay: merged(new, old, decay),
)
online_variant(
    "online-moving-average",
    "You take a moving average of Fishers. The new one is added whole: decay * old + new.",
    merge=lambda old, new, decay: {n: decay * old[n] + (1 - decay) * new[n] for n in new},
)
online_variant(
    "online-without-decay",
    "Your Fishers are added up without decay.",
    merge=lambda old, new, decay: merged(old, new, 1.0),
)
online_variant(
    "online-forgets-the-old-fisher",
    "Only the Fisher of the task just before is left. Merge it with the one so far.",
    merge=lambda old, new, decay: new,
)
online_variant(
    "online-keeps-the-first-fisher",
    "The Fisher is taken once and never updated.",
    merge=lambda old, new, decay: old,
)
online_variant(
    "online-first-anchor",
    "The anchor stays at the end of the first task. In online EWC it is the latest parameters.",
    anchor_of=lambda anchors: anchors[0],
)
online_variant(
    "online-mean-anchor",
    "You average the anchors. In online EWC there is one, the latest parameters.",
    anchor_of=lambda anchors: {
        n: torch.stack([a[n] for a in anchors]).mean(dim=0) for n in anchors[0]
    },
)
online_variant(
    "online-with-empirical-fisher",
    "You use the empirical Fisher, at the observed labels. The exact one is asked for.",
    fisher_from=empirical,
)
online_variant(
    "online-with-batch-mean-squared",
    "Your Fisher is the square of the batch-mean gradient. Square each example's gradient first.",
    fisher_from=batch_mean,
)
online_variant(
    "online-with-argmax-fisher",
    "Your Fisher uses the predicted label only. The exact one sums over all classes.",
    fisher_from=argmax,
)
online_variant(
    "online-fisher-on-test-rows",
    "You take the Fisher on the test rows. Take it on the task's training rows.",
    fisher_from=on_test_rows,
)
online_variant(
    "online-fisher-with-dropout",
    "You take the Fisher in training mode, with Dropout on. Take it in evaluation mode.",
    fisher_from=lambda model, task: exact(model, task.x_train),
)
online_variant(
    "online-is-plain-l2",
    "Every weight counts alike in your penalty: that is L2. Weigh each by its Fisher.",
    fisher_from=ones,
)
online_variant(
    "online-fisher-summed",
    "Your Fisher is a sum over rows. The mean is asked for.",
    fisher_from=summed,
)


@ENTRIES.add(
    "online-no-half",
    ONLINE,
    "Your penalty is twice too large: the half is missing.",
)
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float, decay: float) -> None:
    taught_online(model, tasks, train_on, 2 * strength, decay)


@ENTRIES.add("online-strength-twice", ONLINE, "You multiply by the strength twice.")
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float, decay: float) -> None:
    taught_online(model, tasks, train_on, strength**2, decay)


@ENTRIES.add(
    "online-anchor-follows-the-model",
    ONLINE,
    "Your anchor is the model's own memory: it moves along, and the penalty is always zero. Copy "
    "the parameters when a task ends.",
)
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float, decay: float) -> None:
    live = {n: p.detach() for n, p in model.named_parameters()}
    taught_online(model, tasks, train_on, strength, decay, anchor_of=lambda anchors: live)


@ENTRIES.add(
    "online-first-task-penalised",
    ONLINE,
    "The first task is learnt with a penalty that holds it near the untrained network. There is "
    "nothing to remember yet.",
)
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float, decay: float) -> None:
    start = copied(model)
    alike = {n: torch.ones_like(p) for n, p in start.items()}

    def first(own: nn.Module, x: Tensor, y: Tensor, penalty: Any = None) -> None:
        train_on(own, x, y, penalty or (lambda m: strength * term(m, Held(start, alike))))

    taught_online(model, tasks, first, strength, decay)


@ENTRIES.add(
    "online-keeps-all-penalties",
    ONLINE,
    "You keep a penalty for every task. The online form has one Fisher and one anchor.",
)
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float, decay: float) -> None:
    taught(model, tasks, train_on, strength)


@ENTRIES.add(
    "online-first-fisher-decayed",
    ONLINE,
    "The Fisher of the first task is multiplied by decay too early: it fades only when the next "
    "one is added.",
)
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float, decay: float) -> None:
    taught_online(model, tasks, train_on, strength * decay, decay)


@ENTRIES.add("online-strength-forgotten", ONLINE, "The penalty is not multiplied by the strength.")
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float, decay: float) -> None:
    taught_online(model, tasks, train_on, 1.0, decay)


@ENTRIES.add(
    "online-never-used",
    ONLINE,
    "No penalty is handed to `train_on`. From the second task on it belongs there, as the fourth "
    "argument.",
)
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float, decay: float) -> None:
    for task in tasks:
        train_on(model, task.x_train, task.y_train)
