"""Figures: arrays in, Matplotlib ``Axes`` out. Nothing here calls ``plt.show()``.

Accuracies come in as fractions and are shown in percent. What differs in colour differs in line
style, marker or hatching too and is labelled where it ends, so that every figure can be read in
grey. The colours are those of Okabe and Ito (2008), which colour-blind people can tell apart.

In a notebook every figure has an alternative text, made of what the functions here know of it: no
picture is without words for those who do not see it.

Every function draws on ``ax``, or on a new figure where none is given, and raises ``ValueError``
for arrays that do not fit together before it draws anything.
"""

from course.plots.accuracies import accuracy_over_tasks, bars, heat_map
from course.plots.alternatives import describe_figures
from course.plots.boards import leaderboard
from course.plots.frontiers import frontier
from course.plots.landscapes import landscape
from course.plots.lines import curves
from course.plots.outcomes import outcomes
from course.plots.pictures import images, importance
from course.plots.points import agreement, expected_band

__all__ = [
    "accuracy_over_tasks",
    "agreement",
    "bars",
    "curves",
    "expected_band",
    "frontier",
    "heat_map",
    "images",
    "importance",
    "landscape",
    "leaderboard",
    "outcomes",
]

describe_figures()
