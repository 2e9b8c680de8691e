"""Points into the files of Canvas and Moodle, through the real ``nbgrader export``."""

import csv
import datetime
import os
import shutil
import sysconfig
from dataclasses import dataclass

import pytest
from nbgrader.api import Gradebook
from nbgrader.apps import ExportApp

from autograder.exporters.marks import Person
from autograder.exporters.pairing import pair
from autograder.exporters.sheet import Unfit, harmless, number, read
from autograder.notebooks import ROOT
from tests.running import nbgrader

ID = "01-forgetting"
CANVAS = "autograder.exporters.canvas.CanvasExporter"
MOODLE = "autograder.exporters.moodle.MoodleExporter"

GRADEBOOK = """Student,ID,SIS User ID,SIS Login ID,Section,01-forgetting (77),Essay (78),\
Current Score
,,,,,Manual Posting,,
    Points Possible,,,,,30.00,10.00,(read only)
"Lovelace, Ada",101,S1,ada@uni.example,One,,7.00,70.00
"=cmd|'/c calc'!A0",102,S2,BEN,One,,8.00,80.00
"Excused, Eve",103,S3,eve,One,EX,9.00,90.00
"Stranger, Sam",104,S4,sam,One,,1.00,10.00
"Late, Lea",105,S5,lea,One,1.00,1.00,10.00
"Student, Test",199,,0b57,One,,,0.00
"""
WORKSHEET = """Identifier,Full name,Email address,Status,Grade,Maximum Grade,Grade can be changed,\
Last modified (submission),Online text,Last modified (grade),Feedback comments
Participant 9,Ada Lovelace,ada@uni.example,Submitted,,30.00,Yes,Monday,=1+1,-,
Participant 10,Ben Moor,ben@uni.example,Submitted,,30.00,Yes,Monday,hello,-,=2+2
Participant 11,Lea Late,lea@uni.example,Submitted,,30.00,No,Monday,hello,-,
"""
EXPORTED = """First name,Last name,ID number,Institution,Department,Email address,\
Assignment: 01-forgetting (Real),Assignment: 02-replay (Real),Course total (Real)
Ada,Lovelace,S1,,,ada@uni.example,-,-,-
Ben,Moor,ben,,,b@uni.example,-,5.00,5.00
"""


def submit(gradebook, student, points, by_hand=True, late=0.0):
    """A graded submission of the two cells of 01-forgetting, 20 and 10 points."""
    moment = datetime.datetime(2026, 1, 1)
    gradebook.add_submission(ID, student, timestamp=moment)
    notebook = gradebook.find_submission_notebook(ID, ID, student)
    notebook.late_submission_penalty = late
    for grade in notebook.grades:
        automatic = grade.name == "test-one"
        grade.auto_score = points if automatic else None
        grade.manual_score = None if automatic or not by_hand else 4.5
        grade.needs_manual_grade = not automatic and not by_hand
    gradebook.db.commit()


