"""The archives for students and self-learners: what is in them, what is not, and that they work."""

import io
import json
import os
import re
import subprocess
import sys
import sysconfig
import tomllib
import zipfile

import nbformat
import pytest
import yaml
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from nbclient import NotebookClient
from packaging.utils import canonicalize_name
from typer.testing import CliRunner

import course
from autograder import bundle, release
from autograder.assignments import ASSIGNMENTS, FORGETTING, SUITES
from autograder.bundle import packages, reveal
from autograder.bundle.archive import packed
from autograder.bundle.contents import contents
from autograder.cli import app
from autograder.notebooks import ROOT, grade_id, instructors_cells
from autograder.submissions import right_answers
from tests.project.test_dependencies import differences, pins, pyproject, ranges
from tests.project.test_imports import code_of, imports, undeclared
from tests.running import autograder

STUDENT, SELF_STUDY = "forget-me-not-student", "forget-me-not-self-study"
NOTEBOOKS = {f"{name}/{name}.ipynb" for name in ASSIGNMENTS}
TEXTS = {"README.md", "LICENSE", "pyproject.toml", "requirements.txt", "environment.yml"}
LIBRARIES = sysconfig.get_paths()["purelib"]


@pytest.fixture(scope="module")
def files():
    return contents(self_study=False)


@pytest.fixture(scope="module")
def with_solutions():
    return contents(self_study=True)


@pytest.fixture(scope="module")
def unzipped(tmp_path_factory):
    """Both archives, unzipped in a folder that held nothing."""
    folder = tmp_path_factory.mktemp("download")
    for self_study in (False, True):
        with zipfile.ZipFile(bundle.write(self_study=self_study, folder=folder)) as archive:
            archive.extractall(folder)
    return folder


@pytest.fixture(scope="module")
def installed(unzipped):
    """``course`` as pip installs it from the student's folder, without network."""
    target = unzipped / "installed"
    offline = ("--no-index", "--no-deps", "--no-build-isolation", "--disable-pip-version-check")
    command = [sys.executable, "-m", "pip", "install", "-q", *offline, "--target", target, "."]
    done = subprocess.run(command, cwd=unzipped / STUDENT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return target


def environment(path):
    """Python finds what is in ``path`` and the packages of others, but nothing of this project.

    To be used with ``python -S``, which does not look for what is installed to be edited.
    """
    outside = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "NBGRADER"))}
    return outside | {"PYTHONPATH": f"{path}{os.pathsep}{LIBRARIES}", "COURSE_DATASET": "digits"}


def python(code, path, cwd):
    command = [sys.executable, "-S", "-P", "-c", code]
    done = subprocess.run(command, cwd=cwd, env=environment(path), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_file_by_file(files):
    package = {path.relative_to(ROOT).as_posix() for path in (ROOT / "course").rglob("*.py")}
    assert set(files) == NOTEBOOKS | TEXTS | package
    for path in package | {"LICENSE"}:
        assert files[path] == (ROOT / path).read_bytes()
    for path in NOTEBOOKS:
        assert files[path] == (ROOT / "release" / path).read_bytes()


def test_the_self_learners_copy_is_the_same_and_the_solutions(files, with_solutions):
    more = {"course/reveal.py", "course/solutions.json"}
    assert set(with_solutions) == set(files) | more
    other = {path for path in files if files[path] != with_solutions[path]}
    assert other == {"README.md", "course/__init__.py"}
    assert with_solutions["course/__init__.py"].startswith(files["course/__init__.py"])
    guide = files["README.md"].decode().replace(STUDENT, SELF_STUDY)
    assert with_solutions["README.md"].decode().startswith(guide)


def lines_of(assignment):
    """The lines of the instructor's answers, and all others of the notebook."""
    solution, shown = set(), set()
    for cell in instructors_cells(assignment):
        inside = False
        for line in map(str.strip, cell.source.splitlines()):
            if "BEGIN SOLUTION" in line or "END SOLUTION" in line:
                inside = "BEGIN" in line
            else:
                (solution if inside else shown).add(line)
    return solution, shown


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_no_line_of_a_solution_is_in_it(assignment, files):
    """But for ``course``, which has always held what another notebook's exercises ask for."""
    meant = "\n".join(line for name in ASSIGNMENTS for line in lines_of(name)[1])
    solution, _ = lines_of(assignment)
    secret = [line for line in solution if len(line) > 30 and line not in meant]
    assert len(secret) > 10
    for path in NOTEBOOKS | TEXTS:
        cells = json.loads(files[path])["cells"] if path in NOTEBOOKS else []
        text = "\n".join("".join(cell["source"]) for cell in cells) or files[path].decode()
        assert not [line for line in secret if line in text], path


@pytest.mark.parametrize("copy", ["files", "with_solutions"])
def test_nothing_of_the_grader_is_in_it(copy, request):
    tests = {
        name
        for path in SUITES.glob("*.py")
        for name in re.findall(r"test_\w{12,}", path.read_text())
    }
    keys = re.findall(r'^    "([a-z]+(?:-[a-z]+){2,})"', _catalogue(), flags=re.MULTILINE)
    assert len(tests) > 100
    assert len(keys) > 100
    for path, content in request.getfixturevalue(copy).items():
        text = content.decode()
        assert "autograder" not in text or path in NOTEBOOKS or path == "course/checks/runner.py"
        assert not [word for word in (*tests, *keys, "BEGIN SOLUTION") if word in text], path


def _catalogue():
    folder = SUITES.parent / "misconceptions"
    return "\n".join(path.read_text() for path in folder.glob("misconceptions_*.py"))


def test_same_input_same_bytes(files, tmp_path):
    backwards = dict(reversed(files.items()))
    assert packed(files, STUDENT) == packed(backwards, STUDENT)
    with zipfile.ZipFile(io.BytesIO(packed(files, STUDENT))) as archive:
        entries = archive.infolist()
    assert [entry.filename for entry in entries] == sorted(f"{STUDENT}/{path}" for path in files)
    assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}
    done = autograder("bundle")
    assert done.returncode == 0, done.stderr
    assert (ROOT / "dist" / f"{STUDENT}.zip").read_bytes() == packed(files, STUDENT)
    assert not list((ROOT / "dist").glob("*.new"))


