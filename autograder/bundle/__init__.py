"""What a student gets, in one archive: notebooks, ``course``, what to install, and a guide."""

from __future__ import annotations

from pathlib import Path

from autograder.bundle.archive import packed
from autograder.bundle.contents import contents, folder_name
from autograder.notebooks import ROOT

DIST = ROOT / "dist"


def write(*, self_study: bool = False, folder: Path = DIST) -> Path:
    """Makes the archive in ``folder`` and gives its path; the same input gives the same bytes.

    With ``self_study`` it holds the solutions, too, and ``course.reveal``, which shows them. Raises
    ``ValueError`` or ``OSError`` when something that belongs in it is missing.
    """
    name = folder_name(self_study=self_study)
    archive = packed(contents(self_study=self_study), name)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.zip"
    new = path.with_suffix(".new")
    new.write_bytes(archive)
    return new.replace(path)
