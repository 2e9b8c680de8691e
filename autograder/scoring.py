"""Runs a hidden suite with pytest, in the scorer's own process, and turns it into verdicts."""

from __future__ import annotations

import functools
import hashlib
import os
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import torch

from autograder.assignments import Assignment, Exercise
from autograder.inside.wire import WireError
from autograder.reference.bands import NotMeasured
from autograder.student import BadValue, Student, StudentFailure
from autograder.suites.expect import Partly, WrongKind
from autograder.trace import Marked, Trace, marked, without_use
from autograder.verdicts import TestVerdict
from course.data import Dataset, load

COMES_LAST = "Real training comes last: it is tried once the tests above pass."
MAX_MESSAGE = 2000  # characters: more is not read, and may be the work of a forger
OPTIONS = [
    *("--assert=plain", "--capture=no", "-c", os.devnull, "--import-mode=importlib"),
    *("-p", "no:cacheprovider", "-p", "no:terminal", "-p", "no:faulthandler", "-p", "no:logging"),
    *("-p", "no:unraisableexception", "-p", "no:threadexception", "-p", "no:warnings"),
]


class GraderError(RuntimeError):
    """The grader is at fault, not the student: the submission cannot be graded as things are."""


@dataclass(frozen=True)
class Outcome:
    """A test's verdict together with the evidence for it.

    ``by_accuracy``: it trained networks and judged how well they do, which says little about which
    mistake was made, and takes long. ``wrong_kind``: what came back has not the type, shape or
    dtype that was asked for. ``misconception``: the mistake's key, where the test recognised it.
    """

    verdict: TestVerdict
    trace: Trace
    by_accuracy: bool = False
    wrong_kind: bool = False
    misconception: str | None = None

    @functools.cached_property
    def marked(self) -> list[Marked]:
        """The trace, ready for being compared often."""
        return marked(self.trace)

    @functools.cached_property
    def marked_outside(self) -> list[Marked]:
        """The same, how models were used aside."""
        return marked(without_use(self.trace))


@functools.cache
def dataset_named(name: str) -> Dataset:
    """The dataset that grading uses, read once a process, never downloaded, on the CPU."""
    return load(name, device=torch.device("cpu"), download=False)


@dataclass(frozen=True)
class Case:
    """One test of a suite, as pytest collected it, for running without pytest."""

    name: str
    owner: type
    method: str
    parameters: tuple[tuple[str, Any], ...]
    fixtures: tuple[str, ...]
    points: float
    by_accuracy: bool

    @property
    def exercise(self) -> str:
        return str(self.owner.exercise)  # type: ignore[attr-defined]

    def run(self, student: Student, seed: int, dataset: str) -> Outcome:
        """The same outcome as under pytest, without what pytest does around each test."""
        own = drawn_from(seed, self.owner.__name__, self.name)
        given = {"student": student, "rng": torch.Generator().manual_seed(own)}
        given["dataset"] = dataset_named(dataset)
        arguments = {name: given[name] for name in self.fixtures if name in given}
        student.begin(self.exercise, own, self.by_accuracy)
        error: BaseException | None = None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                getattr(self.owner(), self.method)(**arguments, **dict(self.parameters))
            except Exception as raised:  # noqa: BLE001 - it is what the test found
                error = raised
        return outcome_of(self.name, self.points, error, student.trace, self.by_accuracy)


@functools.cache
def cases(assignment: Assignment) -> list[Case]:
    """All tests of the suite, in order."""
    found: list[Case] = []

    class Collector(Marks):
        def pytest_collection_finish(self, session: pytest.Session) -> None:
            found.extend(map(_case, session.items))

    code = _pytest([str(assignment.suite), "--collect-only"], assignment, Collector())
    if code != pytest.ExitCode.OK:
        raise GraderError(f"the suite {assignment.suite} could not be collected: {code}")
    return found


def run_quickly(
    assignment: Assignment, student: Student, seed: int, dataset: str, exercise: str
) -> list[Outcome]:
    """Outcomes of an exercise's tests but those by accuracy, without pytest."""
    tests = [c for c in cases(assignment) if c.exercise == exercise and not c.by_accuracy]
    return [test.run(student, seed, dataset) for test in tests]


def _case(item: Any) -> Case:
    parameters = item.callspec.params if hasattr(item, "callspec") else {}
    return Case(
        item.name,
        item.cls,
        item.originalname,
        tuple(parameters.items()),
        tuple(item.fixturenames),
        points(item),
        by_accuracy(item),
    )


def drawn_from(seed: int, owner: str, name: str) -> int:
    """A test's own seed: it depends on the seed of the grading and the test's name alone."""
    digest = hashlib.sha256(f"{seed}:{owner}:{name}".encode()).digest()
    return int.from_bytes(digest[:7], "big")


class Marks:
    """Tells pytest of the marks that suites use."""

    def pytest_configure(self, config: pytest.Config) -> None:
        # Nobody reads the traceback of a failed test, and a fancy one takes longer than the test.
        config.option.tbstyle = "native"
        config.addinivalue_line("markers", "points(n): what the test is worth")
        config.addinivalue_line("markers", "accuracy: trains networks, and judges their accuracy")
        config.addinivalue_line("markers", "confirms: not run where one before it failed")


