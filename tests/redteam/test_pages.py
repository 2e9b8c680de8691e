"""Nothing of a submission runs on the pages that show it, seen in a real browser."""

import os
import random
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import pytest
from nbconvert.exporters import HTMLExporter
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from nbgrader.api import Gradebook

from autograder.assignments import FORGETTING
from autograder.gradebook.cells import keep
from autograder.gradebook.course import Course
from autograder.gradebook.neutralise import as_text, neutralise, printable
from autograder.gradebook.sanitise import GRADING
from autograder.notebooks import ROOT
from autograder.submissions import hand_in, untouched
from tests.redteam import browser as browsers
from tests.redteam.page_attacks import PNG, SHOWN_ELSEWHERE, honest, mallory, markdown, tag
from tests.running import autograder, nbgrader

pytestmark = pytest.mark.slow
ID = FORGETTING.id
STUDENTS = {"mallory": mallory, "honest": honest, "untouched": lambda: untouched(FORGETTING)}
MAKERS = ("course", "nbgrader")
TOKEN = "red-team"
STRANGE = "<img src=x onerror=window.pwned='name'>"
MATHJAX = f"{browsers.CDN}latest.js?config=TeX-AMS_CHTML-full,Safe"


@pytest.fixture(scope="module")
def browser():
    if browsers.executable() is None:
        pytest.skip("no chromium here: scripts/install-chromium installs it")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        one = browsers.Browser(playwright)
        yield one
        one.close()


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A graded course, with feedback by us (``course/``) and by nbgrader (``nbgrader/``)."""
    root = tmp_path_factory.mktemp("course")
    for student, make in STUDENTS.items():
        hand_in(make(), root, student, FORGETTING)
    beside = root / "submitted" / "mallory" / ID
    for name in ("evil.html", "evil.svg", "<img src=x onerror=window.pwned='file'>.txt"):
        (beside / name).write_text("<script>window.pwned = 'file'</script>")
    (root / "submitted" / STRANGE / ID).mkdir(parents=True)
    done = autograder("grade", ID, "--root", root)
    assert done.returncode == 1, done.stdout + done.stderr
    said = " ".join(done.stdout.split())
    assert f"{STRANGE}: NOT GRADED: a student's name has letters" in said
    for student in STUDENTS:
        Course(root).feedback(ID, student)
    shutil.move(root / "feedback", root / "course")
    shutil.copy(ROOT / "nbgrader_config.py", root)
    (root / "source").symlink_to(ROOT / "source")
    done = nbgrader("generate_feedback", ID, cwd=root)
    assert done.returncode == 0, done.stderr
    shutil.move(root / "feedback", root / "nbgrader")
    return root


@pytest.fixture(scope="module")
def feedback(course, browser):
    """Opens a student's feedback page, from disk."""

    def visit(maker, student, **options):
        url = (course / maker / student / ID / f"{ID}.html").as_uri()
        return browser.visit(url, origin=url, **options)

    return visit


@pytest.fixture(scope="module")
def server(course, tmp_path_factory):
    """A Jupyter server with nbgrader's formgrader on the course: its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    home = tmp_path_factory.mktemp("home")
    scripts = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    command = [sys.executable, "-m", "jupyter_server", "--allow-root", "--no-browser"]
    command += [f"--ServerApp.port={port}", f"--IdentityProvider.token={TOKEN}"]
    command += [f"--ServerApp.root_dir={course}", "--ServerApp.log_level=WARN"]
    command.append("--ServerApp.jpserver_extensions=nbgrader.server_extensions.formgrader=True")
    address = f"http://127.0.0.1:{port}"
    with (home / "log").open("w") as log:
        process = subprocess.Popen(
            command,
            cwd=course,
            env=os.environ | {"HOME": str(home), "PATH": scripts},
            stdout=log,
            stderr=log,
        )
        try:
            for _ in range(600):
                assert process.poll() is None, (home / "log").read_text()
                if answers(f"{address}/api/status"):
                    break
                time.sleep(0.1)
            yield address
        finally:
            process.terminate()
            process.wait()


def answers(url):
    try:
        urllib.request.urlopen(f"{url}?token={TOKEN}").close()
    except urllib.error.HTTPError:
        raise
    except OSError:
        return False
    return True


@pytest.fixture(scope="module")
def formgrader(server, course, browser):
    """Opens a page of the formgrader; ``STUDENT/FILE`` is what it has of a student's submission."""

    def visit(page):
        student, _, file = page.partition("/")
        if student in STUDENTS:
            with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
                found = gradebook.find_submission_notebook(ID, ID, student)
                page = f"submissions/{found.id}/{file}"
        return browser.visit(f"{server}/formgrader/{page}", origin=server, token=TOKEN)

    return visit


