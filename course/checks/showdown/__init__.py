"""Visible checks of 05-showdown, as those of 01-forgetting are."""

from course.checks.showdown import keeping, learning
from course.checks.student import Checks

CHECKS: Checks = {"Learner": [*learning.CHECKS, *keeping.CHECKS]}
