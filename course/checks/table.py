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


def to_text(title: str, rows: Sequence[Row], hint: str = "") -> str:
    """The table for a terminal: one line a row, the message indented below it, then the hint."""
    lines = [title]
    for row in rows:
        *head, message = row.cells
        lines.append("  " + "  ".join(head))
        lines += ["      " + line for line in message.splitlines()]
    if hint:
        lines.append(f"  What probably happened: {hint}")
    return "\n".join(lines)


def to_html(title: str, rows: Sequence[Row], hint: str = "") -> str:
    """The table for a notebook or a feedback page, then the hint. Every text is escaped."""
    body = "".join(f"<tr>{_cells(row.cells)}</tr>" for row in rows)
    html = f"<p><strong>{escape(title)}</strong></p><table>{body}</table>"
    if hint:
        html += f"<p><strong>What probably happened:</strong> {escape(hint)}</p>"
    return html


def _cells(texts: Sequence[str]) -> str:
    """Table cells; the last one, the message, may wrap."""
    look = "padding: 2px 10px; text-align: left; vertical-align: top"
    last = len(texts) - 1
    return "".join(
        f'<td style="{look}; white-space: {"normal" if n >= last - 1 else "nowrap"}">'
        f"{_lines(text)}</td>"
        for n, text in enumerate(texts)
    )


def _lines(text: str) -> str:
    return "<br>".join(escape(line) for line in text.splitlines())
