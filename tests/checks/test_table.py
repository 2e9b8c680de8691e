"""The table says in words what it shows in signs, and lets nothing through as HTML."""

from html.parser import HTMLParser

import pytest

from course.checks.table import SIGNS, Row, to_html, to_text


class Reader(HTMLParser):
    """Collects the tags and the texts of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


@pytest.mark.parametrize("status", SIGNS)
def test_sign_and_word_stand_together(status: str) -> None:
    row = Row("loss", status, "why")
    shown = f"{SIGNS[status]} {status.replace('_', ' ')}"
    assert shown in to_text("title", [row])
    assert shown in Reader(to_html("title", [row])).texts


def test_everything_is_escaped() -> None:
    evil = "<script>alert(1)</script><img src=x onerror=y>&\"'"
    page = to_html(evil, [Row(evil, "failed", evil + "\n" + evil, 0.5, 2.0)])
    read = Reader(page)
    assert read.tags == {"p", "strong", "table", "tr", "td", "br"}
    assert read.texts.count(evil) == 4


def test_points_are_shown_where_there_are_any() -> None:
    rows = [Row("a", "failed", "m", 0.5, 2.0), Row("b", "passed", "")]
    text = to_text("title", rows)
    assert "0.5 of 2" in text
    assert text.count(" of ") == 1
    assert Reader(to_html("title", rows)).texts.count("0.5 of 2") == 1


def test_text_is_indented_below_its_row() -> None:
    lines = to_text("title", [Row("a", "failed", "one\ntwo")]).splitlines()
    assert lines == ["title", f"  {SIGNS['failed']} failed  a", "      one", "      two"]


def test_an_unknown_status_is_an_error() -> None:
    with pytest.raises(KeyError):
        to_html("title", [Row("a", "fine", "")])
