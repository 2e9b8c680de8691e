"""The system's Chromium, for tests that look at pages as people do; none of them leaves here."""

import os

import pytest

from tests.redteam.browser import PATIENCE, executable


@pytest.fixture(scope="module")
def chromium():
    if executable() is None:
        pytest.skip("no chromium here: scripts/install-chromium installs it")
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENCE)
    options = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=options)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def new_page(chromium):
    """Opens an empty page that reaches this machine and its files alone."""

    def here(route):
        near = route.request.url.startswith(("http://127.0.0.1:", "file:", "data:"))
        (route.continue_ if near else route.abort)()

    def make():
        context = chromium.new_context(viewport={"width": 1200, "height": 760})
        context.set_default_timeout(PATIENCE)
        context.route("**/*", here)
        return context.new_page()

    return make
