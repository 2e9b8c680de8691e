"""The verb ``quality``: measures, and writes the two pages."""

from __future__ import annotations

import platform
from datetime import date
from pathlib import Path

import torch

from autograder.notebooks import ROOT
from autograder.quality.measure import right_answers, wrong_answers
from autograder.quality.page import messages_page, quality_page
from autograder.quality.right import BY_VALUES, RIGHT

WRONG_SEEDS, RESTYLED_SEEDS = 10, 3
RIGHT_SEEDS = {"digits": 20, "mnist": 5}
MESSAGES, QUALITY = ROOT / "docs" / "messages.md", ROOT / "docs" / "grader-quality.md"


def write(datasets: list[str], seeds: int | None) -> list[Path]:
    """Writes both pages; ``seeds`` is used instead of each of the numbers of seeds.

    On the first dataset every exercise's tests are run, on others those of exercises where
    networks are trained: no other test looks at a dataset.
    """
    wrong_seeds, restyled = range(seeds or WRONG_SEEDS), range(seeds or RESTYLED_SEEDS)
    wrong = wrong_answers(BY_VALUES, wrong_seeds, restyled)
    exercises = {name: list(RIGHT[name]) for name in BY_VALUES}
    right, right_seeds = {}, {d: range(seeds or RIGHT_SEEDS[d]) for d in datasets}
    for dataset in datasets:
        right[dataset] = right_answers(exercises, dataset, right_seeds[dataset])
        exercises = {
            name: [row.exercise for row in rows if row.trained]
            for name, rows in right[dataset].items()
        }
    trained = ", ".join(f"{len(right_seeds[d])} on {d}" for d in datasets)
    when = (
        f"{date.today()}, Python {platform.python_version()}, PyTorch {torch.__version__}. Seeds "
        f"from 0 on: {len(wrong_seeds)} for wrong answers, {len(restyled)} for those in another "
        f"style; for right answers {trained}."
    )
    MESSAGES.write_text(messages_page(wrong))
    QUALITY.write_text(quality_page(wrong, right, when))
    return [MESSAGES, QUALITY]
