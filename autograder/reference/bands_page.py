"""The bands of the hidden tests, for the results page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

BANDS = """
## Bands of the hidden tests

The hidden tests train with an answer on few rows and ask for an accuracy; whoever falls short
trains once more, and fails who falls short again. Right answers and wrong ones were trained with
many random seeds. The threshold lies equally many standard deviations above the mean of the
nearest wrong answer and below that of the right one, or higher where the wrong one would pass too
often. The rates of both trials together follow from normal distributions with the measured means
and deviations; beside them stands how many of the single trainings fell short, or passed. Wrong
answers that no threshold tells apart so surely are left to the tests of the mechanism.

"""
COLUMNS = (
    "exercise",
    "dataset",
    "threshold",
    "right: mean (sd)",
    "fails: rate, fell short",
    "nearest wrong: mean (sd)",
    "passes: rate, passed",
    "left to the mechanism",
)

Content = dict[str, Any]


def bands_section(contents: Sequence[Content]) -> Iterator[str]:
    """The section, with a line for each band in the contents of the JSON files."""
    yield BANDS
    yield f"| {' | '.join(COLUMNS)} |\n"
    yield f"|{'---|' * len(COLUMNS)}\n"
    for content in contents:
        for exercise, band in content.get("bands", {}).items():
            yield _line(exercise, content["dataset"], band)


def _line(exercise: str, dataset: str, band: Content) -> str:
    right, wrong = band["answers"]["right"], band["answers"][band["nearest_wrong"]]
    n = band["seeds"]
    cells = [
        f"`{exercise}`",
        dataset,
        f"{100 * band['threshold']:.2f}",
        _spread(right),
        f"{band['right_fails']:.0e}, {n - round(n * right['passed'])} of {n}",
        f"{band['nearest_wrong']}: {_spread(wrong)}",
        f"{band['wrong_passes']:.0e}, {round(n * wrong['passed'])} of {n}",
        ", ".join(band["left_to_the_mechanism"]) or "-",
    ]
    return f"| {' | '.join(cells)} |\n"


def _spread(answer: Content) -> str:
    return f"{100 * answer['mean']:.1f} ({100 * answer['standard_deviation']:.1f})"
