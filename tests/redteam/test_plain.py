"""docs/plain-nbgrader.md is what its command writes."""

import pytest

from tests.redteam import plain


@pytest.mark.slow
def test_the_page_is_what_a_run_gives():
    assert plain.page(plain.table()) == plain.PAGE.read_text()