def test_the_command_adds_the_solutions(with_solutions):
    done = CliRunner().invoke(app, ["bundle", "--self-study"])
    assert done.exit_code == 0, done.output
    archive = ROOT / "dist" / f"{SELF_STUDY}.zip"
    assert done.stdout == f"written: {archive}\n"
    assert archive.read_bytes() == packed(with_solutions, SELF_STUDY)


def test_a_stale_release_is_not_handed_out(monkeypatch):
    monkeypatch.setattr(release, "difference", lambda: "-old\n+new")
    done = CliRunner().invoke(app, ["bundle"])
    assert done.exit_code == 1
    assert done.stderr.splitlines() == [
        "Error: the committed release is stale: run `python -m autograder release`"
    ]


def test_students_install_what_they_need_in_the_projects_versions(files):
    required = files["requirements.txt"].decode().splitlines()
    assert required[-1] == "."
    pinned = pins("\n".join(required[:-1]))
    everything = pins((ROOT / "constraints.txt").read_text())
    assert {name: everything[name] for name in pinned} == pinned
    assert {"torch", "jupyterlab", "ipython", "scikit-learn", "setuptools"} <= set(pinned)
    assert {"pexpect", "fqdn"} <= set(pinned)  # not on every system; for an extra of a package
    assert not {"nbgrader", "dask", "pytest", "sqlalchemy", "typer", "mypy"} & set(pinned)
    project = tomllib.loads(files["pyproject.toml"].decode())["project"]
    assert project["version"] == course.__version__
    asked = ranges(project["dependencies"])
    assert set(asked) == set(packages.IMPORTED)
    assert differences(asked, {name: pyproject()[name] for name in asked}) == []
    conda = yaml.safe_load(files["environment.yml"])["dependencies"]
    names = {re.split("[<>=]", line)[0] for line in conda if isinstance(line, str)}
    theirs = {*asked, "jupyterlab", "pytorch", "python", "pip"} - {"torch"}
    assert names == theirs
    whole = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    assert {line for line in conda if isinstance(line, str)} <= {*map(str, whole)}


@pytest.mark.parametrize("folder", ["course", "release"])
def test_students_install_all_that_they_import(folder):
    paths = [*(ROOT / folder).rglob("*.py"), *(ROOT / folder).rglob("*.ipynb")]
    used = {module for path in paths for module in imports(code_of(path))}
    assert used
    declared = {canonicalize_name(name) for name in packages.IMPORTED}
    # IPython comes with JupyterLab, and is asked for in notebooks alone.
    assert undeclared(used, declared) <= {"IPython"}


def test_the_guide_asks_for_nothing_that_students_lack(files):
    guide = files["README.md"].decode()
    assert len(guide.splitlines()) < 60
    assert not re.search(r"\bmake\b|bwrap|bubblewrap|my-work|autograder|reveal", guide)
    for path in ("requirements.txt", "environment.yml", "01-forgetting/01-forgetting.ipynb"):
        assert path in guide
        assert path in files


