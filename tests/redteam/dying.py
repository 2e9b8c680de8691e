"""Does one step on copies of a course directory, and is killed in each at another moment.

``python -m tests.redteam.dying STEP COURSE SCRATCH MOMENTS``: copies go to ``SCRATCH/0``, ``1``
and so on. A moment is the number of a statement or commit in the gradebook; no moments, ``[]``,
means each. In the last copy the step ends by itself.
"""

import json
import os
import shutil
import signal
import sys
from pathlib import Path

import nbformat
from sqlalchemy import event
from sqlalchemy.engine import Engine

from autograder.assignments import FORGETTING
from autograder.gradebook.course import Course
from autograder.gradebook.sanitise import GRADING
from autograder.gradebook.save import SaveVerdicts
from autograder.notebooks import TEST, grade_id

ID = FORGETTING.id


def save(root):
    """The verdicts of ann's submission: full marks."""
    notebook = nbformat.read(root / "submitted" / "ann" / ID / f"{ID}.ipynb", as_version=4)
    full = [{"name": e.name, "score": e.points} for e in FORGETTING.exercises]
    assert {TEST + e["name"] for e in full} <= {grade_id(cell) for cell in notebook.cells}
    notebook.metadata[GRADING] = {"exercises": full}
    info = {"notebook": ID, "assignment": ID, "student": "ann", "db_url": Course(root).url}
    SaveVerdicts().preprocess(notebook, {"nbgrader": info})


def prepare(root):
    """The assignment's cells, in a new gradebook."""
    (root / "gradebook.db").unlink()
    Course(root).prepare(ID)


STEPS = {"save": save, "prepare": prepare}


def killed(moment, step, root):
    """Does the step in a child that is killed at its ``moment``-th statement; whether it was."""
    child = os.fork()
    if child == 0:
        left = [moment]

        def count(*_):
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)

        event.listen(Engine, "before_cursor_execute", count)
        event.listen(Engine, "commit", count)
        try:
            STEPS[step](root)
        except BaseException as error:  # noqa: BLE001 - a child may not come back from here
            print(repr(error), file=sys.stderr)
            os._exit(3)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return True
    assert os.waitstatus_to_exitcode(status) == 0
    return False


def main(step, course, scratch, moments):
    number, moment = 0, 0
    wanted = iter(moments or range(1, 100_000))
    while True:
        moment = next(wanted, 0)
        shutil.copytree(course, Path(scratch) / str(number))
        if not killed(moment, step, Path(scratch) / str(number)):
            return
        number += 1


if __name__ == "__main__":
    main(*sys.argv[1:4], json.loads(sys.argv[4]))
