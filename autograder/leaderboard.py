"""The verb ``leaderboard``: a page of who came how far, from the gradebook."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment

from autograder.class_page import reports, target
from autograder.gradebook.course import Course
from autograder.whole import whole

PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Leaderboard of {{ assignment }}</title>
<style>
body { font-family: sans-serif; max-width: 72em; margin: 2em auto; padding: 0 1em; color: #222; }
table { border-collapse: collapse; width: 100%; }
caption { text-align: left; padding-bottom: 1em; }
th, td { padding: 0.3em 0.6em; text-align: right; border-bottom: 1px solid #ccc; }
th:nth-child(2), td:nth-child(2) { text-align: left; }
td, th { vertical-align: top; }
thead th small { display: block; font-weight: normal; white-space: nowrap; }
tr { break-inside: avoid; }
.bar { display: block; height: 0.5em; background: #0072b2; print-color-adjust: exact; }
@media print { body { max-width: none; margin: 0; } @page { size: landscape; } }
</style>
</head>
<body>
<main>
<h1>Leaderboard of {{ assignment }}</h1>
<table>
<caption>{{ places | length }} graded, best first. Points of the hidden tests; written answers are
not counted. In the mean: {% for column, mean in means %}{{ column }} {{ "%.1f" | format(mean) }}
{%- if not loop.last %}, {% endif %}{% endfor %}.</caption>
<thead>
<tr><th scope="col">Place</th><th scope="col">Student</th>
{% for column, most in columns %}<th scope="col">
{%- for part in column.split("_") %}{% if not loop.first %}_<wbr>{% endif %}{{ part }}{% endfor %}
<small>of {{ "%g" | format(most) }}</small></th>
{% endfor %}</tr>
</thead>
<tbody>
{% for place in places %}<tr><td>{{ place.number }}</td><th scope="row">{{ place.student }}</th>
{% for earned in place.earned %}<td>{{ "%.1f" | format(earned) }}
<span class="bar" style="width: {{ (100 * earned / columns[loop.index0][1]) | round }}%"></span>
</td>
{% endfor %}</tr>
{% endfor %}</tbody>
</table>
</main>
</body>
</html>
"""


@dataclass(frozen=True)
class Place:
    """A student's place, equal for equal points; points of each column, the sum last."""

    number: int
    student: str
    earned: tuple[float, ...]


def write(root: Path, assignment: str, output: Path | None, anonymous: bool = False) -> Path:
    """Writes the page and returns its path.

    Raises ``ValueError`` for an assignment or a directory that there is not, ``NothingGraded``
    where none is graded.
    """
    found = reports(Course(root), assignment)
    columns = _columns(next(iter(found.values())))
    path = target(output, root / "leaderboard.html")
    with whole(path) as file:
        file.write(page(assignment, columns, places(found, anonymous)))
    return path


def places(reports: dict[str, dict[str, Any]], anonymous: bool = False) -> list[Place]:
    """All students, best first."""
    ranked = sorted(((-r["score"], student) for student, r in reports.items()))
    better = {score: n for n, (score, _) in reversed(list(enumerate(ranked, start=1)))}
    return [
        Place(
            better[score],
            "-" if anonymous else student,
            (*(part["earned"] for part in _parts(reports[student])), -score),
        )
        for score, student in ranked
    ]


def page(assignment: str, columns: list[tuple[str, float]], rows: list[Place]) -> str:
    """The page as HTML; whatever students wrote is escaped."""
    means = [
        (name, sum(row.earned[n] for row in rows) / len(rows))
        for n, (name, _) in enumerate(columns)
    ]
    template = Environment(autoescape=True).from_string(PAGE)
    return template.render(assignment=assignment, columns=columns, places=rows, means=means)


def _columns(report: dict[str, Any]) -> list[tuple[str, float]]:
    parts = [(part["name"], part["points"]) for part in _parts(report)]
    return [*parts, ("all", report["max_score"])]


def _parts(report: dict[str, Any]) -> list[dict[str, Any]]:
    """What has a column: each exercise; where there is one alone, each of its tests."""
    exercises = report["exercises"]
    if len(exercises) == 1:
        return list(exercises[0]["tests"])
    return [{"name": e["name"], "points": e["max_score"], "earned": e["score"]} for e in exercises]