def test_a_students_first_hour(unzipped, installed, tmp_path, monkeypatch):
    """In a kernel that knows ``course`` from the archive only: set-up, data, answer and check."""
    spec = tmp_path / "kernels" / "student" / "kernel.json"
    spec.parent.mkdir(parents=True)
    command = [sys.executable, "-S", "-P", "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    spec.write_text(
        json.dumps({"argv": command, "display_name": "", "env": environment(installed)})
    )
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    monkeypatch.delenv("PYTHONPATH", raising=False)
    path = unzipped / STUDENT / FORGETTING.id / f"{FORGETTING.id}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    first = FORGETTING.exercises[0].name
    chosen = ["setup", "data", first, f"test-{first}"]
    whole, notebook.cells = notebook.cells, [cell for cell in notebook.cells if cell.id in chosen]
    answer, check = notebook.cells[-2:]
    answer.source = right_answers(FORGETTING)[first]
    where = "import course, importlib.util as u; print(course.__file__, u.find_spec('autograder'))"
    notebook.cells.append(nbformat.v4.new_code_cell(where))
    client = NotebookClient(
        notebook, kernel_name="student", resources={"metadata": {"path": path.parent}}
    )
    client.skip_cells_with_tag = "no such tag"
    client.execute()
    assert check.outputs[0].data["text/plain"].startswith(f"{first}: all ")
    assert "image/png" in notebook.cells[1].outputs[-1].data
    assert notebook.cells[-1].outputs[0].text.split() == [f"{installed}/course/__init__.py", "None"]
    notebook.cells = whole
    nbformat.write(notebook, path)
    said = python("import course; course.progress()", installed, path.parent)
    assert f"{FORGETTING.id}/{FORGETTING.id}.ipynb: 1 of 11 done" in said
    assert "04-ewc/04-ewc.ipynb: 0 of 9 done" in said


def test_reveal_is_not_in_the_students_copy(installed, tmp_path):
    code = "import course; print(hasattr(course, 'reveal'), course.__all__)\ncourse.reveal"
    with pytest.raises(AssertionError, match="module 'course' has no attribute 'reveal'"):
        python(code, installed, tmp_path)
    assert not hasattr(course, "reveal")
    assert not [
        path for path in installed.rglob("*") if path.suffix == ".json" and "course" in path.parts
    ]


def test_reveal_shows_each_solution(unzipped, tmp_path):
    names = [exercise.name for a in ASSIGNMENTS.values() for exercise in a.exercises]
    answers = [
        grade_id(c) for a in ASSIGNMENTS for c in instructors_cells(a) if "answer-" in grade_id(c)
    ]
    code = f"import course\nfor name in {names + answers}: course.reveal(name); print('=' * 9)"
    shown = python(code, unzipped / SELF_STUDY, tmp_path).split("=" * 9 + "\n")
    solutions = [code for a in ASSIGNMENTS.values() for code in right_answers(a).values()]
    assert shown[: len(names)] == [solution + "\n" for solution in solutions]
    assert len(answers) == 7
    for text in shown[len(names) : -1]:
        assert re.search("Model answer|Rubric", text)
        assert "SOLUTION" not in text


@pytest.fixture
def solutions(with_solutions, tmp_path, monkeypatch):
    path = tmp_path / "solutions.json"
    path.write_bytes(with_solutions["course/solutions.json"])
    monkeypatch.setattr(reveal, "SOLUTIONS", path)


@pytest.mark.usefixtures("solutions")
def test_in_a_notebook_a_solution_is_highlighted():
    shell = InteractiveShell.instance()
    try:
        with capture_output() as captured:
            reveal.reveal("fisher_diagonal")
    finally:
        shell.clear_instance()
    (output,) = captured.outputs
    assert output.data["text/markdown"].startswith("```python\ndef fisher_diagonal(")
    assert "```" not in output.data["text/plain"]


@pytest.mark.usefixtures("solutions")
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("fisher_diagnal", "no exercise 'fisher_diagnal': did you mean fisher_diagonal"),
        ("answer", "no exercise 'answer': "),
        ("???", "there are select_classes, relabel, .*, answer-prediction"),
        (3, "no exercise 3: there are select_classes"),
    ],
)
def test_an_unknown_exercise_is_refused(name, said):
    with pytest.raises(ValueError, match=re.escape(said).replace(r"\.\*", ".*")):
        reveal.reveal(name)
