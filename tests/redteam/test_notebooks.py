"""No notebook, and nothing in its place or beside it, gains a point, a secret or a neighbour."""

import copy
import hashlib
import json
import os
import random
import re
import shutil

import nbformat
import pytest
from nbgrader.api import Gradebook

from autograder.assignments import FORGETTING
from autograder.gradebook import handed
from autograder.gradebook.course import Course
from autograder.gradebook.sanitise import GRADING, rebuilt
from autograder.limits import Limits
from autograder.notebooks import ROOT, grade_id, is_executed
from autograder.submissions import answered, hand_in, right_answers, untouched
from tests.redteam.notebook_attacks import BESIDE, ON_CELLS, ON_FILES, SCRIPT
from tests.running import autograder, nbgrader

VISIBLE = ("autograder/inside", "course/checks")  # code that is in every sandbox

ID = FORGETTING.id
SEED = "20250101"
SECRET = "the instructor's secret"
WRONG_RELABEL = "def relabel(y, classes):\n    return y\n"
# The grader's own files: all else in a course directory belongs to others.
OURS = re.compile(r"(autograded|feedback|gradebook\.db.*|\..*|backups?|report\.json)$")


def answers():
    """What all attackers answered: one exercise wrong, so that there are points to steal."""
    return answered(FORGETTING, {**right_answers(FORGETTING), "relabel": WRONG_RELABEL})


def attacked(attack):
    """The same answers after an attack on the notebook's JSON."""
    notebook = json.loads(nbformat.writes(answers()))
    for cell in notebook["cells"]:
        cell["source"] = "".join(cell["source"])
    attack(notebook)
    return json.dumps(notebook)


def fill(root):
    """Two honest students and all attackers, in the course directory ``root``."""
    (root / "secret.txt").write_text(SECRET)
    hand_in(answered(FORGETTING, right_answers(FORGETTING)), root, "ada", FORGETTING)
    hand_in(answers(), root, "bea", FORGETTING)
    for attack in ON_CELLS:
        path = hand_in(untouched(FORGETTING), root, attack.__name__, FORGETTING)
        path.write_text(attacked(attack))
    for attack in ON_FILES:
        attack(hand_in(untouched(FORGETTING), root, attack.__name__, FORGETTING))
    for attack in BESIDE:
        attack(hand_in(answers(), root, attack.__name__, FORGETTING).parent)


def state(root):
    """A hash of everything below ``root`` that is not the grader's own."""
    digest = hashlib.sha256()
    for folder, folders, files in os.walk(root):
        if folder == str(root):
            folders[:] = [name for name in folders if not OURS.match(name)]
            files = [name for name in files if not OURS.match(name)]
        folders.sort()
        for name in sorted(folders + files):
            path = os.path.join(folder, name)
            info = os.lstat(path)
            digest.update(repr((path, info.st_mode, info.st_size, info.st_mtime_ns)).encode())
            if os.path.islink(path):
                digest.update(os.fsencode(os.readlink(path)))
            elif os.path.isfile(path) and info.st_size < 1 << 25:
                with open(path, "rb") as file:
                    digest.update(file.read())
    return digest.hexdigest()


