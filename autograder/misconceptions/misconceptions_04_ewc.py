"""Wrong answers to the exercises of 04-ewc, most of them seen in public code.

One mistake each, everything else as it should be. Two mistakes that no test could tell apart are
one entry.
"""

from autograder.misconceptions import (
    misconceptions_04_empirical,
    misconceptions_04_empirical_rows,
    misconceptions_04_fisher,
    misconceptions_04_fisher_rows,
    misconceptions_04_gradients,
    misconceptions_04_merge,
    misconceptions_04_online,
    misconceptions_04_online_times,
    misconceptions_04_penalty,
    misconceptions_04_training,
    misconceptions_04_training_times,
)

ENTRIES = [
    *misconceptions_04_gradients.ENTRIES,
    *misconceptions_04_empirical.ENTRIES,
    *misconceptions_04_empirical_rows.ENTRIES,
    *misconceptions_04_fisher.ENTRIES,
    *misconceptions_04_fisher_rows.ENTRIES,
    *misconceptions_04_penalty.ENTRIES,
    *misconceptions_04_merge.ENTRIES,
    *misconceptions_04_training.ENTRIES,
    *misconceptions_04_training_times.ENTRIES,
    *misconceptions_04_online.ENTRIES,
    *misconceptions_04_online_times.ENTRIES,
]
