"""What ails a learner that falls short, read off how it fared."""

from __future__ import annotations

from autograder.suites.showdown import Run

DRIFTED = 0.05  # of the rows that a learner looked at again
FAR_FROM_IT = 0.6  # of the way: who came further has no plain mistake
# Accuracy on a task, by scenario: it was learnt from here on, and it is lost up to there.
LEARNT = {"task": 0.9, "domain": 0.85, "class": 0.8}
LOST = {"task": 0.85, "domain": 0.75, "class": 0.3}


def recognised(run: Run, scenario: str, way: float) -> str | None:
    """The key of the mistake that explains ``run``, or None."""
    learnt = [accuracy >= LEARNT[scenario] for accuracy in run.accuracies]
    lost = [accuracy <= LOST[scenario] for accuracy in run.accuracies]
    if run.shaky:
        return "predicts-at-random"
    if run.drift > DRIFTED:
        return "state-incomplete"
    if scenario == "class" and int(run.labels.max()) < 2:
        return "labels-within-the-task"
    if not run.told_apart:
        return "task-not-used"
    if way > FAR_FROM_IT:
        return None
    if learnt[0] and not learnt[-1]:
        return "too-rigid"
    if not learnt[-1] or not any(lost):
        return None
    if all(lost[:-1]):
        return "nothing-kept"
    return "only-the-task-before" if learnt[-2] and lost[0] else None
