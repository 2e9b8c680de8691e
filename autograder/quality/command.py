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

WRONG_SEEDS, RIGHT_SEEDS = 10, 20
MESSAGES, QUALITY = ROOT / "docs" / "messages.md", ROOT / "docs" / "grader-quality.md"


def write(datasets: list[str], seeds: int | None) -> list[Path]:
    """Writes both pages; ``seeds`` stands for the numbers of seeds of either measurement."""
    names = list(ASSIGNMENTS)
    wrong = wrong_answers(names, range(seeds or WRONG_SEEDS))
    right = {d: right_answers(names, d, range(seeds or RIGHT_SEEDS)) for d in datasets}
    when = (
        f"{date.today()}, Python {platform.python_version()}, PyTorch {torch.__version__}; seeds "
        f"0 to {(seeds or WRONG_SEEDS) - 1} for wrong answers, to {(seeds or RIGHT_SEEDS) - 1} "
        "for right ones."
    )
    MESSAGES.write_text(messages_page(wrong))
    QUALITY.write_text(quality_page(wrong, right, when))
    return [MESSAGES, QUALITY]
