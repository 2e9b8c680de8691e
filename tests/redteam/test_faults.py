"""Processes killed, disks full, gradebooks locked: grades stay whole, running again mends all."""

import ast
import contextlib
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import textwrap
import time
from contextlib import closing

import nbformat
import psutil
import pytest
from nbgrader.api import Gradebook
from sqlalchemy import create_engine, text
from typer.testing import CliRunner

from autograder import bubblewrap, cli, grade_command, scorer
from autograder.assignments import FORGETTING
from autograder.gradebook import backup, database, lock, place, seeds
from autograder.gradebook.course import Course
from autograder.gradebook.writer import Finished
from autograder.notebooks import TEST
from autograder.submissions import answered, hand_in, right_answers, untouched
from tests.redteam import deadly
from tests.running import agents, autograder

ID = FORGETTING.id
SEED = 20
STUDENTS = ("ann", "ben", "cem")
CHEAP = ("select_classes", "relabel", "average_accuracy", "forgetting", "backward_transfer")
OLD = {TEST + exercise.name: 0.0 for exercise in FORGETTING.exercises}
NOTHING = dict.fromkeys(OLD)
GRADE = ("grade", ID, "--seed", SEED, "--root")
GRACE_SECONDS = 120  # only a hang takes so long


def cheap_answers():
    """Right where that costs no training, so that a submission is graded in seconds."""
    right = right_answers(FORGETTING)
    return {name: right[name] for name in CHEAP}


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """A course with new submissions of three; ann and ben have old grades, all 0, cem none."""
    root = tmp_path_factory.mktemp("template")
    for student in STUDENTS:
        hand_in(answered(FORGETTING, cheap_answers()), root, student, FORGETTING)
    config = (bubblewrap.PACKAGE.parent / "nbgrader_config.py").read_text()
    patience = '\nc.GradeInSandbox.limits = {"patience": 60}\n'  # on however busy a machine
    (root / "nbgrader_config.py").write_text(config + patience)
    course = Course(root)
    course.prepare(ID)
    for student in ("ann", "ben"):
        old = course.notebook("autograded", student, ID)
        course.writer(ID).write([Finished(student, None, None, old.parent)])
        old.parent.mkdir(parents=True)
        nbformat.write(untouched(FORGETTING), old)
    return root


@pytest.fixture
def course(template, tmp_path):
    """The template's copy, for one test to spoil."""
    root = tmp_path / "course"
    shutil.copytree(template, root)
    return root


@pytest.fixture(scope="module")
def undisturbed(template, tmp_path_factory):
    """A run in which nothing went wrong: (its gradebook's grades, its report's rows, seconds)."""
    root = tmp_path_factory.mktemp("undisturbed") / "course"
    shutil.copytree(template, root)
    started = time.monotonic()
    rows = finished(root)
    assert {row["score"] for row in rows.values()} == {9.0}
    assert len(list(root.glob(f"{backup.FOLDER}/*.db"))) == 1
    return grades(root), rows, time.monotonic() - started


