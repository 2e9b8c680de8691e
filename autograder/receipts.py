"""Receipts: what a grade depends on, to know when grading again would change nothing."""

from __future__ import annotations

import hashlib
import platform
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from autograder.gradebook.handed import Handed
from autograder.gradebook.truth import Truth

DECISIVE = (".py", ".ipynb", ".json", ".safetensors")  # files that a grade may depend on


def receipt(submission: bytes, assignment: str, seed: int, dataset: str) -> dict[str, Any]:
    """What is kept with a grade: with it the same submission can be graded again, alike."""
    return {
        "submission": hashlib.sha256(submission).hexdigest(),
        "grader": grader_hash(assignment),
        "seed": seed,
        "dataset": dataset,
        "versions": versions(),
    }


def job_hash(
    handed: Handed, truths: dict[str, Truth], assignment: str, options: dict[str, Any]
) -> str:
    """A hash of all that a grade and its page depend on."""
    digest = hashlib.sha256(handed.content or b"")
    known = sorted(options.items())
    for part in (handed.flags, handed.time, handed.secret, truths, assignment, known, versions()):
        digest.update(repr(part).encode() + b"\0")
    digest.update(grader_hash(assignment).encode())
    return digest.hexdigest()


@cache
def grader_hash(assignment: str) -> str:
    """A hash of everything here that decides: suite, bands, catalogue, course and grader."""
    digest = hashlib.sha256(assignment.encode())
    package = Path(__file__).parent
    for folder in (package, package.parent / "course", package.parent / "source" / assignment):
        for path in sorted(folder.rglob("*")):
            if path.suffix in DECISIVE:
                digest.update(path.read_bytes())
    return digest.hexdigest()


@cache
def versions() -> dict[str, str]:
    """Of what computes: found without importing it."""
    return {"python": platform.python_version(), "torch": version("torch")}
