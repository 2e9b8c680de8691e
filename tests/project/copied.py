"""A copy of the project in which commands of the pages are run, as a person would."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PARTS = ("autograder", "course", "docs", "release", "scripts", "source", "tests")
FILES = ("LICENSE", "Makefile", "README.md", "constraints.txt", "environment.yml")
FILES += ("nbgrader_config.py", "pyproject.toml")


def blocks(markdown):
    """The heading and the text of each block of commands."""
    found, heading = [], ""
    pattern = r"^## ([^\n]*)$|^```sh\n(.*?)^```"
    for match in re.finditer(pattern, markdown, flags=re.MULTILINE | re.DOTALL):
        if match[1]:
            heading = match[1]
        else:
            found.append((heading, match[2]))
    return found


class Copy:
    """The project's files, a home of nobody's, and what commands said in there."""

    def __init__(self, folder):
        self.root = folder / "project"
        self.home = folder / "home"
        self.said = []
        skip = shutil.ignore_patterns("__pycache__")
        for part in PARTS:
            shutil.copytree(ROOT / part, self.root / part, ignore=skip)
        for name in FILES:
            shutil.copy(ROOT / name, self.root)
        (self.home / ".jupyter").mkdir(parents=True)

    def set_up(self):
        """What ``make`` would: a folder .venv, here with the programs that the tests run with."""
        programs = self.root / ".venv" / "bin"
        programs.mkdir(parents=True)
        for program in Path(sys.executable).parent.iterdir():
            (programs / program.name).symlink_to(program)
        # A link to it would be taken for another Python, without the packages of this one.
        python = programs / "python"
        python.unlink(missing_ok=True)
        python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
        python.chmod(0o755)
        (programs.parent / ".installed").touch()

    @property
    def environment(self):
        """That of a person who has activated the project's environment."""
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("JUPYTER", "MAKE"))}
        return kept | {"PATH": path, "HOME": str(self.home), "PYTHONPATH": str(self.root)}

    def run(self, heading, commands):
        """Runs commands, which must all succeed; what they said."""
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", commands],
            cwd=self.root,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        text = done.stdout + done.stderr
        assert done.returncode == 0, f"{heading}\n{commands}\n{text}"
        assert "Traceback" not in text, f"{heading}\n{commands}\n{text}"
        self.said.append((heading, commands, text))
        return text
