"""A class of mixed submissions, for the benchmarks of grading: drawn once, the same each time."""

from __future__ import annotations

import inspect
import random
from types import ModuleType

from nbformat import NotebookNode

from autograder.assignments import EWC
from autograder.quality.restyled import (
    restyled_04_empirical,
    restyled_04_fisher,
    restyled_04_gradients,
    restyled_04_merge,
    restyled_04_online,
    restyled_04_penalty,
    restyled_04_training,
)
from autograder.quality.restyled.again import AGAIN
from autograder.submissions import answered, right_answers

# Whose wrong answers are whole within their own file.
WRONG: dict[str, ModuleType] = {
    "sample_gradients": restyled_04_gradients,
    "empirical_fisher": restyled_04_empirical,
    "fisher_diagonal": restyled_04_fisher,
    "ewc_penalty": restyled_04_penalty,
    "merge_fisher": restyled_04_merge,
    "train_with_ewc": restyled_04_training,
    "train_with_online_ewc": restyled_04_online,
}
RIGHT_SHARE, WRONG_SHARE = 0.6, 0.2  # of all answers; the rest was not attempted
REGISTER = "class Assigned(dict):\n    def __init__(self, _):\n        pass\n    def __call__(\
self, key):\n        return lambda answer: self.setdefault(key, answer)\n"


def mixed_class(size: int, seed: int = 0) -> dict[str, NotebookNode]:
    """Submissions of 04-ewc by student, of answers that are right, wrong, or not attempted."""
    rng = random.Random(seed)
    return {f"s{number:04d}": _submission(rng) for number in range(size)}


def _submission(rng: random.Random) -> NotebookNode:
    right, answers = right_answers(EWC), {}
    for exercise in EWC.exercises:
        drawn = rng.random()
        if drawn < RIGHT_SHARE:
            answers[exercise.name] = right[exercise.name]
        elif drawn < RIGHT_SHARE + WRONG_SHARE:
            answers[exercise.name] = _wrong(exercise.name, rng)
    return answered(EWC, answers)


def _wrong(exercise: str, rng: random.Random) -> str:
    """A whole file of wrong answers as one cell, which ends by choosing one of them."""
    module = WRONG[exercise]
    source = inspect.getsource(module)
    lines = [line for line in source.splitlines() if not line.startswith("from autograder")]
    key = rng.choice([key for (_, key), f in AGAIN.items() if f.__module__ == module.__name__])
    text = "\n".join(lines).replace("again = Assigned(", f"{REGISTER}\nagain = Assigned(", 1)
    return f"{text}\n\n{exercise} = again[{key!r}]\n"
