"""Wrong answers to the exercises of 01-forgetting, most of them seen in public code.

One mistake each, everything else as it should be. Two mistakes that no test could tell apart are
one entry.
"""

from autograder.misconceptions import (
    misconceptions_01_accuracy,
    misconceptions_01_accuracy_batches,
    misconceptions_01_batches,
    misconceptions_01_epochs,
    misconceptions_01_epochs_loop,
    misconceptions_01_matrix,
    misconceptions_01_matrix_modes,
    misconceptions_01_metrics,
    misconceptions_01_relabel,
    misconceptions_01_rows,
    misconceptions_01_step,
)

ENTRIES = [
    *misconceptions_01_rows.ENTRIES,
    *misconceptions_01_relabel.ENTRIES,
    *misconceptions_01_step.ENTRIES,
    *misconceptions_01_epochs.ENTRIES,
    *misconceptions_01_batches.ENTRIES,
    *misconceptions_01_epochs_loop.ENTRIES,
    *misconceptions_01_accuracy.ENTRIES,
    *misconceptions_01_accuracy_batches.ENTRIES,
    *misconceptions_01_metrics.ENTRIES,
    *misconceptions_01_matrix.ENTRIES,
    *misconceptions_01_matrix_modes.ENTRIES,
]
