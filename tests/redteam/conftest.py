"""Attacks are tried on the real sandbox, or not at all."""

import pytest


@pytest.fixture(scope="session", autouse=True)
def _bubblewrap(bubblewrap):
    pass
