"""Visible checks of 03-l2, as those of 01-forgetting are."""

from course.checks.l2 import anchors, choosing, step, training
from course.checks.student import Checks

CHECKS: Checks = {**anchors.CHECKS, **step.CHECKS, **training.CHECKS, **choosing.CHECKS}
