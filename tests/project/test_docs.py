"""What the hand-written pages name is there: files, links, verbs, options, targets of make."""

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
PAGES = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "docs/glossary.md", "docs/grader.md")
PAGES += ("docs/instructor.md", "docs/performance.md", "docs/plain-nbgrader.md", "docs/security.md")
# Where a path may begin, if it is not said in full.
STARTS = (
    "",
    "autograder/",
    "docs/",
    "tests/",
    "autograder/misconceptions/",
    "autograder/reference/",
    "release/01-forgetting/",
)
# What is made when the commands of the pages are run, or comes with a submission.
MADE = {"my-work/01-forgetting/", "gradebook-backups/", "feedback/STUDENT/01-forgetting/"}
MADE |= {"downloaded/01-forgetting/", "autograded/", "feedback/", "submission_secret.txt"}
MADE |= {"timestamp.txt"}

every_page = pytest.mark.parametrize("page", PAGES)


def paths_named(markdown: str) -> set[str]:
    """Between backticks: files of the project by their endings, folders by a slash at the end.

    In fences, such as an overview of the parts: what has a slash in it, too.
    """
    fences = re.findall(r"^```\n(.*?)^```", markdown, flags=re.MULTILINE | re.DOTALL)
    words = re.findall(r"(?<!\S)(\w+/\w+\.py)\b", "\n".join(fences))
    words += re.findall(r"`([\w./-]+)`", markdown)
    return {word for word in words if re.search(r"(\.(py|md|ipynb|toml|txt|yml)|/)$", word)}


@every_page
def test_links_lead_somewhere(page: str) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", (ROOT / page).read_text())
    assert [link for link in links if not (ROOT / page).parent.joinpath(link).exists()] == []


def test_every_picture_is_shown_described_and_small() -> None:
    """The alternative text says what it shows; a page loads fast."""
    shown = {}
    for page in PAGES:
        for words, path in re.findall(r"!\[([^\]]*)\]\(([^)]+)\)", (ROOT / page).read_text()):
            shown[(ROOT / page).parent.joinpath(path).resolve()] = words
    assert shown.keys() == set((ROOT / "docs" / "pictures").iterdir())
    for path, words in shown.items():
        assert len(words) > 40
        assert path.stat().st_size <= 80_000


@every_page
def test_named_files_are_there(page: str) -> None:
    named = paths_named((ROOT / page).read_text()) - MADE
    absent = [name for name in named if not any((ROOT / s / name).exists() for s in STARTS)]
    assert [name for name in absent if not name.startswith(("/", "submitted/"))] == []


@every_page
def test_named_commands_are_there(page: str) -> None:
    text = (ROOT / page).read_text()
    assert missing(verbs_named(text), verbs_of(app)) == []
    assert make_targets_named(text) <= targets((ROOT / "Makefile").read_text())


def test_paths_are_found() -> None:
    text = "`a/b.py`, `make x`, `docs/`, `c.md` and `name`\n```\nd.py -> e/f.py  x/y_*.py\n```\n"
    assert paths_named(text) == {"a/b.py", "docs/", "c.md", "e/f.py"}
