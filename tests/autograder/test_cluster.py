"""Grading on workers that were started elsewhere, and on those that are killed."""

import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from urllib.error import HTTPError
from urllib.request import urlopen

import psutil
import pytest

from autograder import bubblewrap
from autograder.assignments import FORGETTING
from autograder.cluster import workers
from tests.autograder.classes import grade, hand_in_a_class
from tests.running import autograder

PROJECT = bubblewrap.PACKAGE.parent


pytestmark = pytest.mark.usefixtures("bubblewrap")


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    """A class graded on this machine's own workers: (course directory, rows)."""
    root = hand_in_a_class(tmp_path_factory.mktemp("here"))
    return root, grade(root, "--seed", 3)[1]


def installed(folder):
    """A copy of the project, as if on another machine."""
    for name in ("autograder", "course", "source", "release"):
        shutil.copytree(PROJECT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(PROJECT / "nbgrader_config.py", folder)
    return folder


@contextmanager
def started(program, folder, *arguments):
    """A program of Dask's that runs in ``folder`` with what is installed there."""
    command = [sys.executable, "-m", "dask", program, *map(str, arguments)]
    environment = os.environ | {"PYTHONPATH": str(folder)}
    with (folder / f"{program}.log").open("w") as log:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)
        try:
            yield process
        finally:
            for each in [process, *psutil.Process(process.pid).children(recursive=True)]:
                each.send_signal(signal.SIGKILL)
            process.wait()


@contextmanager
def scheduler(folder):
    """The address of a scheduler."""
    file = folder / "scheduler.json"
    arguments = ("--host", "127.0.0.1", "--port", 0, "--no-dashboard", "--scheduler-file", file)
    with started("scheduler", folder, *arguments):
        wait_for(file.exists)
        yield subprocess.check_output(
            [
                sys.executable,
                "-c",
                f"import json; print(json.load(open({str(file)!r}))['address'])",
            ],
            text=True,
        ).strip()


def worker(folder, address, *more):
    one = ("--nthreads", 1, "--nworkers", 1)
    return started("worker", folder, address, *one, "--no-dashboard", *more)


def wait_for(condition):
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture
def elsewhere(tmp_path):
    """Two other machines: each its own directory, nothing shared but a network."""
    folders = [tmp_path / name for name in ("one", "two")]
    for folder in folders:
        folder.mkdir()
    return [installed(folder) for folder in folders]


def copy(root, tmp_path):
    """The same class, not graded yet."""
    shutil.copytree(root / "submitted", tmp_path / "class" / "submitted")
    return tmp_path / "class"


def test_two_separate_workers_give_the_same_grades(here, elsewhere, tmp_path):
    root, rows = here
    with (
        scheduler(elsewhere[0]) as address,
        worker(elsewhere[0], address),
        worker(elsewhere[1], address),
    ):
        found = grade(copy(root, tmp_path), "--seed", 3, "--scheduler", address)[1]
    assert found == rows


def test_workers_that_are_killed_cost_nothing(here, elsewhere, tmp_path):
    root, rows = here
    with scheduler(elsewhere[0]) as address, worker(elsewhere[0], address) as first:
        course = copy(root, tmp_path)
        command = ["grade", "01-forgetting", "--root", course, "--seed", 3, "--scheduler", address]
        run = subprocess.Popen([sys.executable, "-m", "autograder", *map(str, command)])
        dask = psutil.Process(first.pid)
        wait_for(lambda: scoring(dask))
        for process in dask.children():
            process.kill()  # its nanny starts another
        with worker(elsewhere[1], address):
            assert run.wait(timeout=300) == 0
    found = grade(course, "--seed", 3)
    assert "3 of 4 had been graded before" in found[0]
    assert found[1] == rows


def scoring(process):
    """Whether something below the process runs a student's code."""
    return any("inside.nursery" in p.cmdline() for p in process.children(recursive=True))


def test_a_worker_with_another_grader_is_refused(here, elsewhere, tmp_path):
    with (elsewhere[0] / "autograder" / "suites" / "suite_01_forgetting.py").open("a") as file:
        file.write("# another version\n")
    course = copy(here[0], tmp_path)
    with scheduler(elsewhere[0]) as address, worker(elsewhere[0], address):
        done = autograder("grade", "01-forgetting", "--root", course, "--scheduler", address)
    assert done.returncode == 1
    said = " ".join(done.stdout.split())
    assert "another version of the grader: install the same on all" in said
    assert not (course / "autograded" / "ann").exists()


def test_workers_here_open_no_port_to_others():
    """Dask opens some for pages: they are this machine's own, and have none."""
    with workers(FORGETTING.id, count=2):
        found = [c for c in psutil.Process().net_connections("tcp") if c.status == "LISTEN"]
        assert {c.laddr.ip for c in found} == {"127.0.0.1"}
        for connection in found:
            for page in ("", "status", "info/main/workers.html", "json/counts.json", "health"):
                with pytest.raises(HTTPError, match="404"):
                    urlopen(f"http://127.0.0.1:{connection.laddr.port}/{page}")


def test_an_address_where_nobody_answers_gets_one_line(here, tmp_path):
    course = copy(here[0], tmp_path)
    address = "tcp://127.0.0.1:1"
    done = autograder(
        *("grade", "01-forgetting", "--root", course, "--scheduler", address),
        DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT="2s",
    )
    assert done.returncode == 1
    assert f"no scheduler answers at {address}" in done.stderr
    assert "Traceback" not in done.stderr
