"""Visible checks of 02-replay, as those of 01-forgetting are."""

from course.checks.replay import memory, replaying, reservoir, rows
from course.checks.student import Checks

CHECKS: Checks = {**rows.CHECKS, **reservoir.CHECKS, **replaying.CHECKS, **memory.CHECKS}
