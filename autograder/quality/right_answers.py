"""Right answers by assignment and exercise, each in at least four styles."""

from autograder.quality import (
    right_answers_01,
    right_answers_02,
    right_answers_03,
    right_answers_04,
)

RIGHT = {
    "01-forgetting": right_answers_01.RIGHT,
    "02-replay": right_answers_02.RIGHT,
    "03-l2": right_answers_03.RIGHT,
    "04-ewc": right_answers_04.RIGHT,
}
