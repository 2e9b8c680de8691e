"""Watch how a student's function uses a model: which mode it runs in, whether gradients follow."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from .state import randomness


@dataclass
class Seen:
    """What was seen of one model during one call.

    ``training``: a layer ran in that mode; ``tracked``: a layer's output required a gradient;
    ``evaluation``: a gradient came back to a layer that had run in evaluation mode;
    ``switched_off``: afterwards gradients were off for the whole process; ``drew``: something was
    drawn from a global random generator.
    """

    training: bool = False
    evaluation: bool = False
    tracked: bool = False
    switched_off: bool = False
    drew: bool = False

    def also(self, other: Seen) -> Seen:
        """What was seen in either."""
        pairs = zip(astuple(self), astuple(other), strict=True)
        return Seen(*(a or b for a, b in pairs))


@dataclass
class Watcher:
    """A forward hook. A class, not a closure, so that a hooked model can still be pickled."""

    seen: Seen = field(default_factory=Seen)
    paused: bool = False

    def __call__(self, module: nn.Module, inputs: Any, output: Any) -> None:
        if self.paused:
            return
        self.seen.training |= module.training
        if isinstance(output, Tensor) and output.requires_grad:
            self.seen.tracked = True
            if not module.training:
                output.register_hook(self._came_back)

    def _came_back(self, gradient: Tensor) -> None:
        self.seen.evaluation = True


@contextmanager
def watch(models: Iterable[nn.Module]) -> Iterator[list[Watcher]]:
    """Hooks every leaf module of each model for the length of the block."""
    models = list(models)
    if not models:
        yield []
        return
    before = randomness()
    watchers, handles = [], []
    for model in models:
        watcher = Watcher()
        watchers.append(watcher)
        leaves = [m for m in model.modules() if not list(m.children())]
        handles += [leaf.register_forward_hook(watcher) for leaf in leaves]
    try:
        yield watchers
        for watcher in watchers:
            watcher.seen.switched_off = not torch.is_grad_enabled()
            watcher.seen.drew = randomness() != before
    finally:
        for handle in handles:
            handle.remove()


@contextmanager
def paused(watchers: Iterable[Watcher]) -> Iterator[None]:
    """Looks away while somebody else's code (a callback of the grader) uses the models."""
    watchers = list(watchers)
    for watcher in watchers:
        watcher.paused = True
    try:
        yield
    finally:
        for watcher in watchers:
            watcher.paused = False
