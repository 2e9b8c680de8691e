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
