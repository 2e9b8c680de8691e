"""The progress page, as HTML and as plain text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from course.overview.states import Standing

SIGNS = {
    "passed": "\N{HEAVY CHECK MARK}",
    "not yet": "\N{HEAVY BALLOT X}",
    "written": "\N{LOWER RIGHT PENCIL}",
    "to do": "\N{WHITE CIRCLE}",
}
NOTE = (
    "This is what the saved notebooks say; nothing was run or changed. A check counts as it came "
    "out when it was last run: code that was edited since then does not show. To be sure, run the "
    "check again and save."
)
LOOK = "padding: 2px 10px; text-align: left; vertical-align: top"
HEADS = ("Exercise", "How far", "What the notebook says")


@dataclass(frozen=True)
class Section:
    """One notebook: its file's name, and how far its exercises are."""

    file: str
    standings: Sequence[Standing]

    @property
    def title(self) -> str:
        """The file, and how much of it is done."""
        done = sum(standing.done for standing in self.standings)
        return f"{plain(self.file)}: {done} of {len(self.standings)} done"


def plain(text: str) -> str:
    """The text on one line, as any terminal can print it."""
    return "".join(sign if sign.isprintable() else "?" for sign in text)


def to_text(sections: Sequence[Section], problems: Sequence[str]) -> str:
    """For a terminal: a line for each exercise, below its notebook's."""
    lines = []
    for section in sections:
        width = max(len(standing.name) for standing in section.standings)
        lines.append(section.title)
        lines += [
            f"  {_state(one.state):9}  {one.name:{width}}  {one.reason}"
            for one in section.standings
        ]
    return "\n".join([*lines, *map(plain, problems), NOTE])


def to_html(sections: Sequence[Section], problems: Sequence[str]) -> str:
    """For a notebook: a table for each of the learner's notebooks. Every text is escaped."""
    said = "".join(f"<p>{escape(plain(text))}</p>" for text in [*problems, NOTE])
    return "".join(_table(section) for section in sections) + said


def _table(section: Section) -> str:
    head = "".join(f'<th scope="col" style="{LOOK}">{text}</th>' for text in HEADS)
    body = "".join(
        f'<tr><th scope="row" style="{LOOK}; font-weight: normal">{escape(one.name)}</th>'
        f'<td style="{LOOK}; white-space: nowrap">{_state(one.state)}</td>'
        f'<td style="{LOOK}">{escape(one.reason)}</td></tr>'
        for one in section.standings
    )
    caption = (
        f'<caption style="text-align: left"><strong>{escape(section.title)}</strong></caption>'
    )
    return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _state(state: str) -> str:
    """The sign never stands without its word."""
    return f"{SIGNS[state]} {state}"
