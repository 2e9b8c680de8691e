"""Every command that a page names is run by a test, or has a reason below why it is not."""

import os
import re
import subprocess

import pytest

from autograder.cli import app
from tests.project.copied import ROOT, blocks
from tests.project.test_first_steps import STORY
from tests.project.test_readme import verbs_of

VERBS = set(verbs_of(app))

PAGES = ["README.md", "CONTRIBUTING.md", "autograder/bundle/guide.md"]
PAGES += ["autograder/bundle/self-study.md"]
PAGES += [f"docs/{path.name}" for path in sorted((ROOT / "docs").glob("*.md"))]
STARTS = r"(make|python3?|py|pip|nbgrader|jupyter|conda|dask|podman|unzip|sysctl|FROM|!\w+|\.) "
STARTS += r"|scripts/\w|--\w+Exporter\.\w+=|(import course; )?course\.(progress|reveal)\("

# What `make` would only hand on to another command is not run twice: `make --dry-run` says it.
HANDED_ON = ("make demo", "make release", "make bundle")
INSTRUCTORS = [b.strip() for _, b in blocks((ROOT / "docs" / "instructor.md").read_text())]

# The commands that tests elsewhere run.
ELSEWHERE = {
    "autograder/test_bench.py::test_a_submission_s_cost_is_of_both_sides": ["bench submission"],
    "autograder/test_bench.py::test_bench_sweeps": [
        *("bench sweeps", "bench sweeps --dataset", "bench sweeps --networks"),
        "bench sweeps --threads",
    ],
    "autograder/test_bench.py::test_bench_times_training_and_the_fisher": [
        *("bench", "bench training", "bench training --dataset"),
    ],
    "autograder/test_bench.py::test_classes_go_through_more_workers_than_there_are_cores": [
        "bench scale"
    ],
    "autograder/test_bundle.py::test_a_students_first_hour": [
        *("course.progress()", "import course; course.progress()"),
    ],
    "autograder/test_bundle.py::test_reveal_shows_each_solution": [
        *('course.reveal("answer-observation")', 'course.reveal("select_classes")'),
        'course.reveal("train_step")',
    ],
    "autograder/test_bundle.py::test_same_input_same_bytes": ["bundle"],
    "autograder/test_bundle.py::test_the_command_adds_the_solutions": ["bundle --self-study"],
    "autograder/test_class.py::test_stock_nbgrader_gives_the_same_grades": [
        *("nbgrader autograde", "nbgrader autograde 01-forgetting"),
    ],
    "autograder/test_class.py::test_the_seed_in_the_report_repeats_it_exactly": [
        *("grade --root", "grade --seed"),
    ],
    "autograder/test_class.py::test_written_answers_wait_for_a_person_unless_untouched": [
        "nbgrader generate_feedback 01-forgetting"
    ],
    "autograder/test_cli.py::test_help_names_every_verb_and_each_explains_itself": [
        "python -m autograder VERB"
    ],
    "autograder/test_cli.py::test_the_demo_says_where_the_feedback_is": ["demo"],
    "autograder/test_cli.py::test_without_a_sandbox_only_when_asked_and_flagged": [
        *("grade --dataset", "grade --unsafe-no-sandbox", "grade --workers"),
    ],
    "autograder/test_cluster.py::test_two_separate_workers_give_the_same_grades": [
        "dask scheduler",
        "dask worker tcp://that-machine:8786 --nthreads 1 --nworkers 8",
        "grade --scheduler",
    ],
    "autograder/test_exporters.py::test_another_maximum_is_converted_only_when_asked": [
        "--CanvasExporter.scale=True"
    ],
    "autograder/test_exporters.py::test_canvas_without_a_template": ["--CanvasExporter.zero=True"],
    "autograder/test_exporters.py::test_column_and_match_are_those_that_were_named": [
        *('--CanvasExporter.column="Homework 1 (77)"', '--CanvasExporter.match="SIS User ID"'),
    ],
    "autograder/test_exporters.py::test_what_students_chose_is_no_formula": [
        "--CanvasExporter.unfinished=True"
    ],
    "autograder/test_insights.py::test_the_page_says_who_is_who_when_asked": ["insights --root"],
    "autograder/test_leaderboard.py::test_the_leaderboard_can_leave_out_who_is_who": [
        *("leaderboard --anonymous", "leaderboard --output", "leaderboard --root"),
    ],
    "project/test_commands.py::test_make_hands_on_the_python_that_was_named": [
        "make demo PYTHON=/path/to/python3.12"
    ],
    "project/test_first_steps.py::test_the_story_goes_to_its_end": ["jupyter lab"],
    "project/test_scripts.py::test_bubblewrap_is_installed_after_an_update": [
        "scripts/install-bubblewrap"
    ],
    "redteam/test_collect.py::test_students_archives": ["nbgrader zip_collect"],
    "redteam/test_plain.py::test_the_page_is_what_a_run_gives": ["python -m tests.redteam.plain"],
    "reference/test_table.py::test_the_command_asks_for_the_table_alone": [
        *("reference --table", "reference --workers"),
    ],
    "reference/test_trials.py::test_the_command_measures_what_was_asked_for": [
        *("reference", "reference --dataset", "reference --only", "reference --seeds"),
    ],
    "suites/test_quality.py::test_the_command_writes_both_pages": [
        *("quality", "quality --dataset", "quality --seeds"),
    ],
}

