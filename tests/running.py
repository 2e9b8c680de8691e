"""Runs the command lines as a person would, and finds what they started."""

import contextlib
import os
import subprocess
import sys
from pathlib import Path

import psutil


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


def agents(processes):
    """Those of ``processes`` that are alive in a sandbox; what waits to make one does not count."""
    found = []
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            words = process.cmdline()
            forked = "inside.nursery" in words and process.name() in ("keeper", "agent")
            cold = "inside.agent" in words and process.name() != "bwrap"
            if (forked or cold) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found
