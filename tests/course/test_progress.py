"""``course.progress()``: what it says of notebooks in every state, and of files that are none."""

import json
import shutil
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

import course
from course.checks.title import Outcome, read, write
from course.overview.page import SIGNS, Section, to_html, to_text
from course.overview.states import Standing

ROOT = Path(__file__).parents[2]
STUB = "def relabel(y, classes):\n    raise NotImplementedError()"
WRITTEN = "def relabel(y, classes):\n    return y"
PASSED = write(Outcome("relabel", 3, 3), attempted=True)
FAILED = write(Outcome("relabel", 2, 3), attempted=True)


def cell(name: str, source: str, *shown: str) -> dict[str, Any]:
    outputs = [{"output_type": "display_data", "data": {"text/plain": text}} for text in shown]
    return {"metadata": {"nbgrader": {"grade_id": name}}, "source": source, "outputs": outputs}


def save(path: Path, *cells: dict[str, Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"cells": cells}))
    return path


def exercise(source: str, *shown: str) -> tuple[dict[str, Any], dict[str, Any]]:
    return cell("relabel", source), cell("test-relabel", "check('relabel')", *shown)


def said(folder: Path | None, capsys: pytest.CaptureFixture[str]) -> str:
    course.progress(folder)
    return capsys.readouterr().out


@pytest.mark.parametrize(
    ("source", "shown", "state", "reason"),
    [
        (STUB, (), "to do", "still there"),
        (STUB, (PASSED,), "to do", "still there"),
        ("", (), "to do", "empty"),
        (WRITTEN, (), "written", "run its check"),
        (WRITTEN + "  # raise NotImplementedError()", (), "written", "run its check"),
        (WRITTEN, ("3",), "written", "run its check"),
        (WRITTEN, (PASSED.replace("relabel", "mix"),), "written", "run its check"),
        (WRITTEN, (FAILED,), "not yet", "2 of 3 checks passed"),
        (WRITTEN, (FAILED, PASSED), "passed", "all 3 checks passed"),
        (WRITTEN, ("relabel: 2 of 4 points",), "written", "run its check"),
    ],
)
def test_each_state_of_an_exercise(
    source: str,
    shown: tuple[str, ...],
    state: str,
    reason: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    save(tmp_path / "01.ipynb", *exercise(source, *shown))
    title, line, note = said(tmp_path, capsys).splitlines()
    assert title == f"01.ipynb: {int(state == 'passed')} of 1 done"
    assert f"{SIGNS[state]} {state}" in line
    assert reason in line
    assert "edited since then does not show" in note


def test_a_cell_that_is_gone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save(tmp_path / "01.ipynb", cell("test-relabel", "check('relabel')", PASSED))
    assert "no longer in the notebook" in said(tmp_path, capsys)


@pytest.mark.parametrize(
    ("source", "state", "done"), [("YOUR ANSWER HERE", "to do", 0), ("Because.", "written", 1)]
)
def test_a_written_answer(
    source: str, state: str, done: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save(tmp_path / "01.ipynb", cell("answer-why", source))
    text = said(tmp_path, capsys)
    assert f"{done} of 1 done" in text
    assert f"{state} " in text.splitlines()[1]


def test_the_release_is_all_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Laid out as `make lab` and the students' archive do, seen from a notebook's own folder."""
    shutil.copytree(ROOT / "release", tmp_path / "my-work")
    monkeypatch.chdir(tmp_path / "my-work" / "04-ewc")
    text = said(None, capsys)
    assert "01-forgetting/01-forgetting.ipynb: 0 of 11 done" in text
    assert "05-showdown/05-showdown.ipynb: 0 of 2 done" in text
    assert text.count(SIGNS["to do"]) == 28 + 7  # exercises, and written answers
    assert not {SIGNS["passed"], SIGNS["not yet"], SIGNS["written"]} & set(text)
    for place in (tmp_path, tmp_path / "my-work"):
        monkeypatch.chdir(place)
        assert said(None, capsys) == text


BAD = {
    "half a file": b'{"cells": [{"meta',
    "no notebook": b"[1, 2]",
    "no text": b"\xff\xfe\x00\xd8",
    "cells that are none": b'{"cells": [3]}',
    "odd metadata": b'{"cells": [{"metadata": {"nbgrader": null}, "source": ""}]}',
    "odd output": b'{"cells": [{"metadata": {}, "source": "", "outputs": [[]]}]}',
    "deep": b"[" * 100_000,
}


@pytest.mark.parametrize("content", BAD.values(), ids=list(BAD))
def test_a_damaged_file_gets_one_line(
    content: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bad.ipynb").write_bytes(content)
    save(tmp_path / "good.ipynb", *exercise(WRITTEN))
    lines = said(tmp_path, capsys).splitlines()
    assert len(lines) == 4
    assert lines[2] == "bad.ipynb is no notebook, or a damaged one: nothing of it was read."


def test_what_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save(tmp_path / "01" / ".ipynb_checkpoints" / "01.ipynb", *exercise(WRITTEN))
    save(tmp_path / ".ipynb_checkpoints" / "01.ipynb", *exercise(WRITTEN))
    save(tmp_path / "other.ipynb", cell("", "print(1)"))
    (tmp_path / "folder.ipynb").mkdir()
    text = said(tmp_path, capsys)
    assert text.startswith(f"No notebook of the course in {tmp_path.resolve()}")
    assert len(text.splitlines()) == 2


def test_nothing_is_changed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = save(tmp_path / "01.ipynb", *exercise(WRITTEN, PASSED))
    before = path.read_bytes(), path.stat().st_mtime_ns
    assert "passed" in said(tmp_path, capsys)
    assert [(p.read_bytes(), p.stat().st_mtime_ns) for p in tmp_path.iterdir()] == [before]


def test_no_such_folder(tmp_path: Path) -> None:
    with pytest.raises(NotADirectoryError, match="expected a folder with notebooks"):
        course.progress(tmp_path / "none")


class Table(HTMLParser):
    """Tags with their attributes, and the texts between them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_the_table_can_be_read_aloud() -> None:
    page = Table(to_html([Section("01.ipynb", [Standing("mix", "passed", "all 3")])], []))
    scopes = [attributes["scope"] for tag, attributes in page.tags if tag == "th"]
    assert scopes == ["col", "col", "col", "row"]
    assert "caption" in [tag for tag, _ in page.tags]
    assert f"{SIGNS['passed']} passed" in page.texts


def test_whatever_a_file_is_called_is_escaped_and_printable() -> None:
    evil = "<script>alert(1)</script>\n\udcff.ipynb"
    sections = [Section(evil, [Standing("mix", "to do", "<b>")])]
    page = to_html(sections, [evil])
    assert not {"script", "b"} & {tag for tag, _ in Table(page).tags}
    assert (page + to_text(sections, [evil])).encode()


@pytest.mark.parametrize("outcome", [Outcome("mix", 3, 3), Outcome("mix", 0, 3)])
def test_what_check_says_is_read_again(outcome: Outcome) -> None:
    for attempted in (True, False):
        assert read(write(outcome, attempted=attempted) + "\n  passed  more") == outcome


@pytest.mark.parametrize("text", ["", "mix: 2 of 4 points", "all 3 checks passed", "x" * 100])
def test_other_texts_are_not_taken_for_a_check(text: str) -> None:
    assert read(text) is None