@pytest.fixture(scope="module")
def alembic():
    """Nbgrader calls it by name to make a gradebook."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", f"{sysconfig.get_path('scripts')}{os.pathsep}{os.environ['PATH']}")
        yield


@pytest.fixture(scope="module")
def graded(alembic, tmp_path_factory):
    """A course with a gradebook: right, waiting, late, excused elsewhere, nothing, unknown."""
    root = tmp_path_factory.mktemp("course")
    shutil.copy(ROOT / "nbgrader_config.py", root)
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}", "forget-me-not") as gradebook:
        gradebook.add_assignment(ID)
        gradebook.add_assignment("02-replay")
        gradebook.add_notebook(ID, ID)
        gradebook.add_grade_cell("test-one", ID, ID, max_score=20.0, cell_type="code")
        gradebook.add_grade_cell("answer-two", ID, ID, max_score=10.0, cell_type="markdown")
        for student in ("ada", "ben", "eve", "lea", "nil", "zoe"):
            gradebook.add_student(student, first_name=student.title(), last_name="=X")
        submit(gradebook, "ada", 15.0)
        submit(gradebook, "ben", 10.0, by_hand=False)
        submit(gradebook, "eve", 20.0)
        submit(gradebook, "lea", 12.5, late=2.0)
        submit(gradebook, "zoe", 1.0)
    for name, text in (("canvas", GRADEBOOK), ("moodle", WORKSHEET), ("real", EXPORTED)):
        (root / f"{name}.csv").write_text(text)
    return root


@dataclass
class Done:
    """How a run of ``nbgrader export`` ended."""

    returncode: int
    stderr: str


@pytest.fixture
def export(graded, monkeypatch, caplog):
    """Runs ``nbgrader export``, in this process, and reads the table that it wrote."""
    monkeypatch.chdir(graded)

    def run(exporter, *options, to="out.csv"):
        caplog.clear()
        (graded / "out.csv").unlink(missing_ok=True)
        app = ExportApp()
        app.log.propagate = True
        status = 0
        try:
            app.initialize(["--exporter", exporter, "--to", to, *options])
            app.start()
        except SystemExit as end:
            status = end.code
        done = Done(status, "\n".join(f"{r.levelname} {r.getMessage()}" for r in caplog.records))
        if not (graded / "out.csv").exists():
            return done, []
        with (graded / "out.csv").open(newline="") as file:
            return done, list(csv.DictReader(file))

    return run


def test_from_the_command_line(graded):
    """Everything else runs in this process, which is quicker."""
    options = ("--to", "cli.csv", "--CanvasExporter.template=canvas.csv")
    done = nbgrader("export", "--exporter", CANVAS, *options, cwd=graded)
    assert done.returncode == 0, done.stderr
    assert '"19.5"' in (graded / "cli.csv").read_text()
    assert "left as it was, excused in Canvas (1): eve" in done.stderr
    done = nbgrader("export", "--exporter", CANVAS, *options, "--student=kim", cwd=graded)
    assert done.returncode == 2
    assert "the gradebook has no student kim" in done.stderr
    assert "Traceback" not in done.stderr


def test_canvas_gets_its_own_file_filled_in(export):
    done, rows = export(CANVAS, "--CanvasExporter.template=canvas.csv")
    assert done.returncode == 0, done.stderr
    title = "01-forgetting (77)"
    assert list(rows[0]) == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", title]
    head, *students = rows
    assert (head["Student"], head[title]) == ("    Points Possible", "30.00")
    assert [(row["ID"], row[title]) for row in students] == [("101", "19.5"), ("105", "15")]
    said = done.stderr
    assert f"{ID}: not finished: an answer waits to be graded by hand (1): ben" in said
    assert f"{ID}: late: the penalty is taken off (1): lea" in said
    assert f"{ID}: handed in nothing (1): nil" in said
    assert f"{ID}: left as it was, excused in Canvas (1): eve" in said
    assert "in the gradebook, not found in canvas.csv (2): nil, zoe" in said
    assert "in canvas.csv, not found in the gradebook (1): Stranger, Sam 104" in said
    assert "02-replay" in said


def test_what_students_chose_is_no_formula(export):
    asked = ("--CanvasExporter.template=canvas.csv", "--CanvasExporter.unfinished=True")
    _, rows = export(CANVAS, *asked)
    (ben,) = (row for row in rows if row["ID"] == "102")
    assert ben["Student"] == "'=cmd|'/c calc'!A0"
    assert ben["01-forgetting (77)"] == "10"
    _, rows = export(CANVAS, f"--assignment={ID}")
    assert {row["Student"] for row in rows[1:]} == {
        f"'=X, {n}" for n in ("Ada", "Eve", "Lea", "Zoe")
    }


def test_canvas_without_a_template(export):
    done, (head, *rows) = export(CANVAS, f"--assignment={ID}", "--CanvasExporter.zero=True")
    assert done.returncode == 0, done.stderr
    assert list(head.values()) == ["    Points Possible", "", "", "", "", "30"]
    expected = {"ada": "19.5", "eve": "24.5", "lea": "15", "nil": "0", "zoe": "5.5"}
    assert {row["SIS Login ID"]: row[ID] for row in rows} == expected


def test_column_and_match_are_those_that_were_named(graded, export):
    text = GRADEBOOK.replace("01-forgetting (77)", "Homework 1 (77)").replace("S1", "ada")
    (graded / "named.csv").write_text(text)
    options = ("--CanvasExporter.template=named.csv", f"--assignment={ID}")
    options += ("--CanvasExporter.column=Homework 1 (77)", "--CanvasExporter.match=SIS User ID")
    done, rows = export(CANVAS, *options)
    assert done.returncode == 0, done.stderr
    assert [(row["ID"], row["Homework 1 (77)"]) for row in rows[1:]] == [("101", "19.5")]


def test_only_the_students_that_were_asked_for(export):
    options = (f"--assignment={ID}", "--student=ada", "--CanvasExporter.template=canvas.csv")
    done, rows = export(CANVAS, *options)
    assert [row["ID"] for row in rows[1:]] == ["101"]
    assert "not found" not in done.stderr


def test_moodles_worksheet_is_filled_in(export):
    options = ("--MoodleExporter.template=moodle.csv", f"--assignment={ID}")
    done, rows = export(MOODLE, *options, "--MoodleExporter.unfinished=True")
    assert done.returncode == 0, done.stderr
    assert [(row["Identifier"], row["Grade"]) for row in rows] == [
        ("Participant 9", "19.5"),
        ("Participant 10", "10"),
    ]
    assert rows[0]["Last modified (grade)"] == "-"
    assert not {"Online text", "Feedback comments"} & set(rows[0])
    assert "left as it was, Moodle does not let it be changed (1): lea" in done.stderr


def test_moodles_gradebook_is_filled_in(export):
    options = ("--MoodleExporter.template=real.csv", f"--assignment={ID}")
    done, rows = export(MOODLE, *options, "--MoodleExporter.unfinished=True")
    assert done.returncode == 0, done.stderr
    title = "Assignment: 01-forgetting (Real)"
    names = ["First name", "Last name", "ID number", "Email address", title]
    assert [list(row) for row in rows] == [names, names]
    assert [(row["Email address"], row[title]) for row in rows] == [
        ("ada@uni.example", "19.5"),
        ("b@uni.example", "10"),
    ]


def test_moodle_without_a_template(export):
    _, rows = export(MOODLE, f"--assignment={ID}")
    assert [(row["Username"], row[ID]) for row in rows] == [
        ("ada", "19.5"),
        ("eve", "24.5"),
        ("lea", "15"),
        ("zoe", "5.5"),
    ]


def test_another_maximum_is_converted_only_when_asked(graded, export):
    text = GRADEBOOK.replace("30.00", '"60,00"').replace(",", ";").replace('"60;00"', '"60,00"')
    (graded / "sixty.csv").write_text("\ufeff" + text)
    done, rows = export(CANVAS, "--CanvasExporter.template=sixty.csv")
    assert (done.returncode, rows) == (2, [])
    assert "at most 60 points in '01-forgetting (77)', 30 in the gradebook" in done.stderr
    options = ("--CanvasExporter.template=sixty.csv", "--CanvasExporter.scale=True")
    done, _ = export(CANVAS, *options)
    written = (graded / "out.csv").read_text()
    assert done.returncode == 0
    assert written.startswith('\ufeff"Student";')
    assert '"39"' in written


@pytest.mark.parametrize(
    ("exporter", "options", "words"),
    [
        (CANVAS, ["--CanvasExporter.template=no.csv"], "ERROR no.csv: No such file"),
        (CANVAS, ["--CanvasExporter.template=moodle.csv"], "expected the columns Student, ID"),
        (CANVAS, ["--CanvasExporter.template=nbgrader_config.py"], "expected the columns"),
        (CANVAS, ["--CanvasExporter.template=gradebook.db"], "expected CSV in UTF-8"),
        (CANVAS, ["--assignment=9"], f"assignments in the gradebook: {ID}, 02-replay"),
        (CANVAS, ["--student=kim"], "the gradebook has no student kim"),
        (CANVAS, [], "add --assignment=NAME"),
        (CANVAS, ["--assignment=02-replay"], "nothing of it is graded yet"),
        (
            CANVAS,
            [
                "--assignment=02-replay",
                "--CanvasExporter.template=canvas.csv",
                "--CanvasExporter.zero=True",
            ],
            "--CanvasExporter.column=TITLE, one of: '01-forgetting (77)', 'Essay (78)'",
        ),
        (
            CANVAS,
            ["--CanvasExporter.template=canvas.csv", "--CanvasExporter.match=Badge"],
            "there is no column 'Badge'",
        ),
        (
            CANVAS,
            ["--CanvasExporter.template=canvas.csv", "--CanvasExporter.match=Section"],
            "no student of the gradebook found by Section",
        ),
        (MOODLE, ["--MoodleExporter.template=canvas.csv"], "of Moodle in English"),
        (MOODLE, ["--MoodleExporter.template=moodle.csv"], "add --assignment=NAME"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(export, exporter, options, words):
    done, rows = export(exporter, *options)
    assert (done.returncode, rows) == (2, [])
    errors = [line for line in done.stderr.splitlines() if "ERROR" in line]
    assert len(errors) == 1
    assert words in errors[0]


def test_what_waits_to_be_graded_is_not_nothing(graded, export):
    """Even where those who handed in nothing get 0 points."""
    folder = graded / "submitted" / "nil" / ID
    folder.mkdir(parents=True)
    done, rows = export(CANVAS, f"--assignment={ID}", "--CanvasExporter.zero=True")
    shutil.rmtree(folder)
    assert "handed in, but not graded yet: run `grade` (1): nil" in done.stderr
    assert "nil" not in {row["SIS Login ID"] for row in rows}
    _, rows = export(CANVAS, f"--assignment={ID}", "--CanvasExporter.zero=True")
    assert "nil" in {row["SIS Login ID"] for row in rows}


def test_a_template_is_not_overwritten(graded, export):
    before = (graded / "canvas.csv").read_bytes()
    done, _ = export(CANVAS, "--CanvasExporter.template=canvas.csv", to="canvas.csv")
    assert done.returncode == 2
    assert "is the template itself" in done.stderr
    assert (graded / "canvas.csv").read_bytes() == before


def person(name, email=""):
    return Person(name, email, "", "")


@pytest.mark.parametrize(
    ("people", "rows", "found"),
    [
        ([person("Ada")], {3: ["ADA "]}, {"Ada": 3}),
        ([person("ada")], {3: ["ada@a.example"]}, {"ada": 3}),
        ([person("ada@a.example")], {3: ["ada"]}, {"ada@a.example": 3}),
        ([person("7", "ada@a.example")], {3: ["ada@a.example"], 4: ["bo"]}, {"7": 3}),
        ([person("ada@a.example")], {3: ["ada@b.example"]}, {}),
        ([person("ada")], {3: ["ada@a.example"], 4: ["ada@b.example"]}, {}),
        ([person("ada"), person("ADA")], {3: ["ada"]}, {}),
        ([person("11")], {3: ["11"], 4: ["x", "11"]}, {}),
        ([person("")], {3: [""]}, {}),
    ],
)
def test_nobody_gets_a_row_that_may_be_anothers(people, rows, found):
    assert pair(people, rows).rows == found


@pytest.mark.parametrize("cell", ["=1", "+cmd", "-a", "@x", "\t=1", " =1", "\uff1d1", "-1+1"])
def test_formulas_are_text(cell):
    assert harmless(cell) == "'" + cell


@pytest.mark.parametrize("cell", ["", "Ada", "-", "-1.5", "+3,5", "12 %", "    Points", "a=b"])
def test_what_is_no_formula_stays(cell):
    assert harmless(cell) == cell


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("30", 30),
        ("30.00", 30),
        ("1,234.5", 1234.5),
        ("30,5", 30.5),
        ("(read only)", None),
        ("", None),
    ],
)
def test_numbers_are_read_with_point_and_comma(cell, value):
    assert number(cell) == value


@pytest.mark.parametrize("content", [b"", b"\n\n", b'a,"b', b"\xff\xfe"])
def test_what_is_no_table_is_refused(content, tmp_path):
    path = tmp_path / "x.csv"
    path.write_bytes(content)
    with pytest.raises(Unfit, match=r"x\.csv"):
        read(path)
