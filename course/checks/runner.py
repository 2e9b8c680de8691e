"""``check("name")``: looks up the student's function, runs its visible checks, shows a table."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import replace
from types import FrameType
from typing import Any

from course.checks.student import Checks, Function, Raised
from course.checks.table import Row, to_html, to_text
from course.checks.title import Outcome, write
from course.display import show


def check(name: str) -> None:
    """Shows what the visible checks of the exercise ``name`` say of the caller's function.

    Never raises in a notebook or a terminal, whatever the function does. While nbgrader validates
    (``NBGRADER_EXECUTION=validate``) it raises ``AssertionError`` unless all checks pass, and while
    nbgrader grades (``autograde``) always: points come from the hidden tests alone. Raises
    ``ValueError`` for a name that is no exercise.
    """
    checks = _all_checks()
    if name not in checks:
        raise ValueError(f"no exercise {name!r}: expected one of {', '.join(checks)}")
    purpose = os.environ.get("NBGRADER_EXECUTION")
    if purpose == "autograde":
        raise AssertionError("check() gives no points: grade with this course's own autograder")
    caller: FrameType = sys._getframe(1)
    rows = run(name, caller.f_globals, checks)
    outcome = Outcome(name, sum(row.status == "passed" for row in rows), len(checks[name]))
    title = write(outcome, attempted=rows[0].status != "not_attempted")
    if purpose == "validate" and outcome.passed < outcome.total:
        raise AssertionError(to_text(title, rows))
    show({"text/html": to_html(title, rows), "text/plain": to_text(title, rows)})


def run(name: str, namespace: dict[str, Any], checks: Checks) -> list[Row]:
    """One row for each check of ``namespace[name]``; one for all of them while it is a stub."""
    if name not in namespace:
        message = f"There is no `{name}` yet. Run the cell above that defines it, then this one."
        return [Row(name, "not_attempted", message)]
    if not callable(namespace[name]):
        kind = type(namespace[name]).__name__
        message = (
            f"`{name}` is no longer a function but of type {kind}: some cell has given the name to"
            " something else. Rename that, then run the cell above that defines the function."
        )
        return [Row(name, "error", message)]
    import torch  # late, so that ``import course`` is quick

    rows: list[Row] = []
    with torch.random.fork_rng(devices=[]):  # what the notebook draws next stays what it was
        for one in checks[name]:
            row = _run_one(one, Function(name, namespace))
            if row.status == "not_attempted" and not rows:
                return [row]
            rows.append(row)
    return _each_said_once(rows)


def _run_one(one: Callable[[Function], None], function: Function) -> Row:
    title = (one.__doc__ or one.__name__).splitlines()[0]
    try:
        one(function)
    except Raised as raised:
        if raised.is_stub:
            return Row(title, "not_attempted", _to_write(raised.place, function.name))
        return Row(title, "error", str(raised))
    except AssertionError as failure:
        return Row(title, "failed", str(failure))
    except Exception as error:  # noqa: BLE001 - a student must see that the fault is not theirs
        message = f"This check itself broke, on {type(error).__name__}: {error}"
        return Row(title, "error", message + "\nPlease show it to your instructor.")
    return Row(title, "passed", "")


def _to_write(place: str, exercise: str) -> str:
    """What to do where a stub is; ``place`` is the method in an exercise that is a class."""
    if place in ("", exercise):
        return "Nothing to check yet: replace `raise NotImplementedError()` by your answer."
    return (
        f"`{place}` is not written yet: replace its `raise NotImplementedError()` by your answer."
    )


def _each_said_once(rows: list[Row]) -> list[Row]:
    """The rows; one that says again what another said points to that one."""
    first: dict[str, str] = {}
    for row in rows:
        first.setdefault(row.message, row.name)
    return [
        replace(row, message=f"The same as above: {first[row.message]}")
        if row.message and first[row.message] != row.name
        else row
        for row in rows
    ]


def _all_checks() -> Checks:
    # Late: ``import course`` stays quick.
    from course.checks import ewc, forgetting, l2, replay, showdown

    packages = (forgetting, replay, l2, ewc, showdown)
    return {name: own for package in packages for name, own in package.CHECKS.items()}
