"""Continual-learning methods, one small file each, and one way to run them over a stream.

    tasks = split(load("digits"), "class")
    R = run(make("EWC", "class", "digits"), tasks, "class", generator=generator(0),
            hidden=HIDDEN["digits"], training=TRAINING["digits"])
    average_accuracy(R)

``METHODS`` holds the classes by name; ``make`` builds one with the strength chosen for a scenario
and a dataset, and after a run ``method.nbytes`` says what it kept beside its network. Strengths
multiply a mean over rows and, in penalties, half a sum over parameters.
"""

from course.methods.defaults import HIDDEN, METHODS, TRAINING, make
from course.methods.method import Method
from course.methods.outputs import Outputs
from course.methods.stream import Training, run

__all__ = ["HIDDEN", "METHODS", "TRAINING", "Method", "Outputs", "Training", "make", "run"]