def finished(root, **environment):
    """The report of a run that nobody disturbs, without times."""
    done = autograder(*GRADE, root, "--json", root / "report.json", **environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return report(root)


def report(root):
    """The rows of the report by student, without times."""
    rows = json.loads((root / "report.json").read_text())["submissions"]
    return {row.pop("student"): row for row in rows if row.pop("seconds") is not None}


def grades(root):
    """Every student's automatic grades, as the gradebook has them."""
    query = """SELECT student.id, base_cell.name, grade.auto_score FROM student
        JOIN submitted_assignment ON submitted_assignment.student_id = student.id
        JOIN submitted_notebook ON submitted_notebook.assignment_id = submitted_assignment.id
        JOIN grade ON grade.notebook_id = submitted_notebook.id
        JOIN base_cell ON base_cell.id = grade.cell_id WHERE base_cell.name LIKE 'test-%'"""
    found = {}
    with closing(sqlite3.connect(root / "gradebook.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        for student, cell, score in connection.execute(query):
            found.setdefault(student, {})[cell] = score
    return found


def assert_whole(root, undisturbed):
    """Each submission has all of its old grades or all of its new ones, and so its notebook."""
    found = grades(root)
    for student in STUDENTS:
        old = NOTHING if student == "cem" else OLD
        assert found.get(student, NOTHING) in (old, NOTHING, undisturbed[0][student]), student
        if student != "cem":
            assert found[student] != NOTHING, student
        path = Course(root).notebook("autograded", student, ID)
        if path.exists():
            nbformat.validate(nbformat.read(path, as_version=4))
    for path in root.glob("report.json"):
        json.loads(path.read_text())


def randomly(what):
    """Randomness that a failure's output can repeat."""
    seed = int(os.environ.get("FAULT_SEED", "0")) or random.SystemRandom().randrange(1, 1 << 30)
    print(f"{what}: FAULT_SEED={seed}")
    return random.Random(seed)


class Run:
    """A ``grade`` command under way in the course directory ``root``."""

    def __init__(self, root, *more):
        command = [sys.executable, "-m", "autograder", *map(str, GRADE), str(root), *more]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self.itself = psutil.Process(self.process.pid)

    @property
    def over(self):
        return self.process.poll() is not None

    def scorers(self):
        """The processes that score: children of the one that multiprocessing forks them from."""
        servers = [p for p in below(self.itself, 1) if "forkserver" in words(p)]
        return [p for server in servers for p in below(server, 1) if "forkserver" in words(p)]

    def agents(self):
        """The processes inside of sandboxes."""
        return agents(below(self.itself))

    def kill_some(self, what, rng, times, most):
        """Kills one of ``what()`` up to ``times`` times, after up to ``most`` seconds each."""
        killed = 0
        while killed < times and not self.over:
            until = time.monotonic() + rng.uniform(0, most)
            while time.monotonic() < until and not self.over:
                time.sleep(0.01)
            with contextlib.suppress(psutil.NoSuchProcess):
                victims = what()
                if victims:
                    rng.choice(victims).kill()
                    killed += 1
        return killed

    def end(self):
        said, _ = self.process.communicate(timeout=20 * GRACE_SECONDS)
        return self.process.returncode, said


def below(process, generations=99):
    """The process's descendants."""
    try:
        return process.children(recursive=generations > 1)
    except psutil.NoSuchProcess:
        return []


def words(process):
    """Its command line."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return " ".join(process.cmdline())
    return ""


def name(process):
    """What it calls itself."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return str(process.name())
    return ""


def assert_gone(processes):
    _, alive = psutil.wait_procs(processes, timeout=GRACE_SECONDS)
    assert not [(p.pid, words(p)) for p in alive if p.is_running()]


def kill_the_grader(course, undisturbed, rng):
    """Once, at a random moment: whole grades stay, and nothing of it goes on."""
    run = Run(course, "--json", str(course / "report.json"))
    until = time.monotonic() + rng.uniform(0, undisturbed[2])
    seen = {}
    while time.monotonic() < until and not run.over:
        seen |= {p.pid: p for p in below(run.itself)}
        time.sleep(0.05)
    seen |= {p.pid: p for p in below(run.itself)}
    run.process.kill()
    run.end()
    assert_gone(seen.values())
    assert_whole(course, undisturbed)


THRICE = "grader-killed: 3 times while it was graded"


def kill_scorers(course, undisturbed, rng, times):
    """In one run, up to so often: time only, or the points of whoever lost its scorer thrice."""
    run = Run(course, "--force", "--json", str(course / "report.json"))
    killed = run.kill_some(run.scorers, rng, times, 20)
    status, said = run.end()
    rows = report(course)
    assert status == 0, said
    assert "Traceback" not in said
    lost = [student for student, row in rows.items() if row["flags"] == [THRICE]]
    assert len(lost) <= killed // 3
    for student in set(STUDENTS) - set(lost):
        assert rows[student] == undisturbed[1][student]
    return killed


def kill_agents(course, undisturbed, rng, times):
    """In one run, up to so often: it looks like a student's crash, and is said to be one."""
    run = Run(course, "--force", "--json", str(course / "report.json"))
    killed = run.kill_some(run.agents, rng, times, 8)
    status, said = run.end()
    rows = report(course)
    assert "Traceback" not in said
    assert status == any("error" in row for row in rows.values()), said
    assert sum(row != undisturbed[1][s] for s, row in rows.items()) <= killed
    assert all(row["score"] <= undisturbed[1][s]["score"] for s, row in rows.items())
    return killed


def run_again(course, undisturbed):
    """Completes, as if nothing had happened."""
    assert finished(course) == undisturbed[1]
    assert grades(course) == undisturbed[0]
    assert not [*course.rglob("*.new"), *course.rglob("*unfinished*")]


def test_a_few_kills_of_everything_and_running_again_mends_all(course, undisturbed):
    rng = randomly("kill grader, scorers and agents")
    kill_the_grader(course, undisturbed, rng)
    kill_the_grader(course, undisturbed, rng)
    kill_scorers(course, undisturbed, rng, 2)
    kill_agents(course, undisturbed, rng, 2)
    run_again(course, undisturbed)


@pytest.mark.slow
def test_a_grader_killed_at_any_moment_leaves_whole_grades(course, undisturbed):
    rng = randomly("kill the grader")
    for moment in range(20):
        kill_the_grader(course, undisturbed, rng)
        if moment % 5 == 4:
            run_again(course, undisturbed)


@pytest.mark.slow
@pytest.mark.parametrize("kill", [kill_scorers, kill_agents])
def test_killed_scorers_and_agents_cost_time_or_their_own_submission(course, undisturbed, kill):
    rng = randomly(kill.__name__)
    killed = 0
    while killed < 20:
        killed += kill(course, undisturbed, rng, min(4, 20 - killed))
    run_again(course, undisturbed)


def test_a_scorer_that_dies_is_replaced_and_whoever_asked_is_told(monkeypatch, tmp_path):
    """A real scorer, with other work to do: what is asked for says whether it lives."""
    monkeypatch.setattr(scorer, "_grade", deadly.live_or_die)
    trace = str(tmp_path / "trace")
    assert scorer.grade_apart(b"live", ID, trace=trace) == "done"
    for ask in (b"die", b"die while answering"):
        with pytest.raises(scorer.ScorerDied, match="was killed"):
            scorer.grade_apart(ask, ID, trace=trace)
        assert scorer.grade_apart(b"live", ID, trace=trace) == "done"
    assert (tmp_path / "trace").read_text().count("died") == 2
    scorer.end_all()


@pytest.mark.slow
def test_a_submission_that_ends_its_scorer_each_time_is_the_only_one_without_a_grade(
    course, undisturbed
):
    """Tried three times, then it counts as crashed."""
    shutil.rmtree(course / "submitted" / "cem")
    marks = "import ctypes, time\nctypes.CDLL(None).prctl(15, b'fatal', 0, 0, 0)\ntime.sleep(15)\n"
    answers = cheap_answers()
    answers["select_classes"] = marks + answers["select_classes"]
    hand_in(answered(FORGETTING, answers), course, "ben", FORGETTING)
    hand_in(answered(FORGETTING, cheap_answers()), course, "dan", FORGETTING)
    run = Run(course, "--workers", "1", "--json", str(course / "report.json"))
    fatal = set()  # sandboxes that the submission was in, each asleep when its scorer is killed
    while not run.over:
        new = {p.pid for p in below(run.itself) if name(p) == "fatal"} - fatal
        for process in run.scorers() if new else ():
            process.kill()
            process.wait(GRACE_SECONDS)
        fatal |= new
        time.sleep(0.1)
    status, said = run.end()
    rows = report(course)
    assert status == 0, said
    assert "Traceback" not in said
    assert len(fatal) == 3
    assert f"ben: flag {THRICE}" in said
    assert rows["ben"]["flags"] == [THRICE]
    assert {t["status"] for e in rows["ben"]["exercises"] for t in e["tests"]} == {"crashed"}
    assert rows["ann"] == undisturbed[1]["ann"]
    assert rows["dan"] == undisturbed[1]["cem"]
    assert set(grades(course)["ben"].values()) == {0.0}


def dying(step, root, scratch, moments):
    """Copies of a course directory in which the step was killed, and one in which it was not."""
    scratch.mkdir()
    command = [
        sys.executable,
        "-m",
        "tests.redteam.dying",
        step,
        root,
        scratch,
        json.dumps(moments),
    ]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    copies = sorted(scratch.iterdir(), key=lambda path: int(path.name))
    return copies[:-1], copies[-1]


@pytest.mark.parametrize("moments", [10, pytest.param(0, marks=pytest.mark.slow)])
def test_half_a_submissions_grades_are_never_in_the_gradebook(template, tmp_path, moments):
    """The step that writes them is killed at some of its statements, or at each."""
    rng = randomly("kill the writing of grades")
    full = {TEST + exercise.name: exercise.points for exercise in FORGETTING.exercises}
    some = sorted(rng.sample(range(1, 60), moments))
    copies, complete = dying("save", template, tmp_path / "copies", some)
    assert grades(complete)["ann"] == full
    assert len(list(complete.glob(f"{backup.FOLDER}/*.db"))) == 1
    assert len(copies) >= (len(some) or 60)
    found = [grades(copy)["ann"] for copy in copies]
    assert [mixed for mixed in found if mixed not in (OLD, full)] == []
    assert found[0] == OLD


def test_half_an_assignment_is_never_in_the_gradebook(template, tmp_path):
    """A killed preparation is done again, and then knows every cell."""
    rng = randomly("kill the preparation")
    moments = sorted([*rng.sample(range(1, 40), 2), *rng.sample(range(40, 250), 2)])
    copies, complete = dying("prepare", template, tmp_path / "copies", moments)
    assert len(copies) >= 2
    expected = cells(complete)
    assert len(expected) > len(OLD)
    for copy in copies:
        if (copy / "gradebook.db").exists():
            with closing(sqlite3.connect(copy / "gradebook.db")) as connection:
                assert connection.execute("SELECT count(*) FROM alembic_version").fetchone() == (1,)
        Course(copy).prepare(ID)
        assert cells(copy) == expected


def cells(root):
    return Course(root).truths(ID)


def in_small_space(root, spare, script, tmp_path):
    """Runs a script with the course directory on a file system that has ``spare`` bytes left."""
    used = sum(-(-p.stat().st_size // 4096) * 4096 for p in root.rglob("*") if p.is_file())
    small = tmp_path / "small"
    small.mkdir()
    path = tmp_path / "script.sh"
    grade = " ".join([sys.executable, "-m", "autograder", *map(str, GRADE), str(small)])
    path.write_text(f"cp -r {root}/. {small}\n" + script.format(grade=grade, small=small))
    size = str(used + spare)
    wrap = ["bwrap", "--dev-bind", "/", "/", "--size", size, "--tmpfs", str(small)]
    done = subprocess.run([*wrap, "sh", str(path)], capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


# Too little for the backup, for the gradebook's journal, for the notebooks.
@pytest.mark.slow
@pytest.mark.parametrize("spare", [60_000, 300_000, 420_000])
def test_a_full_disk_spoils_nothing(course, undisturbed, tmp_path, spare):
    after, later = tmp_path / "after", tmp_path / "later"
    script = f"""{{grade}} --json {{small}}/report.json; echo status $?
        cp -r {{small}} {after}; rm {{small}}/ballast
        {{grade}} --json {{small}}/report.json; echo status $?; cp -r {{small}} {later}
        """
    ballast = 2_000_000
    (course / "ballast").write_bytes(bytes(ballast))
    said = in_small_space(course, spare, script, tmp_path)
    assert "status 1" in said, said
    assert "status 0" in said, said
    assert "Traceback" not in said
    assert "disk is full" in said or "No space left" in said
    assert_whole(after, undisturbed)
    assert not list(after.rglob("*.new"))
    assert report(later) == undisturbed[1]
    assert grades(later) == undisturbed[0]


def test_a_read_only_course_directory_gets_one_clear_line(course):
    before = {path: path.read_bytes() for path in course.rglob("*") if path.is_file()}
    wrap = ["bwrap", "--dev-bind", "/", "/", "--ro-bind", str(course), str(course)]
    done = autograder(*GRADE, course, wrap=wrap)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert f"cannot write in the course directory {course}: Read-only file system" in done.stderr
    assert {path: path.read_bytes() for path in course.rglob("*") if path.is_file()} == before


@pytest.mark.slow
def test_a_read_only_gradebook_gets_one_clear_line_and_keeps_its_grades(course):
    book = str(course / "gradebook.db")
    wrap = ["bwrap", "--dev-bind", "/", "/", "--ro-bind", book, book]
    done = autograder(*GRADE, course, wrap=wrap)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "readonly database" in done.stdout + done.stderr
    assert grades(course)["ann"] == OLD


@contextlib.contextmanager
def held(root):
    """The gradebook, in the hands of another program."""
    with closing(sqlite3.connect(root / "gradebook.db", timeout=60)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        yield
        connection.rollback()


@pytest.mark.slow
def test_a_gradebook_held_for_half_a_minute_is_waited_for(course, undisturbed):
    run = Run(course, "--json", str(course / "report.json"))
    while not run.over and not list(course.glob("gradebook-backups/*.db")):
        time.sleep(0.05)
    with held(course):
        time.sleep(30)
        assert not run.over
    status, said = run.end()
    assert status == 0, said
    assert report(course) == undisturbed[1]
    assert grades(course) == undisturbed[0]


def test_a_gradebook_that_stays_held_is_named_and_loses_nothing(course, monkeypatch):
    monkeypatch.setattr(database, "PATIENCE_SECONDS", 1)
    with held(course):
        assert "the gradebook is held by another program" in one_line(course)
    assert grades(course)["ann"] == OLD


def test_nbgraders_own_commands_wait_as_long(course):
    """They open the gradebook themselves."""
    with Gradebook(Course(course).url) as gradebook:
        assert gradebook.db.execute(text("PRAGMA busy_timeout")).scalar() >= 60_000
    with create_engine("sqlite://").connect() as connection:
        assert connection.execute(text("PRAGMA busy_timeout")).scalar() >= 60_000


def test_the_second_of_two_grade_commands_is_refused(course):
    before = grades(course)
    with lock.alone(course):
        said = one_line(course)
    assert said == f"Error: another grade command is at work in {course}: wait for its end"
    assert grades(course) == before
    assert not list(course.glob(f"{backup.FOLDER}/*"))


def one_line(course):
    """All that a ``grade`` says that ends before it began."""
    done = CliRunner().invoke(cli.app, ["grade", ID, "--root", str(course)])
    assert done.exit_code == 1, done.output
    (line,) = done.output.splitlines()
    return line


def test_a_lock_ends_with_its_process(course):
    code = (
        f"import fcntl, time; file = open({str(course / lock.FILE)!r}, 'w')\n"
        "fcntl.flock(file, fcntl.LOCK_EX); print('held', flush=True); time.sleep(600)"
    )
    holder = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(lock.Busy), lock.alone(course):
        pass
    holder.send_signal(signal.SIGKILL)
    holder.communicate()
    with lock.alone(course):
        assert (course / lock.FILE).exists()


def test_the_backup_is_the_gradebook_before_the_run_and_the_way_back_works(course):
    url = Course(course).url
    assert backup.back_up(url, again=True) == backup.back_up(url)
    with closing(sqlite3.connect(course / "gradebook.db")) as connection:
        connection.execute("UPDATE grade SET auto_score = 1.5")
        connection.commit()
    assert grades(course)["ann"] != OLD
    command = backup.way_back(url).partition(": ")[2]
    subprocess.run(command, shell=True, check=True)
    assert grades(course)["ann"] == OLD


def test_a_backup_is_private_and_made_while_others_read_and_write(course):
    with closing(sqlite3.connect(course / "gradebook.db")) as other:
        other.execute("UPDATE grade SET auto_score = 1.5")  # and not yet committed
        path = backup.back_up(Course(course).url, again=True)
        other.rollback()
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    shutil.copy(path, course / "gradebook.db")
    assert grades(course)["ann"] == OLD


def test_a_broken_gradebook_gets_one_clear_line(course):
    (course / "gradebook.db").write_bytes(b"no database" * 1000)
    assert "gradebook.db could not be copied: file is not a database" in one_line(course)
    assert not list(course.glob(f"{backup.FOLDER}/*"))


def test_the_latest_backups_are_kept_whatever_the_clock_says(course):
    folder = course / backup.FOLDER
    folder.mkdir()
    for number in range(1, backup.KEPT + 6):
        (folder / f"{number:04}-2099-01-01-00h00.db").write_bytes(b"")
    last = backup.back_up(Course(course).url, again=True)
    names = sorted(path.name for path in folder.iterdir())
    assert len(names) == backup.KEPT
    assert names[-1] == last.name
    assert names[-1].startswith(f"{backup.KEPT + 6:04}-")
    assert names[0].startswith("0007-")


def test_what_cannot_be_backed_up_is_said(tmp_path, capsys):
    url = "postgresql://nobody@localhost/grades"
    assert database.sqlite_file(url) is None
    assert backup.back_up(url, again=True) is None
    assert "not a file of SQLite's" in backup.way_back(url)
    with grade_command._way_back(url):
        assert "back it up with its database's own tools" in capsys.readouterr().err
    fresh = f"sqlite:///{tmp_path}/gradebook.db"
    assert backup.back_up(fresh, again=True) is None
    assert "no gradebook before" in backup.way_back(fresh)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_moved_leaves_the_old_one(tmp_path):
    old = tmp_path / "old"
    old.mkdir()
    (old / "grade").write_text("old")
    with pytest.raises(FileNotFoundError):
        place.put_in_place(tmp_path / "never-made", old)
    assert (old / "grade").read_text() == "old"


def test_seeds_that_cannot_be_read_get_one_clear_line(tmp_path):
    (tmp_path / seeds.FILE).write_text('{"01-forgetting": ')
    with pytest.raises(OSError, match=f"{seeds.FILE} cannot be read: restore it, or delete it"):
        seeds.seed_for(tmp_path, ID)
    assert (tmp_path / seeds.FILE).read_text() == '{"01-forgetting": '


def test_seeds_are_private_and_kept(tmp_path):
    seed = seeds.seed_for(tmp_path, ID)
    assert seeds.seed_for(tmp_path, ID) == seed
    assert [path.name for path in tmp_path.iterdir()] == [seeds.FILE]
    assert (tmp_path / seeds.FILE).stat().st_mode & 0o777 == 0o600


# Dask opens its connections by the clock, within a second: the clock stands still for that long.
JUMPING_CLOCK = """
import random, sys, threading, time
real, steady = time.time, time.monotonic

def under_way():
    threads = [thread.name for thread in threading.enumerate()]
    return "distributed" not in sys.modules or any("Dask-Default" in name for name in threads)

def jumping():
    jump = random.Random(int(steady() / 2)).uniform(-1e9, 1e9)
    return real() + (jump if under_way() else 0)

time.time = jumping
time.time_ns = lambda: int(time.time() * 1e9)
open({seen!r}, "a").write("jumping\\n")
"""


@pytest.mark.slow
def test_a_clock_that_jumps_changes_no_grade(course, undisturbed, tmp_path):
    """By years, every two seconds, in the grader and its scorers; the sandbox has its own time."""
    seen = tmp_path / "seen"
    (tmp_path / "sitecustomize.py").write_text(
        textwrap.dedent(JUMPING_CLOCK).format(seen=str(seen))
    )
    assert finished(course, PYTHONPATH=str(tmp_path)) == undisturbed[1]
    assert grades(course) == undisturbed[0]
    assert seen.read_text().count("jumping") >= 2


def test_no_time_of_day_decides_anything():
    """Limits are counted on a clock that nobody can set."""
    # The names of copies, and the dates on pages of measurements.
    allowed = ["gradebook/backup.py", "quality/command.py", "reference/results.py"]
    files = sorted(bubblewrap.PACKAGE.rglob("*.py"))
    assert len(files) > 50
    found = [path for path in files if looks_at_the_clock(path)]
    assert [str(path.relative_to(bubblewrap.PACKAGE)) for path in found] == allowed


def looks_at_the_clock(path):
    names = {"time", "time_ns", "now", "today", "utcnow", "localtime", "gmtime"}
    owners = {"time", "datetime", "date"}
    return any(
        isinstance(node, ast.Attribute)
        and node.attr in names
        and isinstance(node.value, ast.Name)
        and node.value.id in owners
        for node in ast.walk(ast.parse(path.read_text()))
    )
