"""A platform's own file filled in with points: its columns, its rows, and what is told of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from autograder.exporters.marks import Mark, Person
from autograder.exporters.pairing import Pairs, pair
from autograder.exporters.sheet import Sheet, Unfit


@dataclass(frozen=True)
class Layout:
    """Where things are in a platform's file.

    ``who``: columns that are written as they are, those first that name a student to a person;
    ``keys``: those by which students are found; ``students``: the rows that are students;
    ``grades``: the columns that may hold points; ``heads``: rows of no student that are written.
    ``single``: the file is of one assignment, which its column does not name.
    """

    who: tuple[int, ...]
    keys: tuple[int, ...]
    students: tuple[int, ...]
    grades: tuple[int, ...]
    heads: tuple[int, ...] = ()
    single: bool = False


Reason = Callable[[Sheet, int, int], str]
Most = Callable[[Sheet, int, int], float | None]


@dataclass(frozen=True)
class Rules:
    """How a platform's cells are read, by row and column.

    ``closed`` says why points must stay as they are, or nothing; ``most`` gives the maximum, where
    the file has it; ``scale``: points are converted where that is not the gradebook's.
    """

    closed: Reason
    most: Most
    scale: bool = False


def columns_of(sheet: Sheet, layout: Layout, wanted: Iterable[str]) -> dict[str, int]:
    """The column of each assignment that is named in the title of one; ``Unfit`` where of more."""
    columns = {}
    for name in wanted:
        fitting = [n for n in layout.grades if name.casefold() in sheet.header[n].casefold()]
        if len(fitting) > 1:
            titles = ", ".join(repr(sheet.header[n]) for n in fitting)
            raise Unfit(f"{len(fitting)} columns name {name}: {titles}")
        if fitting:
            columns[name] = fitting[0]
    return columns


def rows_of(
    sheet: Sheet,
    layout: Layout,
    keys: tuple[int, ...],
    students: list[Person],
    names: Callable[[str], set[str]],
) -> Pairs:
    """Each student's row, by the cells in the columns ``keys``."""
    called = {
        row: {name for key in keys for name in names(sheet.rows[row][key])}
        for row in layout.students
    }
    return pair(students, called)


def fill(
    sheet: Sheet,
    rows: Mapping[str, int],
    column: int,
    given: Mapping[str, Mark],
    maximum: float,
    rules: Rules,
) -> tuple[set[int], dict[str, str]]:
    """Writes points into a column; returns the rows that have some now, and who was left out, why.

    ``maximum`` is the gradebook's. Raises ``Unfit`` where the file has another, unless scaling.
    """
    filled, left = set(), {}
    for student, row in rows.items():
        points = given[student].points
        if points is None:
            continue
        reason = rules.closed(sheet, row, column)
        if reason:
            left[student] = reason
            continue
        most = rules.most(sheet, row, column)
        if most is not None and most != maximum:
            if not rules.scale:
                raise Unfit(
                    f"at most {most:g} points in {sheet.header[column]!r}, {maximum:g} in the "
                    "gradebook"
                )
            points *= most / maximum
        sheet.rows[row][column] = written(points)
        filled.add(row)
    return filled, left


def cut(sheet: Sheet, layout: Layout, columns: Iterable[int], rows: set[int]) -> Sheet:
    """What is written of the file: who it is, and the columns and rows that were filled in."""
    keep = sorted({*layout.who, *columns})
    lines = [sheet.rows[n] for n in sorted({*layout.heads, *rows})]
    header, *rest = [[line[n] for n in keep] for line in [sheet.header, *lines]]
    return Sheet(header, rest, sheet.delimiter, sheet.bom)


def nameless(sheet: Sheet, layout: Layout, taken: Iterable[int]) -> list[str]:
    """The students of the file in whose rows nobody was found, as the file names them."""
    rest = sorted(set(layout.students) - set(taken))
    return [" ".join(filter(None, (sheet.rows[r][c] for c in layout.who[:2]))) for r in rest]


def written(points: float) -> str:
    """Points with at most two places, which is what the platforms keep."""
    return f"{round(points, 2):.10g}"
