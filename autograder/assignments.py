"""The assignments and what each of their exercises is worth: the contract, as data."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

SUITES = Path(__file__).parent / "suites"


@dataclass(frozen=True)
class Exercise:
    """One function (or class) that a student writes, and the points it can earn."""

    name: str
    points: float


@dataclass(frozen=True)
class Assignment:
    """One notebook: its exercises in the order in which they stand in it.

    ``hidden_modules`` are the parts of ``course`` that already hold what this assignment asks
    for; they cannot be imported while it is graded.
    """

    id: str
    exercises: tuple[Exercise, ...]
    suite: Path
    hidden_modules: tuple[str, ...] = ()

    @property
    def points(self) -> float:
        return sum(exercise.points for exercise in self.exercises)

    def before(self, name: str) -> list[str]:
        """Names of the exercises that come before ``name`` in the notebook."""
        names = [exercise.name for exercise in self.exercises]
        return names[: names.index(name)]


FORGETTING = Assignment(
    id="01-forgetting",
    exercises=(
        Exercise("select_classes", 2),
        Exercise("relabel", 2),
        Exercise("train_step", 4),
        Exercise("train_epochs", 4),
        Exercise("accuracy", 3),
        Exercise("average_accuracy", 1),
        Exercise("forgetting", 2),
        Exercise("backward_transfer", 2),
        Exercise("accuracy_matrix", 4),
    ),
    suite=SUITES / "suite_01_forgetting.py",
    hidden_modules=("training", "metrics"),
)

ASSIGNMENTS = {assignment.id: assignment for assignment in (FORGETTING,)}


def find(assignment: str) -> Assignment:
    """The assignment called ``assignment``; raises ``ValueError`` naming those that exist."""
    if assignment not in ASSIGNMENTS:
        known = ", ".join(sorted(ASSIGNMENTS))
        raise ValueError(f"unknown assignment {assignment!r}: expected one of {known}")
    return ASSIGNMENTS[assignment]
