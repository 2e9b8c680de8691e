"""Runs the command lines as a person would."""

import os
import subprocess
import sys
from pathlib import Path


def autograder(*arguments, wrap=(), **environment):
    """``python -m autograder``, with all output kept; ``wrap`` is put before the command."""
    command = [*wrap, sys.executable, "-m", "autograder", *map(str, arguments)]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, env=os.environ | environment
    )


def nbgrader(*arguments, cwd):
    """``nbgrader`` in the course directory ``cwd``, with all output kept."""
    command = [sys.executable, "-m", "nbgrader", *map(str, arguments)]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
        env=os.environ | {"PATH": path},
    )
