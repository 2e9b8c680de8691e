"""Which tests stay together when they run in several processes, and which need a sandbox."""

import pytest

from autograder import sandbox


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A file's tests share one process and what they set up, but for two folders.

    Those of the suites are too many for one process; tests of one exercise share what its mistakes
    do. Those of the notebooks share nothing, and take long.
    """
    for item in items:
        if item.path.parent.name not in ("suites", "notebooks"):
            item.add_marker(pytest.mark.xdist_group(str(item.path)))
        elif hasattr(item, "callspec") and "exercise" in item.callspec.params:
            item.add_marker(pytest.mark.xdist_group(str(item.callspec.params["exercise"])))


@pytest.fixture(scope="session")
def bubblewrap() -> None:
    """For tests that need a real sandbox: skips them, saying why, where there is none."""
    try:
        sandbox.check()
    except sandbox.SandboxError as error:
        pytest.skip(str(error))
