"""Right answers by assignment and exercise, each in at least four styles."""

from autograder.quality.right import (
    right_01,
    right_02,
    right_03,
    right_04,
    right_05,
)

RIGHT = {
    "01-forgetting": right_01.RIGHT,
    "02-replay": right_02.RIGHT,
    "03-l2": right_03.RIGHT,
    "04-ewc": right_04.RIGHT,
    "05-showdown": right_05.RIGHT,
}
# Judged by the values that come back. 05-showdown is judged by accuracy alone: whether its learners
# are judged rightly stands in docs/results.md.
BY_VALUES = [name for name in RIGHT if name != "05-showdown"]