def harmless(visit, benign):
    """Asserts that a page did nothing, asked nothing and holds nothing that ``benign`` does not."""
    assert visit.pwned is None
    assert visit.dialogs == []
    assert visit.asked <= benign.asked
    assert anonymous(visit.active) - anonymous(benign.active) == {}


def anonymous(active):
    """The elements without what names the one student or another."""
    names = re.compile(f"{'|'.join(STUDENTS)}|[0-9]+ remaining")
    return Counter(names.sub("STUDENT", element) for element in active.elements())


def missing(text):
    """What of the attacks a page does not show as text."""
    words = [f"shown-{name}" for name in [*markdown(), *SHOWN_ELSEWHERE]]
    literal = [tag(name) for name in ("script", "written", "raw", "comment", "stdout", "message")]
    return [part for part in words + literal if part not in text]


@pytest.mark.parametrize("maker", MAKERS)
def test_nothing_runs_in_the_feedback(feedback, maker):
    harmless(feedback(maker, "mallory"), feedback(maker, "honest"))


@pytest.mark.parametrize("maker", MAKERS)
def test_the_feedback_shows_attacks_as_text(feedback, maker):
    assert missing(feedback(maker, "mallory").text) == []


@pytest.mark.parametrize("maker", MAKERS)
def test_the_feedback_asks_for_mathjax_and_nothing_else(feedback, maker):
    for student in STUDENTS:
        assert feedback(maker, student).asked == {MATHJAX}


def test_nothing_runs_in_the_formgrader(formgrader):
    harmless(formgrader("mallory"), formgrader("honest"))


def test_the_formgrader_shows_attacks_as_text(formgrader):
    visit = formgrader("mallory")
    assert missing(visit.text) == []
    assert {url for url in visit.asked if "127.0.0.1" not in url} == {MATHJAX}


@pytest.mark.parametrize(
    "page",
    [
        "manage_assignments",
        f"manage_submissions/{ID}",
        "gradebook",
        f"gradebook/{ID}",
        f"gradebook/{ID}/{ID}",
        "manage_students",
        "manage_students/mallory",
        f"manage_students/mallory/{ID}",
    ],
)
def test_nothing_runs_in_the_formgraders_lists(formgrader, server, page):
    visit = formgrader(page)
    assert visit.pwned is None
    assert visit.dialogs == []
    assert all(url.startswith(server) for url in visit.asked)
    assert "shown-" not in visit.text


def test_a_folder_with_a_strange_name_is_not_in_the_gradebook(course):
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        assert {student.id for student in gradebook.students} == set(STUDENTS)


def test_nbgrader_leaves_out_a_folder_with_a_strange_name(course, tmp_path):
    hand_in(untouched(FORGETTING), tmp_path, STRANGE, FORGETTING)
    shutil.copy(course / "nbgrader_config.py", tmp_path)
    shutil.copy(course / "gradebook.db", tmp_path)
    done = nbgrader("autograde", ID, cwd=tmp_path)
    assert "its name is no student's" in done.stderr
    assert not list(tmp_path.glob("autograded/*"))
    with Gradebook(f"sqlite:///{tmp_path / 'gradebook.db'}") as gradebook:
        assert {student.id for student in gradebook.students} == set(STUDENTS)


@pytest.mark.parametrize("file", ["evil.html", "evil.svg"])
def test_files_beside_the_notebook_are_not_served(formgrader, course, file):
    assert (course / "submitted" / "mallory" / ID / file).exists()
    visit = formgrader(f"mallory/{file}")
    assert "404" in visit.text
    assert visit.pwned is None


