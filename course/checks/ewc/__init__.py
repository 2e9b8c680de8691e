"""Visible checks of 04-ewc, as those of 01-forgetting are."""

from course.checks.ewc import fisher, gradients, online, penalty, training
from course.checks.student import Checks

CHECKS: Checks = {
    **gradients.CHECKS,
    **fisher.CHECKS,
    **penalty.CHECKS,
    **training.CHECKS,
    **online.CHECKS,
}
