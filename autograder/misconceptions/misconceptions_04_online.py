"""Wrong answers for `train_with_online_ewc`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from autograder.misconceptions.entry import Entries
from autograder.misconceptions.misconceptions_04_fisher import exact
from autograder.misconceptions.misconceptions_04_gradients import in_vmap
from autograder.misconceptions.misconceptions_04_training import (
    SOME_ROWS,
    Held,
    Weights,
    argmax,
    batch_mean,
    copied,
    drawn,
    empirical,
    fisher_of,
    of_some_rows,
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
    first: Callable[[Weights, float], Weights] = lambda new, decay: new,
    change: Callable[[Any], Any] = lambda penalty: penalty,
) -> None:
    """Online EWC, in which each part can be replaced."""
    anchors: list[Weights] = []
    fisher: Weights | None = None
    for task in tasks:
        held = Held(anchor_of(anchors), fisher) if fisher is not None else None
        penalty = (lambda m, held=held: change(strength * term(m, held))) if held else None
        train_on(model, task.x_train, task.y_train, penalty)
        new = fisher_from(model, task)
        fisher = first(new, decay) if fisher is None else merge(fisher, new, decay)
        anchors.append(copied(model))


def online_variant(key: str, hint: str, **parts: Any) -> None:
    """Enters online EWC with some of its parts replaced."""

    def wrong(model: nn.Module, tasks: Any, train_on: Any, strength: float, decay: float) -> None:
        taught_online(model, tasks, train_on, strength, decay, **parts)

    ENTRIES.add(key, ONLINE, hint)(wrong)


def also(key: str, **parts: Any) -> None:
    """Enters another form of ``key``."""

    def wrong(model: nn.Module, tasks: Any, train_on: Any, strength: float, decay: float) -> None:
        taught_online(model, tasks, train_on, strength, decay, **parts)

    ENTRIES.also(key)(wrong)


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
also(
    "online-moving-average",
    merge=lambda old, new, decay: {n: decay * old[n] + (1 - decay) * new[n] for n in new},
    first=lambda new, decay: {n: (1 - decay) * f for n, f in new.items()},
)
online_variant(
    "online-moving-average-turned",
    "You take a moving average of Fishers, in which the old one fades by 1 - decay. It is "
    "decay * old + new.",
    merge=lambda old, new, decay: {n: (1 - decay) * old[n] + decay * new[n] for n in new},
)
online_variant(
    "online-fades-by-one-minus-decay",
    "You multiply the Fisher so far by 1 - decay. Here decay is how much of it stays.",
    merge=lambda old, new, decay: merged(old, new, 1 - decay),
)
online_variant(
    "online-decays-both",
    "You let both Fishers fade. Only the one so far is multiplied by decay.",
    merge=lambda old, new, decay: {n: decay * (old[n] + new[n]) for n in new},
)
online_variant(
    "online-averages",
    "You divide by two, or by the number of tasks. Nothing is averaged: decay * old + new.",
    merge=lambda old, new, decay: {n: (decay * old[n] + new[n]) / 2 for n in new},
)
also(
    "online-averages",
    merge=lambda old, new, decay: {n: (old[n] + new[n]) / 2 for n in new},
)
online_variant(
    "online-zero-decay-ignored",
    "A decay of 0 is taken for none given. Nothing of the Fisher so far is left then: beware of "
    "`decay or ...`.",
    merge=lambda old, new, decay: merged(old, new, decay or 1.0),
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
    "online-with-drawn-labels",
    "You draw labels to take the Fisher. The exact one sums over all classes, each with its "
    "probability.",
    fisher_from=drawn,
)
online_variant(
    "online-fisher-of-some-rows",
    "You take the Fisher on some of the task's rows. All its training rows count.",
    fisher_from=of_some_rows(SOME_ROWS[0]),
)
for some in SOME_ROWS[1:]:
    also("online-fisher-of-some-rows", fisher_from=of_some_rows(some))
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
also(
    "online-fisher-with-dropout",
    fisher_from=lambda model, task: (
        in_vmap(model, task.x_train, task.y_train),
        fisher_of(model, task),
    )[1],
)
online_variant(
    "online-is-plain-l2",
    "Every weight counts alike in your penalty: that is L2. Weigh each by its Fisher.",
    fisher_from=ones,
)
also("online-is-plain-l2", fisher_from=ones, merge=lambda old, new, decay: new)
online_variant(
    "online-penalty-cannot-pull",
    "The penalty has the right value but no gradient, so it cannot pull the weights. The model's "
    "parameters must not be detached in it, and the anchor must be.",
    change=lambda penalty: penalty.detach(),
)
online_variant(
    "online-half-of-the-penalty",
    "Your penalty is half of the right one: the half is there twice.",
    change=lambda penalty: penalty / 2,
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
    "online-penalty-handed-over-as-a-value",
    ONLINE,
    "You hand over the penalty's value. `train_on` needs the function, to ask it again for every "
    "batch, when the weights have moved.",
)
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float, decay: float) -> None:
    def once(own: nn.Module, x: Tensor, y: Tensor, penalty: Any = None) -> None:
        train_on(own, x, y, penalty(own) if penalty else None)

    taught_online(model, tasks, once, strength, decay)


@ENTRIES.add(
    "online-keeps-all-penalties",
    ONLINE,
    "You keep a penalty for every task. The online form has one Fisher and one anchor.",
)
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float, decay: float) -> None:
    taught(model, tasks, train_on, strength)


@ENTRIES.also("online-keeps-all-penalties")
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float, decay: float) -> None:
    def faded(parts: list[Any]) -> Any:
        return sum(decay ** (len(parts) - 1 - k) * part for k, part in enumerate(parts))

    taught(model, tasks, train_on, strength, combine=faded)


@ENTRIES.add(
    "online-first-fisher-decayed",
    ONLINE,
    "The Fisher, or the penalty, is multiplied by decay too early: the Fisher so far fades only "
    "when the next one is added.",
)
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float, decay: float) -> None:
    taught_online(model, tasks, train_on, strength * decay, decay)


@ENTRIES.also("online-first-fisher-decayed")
def _(model: nn.Module, tasks: Any, train_on: Any, strength: float, decay: float) -> None:
    too_early = lambda new, decay: {n: decay * f for n, f in new.items()}  # noqa: E731
    taught_online(model, tasks, train_on, strength, decay, first=too_early)


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
