"""The first hour of a student and an instructor, in a real JupyterLab with nbgrader's own parts.

One story, told once: each fixture is a step that the next ones need. ``COURSE_PICTURES=1`` renews
the screenshots in docs/pictures.
"""

import shutil

import nbformat
import pytest
from nbgrader.utils import get_username

from autograder.assignments import EWC
from autograder.notebooks import ROOT
from autograder.submissions import right_answers
from tests.browser.formgrader import Formgrader
from tests.browser.lab import Lab
from tests.browser.pictures import take
from tests.browser.servers import TOKEN, jupyter_lab

ID = EWC.id
NAME = "empirical_fisher"
STUB, CHECK = f"def {NAME}(", f'check("{NAME}")'
BATCH_MEAN = '''def empirical_fisher(model: nn.Module, x: Tensor, y: Tensor) -> dict[str, Tensor]:
    """The squared gradient of the log-probability, averaged over the rows."""
    names, parameters = zip(*model.named_parameters())
    loss = nn.functional.cross_entropy(model(x), y)
    gradients = torch.autograd.grad(loss, parameters)
    return {name: g**2 for name, g in zip(names, gradients)}
'''
ANSWER = "(a) A black pixel gives the gradient 0. (b) Nobody knows. (c) There is room, for now."
COMMENT = "(b) Think of how sure the network is."


@pytest.fixture(scope="module")
def folder(bubblewrap, tmp_path_factory):
    """What the story needs: an exchange, two homes, a course and a student's folder."""
    root = tmp_path_factory.mktemp("first-hour")
    for name in ("exchange", "course", "student", "home-of-instructor", "home-of-student", "shots"):
        (root / name).mkdir()
    (root / "exchange").chmod(0o777)
    exchange = f"c.Exchange.root = {str(root / 'exchange')!r}\n"
    ours = (ROOT / "nbgrader_config.py").read_text()
    (root / "course" / "nbgrader_config.py").write_text(f"{ours}\n{exchange}")
    shutil.copytree(ROOT / "source" / ID, root / "course" / "source" / ID)
    theirs = 'c = get_config()\nc.CourseDirectory.course_id = "forget-me-not"\n'
    theirs += "c.Execute.timeout = 600\n"  # seconds a cell, where Validate has 30 by itself
    (root / "student" / "nbgrader_config.py").write_text(theirs + exchange)
    return root


@pytest.fixture(scope="module")
def formgrader(folder, new_page):
    with jupyter_lab(folder / "course", folder / "home-of-instructor") as address:
        yield Formgrader(new_page(), address, TOKEN)


@pytest.fixture(scope="module")
def lab(folder, formgrader, new_page):
    """The student's JupyterLab with the notebook open, fetched as it was released."""
    formgrader.assignment(ID, "generate")
    formgrader.assignment(ID, "release")
    with jupyter_lab(folder / "student", folder / "home-of-student") as address:
        lab = Lab(new_page(), address, TOKEN)
        lab.fetch(ID)
        lab.open(ID)
        yield lab


@pytest.fixture(scope="module")
def untouched(lab):
    """The notebook after Run All, without a single answer."""
    lab.run_all()
    return lab


@pytest.fixture(scope="module")
def submitted(untouched):
    """Handed in with one exercise solved and one question answered."""
    untouched.write(STUB, right_answers(EWC)[NAME])
    untouched.run(STUB)
    untouched.answer(ANSWER)
    untouched.save()
    untouched.submit(ID)
    return untouched


@pytest.fixture(scope="module")
def graded(submitted, formgrader):
    """The submission in the formgrader, open for grading by hand."""
    formgrader.assignment(ID, "collect")
    formgrader.submission(ID, get_username(), "autograde")
    formgrader.open(ID)
    return formgrader


def test_what_was_fetched_is_what_the_bundle_holds(lab, folder):
    fetched, ours = (
        [cell.source for cell in nbformat.read(path, as_version=4).cells]
        for path in (folder / "student" / ID / f"{ID}.ipynb", ROOT / "release" / ID / f"{ID}.ipynb")
    )
    assert fetched == ours


def test_run_all_goes_to_the_end_and_stubs_say_what_to_do(untouched):
    for exercise in EWC.exercises:
        table = untouched.cell(f'check("{exercise.name}")').locator(".jp-OutputArea")
        assert "Nothing to check yet: replace `raise NotImplementedError()`" in table.text_content()


def test_every_figure_appears_with_its_words(untouched):
    pictures = untouched.page.locator(".jp-OutputArea img").all()
    assert len(pictures) >= 10
    for picture in pictures:
        assert picture.get_attribute("alt").startswith("Figure. ")
        assert picture.evaluate("picture => picture.naturalWidth") > 300


def test_a_wrong_answer_gets_a_hint_and_the_right_one_turns_green(untouched, folder):
    untouched.write(STUB, BATCH_MEAN)
    untouched.run(STUB)
    said = untouched.run(CHECK)
    assert "You squared the gradient of the batch mean" in said.text_content()
    said.scroll_into_view_if_needed()
    take(untouched.page, "hint", folder / "shots")
    untouched.write(STUB, right_answers(EWC)[NAME])
    untouched.run(STUB)
    said = untouched.run(CHECK).text_content()
    assert f"{NAME}: all 4 checks passed" in said
    assert "✘" not in said


def test_validate_names_what_is_still_missing(untouched):
    said = untouched.validate()
    assert 'check("sample_gradients")' in said
    assert CHECK not in said


def test_the_formgrader_shows_table_answer_and_mark_scheme(graded, folder):
    page = graded.page
    assert page.get_by_text(f"{NAME}: 4 of 4 points").count() == 1
    assert page.get_by_text("sample_gradients: 0 of 6 points").count() == 1
    assert page.get_by_text(ANSWER).count() == 1
    scheme = page.locator("blockquote", has_text="For the grader").first
    assert "Mark scheme. One point each" in scheme.inner_text()
    scheme.scroll_into_view_if_needed()
    take(page, "formgrader", folder / "shots")


def test_the_feedback_comes_back_without_the_mark_scheme(graded, submitted, folder, new_page):
    graded.grade("answer-fisher", 2, COMMENT)
    for step in ("generate-feedback", "release-feedback"):
        graded.submission(ID, get_username(), step)
    submitted.fetch_feedback(ID).click()
    (page,) = (folder / "student" / ID / "feedback").rglob("*.html")
    shown = new_page()
    shown.goto(page.as_uri())
    text = shown.inner_text("body")
    assert "(Score: 6.0 / 44.0)" in text
    assert COMMENT in text
    assert "Mark scheme" not in text
    assert "For the grader" not in text
    shown.get_by_text(f"{NAME}: 4 of 4 points").scroll_into_view_if_needed()
    take(shown, "feedback", folder / "shots")
