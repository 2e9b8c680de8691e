"""The step that takes the place of nbgrader's Execute: grade in the sandbox, keep the report."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Bool, Dict, Enum, Integer

from autograder.gradebook.configured import limits_in
from autograder.gradebook.sanitise import GRADING
from autograder.gradebook.seeds import seed_for
from autograder.scorer import grade_apart


class GradeInSandbox(NbGraderPreprocessor):
    """Executes and grades a sanitised notebook; its report goes into the notebook's metadata."""

    dataset = Enum(["digits", "mnist"], "digits", help="what grading trains on").tag(config=True)
    seed = Integer(None, allow_none=True, help="instead of the course's own seed").tag(config=True)
    unsafe_no_sandbox = Bool(False, help="grade without any protection").tag(config=True)
    limits = Dict(
        help="what a submission may use, as {name: number}, where the default of autograder.limits "
        "does not fit: names and units are there"
    ).tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        assignment = resources["nbgrader"]["assignment"]
        flags = nb.metadata[GRADING]["flags"]
        graded = grade_apart(nbformat.writes(nb).encode(), assignment, **self.options(assignment))
        graded.report.flags[:0] = flags
        graded.notebook.metadata[GRADING] = graded.report.to_json()
        return graded.notebook, resources

    def options(self, assignment: str) -> dict[str, Any]:
        """What ``grade`` is told besides; nbgrader works in the course directory."""
        seed = self.seed if self.seed is not None else seed_for(Path.cwd(), assignment)
        limits = limits_in(self.config)
        return {
            "seed": seed,
            "dataset": self.dataset,
            "unsafe": self.unsafe_no_sandbox,
            "limits": limits,
        }
