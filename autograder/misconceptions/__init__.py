"""Wrong answers that can be run, each with the hint that it deserves.

As mutants they show that the hidden tests find mistakes; as a catalogue they name a student's.
"""

from autograder.misconceptions.entry import Misconception
from autograder.misconceptions.misconceptions_01_forgetting import ENTRIES as FORGETTING

CATALOGUE: dict[str, list[Misconception]] = {"01-forgetting": FORGETTING}

__all__ = ["CATALOGUE", "Misconception"]
