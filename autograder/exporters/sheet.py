"""A table as learning platforms export and import it: CSV, read whole and written whole."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from pathlib import Path

from autograder.whole import whole

BOM = "\ufeff"
FORMULA = re.compile(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n]")
NUMBER = re.compile(r"\s*[-+]?[0-9.,]*%?\s*")
LIMIT = 64 << 20  # bytes: a table of grades is far smaller


class Unfit(ValueError):
    """The file is not the table that was expected; the text says why."""


@dataclass
class Sheet:
    """A header and rows of the same width."""

    header: list[str]
    rows: list[list[str]]
    delimiter: str = ","
    bom: bool = False

    def columns(self, *names: str) -> list[int]:
        """Where the columns of these names are, in the order of the names, whatever their case."""
        header = [title.strip().casefold() for title in self.header]
        return [n for name in names for n, title in enumerate(header) if title == name.casefold()]


def read(path: Path) -> Sheet:
    """The table in a file. Raises ``Unfit``, and ``OSError`` where it cannot be opened."""
    if path.stat().st_size > LIMIT:
        raise Unfit(f"{path}: larger than {LIMIT >> 20} MiB, too large for a table of grades")
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        raise Unfit(f"{path}: expected CSV in UTF-8, as the platform exports it") from None
    plain = text.removeprefix(BOM)
    first = plain.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    try:
        lines = list(csv.reader(io.StringIO(plain, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise Unfit(f"{path}: not a CSV file ({error})") from None
    lines = [line for line in lines if any(cell.strip() for cell in line)]
    if not lines:
        raise Unfit(f"{path}: the file is empty")
    header, *rows = lines
    width = len(header)
    rows = [(row + [""] * width)[:width] for row in rows]
    return Sheet(header, rows, delimiter, bom=plain != text)


def write(sheet: Sheet, path: Path) -> None:
    """Writes the table whole or not at all; no cell of it is a formula to a spreadsheet."""
    with whole(path, "utf-8-sig" if sheet.bom else "utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=sheet.delimiter, quoting=csv.QUOTE_ALL)
        writer.writerows([harmless(cell) for cell in row] for row in [sheet.header, *sheet.rows])


def harmless(cell: str) -> str:
    """The text, with an apostrophe before what a spreadsheet would run as a formula."""
    if FORMULA.match(cell) and not NUMBER.fullmatch(cell):
        return "'" + cell
    return cell


def number(cell: str) -> float | None:
    """The number in a cell, written with a point or with a comma, or None."""
    parts = re.split("[.,]", cell.strip())
    whole = "".join(parts[:-1])
    try:
        return float(f"{whole}.{parts[-1]}" if len(parts) > 1 else parts[0])
    except ValueError:
        return None
