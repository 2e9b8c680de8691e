"""The notebooks, run whole: the instructor's with its experiments, the students' as released."""

import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from autograder.assignments import ASSIGNMENTS
from autograder.notebooks import TEST, grade_id, is_experiment, source_path
from autograder.release import RELEASE
from autograder.submissions import answered, right_answers, untouched

IDS = list(ASSIGNMENTS)
STUB = "raise NotImplementedError()"


def run(notebook, monkeypatch, folder):
    """Runs every cell, experiments too, as JupyterLab's Run All does, on the digits."""
    monkeypatch.setenv("COURSE_DATASET", "digits")
    client = NotebookClient(
        notebook, timeout=900, allow_errors=True, resources={"metadata": {"path": str(folder)}}
    )
    client.skip_cells_with_tag = "no such tag"
    client.execute()
    return {
        cell.id: [output for output in cell.outputs if output.output_type == "error"]
        for cell in notebook.cells
        if cell.cell_type == "code"
    }


@pytest.mark.parametrize("assignment", IDS)
def test_the_instructors_notebook_runs_without_an_error(assignment, monkeypatch, tmp_path):
    notebook = nbformat.read(source_path(assignment), as_version=4)
    errors = {name: e for name, e in run(notebook, monkeypatch, tmp_path).items() if e}
    assert errors == {}
    checks = [
        cell
        for cell in notebook.cells
        if grade_id(cell).startswith(TEST) and "code" in cell.cell_type
    ]
    assert len(checks) == len(ASSIGNMENTS[assignment].exercises)
    for cell in checks:
        assert "all" in cell.outputs[0].data["text/plain"].splitlines()[0], grade_id(cell)
    figures = [
        output
        for cell in notebook.cells
        if is_experiment(cell)
        for output in cell.outputs
        if "image/png" in output.get("data", {})
    ]
    assert len(figures) >= 4


@pytest.mark.parametrize("assignment", IDS)
def test_the_students_notebook_runs_to_its_end_without_a_single_answer(
    assignment, monkeypatch, tmp_path
):
    """Of the experiments only those that an answer has a part in: the others were run above."""
    notebook = untouched(ASSIGNMENTS[assignment])
    notebook.cells = [
        cell
        for cell in notebook.cells
        if not is_experiment(cell) or cell.id == "data" or cell.id.startswith("yours")
    ]
    errors = run(notebook, monkeypatch, tmp_path)
    for cell in notebook.cells:
        if cell.cell_type != "code" or not errors[cell.id]:
            continue
        assert errors[cell.id][0].ename == "NotImplementedError", cell.source
        assert "raises-exception" in cell.metadata.get("tags", []), cell.source
        assert not is_experiment(cell), cell.source


@pytest.mark.parametrize("assignment", IDS)
def test_every_exercise_has_its_stub_its_check_and_its_points(assignment):
    cells = {grade_id(cell): cell for cell in untouched(ASSIGNMENTS[assignment]).cells}
    for exercise in ASSIGNMENTS[assignment].exercises:
        stub, test = cells[exercise.name], cells[TEST + exercise.name]
        assert STUB in stub.source
        assert '"""' in stub.source.split(STUB)[0]  # the whole docstring stands in the stub
        assert test.metadata["nbgrader"]["points"] == exercise.points
        assert test.metadata["nbgrader"]["locked"]
        assert f'check("{exercise.name}")' in test.source


@pytest.mark.parametrize("assignment", IDS)
def test_below_every_check_two_hints_are_folded(assignment):
    """As ``check`` tells whoever is stuck."""
    cells = untouched(ASSIGNMENTS[assignment]).cells
    below = [after for cell, after in pairwise(cells) if grade_id(cell).startswith(TEST)]
    assert len(below) == len(ASSIGNMENTS[assignment].exercises)
    for cell in below:
        assert cell.source.count("<details>") == cell.source.count("</details>") == 2
        assert "<summary>Hint</summary>" in cell.source.split("</details>")[0]
        assert "<summary>A stronger hint</summary>" in cell.source.split("</details>")[1]


@pytest.mark.parametrize("assignment", IDS)
def test_nothing_of_the_solutions_is_released(assignment):
    released = "\n".join(cell.source for cell in untouched(ASSIGNMENTS[assignment]).cells)
    source = nbformat.read(source_path(assignment), as_version=4)
    solution, shown = [], []
    for cell in source.cells:
        inside, experiment = False, "experiment" in cell.metadata.get("tags", [])
        for line in cell.source.splitlines():
            if "### BEGIN SOLUTION" in line or "### END SOLUTION" in line:
                inside = "BEGIN" in line
            elif inside:
                solution.append(line.strip())
            elif not experiment:
                shown.append(line.strip())
        if grade_id(cell).startswith("answer-"):
            assert cell.source[:60] not in released
    meant = "\n".join(shown)  # hints and stubs may say the same, experiments may not
    secret = [line for line in solution if len(line) > 30 and line not in meant]
    assert len(secret) > 10
    assert [line for line in secret if line in released] == []


@pytest.mark.parametrize("assignment", IDS)
def test_students_are_told_what_cannot_be_imported_in_an_answer(assignment):
    texts = [cell.source for cell in untouched(ASSIGNMENTS[assignment]).cells]
    (told,) = [line for text in texts for line in text.splitlines() if "cannot be imported" in line]
    for module in ASSIGNMENTS[assignment].hidden_modules:
        assert f"`course.{module}`" in told


def validate(notebook, folder):
    """What nbgrader's Validate button says."""
    path = Path(folder) / "notebook.ipynb"
    nbformat.write(notebook, path)
    scripts = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", "validate", path.name],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PATH": scripts, "COURSE_DATASET": "digits"},
    )
    return done.stdout + done.stderr


def written(notebook):
    """The notebook with something in the cells for written answers: Validate asks for that, too."""
    for cell in notebook.cells:
        if grade_id(cell).startswith("answer-"):
            cell.source = "Because the outputs are shared."
    return notebook


@pytest.mark.parametrize("assignment", IDS)
def test_validate_passes_right_answers_and_fails_a_wrong_one(assignment, tmp_path):
    what = ASSIGNMENTS[assignment]
    right = right_answers(what)
    assert "Success" in validate(written(answered(what, right)), tmp_path)
    first = what.exercises[0].name
    wrong = answered(what, {**right, first: f"def {first}(*arguments):\n    pass"})
    assert "VALIDATION FAILED ON 1 CELL" in validate(written(wrong), tmp_path)


def test_release_holds_notebooks_only():
    files = {path.name for path in RELEASE.rglob("*") if path.is_file()}
    assert files == {f"{name}.ipynb" for name in IDS}
