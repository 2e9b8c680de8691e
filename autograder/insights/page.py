"""The verb ``insights``: what a class did in an assignment, as one page with pictures."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from random import Random

from jinja2 import Environment

from autograder.class_page import reports, target
from autograder.gradebook.course import Course
from autograder.gradebook.seeds import seed_for
from autograder.insights import pictures
from autograder.insights.alike import Group, groups
from autograder.insights.summary import Summary, summary
from autograder.whole import whole

PAGE = Path(__file__).with_name("page.html")


def write(root: Path, assignment: str, output: Path | None, names: bool = False) -> Path:
    """Writes the page and returns its path; students are numbers, unless ``names``.

    Raises ``ValueError`` for an assignment or a directory that there is not, ``NothingGraded``
    where none is graded.
    """
    course = Course(root)
    graded = reports(course, assignment)
    path = target(output, root / f"insights-{assignment}.html")
    students = sorted(graded)
    shown = {s: s for s in students} if names else _numbers(students, seed_for(root, assignment))
    found = groups(course, assignment, students)
    with whole(path) as file:
        file.write(page(assignment, summary(graded), found, shown, names))
    return path


def page(
    assignment: str, found: Summary, alike: list[Group], shown: dict[str, str], names: bool
) -> str:
    """The page as HTML; ``shown`` is what stands for each student. Whatever comes in is escaped."""
    drawn = {"points": pictures.points, "exercises": pictures.exercises}
    drawn |= {"seconds": pictures.seconds}
    drawn |= {"mistakes": pictures.mistakes} if found.mistakes else {}
    template = Environment(autoescape=True).from_string(PAGE.read_text(encoding="utf-8"))

    def who(students: Iterable[str]) -> str:
        return ", ".join(sorted((shown[s] for s in students), key=lambda s: (len(s), s)))

    return template.render(
        assignment=assignment,
        found=found,
        groups=alike,
        names=names,
        pictures={name: draw(found) for name, draw in drawn.items()},
        who=who,
    )


def _numbers(students: list[str], seed: int) -> dict[str, str]:
    """A number for each: the same each time, and not to be told from a list of the class."""
    shuffled = Random(f"numbers of {seed}").sample(students, len(students))
    return {student: str(number) for number, student in enumerate(shuffled, start=1)}
