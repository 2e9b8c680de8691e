"""Wrong answers to the exercises of 03-l2, most of them seen in public code.

One mistake each, everything else as it should be. Two mistakes that no test could tell apart are
one entry.
"""

from autograder.misconceptions import (
    misconceptions_03_finite,
    misconceptions_03_lessons,
    misconceptions_03_penalty,
    misconceptions_03_pull,
    misconceptions_03_snapshot,
    misconceptions_03_step,
    misconceptions_03_strength,
    misconceptions_03_total,
    misconceptions_03_training,
)

ENTRIES = [
    *misconceptions_03_snapshot.ENTRIES,
    *misconceptions_03_penalty.ENTRIES,
    *misconceptions_03_pull.ENTRIES,
    *misconceptions_03_step.ENTRIES,
    *misconceptions_03_total.ENTRIES,
    *misconceptions_03_training.ENTRIES,
    *misconceptions_03_lessons.ENTRIES,
    *misconceptions_03_strength.ENTRIES,
    *misconceptions_03_finite.ENTRIES,
]
