"""``check`` as it behaves in a notebook, in a terminal, while nbgrader validates and grades."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from course import check
from course.checks.runner import run
from course.checks.student import Function

RIGHT = "def average_accuracy(R):\n    return R[-1].mean().item()\n"
WRONG = "def average_accuracy(R):\n    return R.mean().item()\n"
STUB = "def average_accuracy(R):\n    raise NotImplementedError()\n"
CHECK = "check('average_accuracy')"


def namespace_of(code: str) -> dict[str, Any]:
    namespace: dict[str, Any] = {"__name__": "__main__", "check": check}
    exec(code, namespace)
    return namespace


def call(code: str) -> None:
    """Runs ``check`` as a cell would, in the namespace that ``code`` made."""
    exec(CHECK, namespace_of(code))


@pytest.fixture
def shell() -> Iterator[InteractiveShell]:
    yield InteractiveShell.instance(colors="nocolor")
    InteractiveShell.clear_instance()


def test_in_a_terminal_it_prints(capsys: pytest.CaptureFixture[str]) -> None:
    call(RIGHT)
    said = capsys.readouterr().out
    assert said.startswith("average_accuracy: all 2 checks passed")
    assert said.count("passed  ") == 2


def test_a_failure_is_shown_and_not_raised(capsys: pytest.CaptureFixture[str]) -> None:
    call(WRONG)
    said = capsys.readouterr().out
    assert "1 of 2 checks passed" in said
    assert "Two hints are folded in the cell below" in said
    assert "failed  Is the mean of the last row." in said
    assert "whole matrix" in said


@pytest.mark.parametrize("code", [RIGHT, STUB, ""])
def test_who_is_not_stuck_is_not_sent_to_the_hints(
    code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    call(code)
    assert "Stuck" not in capsys.readouterr().out


def test_in_a_notebook_it_shows_html_and_text(shell: InteractiveShell) -> None:
    shell.user_ns["check"] = check
    with capture_output() as captured:
        shell.run_cell(WRONG)
        assert shell.run_cell(CHECK).success
    (output,) = captured.outputs
    assert set(output.data) == {"text/html", "text/plain"}
    assert "<table>" in output.data["text/html"]
    assert "failed" in output.data["text/plain"]


def test_the_line_of_the_students_cell_is_named(shell: InteractiveShell) -> None:
    shell.run_cell("def helper(R):\n    return R.maen()\n")
    shell.run_cell("def average_accuracy(R):\n    # first\n    return helper(R)\n")
    first, *_ = run("average_accuracy", shell.user_ns, _checks())
    assert first.status == "error"
    assert "AttributeError: 'Tensor' object has no attribute 'maen'" in first.message
    assert "In line 2 of the cell that defines `helper`: return R.maen()" in first.message


def test_a_stub_that_is_called_by_an_answer_is_named() -> None:
    code = "def other():\n    raise NotImplementedError()\ndef average_accuracy(R):\n    other()\n"
    rows = run("average_accuracy", namespace_of(code), _checks())
    assert [row.status for row in rows] == ["error", "error"]
    assert "defines `other`" in rows[0].message


def test_a_stub_met_later_hides_nothing() -> None:
    code = "def average_accuracy(R):\n    if len(R) > 1:\n        return R[-1].mean().item()\n"
    rows = run("average_accuracy", namespace_of(f"{code}    raise NotImplementedError"), _checks())
    assert [row.status for row in rows] == ["passed", "not_attempted"]


def test_what_several_checks_say_is_said_once() -> None:
    code = "def average_accuracy(R):\n    raise KeyError('lost')\n"
    first, second = run("average_accuracy", namespace_of(code), _checks())
    assert "raised KeyError: 'lost'" in first.message
    assert (second.status, second.message) == ("error", f"The same as above: {first.name}")


def test_a_missing_function_is_one_row() -> None:
    (row,) = run("average_accuracy", {}, _checks())
    assert row.status == "not_attempted"
    assert "Run the cell above" in row.message


def test_a_name_given_to_something_else_is_said() -> None:
    (row,) = run("average_accuracy", {"average_accuracy": 0.7}, _checks())
    assert row.status == "error"
    assert "no longer a function but of type float" in row.message


@pytest.mark.parametrize(
    "raising",
    [
        "raise ValueError('<b>bold</b>')",
        "raise SystemExit(3)",
        "raise AssertionError('mine')",
        "return average_accuracy(R)",
        "raise type('Odd', (Exception,), {'__str__': lambda self: 1 / 0})()",
        "return R.nothing",
    ],
)
def test_whatever_is_raised_becomes_a_row(raising: str, capsys: pytest.CaptureFixture[str]) -> None:
    call(f"def average_accuracy(R):\n    {raising}\n")
    said = capsys.readouterr().out
    assert "0 of 2 checks passed" in said
    assert "In line 2 of the cell that defines `average_accuracy`" in said


def test_who_interrupts_is_obeyed() -> None:
    with pytest.raises(KeyboardInterrupt):
        call("def average_accuracy(R):\n    raise KeyboardInterrupt\n")


def test_a_broken_check_is_not_blamed_on_the_student() -> None:
    def broken(_: Function) -> None:
        """Breaks."""
        raise KeyError("ours")

    (row,) = run("f", {"f": print}, {"f": [broken]})
    assert (row.name, row.status) == ("Breaks.", "error")
    assert "This check itself broke" in row.message


def test_an_unknown_name_is_refused_and_the_known_are_named() -> None:
    with pytest.raises(ValueError, match=r"no exercise 'acuracy'.*accuracy, accuracy_matrix"):
        check("acuracy")


@pytest.mark.parametrize("code", [WRONG, STUB, "", "average_accuracy = 3"])
def test_validating_raises_unless_all_is_right(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NBGRADER_EXECUTION", "validate")
    with pytest.raises(AssertionError, match=r"average_accuracy: . of 2 checks passed"):
        call(code)


def test_validating_shows_what_is_right(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NBGRADER_EXECUTION", "validate")
    call(RIGHT)
    assert "all 2 checks passed" in capsys.readouterr().out


@pytest.mark.parametrize("code", [RIGHT, WRONG, STUB])
def test_plain_nbgrader_never_gives_points(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    with pytest.raises(AssertionError, match="no points"):
        call(code)


def test_import_course_is_light() -> None:
    code = "import sys, course; print(*sys.modules)"
    root = Path(__file__).parents[2]
    loaded = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True)
    assert "course.checks.runner" in loaded.stdout.split()
    assert not {"torch", "IPython", "matplotlib", "sklearn"} & set(loaded.stdout.split())


def _checks() -> Any:
    from course.checks.forgetting import CHECKS

    return CHECKS