NETWORK = "installs from the network; test_bundle.py installs what is ours without"
CONDA = "there is no conda here; test_dependencies.py compares its list with pyproject.toml"
CONTAINERS = "there are no containers here"
NOT_RUN = {
    "make test": "these tests themselves",
    "make redteam": "tests themselves, at length",
    "python -m pytest tests/suites tests/checks tests/notebooks tests/project": "these tests",
    "make check": "half a minute of type checking; to be run before any change is handed over",
    "bench grading": "half a minute for one submission; test_bench.py has its class and its table",
    "scripts/bench_avalanche.py": "needs avalanche-lib, which is not installed",
    ". .venv/bin/activate": "is Python's own; commands are run here as after it",
    "pip install -c constraints.txt -e .": NETWORK,
    "pip install '.[postgresql]'": NETWORK,
    "python3 -m venv .venv && .venv/bin/python -m pip install -r requirements.txt": NETWORK,
    "unzip FOLDER.zip && python -m pip install ./FOLDER": NETWORK,
    "!unzip -oq FOLDER.zip && pip install -q ./FOLDER": NETWORK,
    r"py -m venv .venv; .venv\Scripts\python -m pip install -r requirements.txt": "is for Windows",
    "conda env create -f environment.yml": CONDA,
    "conda run -n forget-me-not --no-capture-output jupyter lab": CONDA,
    "conda env remove -n forget-me-not": CONDA,
    "podman run": CONTAINERS,
    "FROM python:3.12-slim": CONTAINERS,
    "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0": "changes the whole machine",
    "sysctl -w kernel.unprivileged_userns_clone=1": "changes the whole machine",
}


def commands(markdown):
    """What stands in fences and between backticks and is a command, as is any line for a shell.

    Of the project's own verbs each option counts by itself.
    """
    fence = re.compile(r"^```(\w*)\n(.*?)^```", flags=re.MULTILINE | re.DOTALL)
    found = {c for text in re.findall(r"`([^`]+)`", fence.sub("", markdown)) for c in _plain(text)}
    for language, text in fence.findall(markdown):
        for line in filter(str.strip, text.replace("\\\n", " ").splitlines()):
            found |= _plain(line) or ({line} if language == "sh" else set())
    return found


def _plain(text):
    text = re.sub(r"\s+", " ", text.partition(" #")[0]).strip().removeprefix(".venv/bin/")
    text = re.sub(r"\b0[1-5]-[a-z]\w+", "01-forgetting", text)
    words = text.removeprefix("python -m autograder ").split(" ")
    if words[0] in VERBS:
        part = words[0] == "bench" and len(words) > 1 and words[1][0].isalpha()
        verb = " ".join(words[: 1 + part])
        return {verb, *(f"{verb} {option}" for option in re.findall(r"--[a-z-]+", text))}
    if text.startswith("podman run "):
        return {"podman run"}
    return {text} if re.match(STARTS, text) else set()


RUN = set().union(*ELSEWHERE.values(), HANDED_ON)
RUN |= {c for text in (*STORY, *INSTRUCTORS) for c in commands(f"```sh\n{text}\n```\n")}


@pytest.mark.parametrize("page", PAGES)
def test_every_command_is_run_or_has_a_reason(page):
    assert commands((ROOT / page).read_text()) - RUN - NOT_RUN.keys() == set()


def test_nothing_is_listed_that_no_page_names():
    named = set().union(*(commands((ROOT / page).read_text()) for page in PAGES))
    assert RUN | NOT_RUN.keys() <= named
    assert RUN & NOT_RUN.keys() == set()


@pytest.mark.parametrize("test", ELSEWHERE)
def test_the_test_is_there_and_has_the_options(test):
    path, _, name = test.partition("::")
    text = (ROOT / "tests" / path).read_text()
    assert f"def {name}(" in text
    options = {o for command in ELSEWHERE[test] for o in re.findall(r"--[A-Za-z.-]+", command)}
    assert [option for option in options if option not in text] == []


def dry_run(*arguments):
    """What ``make`` would run."""
    outside = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    done = subprocess.run(
        ["make", "--dry-run", *arguments],
        cwd=ROOT,
        env=outside,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


@pytest.mark.parametrize("command", HANDED_ON)
def test_make_hands_on_to_commands_that_are_run(command):
    """Once everything is set up."""
    lines = dry_run("--old-file=.venv/.installed", command.removeprefix("make ")).splitlines()
    assert lines
    for line in lines:
        assert _plain(line)
        assert _plain(line) <= RUN


def test_make_hands_on_the_python_that_was_named():
    said = dry_run("--always-make", "demo", "PYTHON=/path/to/python3.12")
    assert "scripts/choose-python /path/to/python3.12" in said


def test_commands_are_found():
    text = "Say `make  tea` or `make`, `.venv/bin/pip x`, `grade 04-ewc [--seed N]` `--seed`, "
    text += "`bench\nscale --workers 2`.\n```sh\ndask y \\\n  z  # there\ncurl x\n```\n"
    text += "```json\nmake\n```\n"
    assert commands(text) == {
        *("make tea", "pip x", "grade", "grade --seed", "bench scale", "bench scale --workers"),
        *("dask y z", "curl x"),
    }
