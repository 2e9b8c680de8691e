"""Wrong answers to the exercises of 02-replay, most of them seen in public code.

One mistake each, everything else as it should be. Two mistakes that no test could tell apart are
one entry.
"""

from autograder.misconceptions import (
    misconceptions_02_bytes,
    misconceptions_02_calls,
    misconceptions_02_classes,
    misconceptions_02_informative,
    misconceptions_02_kept,
    misconceptions_02_mix,
    misconceptions_02_reservoir,
    misconceptions_02_rows,
    misconceptions_02_sample,
    misconceptions_02_training,
)

ENTRIES = [
    *misconceptions_02_rows.ENTRIES,
    *misconceptions_02_mix.ENTRIES,
    *misconceptions_02_reservoir.ENTRIES,
    *misconceptions_02_calls.ENTRIES,
    *misconceptions_02_sample.ENTRIES,
    *misconceptions_02_training.ENTRIES,
    *misconceptions_02_kept.ENTRIES,
    *misconceptions_02_bytes.ENTRIES,
    *misconceptions_02_classes.ENTRIES,
    *misconceptions_02_informative.ENTRIES,
]
