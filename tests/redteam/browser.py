"""Pages in a real browser that never reaches the network, and what they did there."""

from __future__ import annotations

import os
import re
import shutil
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PATIENCE = 600_000  # milliseconds, for a machine that has much else to do
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MATHJAX = Path("/usr/share/javascript/mathjax")  # Debian's libjs-mathjax
CDN = "https://cdnjs.cloudflare.com/ajax/libs/mathjax/2.7.7/"
# What the server's latest.js does, which nbconvert asks for: it loads the newest version.
LATEST = f"""
const script = document.createElement("script");
script.src = "{CDN}MathJax.js?" + document.currentScript.src.split("?")[1];
document.head.appendChild(script);
"""
UUID = re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}")

# Everything that can load, run, send, cover or lead away, as it stands in the page.
ACTIVE = """() => {
    const active = "script, iframe, frame, object, embed, form, input, textarea, button, select, "
        + "svg, math, img, picture, video, audio, source, link, style, base, meta, template, "
        + "title, area, map, dialog, a, details, canvas, marquee, isindex, keygen, portal";
    const found = [...document.querySelectorAll(active)].map(element => {
        const own = ["SCRIPT", "STYLE", "TITLE"].includes(element.tagName);
        return element.cloneNode(false).outerHTML + (own ? element.textContent : "");
    });
    for (const element of document.querySelectorAll("*"))
        for (const {name, value} of element.attributes)
            if (/^on/i.test(name) || /^\\s*(javascript|data|vbscript):/i.test(value))
                found.push(element.tagName + " " + name + "=" + value);
    return found;
}"""


def executable():
    """The browser's program, or ``None``."""
    return next(filter(None, map(shutil.which, NAMES)), None)


@dataclass
class Visit:
    """A page after it settled: what it shows, what is active in it, and all that it tried."""

    url: str
    text: str
    active: Counter
    pwned: object
    asked: set[str]
    dialogs: list[str]


class Browser:
    """Pages reach ``origin`` alone. Any other address answers with a script that would be seen.

    ``mathjax`` lets them load MathJax, from this machine's own copy; ``token`` logs in.
    """

    def __init__(self, playwright):
        options = ["--no-sandbox"] if os.geteuid() == 0 else []
        self._browser = playwright.chromium.launch(
            executable_path=executable(), args=options, timeout=PATIENCE
        )
        self._seen = {}

    @contextmanager
    def opened(self, url, origin, mathjax=False, token=""):
        """The page at ``url``, once it has settled, and what it did so far."""
        headers = {"Authorization": f"token {token}"} if token else {}
        context = self._browser.new_context(extra_http_headers=headers)
        context.set_default_timeout(PATIENCE)
        asked, dialogs = set(), []

        def answer(route):
            address = route.request.url
            if address.startswith(origin):
                route.continue_()
            elif address.startswith(CDN + "latest.js") and mathjax:
                route.fulfill(body=LATEST, content_type="text/javascript")
            elif address.startswith(CDN) and mathjax:
                route.fulfill(path=MATHJAX / address.removeprefix(CDN).partition("?")[0])
            elif address.startswith(CDN):
                route.abort()
            else:
                route.fulfill(body="window.pwned = 'remote'", content_type="text/javascript")

        def refuse(dialog):
            dialogs.append(dialog.message)
            dialog.dismiss()

        context.route("**/*", answer)
        context.on("request", lambda request: asked.add(request.url))
        context.on("dialog", refuse)
        try:
            page = context.new_page()
            page.goto(url, wait_until="load")
            page.wait_for_load_state("networkidle")
            if mathjax:
                page.wait_for_function("window.MathJax && MathJax.isReady")
                page.evaluate("() => new Promise(done => MathJax.Hub.Queue(done))")
            yield page, asked, dialogs
        finally:
            context.close()

    def visit(self, url, origin, **options):
        """What came of opening the page; the same page is opened once only."""
        key = (url, *options.items())
        if key not in self._seen:
            with self.opened(url, origin, **options) as (page, asked, dialogs):
                self._seen[key] = look(page, asked, dialogs)
        return self._seen[key]

    def close(self):
        self._browser.close()


def plain(element):
    """An element without identifiers, and without the points that are shown in it."""
    return re.sub(r' placeholder="[\d.]*"', "", UUID.sub("UUID", element))


def look(page, asked, dialogs):
    """What stands in the page now, without the numbers that differ from student to student."""
    return Visit(
        page.url,
        page.inner_text("body"),
        Counter(plain(element) for element in page.evaluate(ACTIVE)),
        page.evaluate("window.pwned"),
        {UUID.sub("UUID", address) for address in asked if address != page.url},
        dialogs,
    )
