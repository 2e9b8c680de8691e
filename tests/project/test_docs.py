"""What the pages for instructors and contributors name is there."""

import re
from pathlib import Path

import pytest

from autograder.cli import app
from tests.project.test_readme import (
    make_targets_named,
    missing,
    targets,
    verbs_named,
    verbs_of,
)

ROOT = Path(__file__).parents[2]
PAGES = ("CHANGELOG.md", "CONTRIBUTING.md", "docs/glossary.md", "docs/instructor.md")
# Where a path may begin, if it is not said in full.
STARTS = (
    "",
    "autograder/",
    "docs/",
    "tests/",
    "autograder/misconceptions/",
    "autograder/reference/",
)

every_page = pytest.mark.parametrize("page", PAGES)


def paths_named(markdown: str) -> set[str]:
    """Between backticks: files of the project by their endings, folders by a slash at the end."""
    words = re.findall(r"`([\w./-]+)`", markdown)
    return {word for word in words if re.search(r"(\.(py|md|ipynb|toml|txt|yml)|/)$", word)}


@every_page
def test_links_lead_somewhere(page: str) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", (ROOT / page).read_text())
    assert [link for link in links if not (ROOT / page).parent.joinpath(link).exists()] == []


@every_page
def test_named_files_are_there(page: str) -> None:
    made = {"gradebook-backups/", "feedback/STUDENT/01-forgetting/", "downloaded/01-forgetting/"}
    named = paths_named((ROOT / page).read_text()) - made
    absent = [name for name in named if not any((ROOT / s / name).exists() for s in STARTS)]
    assert [name for name in absent if not name.startswith(("/", "submitted/"))] == []


@every_page
def test_named_commands_are_there(page: str) -> None:
    text = (ROOT / page).read_text()
    assert missing(verbs_named(text), verbs_of(app)) == []
    assert make_targets_named(text) <= targets((ROOT / "Makefile").read_text())


def test_paths_are_found() -> None:
    text = "`a/b.py`, `make x`, `docs/`, `c.md` and `name`"
    assert paths_named(text) == {"a/b.py", "docs/", "c.md"}
