"""Visible checks of 01-forgetting: for each exercise titles, and functions that raise when wrong.

Each takes the student's function and raises ``AssertionError`` with words for the student. The
expected numbers were worked out by hand or once with another program and stand here as numbers.
"""

from course.checks.forgetting import matrix, measuring, metrics, rows, step, training

CHECKS = {
    **rows.CHECKS,
    **step.CHECKS,
    **training.CHECKS,
    **measuring.CHECKS,
    **matrix.CHECKS,
    **metrics.CHECKS,
}
