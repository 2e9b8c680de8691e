"""The assignments and what each of their exercises is worth: the contract, as data."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

SUITES = Path(__file__).parent / "suites"


@dataclass(frozen=True)
class Exercise:
    """One function or class that a student writes, and the points it can earn.

    ``properties`` is given for a class: what of its objects is read, not called.
    """

    name: str
    points: float
    properties: tuple[str, ...] | None = None


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

    def before(self, name: str) -> tuple[Exercise, ...]:
        """The exercises that come before ``name`` in the notebook."""
        names = [exercise.name for exercise in self.exercises]
        return self.exercises[: names.index(name)]


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
    hidden_modules=("training", "losses", "metrics"),
)

REPLAY = Assignment(
    id="02-replay",
    exercises=(
        Exercise("choose_exemplars", 3),
        Exercise("mix", 3),
        Exercise("ReservoirBuffer", 7, properties=("nbytes",)),
        Exercise("train_with_replay", 6),
        Exercise("replay_bytes", 3),
        Exercise("choose_informative", 5),
    ),
    suite=SUITES / "suite_02_replay.py",
    hidden_modules=("methods",),
)

L2 = Assignment(
    id="03-l2",
    exercises=(
        Exercise("snapshot", 3),
        Exercise("l2_penalty", 5),
        Exercise("train_step_with_penalty", 4),
        Exercise("train_with_l2", 6),
        Exercise("best_strength", 2),
    ),
    suite=SUITES / "suite_03_l2.py",
    hidden_modules=("methods", "penalties"),
)

EWC = Assignment(
    id="04-ewc",
    exercises=(
        Exercise("sample_gradients", 6),
        Exercise("empirical_fisher", 4),
        Exercise("fisher_diagonal", 8),
        Exercise("ewc_penalty", 5),
        Exercise("merge_fisher", 3),
        Exercise("train_with_ewc", 8),
        Exercise("train_with_online_ewc", 4),
    ),
    suite=SUITES / "suite_04_ewc.py",
    hidden_modules=("fisher", "methods", "penalties"),
)

SHOWDOWN = Assignment(
    id="05-showdown",
    exercises=(Exercise("Learner", 30, properties=()),),
    suite=SUITES / "suite_05_showdown.py",
    hidden_modules=("methods",),
)

ASSIGNMENTS = {assignment.id: assignment for assignment in (FORGETTING, REPLAY, L2, EWC, SHOWDOWN)}
# The exercises that ask for a class, each with the properties of its objects.
CLASSES = {
    exercise.name: exercise.properties
    for assignment in ASSIGNMENTS.values()
    for exercise in assignment.exercises
    if exercise.properties is not None
}


def find(assignment: str) -> Assignment:
    """The assignment called ``assignment``; raises ``ValueError`` naming those that exist."""
    if assignment not in ASSIGNMENTS:
        known = ", ".join(sorted(ASSIGNMENTS))
        raise ValueError(f"unknown assignment {assignment!r}: expected one of {known}")
    return ASSIGNMENTS[assignment]