def graded_with(root, *arguments):
    report = root / "report.json"
    done = autograder("grade", ID, "--root", root, "--seed", SEED, "--json", report, *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    rows = {row["student"]: row for row in json.loads(report.read_text())["submissions"]}
    return rows, done.stdout + done.stderr


def read(path):
    """What is kept of the submission at ``path``, and its flags."""
    return handed.read(handed.find(path, Limits().notebook))


@pytest.fixture(scope="module")
def truths(tmp_path_factory):
    course = Course(tmp_path_factory.mktemp("truths"))
    course.prepare(ID)
    return course.truths(ID)


def sanitised(path, truths):
    notebook, flags = read(path)
    return rebuilt(notebook, flags, truths, ID)


def what_counts(notebook):
    """The cells that are run, in order, and the cells that are graded, by name."""
    run = [(grade_id(cell), cell.source) for cell in notebook.cells if is_executed(cell)]
    graded = {
        grade_id(cell): (cell.cell_type, cell.source, cell.metadata)
        for cell in notebook.cells
        if grade_id(cell)
    }
    return run, graded


@pytest.mark.parametrize("attack", ON_CELLS, ids=lambda attack: attack.__name__)
def test_an_attacked_notebook_is_mended(attack, truths, tmp_path):
    honest = sanitised(hand_in(answers(), tmp_path, "bea", FORGETTING), truths)
    path = hand_in(untouched(FORGETTING), tmp_path, "mallory", FORGETTING)
    path.write_text(attacked(attack))
    notebook = sanitised(path, truths)
    nbformat.validate(notebook)
    flags = notebook.metadata[GRADING]["flags"]
    assert has_flag(flags, ON_CELLS[attack])
    assert honest.metadata[GRADING]["flags"] == []
    run, graded = what_counts(notebook)
    honest_run, honest_graded = what_counts(honest)
    tests = {name for name in honest_graded if name.startswith("test-")}
    assert {name: graded[name] for name in tests} == {n: honest_graded[n] for n in tests}
    assert {source for _, source in honest_run} <= {source for _, source in run}
    assert set(notebook.metadata) == {"kernelspec", "language_info", GRADING}
    for cell in notebook.cells:
        assert set(cell.metadata) <= {"nbgrader", "tags"}
        assert set(cell.metadata.get("tags", [])) <= {"experiment"}
        assert cell.get("outputs", []) == []
        assert "attachments" not in cell


def has_flag(flags, expected):
    return any(flag.startswith(expected) for flag in flags) if expected else flags == []


@pytest.mark.parametrize("attack", ON_FILES, ids=lambda attack: attack.__name__)
def test_what_is_no_notebook_counts_as_empty(attack, tmp_path):
    hand_in(answers(), tmp_path, "ada", FORGETTING)
    path = hand_in(untouched(FORGETTING), tmp_path, "mallory", FORGETTING)
    attack(path)
    notebook, flags = read(path)
    assert notebook.cells == []
    assert flags[0].startswith("unreadable-notebook: ")
    assert ON_FILES[attack] in flags[0]


@pytest.mark.parametrize("attack", BESIDE, ids=lambda attack: attack.__name__)
def test_what_lies_beside_is_named(attack, tmp_path):
    path = hand_in(answers(), tmp_path, "mallory", FORGETTING)
    (tmp_path / "secret.txt").write_text(SECRET)
    attack(path.parent)
    notebook, flags = read(path)
    assert len(notebook.cells) == len(answers().cells)
    assert has_flag(flags, BESIDE[attack])
    assert all(flag.isprintable() and SECRET not in flag for flag in flags)


def test_what_jupyter_leaves_is_no_reason_for_a_flag(tmp_path):
    path = hand_in(answers(), tmp_path, "bea", FORGETTING)
    (path.parent / ".ipynb_checkpoints").mkdir()
    shutil.copy(path, path.parent / ".ipynb_checkpoints" / f"{ID}-checkpoint.ipynb")
    (path.parent / "timestamp.txt").write_text("2025-01-31 12:00:00.000000 UTC")
    assert read(path)[1] == []


@pytest.fixture(scope="module")
def attacked_class(tmp_path_factory):
    """All of them graded at once: (course directory, rows, all that was printed, unchanged)."""
    root = tmp_path_factory.mktemp("course")
    fill(root)
    before = state(root)
    rows, text = graded_with(root)
    shutil.copy(ROOT / "nbgrader_config.py", root)
    made = nbgrader("generate_feedback", ID, cwd=root)
    assert made.returncode == 0, made.stderr
    (root / "nbgrader_config.py").unlink()
    return root, rows, text + made.stderr, before == state(root)


def scores(row):
    return {exercise["name"]: exercise["score"] for exercise in row["exercises"]}


SAME_ANSWERS = [*ON_CELLS, *BESIDE]


@pytest.mark.slow
@pytest.mark.parametrize("attack", SAME_ANSWERS, ids=lambda attack: attack.__name__)
def test_the_same_answers_get_the_same_points(attack, attacked_class):
    rows = attacked_class[1]
    assert scores(rows[attack.__name__]) == scores(rows["bea"])
    assert has_flag(rows[attack.__name__]["flags"], (ON_CELLS | BESIDE)[attack])


@pytest.mark.slow
@pytest.mark.parametrize("attack", ON_FILES, ids=lambda attack: attack.__name__)
def test_what_is_no_notebook_gets_nothing(attack, attacked_class):
    row = attacked_class[1][attack.__name__]
    assert row["score"] == 0
    assert any(ON_FILES[attack] in flag for flag in row["flags"])


@pytest.mark.slow
def test_the_honest_get_what_they_get_alone(attacked_class, tmp_path):
    rows = attacked_class[1]
    hand_in(answered(FORGETTING, right_answers(FORGETTING)), tmp_path, "ada", FORGETTING)
    hand_in(answers(), tmp_path, "bea", FORGETTING)
    alone, _ = graded_with(tmp_path)
    for student in ("ada", "bea"):
        assert rows[student]["exercises"] == alone[student]["exercises"]
        assert rows[student]["score"] == alone[student]["score"]
        assert rows[student]["flags"] == alone[student]["flags"] == []
    assert rows["ada"]["score"] == FORGETTING.points
    assert rows["bea"]["score"] < FORGETTING.points


@pytest.mark.slow
def test_the_gradebook_has_the_points_of_the_report(attacked_class):
    root, rows, _, _ = attacked_class
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}") as gradebook:
        for student, row in rows.items():
            grades = gradebook.find_submission_notebook(ID, ID, student).grades
            auto = {g.name: g.auto_score for g in grades if g.name.startswith("test-")}
            assert auto == {f"test-{name}": score for name, score in scores(row).items()}
            assert not any(g.extra_credit for g in grades)


