"""One submission from the file that was handed in to the notebook that is kept."""

from __future__ import annotations

import nbformat

from autograder.grade import grade
from autograder.gradebook.handed import read
from autograder.gradebook.job import Done, Job
from autograder.gradebook.marks import marks
from autograder.gradebook.neutralise import neutralise
from autograder.gradebook.sanitise import GRADING, rebuilt


def work(job: Job) -> Done:
    """Grades a job; needs no gradebook and no folder. Raises what ``grade`` raises."""
    notebook = rebuilt(*read(job.handed), job.truths, job.assignment)
    flags = notebook.metadata[GRADING]["flags"]
    graded = grade(nbformat.writes(notebook).encode(), job.assignment, **job.options)
    graded.report.flags[:0] = flags
    graded.report.receipt["job"] = job.receipt
    graded.notebook.metadata[GRADING] = graded.report.to_json()
    given = marks(graded.notebook, graded.notebook.metadata[GRADING])
    shown = neutralise(graded.notebook, job.assignment)
    return Done(nbformat.writes(shown), shown.metadata[GRADING], given, graded.report.late)
