"""``course.progress()``: how far the learner is, in all notebooks of the course."""

from __future__ import annotations

from pathlib import Path

from course.display import show
from course.overview.page import Section, plain, to_html, to_text
from course.overview.saved import Unreadable, notebooks_in, read, usual_folder
from course.overview.states import standings


def progress(folder: str | Path | None = None) -> None:
    """Shows, of each exercise in the learner's saved notebooks, whether it is written and passes.

    Looks at the notebooks in ``folder`` and in the folders in it; by default where this course
    keeps them. Goes by what was saved, so a check counts as it came out when it was last run, and
    an edit since then does not show. Runs and changes nothing; a damaged file gets a line. Raises
    ``NotADirectoryError`` if there is no such folder.
    """
    place = usual_folder(Path.cwd()) if folder is None else Path(folder).expanduser()
    if not place.is_dir():
        raise NotADirectoryError(f"expected a folder with notebooks, but {place} is none")
    sections, problems = [], []
    for path in notebooks_in(place):
        file = path.relative_to(place).as_posix()
        try:
            found = standings(read(path))
        except Unreadable as problem:
            problems.append(f"{file} {problem}.")
            continue
        if found:
            sections.append(Section(file, found))
    if not sections:
        name = plain(str(place.resolve()))
        problems.append(
            f"No notebook of the course in {name} or in a folder in it. "
            'Say where yours are: progress("the folder").'
        )
    show({"text/html": to_html(sections, problems), "text/plain": to_text(sections, problems)})
