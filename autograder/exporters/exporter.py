"""What the exporters share: a platform's own file is filled in, and who was not found is told."""

from __future__ import annotations

import sys
from abc import abstractmethod
from collections.abc import Iterable
from pathlib import Path

from nbgrader.api import Gradebook
from nbgrader.plugins import ExportPlugin
from traitlets import Bool, Unicode

from autograder.exporters.filling import (
    Layout,
    Rules,
    columns_of,
    cut,
    fill,
    nameless,
    rows_of,
    written,
)
from autograder.exporters.marks import Mark, Person, marks, people, submitted
from autograder.exporters.sheet import Sheet, Unfit, read, write


class PlatformExporter(ExportPlugin):
    """Fills points into a file that was downloaded from the platform, or makes one for it."""

    template = Unicode("", help="the file that was downloaded from the platform").tag(config=True)
    column = Unicode(
        "", help="title of the column for the points, where it does not name the assignment"
    ).tag(config=True)
    match = Unicode("", help="title of the one column to find students by").tag(config=True)
    unfinished = Bool(False, help="also export what waits to be graded by hand").tag(config=True)
    zero = Bool(False, help="export 0 points for who handed in nothing").tag(config=True)
    scale = Bool(
        False, help="convert points where the platform has another maximum than the gradebook"
    ).tag(config=True)

    default_file = ""

    @abstractmethod
    def layout(self, sheet: Sheet) -> Layout:
        """Where things are. Raises ``Unfit`` for what is not the platform's file."""

    @abstractmethod
    def fresh(self, assignment: str, maximum: float, rows: list[tuple[Person, str]]) -> Sheet:
        """A new file with students' points."""

    @abstractmethod
    def maximum(self, sheet: Sheet, row: int, column: int) -> float | None:
        """The most points, if the file gives them."""

    @abstractmethod
    def closed(self, sheet: Sheet, row: int, column: int) -> str:
        """Why a cell must stay as it is, or nothing."""

    def names(self, cell: str) -> set[str]:
        """What a student may be called who has this cell in a key column."""
        return {cell}

    def export(self, gradebook: Gradebook) -> None:
        """Called by ``nbgrader export``; says in one line what is wrong, and exits with 2."""
        try:
            self._export(gradebook)
        except Unfit as error:
            said = str(error)
        except OSError as error:
            said = f"{error.filename}: {error.strerror}" if error.filename else str(error)
        else:
            return
        self.log.error("%s", said)
        sys.exit(2)

    def _export(self, gradebook: Gradebook) -> None:
        to = Path(self.to or self.default_file)
        most = {a.name: float(a.max_score) for a in gradebook.assignments}
        wanted = [str(name) for name in self.assignment] or sorted(most)
        unknown = [name for name in wanted if name not in most]
        if unknown or not wanted:
            there = ", ".join(sorted(most)) or "none: grade one first"
            raise Unfit(f"assignments in the gradebook: {there}; asked for: {_line(unknown)}")
        if not self.zero and not any(submitted(gradebook, name) for name in wanted):
            raise Unfit(f"no points of {_line(wanted)}: nothing of it is graded yet; run `grade`")
        students = self._students(gradebook)
        given = {name: self._marks(gradebook, name, students) for name in wanted}
        if not self.template:
            sheet = self._new(given, most, students)
        elif to.exists() and to.samefile(self.template):
            raise Unfit(f"--to {to} is the template itself: name another file")
        else:
            sheet = self._filled(given, most, students)
        write(sheet, to)
        self.log.info("written: %s", to)

    def _students(self, gradebook: Gradebook) -> list[Person]:
        everyone = people(gradebook)
        asked = {str(student) for student in self.student}
        missing = asked - {person.id for person in everyone}
        if missing:
            raise Unfit(f"the gradebook has no student {_line(missing)}")
        return [person for person in everyone if not asked or person.id in asked]

    def _marks(
        self, gradebook: Gradebook, assignment: str, students: list[Person]
    ) -> dict[str, Mark]:
        given = marks(gradebook, assignment, self.unfinished, self.zero, self._handed_in)
        for note in sorted({mark.note for mark in given.values()} - {""}):
            self._tell(
                f"{assignment}: {note}", (p.id for p in students if given[p.id].note == note)
            )
        return given

    def _handed_in(self, student: str, assignment: str) -> bool:
        course = self.parent.coursedir
        return Path(course.format_path(course.submitted_directory, student, assignment)).exists()

    def _new(
        self, given: dict[str, dict[str, Mark]], most: dict[str, float], students: list[Person]
    ) -> Sheet:
        self._only_one(given, "without a template a file is of one assignment")
        ((name, given_here),) = given.items()
        rows = [
            (person, written(points))
            for person in students
            if (points := given_here[person.id].points) is not None
        ]
        if not rows:
            raise Unfit(f"no points of {name} to export")
        return self.fresh(name, most[name], rows)

    def _filled(
        self, given: dict[str, dict[str, Mark]], most: dict[str, float], students: list[Person]
    ) -> Sheet:
        sheet = read(Path(self.template))
        layout = self.layout(sheet)
        columns = self._columns(sheet, layout, given)
        rows = self._rows(sheet, layout, students)
        rules = Rules(self.closed, self.maximum, self.scale)
        filled: set[int] = set()
        for name, column in columns.items():
            try:
                more, left = fill(sheet, rows, column, given[name], most[name], rules)
            except Unfit as error:
                option = f"--{type(self).__name__}.scale=True"
                raise Unfit(
                    f"{self.template}: {error}; change it there, or add {option} to convert"
                ) from None
            filled |= more
            for reason in sorted(set(left.values())):
                self._tell(
                    f"{name}: left as it was, {reason}", (s for s in left if left[s] == reason)
                )
        if not filled:
            raise Unfit(f"no points to fill into {self.template}")
        return cut(sheet, layout, columns.values(), filled)

    def _columns(self, sheet: Sheet, layout: Layout, wanted: Iterable[str]) -> dict[str, int]:
        """The column of each assignment that has one."""
        wanted = list(wanted)
        if layout.single or self.column:
            self._only_one(wanted, f"{self.template}: a column of a name is of one assignment")
            found = sheet.columns(self.column) if self.column else list(layout.grades)
            if len(found) != 1:
                raise Unfit(f"{self.template}: {len(found)} columns are called {self.column!r}")
            return {wanted[0]: found[0]}
        columns = columns_of(sheet, layout, wanted)
        without = [name for name in wanted if name not in columns]
        if without and (self.assignment or not columns):
            titles = ", ".join(repr(sheet.header[n]) for n in layout.grades) or "none"
            raise Unfit(
                f"{self.template}: no column names {_line(without)}; give its title with "
                f"--{type(self).__name__}.column=TITLE, one of: {titles}"
            )
        self._tell(f"no column in {self.template}, left out", without)
        return columns

    def _only_one(self, wanted: Iterable[str], why: str) -> None:
        names = list(wanted)
        if len(names) != 1:
            raise Unfit(f"{why}: add --assignment=NAME, one of {_line(names)}")

    def _rows(self, sheet: Sheet, layout: Layout, students: list[Person]) -> dict[str, int]:
        """Each student's row; who has none is told, and which row is nobody's."""
        keys = tuple(sheet.columns(self.match)) if self.match else layout.keys
        if not keys:
            raise Unfit(f"{self.template}: there is no column {self.match!r} to find students by")
        pairs = rows_of(sheet, layout, keys, students, self.names)
        if not pairs.rows:
            titles = ", ".join(sheet.header[key] for key in keys)
            raise Unfit(f"{self.template}: no student of the gradebook found by {titles}")
        self._tell(f"in the gradebook, not found in {self.template}", pairs.unknown)
        self._tell("left out, as more than one student or row fits", pairs.doubtful)
        if not self.student:
            rest = nameless(sheet, layout, pairs.rows.values())
            self._tell(f"in {self.template}, not found in the gradebook", rest)
        return pairs.rows

    def _tell(self, what: str, who: Iterable[str]) -> None:
        listed = list(who)
        if listed:
            self.log.warning("%s (%d): %s", what, len(listed), _line(listed))


def _line(names: Iterable[str]) -> str:
    """Names on one line, whatever they hold."""
    return ", ".join("".join(c if c.isprintable() else "?" for c in n) for n in sorted(names))
