"""The set-up's shell scripts, run with made-up programs in place of the system's."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(os.name != "posix", reason="shell scripts")


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A folder that holds all the programs there are: a few harmless ones, linked."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("sh", "cat", "grep", "sed"):
        found = shutil.which(name)
        assert found
        (folder / name).symlink_to(found)
    add(folder, "uname", "echo Linux")
    add(folder, "id", "echo 1000")
    return folder


def add(folder: Path, name: str, body: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)


def run(script: str, programs: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [ROOT / "scripts" / script, *arguments],
        env={"PATH": str(programs)},
        capture_output=True,
        text=True,
    )


def test_newest_python_that_works_is_chosen(programs: Path) -> None:
    add(programs, "python3.13", "echo 'no such version' >&2; exit 127")
    (programs / "python3").symlink_to(sys.executable)
    add(programs, "python3.12", "exit 0")
    assert run("choose-python", programs).stdout == f"{programs / 'python3.12'}\n"


def test_this_python_is_chosen_by_name(programs: Path) -> None:
    assert run("choose-python", programs, sys.executable).stdout == f"{sys.executable}\n"


@pytest.mark.parametrize("arguments", [(), ("python3",)])
def test_no_python_is_said(arguments: tuple[str, ...], programs: Path) -> None:
    add(programs, "python3", "exit 1")
    result = run("choose-python", programs, *arguments)
    assert (result.returncode, result.stdout) == (1, "")
    assert "No working Python 3.11 or newer" in result.stderr


def test_python_without_venv_is_said(programs: Path) -> None:
    add(programs, "python3.11", 'case "$2" in *ensurepip*) exit 1 ;; esac')
    result = run("choose-python", programs)
    assert (result.returncode, result.stdout) == (1, "")
    assert "python3-venv" in result.stderr


def test_working_bubblewrap_is_left_alone(programs: Path) -> None:
    add(programs, "bwrap", "exit 0")
    add(programs, "apt-get", "echo installed")
    result = run("install-bubblewrap", programs)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_bubblewrap_is_installed_after_an_update(programs: Path, tmp_path: Path) -> None:
    """The first install fails, as on a machine whose lists of packages are not there yet."""
    for name in ("env", "chmod"):
        (programs / name).symlink_to(str(shutil.which(name)))
    add(programs, "id", "echo 0")
    add(
        programs,
        "apt-get",
        f"""echo "apt-get $*"
        [ "$1" = update ] && : > {tmp_path}/updated && exit 0
        [ -e {tmp_path}/updated ] || exit 100
        echo '#!/bin/sh' > {programs}/bwrap && chmod +x {programs}/bwrap""",
    )
    result = run("install-bubblewrap", programs)
    assert result.returncode == 0
    asked = [line for line in result.stderr.splitlines() if line.startswith("apt-get")]
    install = "apt-get install -y bubblewrap"
    assert asked == [install, "apt-get update", install]


def test_without_rights_the_packages_are_named(programs: Path) -> None:
    add(programs, "apt-get", "echo must not run without rights; exit 0")
    add(programs, "sudo", "exit 1")
    result = run("install-bubblewrap", programs)
    assert result.returncode == 1
    assert "must not run" not in result.stderr
    assert "apt-get install bubblewrap" in result.stderr


def test_old_bubblewrap_is_explained(programs: Path) -> None:
    add(programs, "bwrap", "echo 'bwrap: Unknown option --disable-userns' >&2; exit 1")
    result = run("install-bubblewrap", programs)
    assert result.returncode == 1
    assert "older than 0.8" in result.stderr


def test_refused_namespaces_are_explained(programs: Path) -> None:
    add(programs, "bwrap", "echo 'bwrap: No permissions to create new namespace' >&2; exit 1")
    result = run("install-bubblewrap", programs)
    assert result.returncode == 1
    assert "No permissions to create new namespace" in result.stderr
    assert "sysctl" in result.stderr or "container" in result.stderr


def test_other_systems_are_told(programs: Path) -> None:
    add(programs, "uname", "echo Darwin")
    result = run("install-bubblewrap", programs)
    assert result.returncode == 1
    assert "Grading needs Linux" in result.stderr


@pytest.mark.parametrize("name", ["chromium", "chromium-browser", "google-chrome"])
def test_a_browser_that_is_there_is_left_alone(name: str, programs: Path) -> None:
    add(programs, name, "echo Chromium 140")
    add(programs, "apt-get", "echo must not run >&2")
    result = run("install-chromium", programs)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_chromium_is_installed_after_an_update(programs: Path, tmp_path: Path) -> None:
    """As on Ubuntu with a stub in place of the browser, and without lists of packages."""
    for name in ("env", "chmod"):
        (programs / name).symlink_to(str(shutil.which(name)))
    add(programs, "id", "echo 0")
    add(programs, "chromium-browser", "echo 'needs a snap' >&2; exit 1")
    add(
        programs,
        "apt-get",
        f"""[ "$1" = update ] && : > {tmp_path}/updated && exit 0
        [ -e {tmp_path}/updated ] || exit 100
        echo '#!/bin/sh' > {programs}/chromium && chmod +x {programs}/chromium""",
    )
    result = run("install-chromium", programs)
    assert (programs / "chromium").exists()
    assert (result.returncode, result.stdout) == (0, "")
    assert result.stderr.splitlines() == [
        "Installing Chromium, in which the tests look at the feedback pages."
    ]


def test_without_a_browser_the_tests_go_on(programs: Path) -> None:
    """Without rights, and where nothing can be installed at all."""
    add(programs, "sudo", "exit 1")
    for _ in range(2):
        result = run("install-chromium", programs)
        assert (result.returncode, result.stdout) == (0, "")
        assert result.stderr.splitlines()[1:] == [
            "Chromium could not be installed from here: the tests in a browser will be skipped."
        ]
        add(programs, "apt-get", "echo must not run without rights >&2; exit 0")