@pytest.mark.parametrize("maker", MAKERS)
def test_honest_text_stays_readable(feedback, maker):
    visit = feedback(maker, "honest")
    for part in (
        "It drops, since $a < b$ & `x <= y`:\n\n- **first** point\n- $$\\theta_i > 0$$",
        "if a < b:\n    c = d\n",
        "See https://arxiv.org/abs/1612.00796.",
        "red & <b>",
    ):
        assert part in visit.text
    pictures = [element for element in visit.active if element.startswith("<img")]
    assert len(pictures) == 1
    assert PNG in pictures[0]


needs_mathjax = pytest.mark.skipif(
    not browsers.MATHJAX.is_dir(), reason="no MathJax here: Debian's libjs-mathjax has it"
)


@needs_mathjax
def test_formulas_do_nothing_but_show(feedback):
    """MathJax is at work: it loads nothing but itself, and adds nothing but formulas."""
    visit, benign = (feedback("course", name, mathjax=True) for name in ("mallory", "honest"))
    assert visit.pwned is None
    assert visit.dialogs == []
    assert all(url.startswith(browsers.CDN) for url in visit.asked)
    added = anonymous(visit.active) - anonymous(benign.active)
    itself = f'<script type="text/javascript" src="{browsers.CDN}extensions/TeX/'
    formulas = '<script type="math/tex', "<math xmlns=", '<span class="MathJax', itself
    assert [element for element in added if not element.startswith(formulas)] == []
    assert any("shown-math" in element for element in added)


@needs_mathjax
def test_an_honest_formula_is_set(feedback):
    visit = feedback("course", "honest", mathjax=True)
    assert any(element.endswith("</script>a < b") for element in visit.active)
    assert "$a < b$" not in visit.text


class Page(HTMLParser):
    """The tags of a page, and its text with its line breaks."""

    def __init__(self):
        super().__init__()
        self.tags, self.text, self.pictures = set(), "", []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.pictures += [dict(attrs)] if tag == "img" else []
        self.text += "\n" if tag == "br" else ""

    def handle_data(self, data):
        self.text += data


def awkward_texts():
    """Texts of all that means something to Markdown, MathJax or HTML, in any order."""
    draw = random.Random(5)
    parts = list("<>&\"'`*_~#|:-=+![](){}$\\\n \t\r\x0b\x85\u2028\ud800ab1.")
    parts += [
        "\n\n",
        "</div>",
        "<div>",
        "<script>",
        "$$",
        "\\begin{a}",
        "\\end{a}",
        "```",
        "&lt;",
        "\n    ",
    ]
    for _ in range(500):
        yield "".join(draw.choices(parts, k=draw.randrange(1, 60)))
    yield from markdown().values()
    # Markdown's own reading of these takes minutes.
    yield from ("\\begin{a}" * 50_000, "\\\\(" * 50_000, "a" + " " * 50_000 + "b")


def test_markdown_passes_a_students_text_on_as_it_was_typed():
    exporter = HTMLExporter(template_name="basic")
    around, _ = exporter.from_notebook_node(new_notebook(cells=[new_markdown_cell("")]))
    allowed = Page()
    allowed.feed(around)
    for text in awkward_texts():
        notebook = new_notebook(cells=[new_markdown_cell(as_text(text))])
        page = Page()
        page.feed(exporter.from_notebook_node(notebook)[0])
        assert page.tags <= allowed.tags | {"div", "br"}
        assert "\n".join(line.rstrip() for line in printable(text).splitlines()) in page.text


def test_the_words_of_a_picture_stay_words():
    """In feedback and formgrader an image has its source and its words, whatever these say."""
    words = """'"><img src=x onerror="window.pwned='words'">'"""
    shown = new_output("display_data", {"image/png": PNG, "text/plain": words})
    kept = keep(new_notebook(cells=[new_code_cell(outputs=[shown])]))
    kept.metadata[GRADING] = {}
    page = Page()
    page.feed(HTMLExporter(template_name="classic").from_notebook_node(neutralise(kept, ID))[0])
    assert page.pictures == [{"src": f"data:image/png;base64,{PNG}", "alt": words}]
