"""What the course set out to reach on MNIST, means over seeds in percent."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Goal:
    """``percent``: one number for the mean over tasks, or one for each task."""

    study: str
    method: str
    value: float | None  # None: the strength that was chosen, or there is none
    percent: tuple[float, ...]


_TUTORIAL = "even/odd, the tutorial's protocol"

GOALS = (
    Goal(_TUTORIAL, "joint", None, (97.5,)),
    Goal(_TUTORIAL, "replay", 0.5, (97.0,)),
    Goal(_TUTORIAL, "L2", None, (77.5,)),
    Goal(_TUTORIAL, "EWC", None, (82.5,)),
    Goal("even/odd, the second task by SGD", "L2", None, (77.5,)),
    Goal("even/odd, the second task by gentler Adam", "EWC", None, (82.5,)),
    Goal("digit pairs", "replay", 0.5, (99.5, 98.2)),
)
