"""Wrong answers that can be run, each with the hint that it deserves.

As mutants they show that the hidden tests find mistakes; as a catalogue they name a student's.
"""

from autograder.misconceptions.entry import Misconception
from autograder.misconceptions.misconceptions_01_forgetting import ENTRIES as FORGETTING
from autograder.misconceptions.misconceptions_02_replay import ENTRIES as REPLAY
from autograder.misconceptions.misconceptions_03_l2 import ENTRIES as L2
from autograder.misconceptions.misconceptions_04_ewc import ENTRIES as EWC
from autograder.misconceptions.misconceptions_05_showdown import ENTRIES as SHOWDOWN

CATALOGUE: dict[str, list[Misconception]] = {
    "01-forgetting": FORGETTING,
    "02-replay": REPLAY,
    "03-l2": L2,
    "04-ewc": EWC,
    "05-showdown": SHOWDOWN,
}

__all__ = ["CATALOGUE", "Misconception"]
