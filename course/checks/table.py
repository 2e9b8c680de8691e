"""A table of checks or tests, as HTML and as plain text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

SIGNS = {
    "passed": "\N{HEAVY CHECK MARK}",
    "failed": "\N{HEAVY BALLOT X}",
    "error": "\N{HEAVY BALLOT X}",
    "timeout": "\N{HEAVY BALLOT X}",
    "crashed": "\N{HEAVY BALLOT X}",
    "not_attempted": "\N{WHITE CIRCLE}",
}


@dataclass(frozen=True)
class Row:
    """One check: its name, a status word, what to say about it, and points where there are any."""

    name: str
    status: str
    message: str
    earned: float | None = None
    points: float | None = None

    @property
    def cells(self) -> list[str]:
        """The row as texts. The sign never stands without its word."""
        mark = f"{SIGNS[self.status]} {self.status.replace('_', ' ')}"
        if self.points is None:
            return [mark, self.name, self.message]
        return [mark, f"{self.earned:g} of {self.points:g}", self.name, self.message]


def to_text(title: str, rows: Sequence[Row]) -> str:
    """The table for a terminal: one line a row, the message indented below it."""
    lines = [title]
    for row in rows:
        *head, message = row.cells
        lines.append("  " + "  ".join(head))
        lines += ["      " + line for line in message.splitlines()]
    return "\n".join(lines)


def to_html(title: str, rows: Sequence[Row]) -> str:
    """The table for a notebook or a feedback page. Every text is escaped."""
    body = "".join(
        "<tr>" + "".join(f"<td>{_lines(cell)}</td>" for cell in row.cells) + "</tr>" for row in rows
    )
    return f"<p><strong>{escape(title)}</strong></p><table>{body}</table>"


def _lines(text: str) -> str:
    return "<br>".join(escape(line) for line in text.splitlines())
