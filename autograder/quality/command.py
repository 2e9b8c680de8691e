"""The verb ``quality``: measures, and writes the two pages."""

from __future__ import annotations

import platform
from datetime import date
from pathlib import Path

import torch

from autograder.assignments import ASSIGNMENTS
from autograder.notebooks import ROOT
from autograder.quality.measure import right_answers, wrong_answers
from autograder.quality.page import messages_page, quality_page
from autograder.quality.right import RIGHT

WRONG_SEEDS, RIGHT_SEEDS = 10, 20
MESSAGES, QUALITY = ROOT / "docs" / "messages.md", ROOT / "docs" / "grader-quality.md"


def write(datasets: list[str], seeds: int | None) -> list[Path]:
    """Writes both pages; ``seeds`` stands for the numbers of seeds of either measurement.

    On the first dataset every exercise's tests are run, on others those of exercises where
    networks are trained: no other test looks at a dataset.
    """
    wrong = wrong_answers(list(ASSIGNMENTS), range(seeds or WRONG_SEEDS))
    exercises = {name: list(styles) for name, styles in RIGHT.items()}
    right = {}
    for dataset in datasets:
        right[dataset] = right_answers(exercises, dataset, range(seeds or RIGHT_SEEDS))
        exercises = {
            name: [row.exercise for row in rows if row.trained]
            for name, rows in right[dataset].items()
        }
    when = (
        f"{date.today()}, Python {platform.python_version()}, PyTorch {torch.__version__}; seeds "
        f"0 to {(seeds or WRONG_SEEDS) - 1} for wrong answers, to {(seeds or RIGHT_SEEDS) - 1} "
        "for right ones."
    )
    MESSAGES.write_text(messages_page(wrong))
    QUALITY.write_text(quality_page(wrong, right, when))
    return [MESSAGES, QUALITY]
