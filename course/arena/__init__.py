"""Practice for 05-showdown: a learner is taught as the grader does it, on tasks anyone may see.

    print(practise(Learner, load("digits"), "class", seed=1))

A seed stands for one stream: which digits make a pair, in which order the pairs come, and the one
random order of all pixels. The streams that are graded are others.
"""

from course.arena.practice import Practice, practise
from course.arena.rules import MEMORY, SMALL_CHANGE, allowed_bytes, network_bytes, weigh
from course.arena.streams import between, ends, presented, stream

__all__ = [
    "MEMORY",
    "SMALL_CHANGE",
    "Practice",
    "allowed_bytes",
    "between",
    "ends",
    "network_bytes",
    "practise",
    "presented",
    "stream",
    "weigh",
]
