"""Points for Moodle: an assignment's grading worksheet, or the course's gradebook as CSV.

The worksheet is what *Assignment > Download grading worksheet* gives, and *Upload grading
worksheet* takes: it needs the columns Identifier, Grade and Last modified (grade). The gradebook's
CSV, of *Grades > Export*, has a column for each assignment, and *Grades > Import* asks what each
column is. Columns with what students or graders wrote are left out, so they are not changed.
"""

from __future__ import annotations

import re

from autograder.exporters.exporter import PlatformExporter
from autograder.exporters.filling import Layout
from autograder.exporters.marks import Person
from autograder.exporters.sheet import Sheet, Unfit, number

NAMES = ("Full name", "First name", "Surname", "Last name")
KEYS = ("Identifier", "Username", "ID number", "Email address")
WORKSHEET = ("Identifier", "Grade", "Last modified (grade)")
STATE = (
    *("Status", "Group", "Maximum Grade", "Grade can be changed", "Last modified (submission)"),
    "Last modified (grade)",
)
NEVER = ("Institution", "Department", "Last downloaded from this course")
PARTICIPANT = re.compile(r"[^\W\d]+ (\d+)")


class MoodleExporter(PlatformExporter):
    """Fills points into a worksheet or a gradebook's CSV of Moodle, or makes a CSV for it."""

    default_file = "moodle.csv"

    def layout(self, sheet: Sheet) -> Layout:
        names, keys = sheet.columns(*NAMES), sheet.columns(*KEYS)
        everyone = tuple(range(len(sheet.rows)))
        if len(sheet.columns(*WORKSHEET)) == len(WORKSHEET):
            who = (*names, *keys, *sheet.columns(*STATE))
            keys += sheet.columns("Full name")
            return Layout(who, tuple(keys), everyone, tuple(sheet.columns("Grade")), single=True)
        if not keys or sheet.columns("Identifier"):
            raise Unfit(
                f"{self.template}: expected a grading worksheet ({', '.join(WORKSHEET)}) or a "
                "gradebook's CSV (ID number, Email address) of Moodle in English, got: "
                f"{', '.join(sheet.header[:6])}"
            )
        other = {*names, *keys, *sheet.columns(*NEVER)}
        rest = tuple(n for n in range(len(sheet.header)) if n not in other)
        return Layout((*names, *keys), tuple(keys), everyone, rest)

    def fresh(self, assignment: str, maximum: float, rows: list[tuple[Person, str]]) -> Sheet:
        lines = [[who.id, who.email, points] for who, points in rows]
        return Sheet(["Username", "Email address", assignment], lines)

    def maximum(self, sheet: Sheet, row: int, column: int) -> float | None:
        most = sheet.columns("Maximum Grade")
        return number(sheet.rows[row][most[0]]) if most else None

    def closed(self, sheet: Sheet, row: int, column: int) -> str:
        changeable = sheet.columns("Grade can be changed")
        if changeable and sheet.rows[row][changeable[0]].strip().casefold() == "no":
            return "Moodle does not let it be changed"
        return ""

    def names(self, cell: str) -> set[str]:
        participant = PARTICIPANT.fullmatch(cell.strip())
        return {cell, participant[1]} if participant else {cell}
