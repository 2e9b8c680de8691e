"""The same grades in a gradebook that is kept by a real PostgreSQL server."""

import os
import pwd
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from autograder.bubblewrap import PACKAGE
from tests.autograder.classes import ID, grade, hand_in_a_class, in_gradebook

CONFIG = (PACKAGE.parent / "nbgrader_config.py").read_text()


def programs():
    """The folder with the server's programs, newest first, or None."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    beside = shutil.which("initdb")
    return found[-1].parent if found else Path(beside).parent if beside else None


@contextmanager
def server(folder):
    """The address of a new, empty server that can be reached by a socket in ``folder`` only."""
    as_who = {"user": nobody().pw_uid, "group": nobody().pw_gid} if os.getuid() == 0 else {}
    if as_who:
        os.chown(folder, as_who["user"], as_who["group"])

    def run(name, *arguments):
        command = [programs() / name, *arguments]
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, check=False, **as_who
        )
        assert done.returncode == 0, done.stdout + done.stderr

    run("initdb", "-D", "data", "-U", "grader", "-A", "trust", "--no-sync")
    options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off"
    run("pg_ctl", "-D", "data", "-w", "-l", "log", "-o", options, "start")
    try:
        run("createdb", "-h", str(folder), "-U", "grader", "gradebook")
        yield f"postgresql+psycopg://grader@/gradebook?host={folder}"
    finally:
        run("pg_ctl", "-D", "data", "-m", "immediate", "stop")


def nobody():
    """A user without powers: the server refuses to run as root."""
    return pwd.getpwnam("nobody")


@pytest.fixture
def course(bubblewrap):
    """A class whose gradebook is to be in PostgreSQL: (course directory, the gradebook's url)."""
    if programs() is None:
        pytest.skip("PostgreSQL is not installed (Debian, Ubuntu: apt-get install postgresql)")
    with tempfile.TemporaryDirectory(prefix="pg-") as place:  # short: a socket's path has a limit
        os.chmod(place, 0o755)
        (Path(place) / "server").mkdir()
        root = Path(place) / "class"
        root.mkdir()
        with server(Path(place) / "server") as url:
            config = f"{CONFIG}\nc.CourseDirectory.db_url = {url!r}\n"
            (root / "nbgrader_config.py").write_text(config)
            yield hand_in_a_class(root), url


def test_the_gradebook_may_be_in_postgresql(course, tmp_path):
    root, url = course
    text, rows = grade(root, "--seed", 3)
    beside = hand_in_a_class(tmp_path)
    assert grade(beside, "--seed", 3)[1] == rows
    assert in_gradebook(url) == in_gradebook(f"sqlite:///{beside / 'gradebook.db'}")
    assert not (root / "gradebook.db").exists()
    text, again = grade(root, "--seed", 3)
    assert "3 of 4 had been graded before" in text
    assert again == rows
    with Gradebook(url) as gradebook:
        assert gradebook.find_submission(ID, "ann").score == rows["ann"]["score"]
