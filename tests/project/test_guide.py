"""docs/instructor.md, word by word: every block of commands is run, in order, in one term."""

import csv
import json
import re
import zipfile

import nbformat
import pytest
from nbgrader.api import Gradebook

from autograder.assignments import FORGETTING
from autograder.submissions import hand_in, untouched
from tests.autograder.classes import ID, QUICK, some
from tests.project.copied import ROOT, Copy, blocks

GUIDE = (ROOT / "docs" / "instructor.md").read_text()
CANVAS = """Student,ID,SIS User ID,SIS Login ID,Section,01-forgetting (77)
    Points Possible,,,,,30.00
"Archer, Ann",101,,ann@uni.example,One,
"Baker, Ben",102,,b.baker@uni.example,One,
"Stranger, Sam",103,,sam@uni.example,One,
"""
WORKSHEET = """Identifier,Full name,Status,Grade,Maximum Grade,Last modified (grade)
Participant 9,Cem Cook,Submitted,,30.00,-
Participant 10,Sam Stranger,Submitted,,30.00,-
"""


@pytest.fixture(scope="module")
def term(tmp_path_factory, bubblewrap):
    """The term: a copy of the project, and what each block of commands said in it."""
    term = Term(tmp_path_factory.mktemp("term"))
    for heading, commands in blocks(GUIDE):
        term.before(commands)
        term.run(heading, commands)
    return term


class Term(Copy):
    """One instructor, an exchange, and what others do in between."""

    def __init__(self, folder):
        super().__init__(folder)
        exchange = folder / "exchange"
        exchange.mkdir(mode=0o777)
        exchange.chmod(0o777)
        # One user plays all parts here.
        owner = "c.ExchangeCollect.check_owner = False"
        config = f"c = get_config()\nc.Exchange.root = {str(exchange)!r}\n{owner}\n"
        (self.home / ".jupyter" / "nbgrader_config.py").write_text(config)

    def before(self, commands):
        """What students, platforms and the instructor's hands have done by then."""
        if "nbgrader collect" in commands:
            written = some(*QUICK, **{"answer-observation": "It forgets what it does not see."})
            hand_in(written, self.home / "ann", "ann", FORGETTING)
            work = self.home / "ann" / "submitted" / "ann"
            self.run(
                "a student", f"cd {work}; nbgrader submit {ID} --student ann --course forget-me-not"
            )
        elif "zip_collect" in commands:
            with zipfile.ZipFile(self.root / "submissions.zip", "w") as archive:
                ben, cem = (nbformat.writes(n) for n in (some("relabel"), untouched(FORGETTING)))
                archive.writestr(f"bakerben_LATE_102_5001_{ID}-1.ipynb", ben)
                archive.writestr(f"Cem Cook_9_assignsubmission_file/{ID}.ipynb", cem)
        elif "generate_assignment" in commands:
            path = self.root / "source" / ID / f"{ID}.ipynb"
            path.write_text(path.read_text().replace("tutorial", "well-known tutorial", 1))
        elif "generate_feedback" in commands:
            self.grade_by_hand()
        elif "insights" in commands:
            fetch = f"nbgrader fetch_feedback {ID} --student ann --course forget-me-not"
            self.run("a student", f"cd {self.home / 'ann' / 'submitted' / 'ann'}; {fetch}")
        elif "CanvasExporter" in commands:
            (self.root / "canvas.csv").write_text(CANVAS)
        elif "MoodleExporter" in commands:
            (self.root / "worksheet.csv").write_text(WORKSHEET)

    def grade_by_hand(self):
        with Gradebook(self.gradebook) as gradebook:
            for submission in gradebook.assignment_submissions(ID):
                for grade in submission.notebooks[0].grades:
                    if grade.auto_score is None or grade.needs_manual_grade:
                        grade.manual_score = 2.5
                        grade.needs_manual_grade = False
            gradebook.db.commit()

    @property
    def gradebook(self):
        return f"sqlite:///{self.root / 'gradebook.db'}"

    def output(self, word):
        """What the one block said in which ``word`` stands."""
        (text,) = [text for _, commands, text in self.said if word in commands]
        return text


def test_everybody_is_graded(term):
    report = json.loads((term.root / "report.json").read_text())
    rows = {row["student"]: row for row in report["submissions"]}
    assert {name: row["score"] for name, row in rows.items()} == {"102": 2.0, "9": 0.0, "ann": 9.0}
    assert [row["flags"] for row in rows.values()] == [[], [], []]


def test_what_the_class_was_given(term):
    assert "The release is what the source gives." in term.output("release --check")
    with zipfile.ZipFile(term.root / "dist" / "forget-me-not-student.zip") as archive:
        assert f"forget-me-not-student/{ID}/{ID}.ipynb" in archive.namelist()


def test_pages_are_there(term):
    for student in ("ann", "102", "9"):
        assert (term.root / "feedback" / student / ID / f"{ID}.html").is_file()
        page = (term.root / "feedback" / student / ID / f"{ID}.html").read_text()
        assert '<a href="#test-train_step">train_step</a> (Score: ' in page
    (fetched,) = (term.home / "ann").rglob(f"feedback/*/{ID}.html")
    assert fetched.read_text() == (term.root / "feedback" / "ann" / ID / f"{ID}.html").read_text()
    assert "(2): 102, 9\n" in term.output("release_feedback")
    for page in (f"insights-{ID}.html", "who.html", "leaderboard.html"):
        assert (term.root / page).read_text().startswith("<!DOCTYPE html>")


def table(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_points_reach_the_platforms(term):
    _, *canvas = table(term.root / "to-canvas.csv")
    assert [(row["ID"], row["01-forgetting (77)"]) for row in canvas] == [
        ("101", "11.5"),
        ("102", "2"),
    ]
    (cem,) = table(term.root / "to-moodle.csv")
    assert (cem["Identifier"], cem["Grade"]) == ("Participant 9", "0")
    assert "not found in the gradebook (1): Stranger, Sam 103" in term.output("CanvasExporter")
    assert "not found in worksheet.csv (2): 102, ann" in term.output("MoodleExporter")


def test_the_guide_has_no_command_outside_its_blocks():
    """But for those that open JupyterLab or set up; they are named in passing."""
    rest = re.sub(r"^```.*?^```", "", GUIDE, flags=re.MULTILINE | re.DOTALL)
    code = re.findall(r"`([^`\n]+)`", rest)
    commands = ("nbgrader ", "python ", "make ", ". ")
    assert {c for c in code if c.startswith(commands)} == {"make demo", ". .venv/bin/activate"}


def test_every_flag_is_explained():
    code = "".join(path.read_text() for path in (ROOT / "autograder").rglob("*.py"))
    named = set(re.findall(r"^\| (`.*?`) \| ", GUIDE, flags=re.MULTILINE))
    flags = {flag for cell in named for flag in re.findall(r"`([a-z]+(?:-[a-z]+)*)`", cell)}
    assert {"locked-cell-edited", "unsandboxed", "large-cell"} <= flags
    assert [flag for flag in flags if flag not in code] == []


def test_blocks_are_found():
    markdown = "## One\n```sh\na\nb\n```\n```text\nno\n```\n## Two\n```sh\nc\n```\n"
    assert blocks(markdown) == [("One", "a\nb\n"), ("Two", "c\n")]
