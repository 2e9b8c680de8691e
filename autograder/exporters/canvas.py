"""Points for Canvas: the gradebook's CSV, as *Grades > Export* and *Import* take it.

Who is who stands in the columns up to "Section"; an assignment's column is called "Title (number)";
the row "Points Possible" holds the most points. What is imported as an empty cell deletes a grade,
so only rows and columns with points are written.
"""

from __future__ import annotations

import re

from autograder.exporters.exporter import PlatformExporter
from autograder.exporters.filling import Layout
from autograder.exporters.marks import Person
from autograder.exporters.sheet import Sheet, Unfit, number

WHO = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
KEYS = ("SIS Login ID", "SIS User ID", "Integration ID", "ID")
POINTS = "Points Possible"
COMPUTED = re.compile(r"(Current|Final|Override) (Score|Points|Grade|Status)(?: \(.*\))?$")
POSTING = re.compile(r"\s*(Muted|Manual Posting.*)?\s*", re.IGNORECASE)
TEST_STUDENT = {"Student, Test", "Test Student"}
CLOSED = {"EX": "excused in Canvas", "N/A": "not assigned to them in Canvas"}


class CanvasExporter(PlatformExporter):
    """Fills points into the CSV that Canvas exports, or makes one that it imports."""

    default_file = "canvas.csv"

    def layout(self, sheet: Sheet) -> Layout:
        section = sheet.columns("Section")
        named = sheet.columns("Student") == [0] or sheet.columns("LastName", "FirstName") == [0, 1]
        if not named or not section or not sheet.columns("ID"):
            raise Unfit(
                f"{self.template}: expected the columns {', '.join(WHO)} of Canvas (Grades > "
                f"Export), got: {', '.join(sheet.header[:6])}"
            )
        return Layout(
            who=tuple(range(section[0] + 1)),
            keys=tuple(n for n in sheet.columns(*KEYS) if n <= section[0]),
            students=tuple(n for n, row in enumerate(sheet.rows) if _is_student(row)),
            grades=tuple(
                n
                for n in range(section[0] + 1, len(sheet.header))
                if not COMPUTED.search(sheet.header[n].strip())
            ),
            heads=tuple(n for n, row in enumerate(sheet.rows) if POINTS in row[0]),
        )

    def fresh(self, assignment: str, maximum: float, rows: list[tuple[Person, str]]) -> Sheet:
        head = [f"    {POINTS}", "", "", "", "", f"{maximum:g}"]
        lines = [[_name(who), "", "", who.id, "", points] for who, points in rows]
        return Sheet([*WHO, assignment], [head, *lines])

    def maximum(self, sheet: Sheet, row: int, column: int) -> float | None:
        return next((number(r[column]) for r in sheet.rows if POINTS in r[0]), None)

    def closed(self, sheet: Sheet, row: int, column: int) -> str:
        return CLOSED.get(sheet.rows[row][column].strip().upper(), "")


def _is_student(row: list[str]) -> bool:
    return not (
        POINTS in row[0]
        or row[0].strip() in TEST_STUDENT
        or all(POSTING.fullmatch(cell) for cell in row)
    )


def _name(who: Person) -> str:
    return ", ".join(filter(None, (who.last_name, who.first_name))) or who.id