@pytest.mark.slow
def test_nothing_of_others_is_changed(attacked_class):
    assert attacked_class[3]


@pytest.mark.slow
def test_only_the_notebook_is_taken_over(attacked_class):
    root = attacked_class[0]
    for folder, _, files in os.walk(root / "autograded"):
        for file in files:
            path = os.path.join(folder, file)
            assert not os.path.islink(path)
            assert file == f"{ID}.ipynb"
            assert os.path.getsize(path) < 5 << 20


def lines_of(*texts):
    return {line.strip() for text in texts for line in text.splitlines() if len(line.strip()) > 30}


@pytest.mark.slow
def test_no_output_holds_a_secret(attacked_class):
    root, rows, text, _ = attacked_class
    told = [text, json.dumps(rows)]
    told += [p.read_text() for step in ("autograded", "feedback") for p in files_of(root / step)]
    released = "\n".join(cell.source for cell in untouched(FORGETTING).cells)
    # A submission may print the code that is in its sandbox.
    visible = [p.read_text() for part in VISIBLE for p in (ROOT / part).rglob("*.py")]
    hidden = lines_of(FORGETTING.suite.read_text()) - lines_of(released, *visible)
    assert hidden
    for line in hidden | {SECRET, "root:x:0"}:
        assert not any(line in one for one in told), line


@pytest.mark.slow
def test_no_output_holds_a_solution_that_was_not_handed_in(attacked_class):
    root = attacked_class[0]
    released = "\n".join(cell.source for cell in untouched(FORGETTING).cells)
    solutions = lines_of(*right_answers(FORGETTING).values()) - lines_of(released)
    assert solutions
    for attack in ON_FILES:
        for step in ("autograded", "feedback"):
            for path in files_of(root / step / attack.__name__):
                shown = path.read_text()
                assert not any(line in shown for line in solutions), path


@pytest.mark.slow
def test_no_page_holds_a_script_of_a_student(attacked_class):
    root = attacked_class[0]
    pages = list(files_of(root / "feedback"))
    assert len(pages) >= len(SAME_ANSWERS)
    for page in pages:
        assert SCRIPT not in page.read_text()


def files_of(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.slow
def test_stock_nbgrader_copies_and_follows_nothing_either(tmp_path):
    (tmp_path / "secret.txt").write_text(SECRET)
    attacks = [links_by_name for links_by_name in BESIDE if "2000" not in links_by_name.__name__]
    notebook = untouched(FORGETTING)
    for attack in attacks:
        attack(hand_in(copy.deepcopy(notebook), tmp_path, attack.__name__, FORGETTING).parent)
    for attack in ON_FILES:
        attack(hand_in(copy.deepcopy(notebook), tmp_path, attack.__name__, FORGETTING))
    hand_in(notebook, tmp_path, "ada", FORGETTING)
    shutil.copy(ROOT / "nbgrader_config.py", tmp_path)
    (tmp_path / "source").symlink_to(ROOT / "source")
    for verb in ("generate_assignment", "autograde"):
        done = nbgrader(verb, ID, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
    for attack in [*attacks, *ON_FILES]:
        folder = tmp_path / "autograded" / attack.__name__ / ID
        assert set(os.listdir(folder)) <= {f"{ID}.ipynb"}, attack.__name__
        flags = nbformat.read(folder / f"{ID}.ipynb", as_version=4).metadata[GRADING]["flags"]
        assert any((BESIDE | ON_FILES)[attack] in flag for flag in flags)
        assert SECRET not in (folder / f"{ID}.ipynb").read_text()


def mutated(value, dice):
    """A JSON value with something replaced, repeated or lost somewhere in it."""
    junk = (None, True, -1, 1e308, float("nan"), "", "\ud800\x00", [], {}, [[]], {"": {}}, "code")
    if dice.random() < 0.1 or not isinstance(value, (list, dict)) or not value:
        return copy.deepcopy(dice.choice(junk))
    keys = list(value) if isinstance(value, dict) else range(len(value))
    key = dice.choice(list(keys))
    value[key] = mutated(value[key], dice)
    return value


@pytest.mark.parametrize("seed", range(5))
def test_no_broken_notebook_raises(seed, truths, tmp_path):
    dice = random.Random(seed)
    path = hand_in(untouched(FORGETTING), tmp_path, "mallory", FORGETTING)
    text = nbformat.writes(answers())
    read = 0
    for _ in range(40):
        content = json.loads(text)
        for _ in range(dice.choice((1, 3, 30, 300))):
            content = mutated(content, dice)
        path.write_text(json.dumps(content))
        notebook = sanitised(path, truths)
        nbformat.validate(notebook)
        flags = notebook.metadata[GRADING]["flags"]
        assert len(flags) <= 101
        assert all(flag.isprintable() for flag in flags)
        read += not any(flag.startswith("unreadable") for flag in flags)
        names = [grade_id(cell) for cell in notebook.cells if grade_id(cell).startswith("test-")]
        assert sorted(names) == sorted(name for name in truths if name.startswith("test-"))
    assert read > 10
