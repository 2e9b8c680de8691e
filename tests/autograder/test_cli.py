"""Bad input gets one clear line and the right exit status; nothing is half-written."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from autograder import demo, release, sandbox
from autograder.assignments import FORGETTING
from autograder.cli import app
from autograder.submissions import hand_in, untouched
from tests.project.test_readme import verbs_of
from tests.running import autograder

ID = FORGETTING.id


def one_line(done, status):
    """The one error line of a run that failed with ``status``."""
    assert done.returncode == status, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    lines = [line for line in done.stderr.splitlines() if line.startswith("Error: ")]
    assert len(lines) == 1, done.stderr
    return lines[0]


@pytest.fixture
def course(tmp_path):
    """A course directory with one untouched submission."""
    hand_in(untouched(FORGETTING), tmp_path, "kim", FORGETTING)
    return tmp_path


def test_unknown_assignment(course):
    line = one_line(autograder("grade", "99-nothing", "--root", course), 2)
    assert "'99-nothing'" in line
    assert ID in line
    assert not (course / "gradebook.db").exists()


def test_no_submissions(tmp_path):
    line = one_line(autograder("grade", ID, "--root", tmp_path), 2)
    assert f"submitted/STUDENT/{ID}/{ID}.ipynb" in line
    assert list(tmp_path.iterdir()) == []


def test_no_such_directory(tmp_path):
    assert "not a directory" in one_line(autograder("grade", ID, "--root", tmp_path / "no"), 2)


def test_no_such_student(course):
    line = one_line(autograder("grade", ID, "--root", course, "--student", "lee"), 2)
    assert "lee" in line


def test_nowhere_to_write_the_report(course):
    done = autograder("grade", ID, "--root", course, "--json", course / "no" / "report.json")
    assert "--json" in one_line(done, 2)
    assert not (course / "gradebook.db").exists()


def test_wrong_dataset_name(course):
    done = autograder("grade", ID, "--root", course, "--dataset", "cifar")
    assert done.returncode == 2
    assert "digits" in done.stderr
    assert "mnist" in done.stderr
    assert "Traceback" not in done.stderr


def test_mnist_that_is_not_on_disk(course, tmp_path):
    done = autograder(
        "grade",
        ID,
        "--root",
        course,
        "--dataset",
        "mnist",
        COURSE_DATA_DIR=str(tmp_path),
        HOME="/no",
    )
    assert "MNIST is not on disk" in one_line(done, 2)


def test_no_bubblewrap(course, tmp_path):
    tools = tmp_path / "tools"
    tools.mkdir()
    done = autograder("grade", ID, "--root", course, PATH=str(tools))
    line = one_line(done, 1)
    assert "bubblewrap (bwrap) is not installed" in line
    assert "apt-get install bubblewrap" in line
    assert not (course / "gradebook.db").exists()
    assert not (course / "autograded").exists()


def test_bubblewrap_that_is_not_allowed_to(course, tmp_path):
    refusing = tmp_path / "tools" / "bwrap"
    refusing.parent.mkdir()
    refusing.write_text(
        "#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n"
    )
    refusing.chmod(0o755)
    done = autograder("grade", ID, "--root", course, PATH=f"{refusing.parent}:{os.environ['PATH']}")
    line = one_line(done, 1)
    assert "No permissions to create new namespace" in line
    assert not (course / "autograded").exists()


def test_without_a_sandbox_only_when_asked_and_flagged(course):
    report = course / "report.json"
    usual = ("--dataset", "digits", "--workers", 1, "--json", report)
    done = autograder("grade", ID, "--root", course, *usual, "--unsafe-no-sandbox")
    assert done.returncode == 0, done.stderr
    row = json.loads(report.read_text())["submissions"][0]
    assert row["score"] == 0
    assert any(flag.startswith("unsandboxed") for flag in row["flags"])


@pytest.mark.parametrize("kilobytes", [100, 600])
def test_a_full_disk(tmp_path, kilobytes):
    """On a real, small file system: too small for the gradebook, or for what comes after it."""
    try:
        sandbox.check()
    except sandbox.SandboxError as error:
        pytest.skip(str(error))
    submission = hand_in(untouched(FORGETTING), tmp_path / "from", "kim", FORGETTING)
    root = tmp_path / "small"
    root.mkdir()
    script = tmp_path / "grade.sh"
    script.write_text(
        f"mkdir -p {root}/submitted/kim/{ID} && cp {submission} {root}/submitted/kim/{ID}/ && "
        f"head -c {400 if kilobytes > 400 else 0}000 /dev/zero > {root}/ballast;"
        f"{sys.executable} -m autograder grade {ID} --root {root} --json {root}/report.json;"
        f"echo status $?; ls -R {root}"
    )
    wrap = ["bwrap", "--dev-bind", "/", "/", "--size", str(kilobytes * 1000), "--tmpfs", str(root)]
    done = subprocess.run([*wrap, "sh", str(script)], capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    assert "status 1" in done.stdout, said
    assert "Traceback" not in said
    assert "disk is full" in said
    assert "report.json.new" not in done.stdout


def test_stale_release(tmp_path):
    stale = tmp_path / "release"
    shutil.copytree(release.RELEASE, stale)
    assert release.difference(stale) == ""
    path = stale / ID / f"{ID}.ipynb"
    path.write_text(path.read_text().replace("accuracy", "exactness", 1))
    assert "exactness" in release.difference(stale)
    assert release.write(stale) == [path]
    assert release.difference(stale) == ""


def test_the_committed_release_is_what_the_source_gives():
    done = autograder("release", "--check")
    assert done.returncode == 0, done.stdout


def test_the_release_is_the_same_byte_for_byte_each_time():
    assert release.generated(ID) == release.generated(ID)


def test_help_names_every_verb_and_each_explains_itself():
    said = autograder("--help").stdout
    for verb in verbs_of(app):
        assert verb in said
        done = CliRunner().invoke(app, [verb, "--help"])
        assert done.exit_code == 0
        assert len(done.stdout) > 200
    assert "01-forgetting" in autograder("grade", "--help").stdout


@pytest.mark.usefixtures("bubblewrap")
def test_the_demo_says_where_the_feedback_is(monkeypatch):
    """With one of its students: the whole class is graded in test_class.py."""
    monkeypatch.setattr(demo, "classroom", lambda: {"bob-untouched": untouched(FORGETTING)})
    done = CliRunner().invoke(app, ["demo"])
    assert done.exit_code == 0, done.output
    assert "bob-untouched" in done.stdout
    (page,) = (Path(line.strip()) for line in done.stdout.splitlines() if line.endswith(".html"))
    assert page.is_file()
    shutil.rmtree(page.parents[3])


def test_nothing_secret_is_released():
    text = (Path(release.RELEASE) / ID / f"{ID}.ipynb").read_text()
    assert "BEGIN SOLUTION" not in text
    assert "MARK SCHEME" not in text
    assert "raise NotImplementedError()" in text


def test_what_lies_in_the_wrong_place_is_named(tmp_path):
    """Nothing is passed over in silence: students and assignment swapped, no folder, no student."""
    for place in (f"submitted/{ID}/ann", "submitted/ben", "submitted"):
        folder = tmp_path / place
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{ID}.ipynb").touch()
    done = autograder("grade", ID, "--root", tmp_path)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    expected, found = done.stderr.split(", found ")
    assert f"{tmp_path}/submitted/STUDENT/{ID}/{ID}.ipynb" in expected
    assert found == f"submitted/{ID}, submitted/{ID}.ipynb, submitted/ben/{ID}.ipynb\n"