class SuitePlugin(Marks):
    """Gives a suite its fixtures and collects its outcomes, by exercise."""

    def __init__(self, student: Student, seed: int, dataset: str) -> None:
        self._student = student
        self._seed = seed
        self._dataset = dataset
        self.outcomes: dict[str, list[Outcome]] = {}
        self.problems: list[str] = []

    @pytest.fixture(name="student")
    def _student_fixture(self) -> Student:
        return self._student

    @pytest.fixture(name="rng")
    def _rng_fixture(self, request: pytest.FixtureRequest) -> torch.Generator:
        return torch.Generator().manual_seed(self._test_seed(request.node))

    @pytest.fixture(name="dataset")
    def _dataset_fixture(self) -> Dataset:
        return dataset_named(self._dataset)

    def _test_seed(self, item: pytest.Item) -> int:
        return drawn_from(self._seed, item.parent.name if item.parent else "", item.name)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.problems.append(str(report.longrepr))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Iterator[None]:
        exercise = item.cls.exercise  # type: ignore[attr-defined]
        self._student.begin(exercise, self._test_seed(item), by_accuracy(item))
        others = self.outcomes.get(exercise, [])
        refuted = any(other.verdict.status == "failed" for other in others)
        if refuted and item.get_closest_marker("confirms"):
            raise AssertionError(COMES_LAST)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[Any]) -> Any:
        report = yield
        error = call.excinfo.value if call.excinfo else None
        if isinstance(error, NotMeasured):
            self.problems.append(str(error))
        if call.when == "call":
            outcomes = self.outcomes.setdefault(item.cls.exercise, [])  # type: ignore[attr-defined]
            trace = self._student.trace
            outcomes.append(outcome_of(item.name, points(item), error, trace, by_accuracy(item)))
        elif error is not None:
            self.problems.append(f"{item.nodeid} ({call.when}): {error!r}")
        return report


def failed(outcome: Outcome) -> bool:
    """Whether anything but a pass came of a test."""
    return outcome.verdict.status != "passed"


def outcome_of(
    name: str, points: float, error: BaseException | None, trace: Trace, by_accuracy: bool
) -> Outcome:
    """What came of the test ``name`` that ended with ``error``."""
    share = error.share if isinstance(error, Partly) else 0.0
    verdict = TestVerdict(title(name), points, *judge(error), share)
    recognised = error.misconception if isinstance(error, Partly) else None
    return Outcome(verdict, trace, by_accuracy, isinstance(error, WrongKind), recognised)


def judge(error: BaseException | None) -> tuple[str, str]:
    """Status and message of a test that ended with ``error``."""
    if error is None:
        return "passed", ""
    if isinstance(error, AssertionError) and not isinstance(error, StudentFailure):
        return "failed", str(error)[:MAX_MESSAGE]
    if isinstance(error, WireError):
        error = BadValue(f"What came back cannot be read: {error}")
    if isinstance(error, StudentFailure):
        return error.status, str(error.args[0])[:MAX_MESSAGE]  # str() of a KeyError adds quotes
    if isinstance(error, Exception):
        kind = type(error).__name__
        return "error", f"The test could not work with what came back ({kind}: {error})."[:500]
    raise error


def title(name: str) -> str:
    """``test_last_batch[mnist]`` reads ``last batch [mnist]``."""
    return name.removeprefix("test_").replace("_", " ").replace("[", " [")


def points(item: pytest.Item) -> float:
    """What a test is worth, from its mark."""
    mark = item.get_closest_marker("points")
    if mark is None:
        raise GraderError(f"{item.nodeid} has no points")
    return float(mark.args[0])


def by_accuracy(item: pytest.Item) -> bool:
    """Whether a test trains networks and judges their accuracy."""
    return item.get_closest_marker("accuracy") is not None


def run_suite(
    assignment: Assignment,
    student: Student,
    seed: int,
    dataset: str,
    exercise: str | None = None,
    with_training: bool = True,
) -> dict[str, list[Outcome]]:
    """Outcomes of the suite's tests by exercise, or of one exercise's tests only.

    ``with_training=False`` leaves out the tests by accuracy. Raises ``GraderError`` when the suite
    itself cannot be run or does not add up.
    """
    plugin = SuitePlugin(student, seed, dataset)
    target = str(assignment.suite)
    if exercise is not None:
        target += f"::{class_of(exercise)}"
    options = [] if with_training else ["-m", "not accuracy"]
    code = _pytest([*options, target], assignment, plugin)
    if plugin.problems or code not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        raise GraderError(f"the suite {target} could not be run: {plugin.problems or code}")
    wanted = [e for e in assignment.exercises if exercise in (None, e.name)]
    for one in wanted if with_training else ():
        add_up(one, plugin.outcomes.get(one.name, []))
    return {one.name: plugin.outcomes[one.name] for one in wanted}


def _pytest(arguments: list[str], assignment: Assignment, plugin: object) -> int:
    """Runs pytest in this process, with no plugin but ours and no option of whoever calls."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
        for name in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS"):
            environment.delenv(name, raising=False)
        return pytest.main([*OPTIONS, f"--rootdir={assignment.suite.parent}", *arguments], [plugin])


def class_of(exercise: str) -> str:
    """The suite's class for an exercise: ``train_step`` has ``TestTrainStep``."""
    return "Test" + "".join(word[0].upper() + word[1:] for word in exercise.split("_"))


def add_up(exercise: Exercise, outcomes: list[Outcome]) -> None:
    """Raises ``GraderError`` unless the tests are worth the exercise's points."""
    total = sum(outcome.verdict.points for outcome in outcomes)
    if abs(total - exercise.points) > 1e-9:
        raise GraderError(f"{exercise.name}: tests are worth {total}, not {exercise.points} points")
