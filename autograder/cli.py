"""The command line: ``python -m autograder VERB``."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from autograder.notebooks import ROOT

app = typer.Typer(
    help="Releases the notebooks of Forget Me Not and grades what comes back.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


bench = typer.Typer(help="Measures how fast it is.", invoke_without_command=True)
app.add_typer(bench, name="bench")


class DatasetName(StrEnum):
    """The datasets that grading can train on."""

    digits = "digits"
    mnist = "mnist"


@contextmanager
def plain_errors() -> Iterator[None]:
    """One clear line instead of a traceback for what a person can put right."""
    from sqlalchemy.exc import OperationalError

    from autograder.gradebook.course import ConverterError

    try:
        yield
    except (ConverterError, OperationalError, OSError) as error:
        full = getattr(error, "errno", None) == errno.ENOSPC or "disk is full" in str(error)
        if full or "No space left" in str(error):
            fail("the disk is full: make room and run the command again; finished grades are kept")
        if "database is locked" in str(error):
            fail(
                "the gradebook is held by another program: close it there, or wait, and run the "
                "command again; finished grades are kept"
            )
        cause = getattr(error, "orig", None) or error  # what the database said, not where
        fail(str(cause).splitlines()[0])


def fail(message: str, status: int = 1) -> None:
    """Says in one line what is wrong and ends with ``status``."""
    typer.echo(f"Error: {message}", err=True)
    raise typer.Exit(status)


@app.command()
def release(
    check: Annotated[bool, typer.Option(help="Only compare; exit 1 when it is stale.")] = False,
) -> None:
    """Makes the students' notebooks (release/) from the instructor's (source/)."""
    from autograder import release as releases

    with plain_errors():
        if check:
            difference = releases.difference()
            if difference:
                typer.echo(difference)
                fail("the committed release is stale: run `python -m autograder release`")
            typer.echo("The release is what the source gives.")
            return
        changed = releases.write()
        typer.echo("\n".join(f"written: {path}" for path in changed) or "Nothing changed.")


@app.command()
def bundle(
    self_study: Annotated[
        bool, typer.Option("--self-study", help="With the solutions, for who learns alone.")
    ] = False,
) -> None:
    """Makes what a student is handed out, one archive: dist/forget-me-not-student.zip.

    With --self-study dist/forget-me-not-self-study.zip: the same, and the solutions.
    """
    from autograder import release as releases
    from autograder.bundle import write

    with plain_errors():
        if releases.difference():
            fail("the committed release is stale: run `python -m autograder release`")
        try:
            typer.echo(f"written: {write(self_study=self_study)}")
        except ValueError as error:
            fail(str(error))


@app.command()
def grade(
    assignment: Annotated[str, typer.Argument(help="for example 01-forgetting")],
    root: Annotated[
        Path, typer.Option(help="Course directory; submissions are under its submitted/.")
    ] = ROOT,
    student: Annotated[
        list[str] | None, typer.Option(help="Only this student; may be given again.")
    ] = None,
    dataset: Annotated[
        DatasetName, typer.Option(help="What grading trains on.")
    ] = DatasetName.digits,
    json: Annotated[Path | None, typer.Option(help="Write the report to this file.")] = None,
    seed: Annotated[
        int | None, typer.Option(help="Instead of the course directory's own seed.", min=0)
    ] = None,
    unsafe_no_sandbox: Annotated[
        bool, typer.Option("--unsafe-no-sandbox", help="Run submissions unprotected. Flagged.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Also what was graded before and has not changed.")
    ] = False,
    scheduler: Annotated[
        str | None,
        typer.Option(help="Grade on the workers of this Dask scheduler, such as tls://host:8786."),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(help="How many at once here. As cores and memory allow if not given.", min=1),
    ] = None,
) -> None:
    """Grades every submission of ASSIGNMENT: table, gradebook, and a JSON report.

    What was graded before and has not changed since is left as it is.

    Exit status: 0 when every submission got a grade, 1 when some could not be graded, 2 for bad
    usage.
    """
    from autograder.grade_command import BadUsage, Request, run
    from autograder.sandbox import SandboxError

    request = Request(
        assignment,
        root,
        tuple(student or ()),
        dataset.value,
        json,
        seed,
        unsafe_no_sandbox,
        force,
        scheduler,
        workers,
    )
    with plain_errors():
        try:
            raise typer.Exit(run(request))
        except BadUsage as error:
            fail(str(error), 2)
        except SandboxError as error:
            fail(str(error), 1)


@app.command()
def leaderboard(
    root: Annotated[Path, typer.Option(help="Course directory with the gradebook.")] = ROOT,
    assignment: Annotated[str, typer.Option(help="Which assignment.")] = "05-showdown",
    output: Annotated[
        Path | None, typer.Option(help="The page. By default leaderboard.html in the directory.")
    ] = None,
    anonymous: Annotated[
        bool, typer.Option("--anonymous", help="Leave out who is who, to show it to the class.")
    ] = False,
) -> None:
    """Makes a page of the class's points in each scenario of 05-showdown, from the gradebook."""
    from autograder.class_page import NothingGraded
    from autograder.leaderboard import write

    with plain_errors():
        try:
            path = write(root, assignment, output, anonymous)
        except (NothingGraded, ValueError) as error:
            fail(str(error), 2)
        typer.echo(f"written: {path}")


@app.command()
def insights(
    assignment: Annotated[str, typer.Argument(help="for example 01-forgetting")],
    root: Annotated[Path, typer.Option(help="Course directory with the gradebook.")] = ROOT,
    output: Annotated[
        Path | None,
        typer.Option(help="The page. By default insights-ASSIGNMENT.html in the directory."),
    ] = None,
    names: Annotated[
        bool, typer.Option("--names", help="Say who is who. For the instructor's eyes.")
    ] = False,
) -> None:
    """Makes a page of what the class did: points, mistakes, flags, who handed in the same."""
    from autograder.class_page import NothingGraded
    from autograder.insights.page import write

    with plain_errors():
        try:
            path = write(root, assignment, output, names)
        except (NothingGraded, ValueError) as error:
            fail(str(error), 2)
        typer.echo(f"written: {path}")


@app.command()
def demo() -> None:
    """Grades a small class, made on the spot, and says where the feedback pages are."""
    from autograder.demo import run
    from autograder.sandbox import SandboxError

    with plain_errors():
        try:
            raise typer.Exit(run())
        except SandboxError as error:
            fail(str(error), 1)


@app.command()
def reference(
    seeds: Annotated[
        int | None, typer.Option(help="Instead of 20 on digits, 10 on MNIST.", min=2)
    ] = None,
    dataset: Annotated[
        list[DatasetName] | None, typer.Option(help="Only this dataset; may be given again.")
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option(
            help="Only the study of this name, `bands`, `ends`, `learners`; may be given again."
        ),
    ] = None,
    table: Annotated[
        bool,
        typer.Option("--table", help="Only the published table of split MNIST, what it lacks."),
    ] = False,
    workers: Annotated[
        int | None, typer.Option(help="For the table: how many at once. As many as cores.", min=1)
    ] = None,
) -> None:
    """Measures the reference accuracies again: autograder/reference/*.json and docs/results.md.

    The published table takes hours; it goes on where it was interrupted.
    """
    from autograder.reference.results import UnknownPart, write, write_table

    names = [name.value for name in dataset or DatasetName]
    with plain_errors():
        try:
            if table:
                written = write_table(seeds or 10, workers)
            else:
                written = write(names, seeds, tuple(only or ()))
            for path in written:
                typer.echo(f"written: {path}")
        except UnknownPart as error:
            fail(str(error), 2)


@app.command()
def quality(
    seeds: Annotated[
        int | None,
        typer.Option(help="Instead of 10 for wrong answers, 20 (MNIST: 5) for right ones.", min=1),
    ] = None,
    dataset: Annotated[
        list[DatasetName] | None,
        typer.Option(help="Right answers train on this one only; may be given again."),
    ] = None,
) -> None:
    """Grades many right and wrong answers: docs/grader-quality.md and docs/messages.md."""
    from autograder.quality.command import write

    names = [name.value for name in dataset or DatasetName]
    with plain_errors():
        for path in write(names, seeds):
            typer.echo(f"written: {path}")


@bench.callback()
def every_bench(context: typer.Context) -> None:
    """Measures how fast it is: training and the Fisher, unless another benchmark is named."""
    if context.invoked_subcommand is None:
        training()


@bench.command()
def training(
    dataset: Annotated[DatasetName, typer.Option(help="What to train on.")] = DatasetName.digits,
    rounds: Annotated[int, typer.Option(help="Timed rounds of each way.", min=1)] = 5,
) -> None:
    """Times the training loop and the exact Fisher against the usual ways to them."""
    from autograder.bench import show, training_loop
    from autograder.bench_fisher import INPUTS, exact_fisher, show_fisher

    with plain_errors():
        show(dataset.value, training_loop(dataset.value, rounds))
    for shape in INPUTS:
        show_fisher(shape, exact_fisher(shape, rounds))


@bench.command("sweeps")
def bench_sweeps(
    dataset: Annotated[
        list[DatasetName] | None, typer.Option(help="Only this dataset; may be given again.")
    ] = None,
    rounds: Annotated[int, typer.Option(help="Timed rounds of each way.", min=1)] = 3,
    networks: Annotated[
        int | None, typer.Option(help="Instead of 40 on digits, 8 on MNIST.", min=1)
    ] = None,
    threads: Annotated[int, typer.Option(help="Threads that PyTorch may use.", min=1)] = 1,
) -> None:
    """Times the networks of a sweep trained together, and one after another."""
    from autograder.bench_sweeps import show_sweeps, sweeps

    with plain_errors():
        for name in dataset or DatasetName:
            show_sweeps(sweeps(name.value, rounds, networks, threads), networks)


@bench.command("grading")
def bench_grading(
    size: Annotated[int, typer.Option(help="How many submissions of 04-ewc.", min=1)] = 40,
) -> None:
    """Times grading a class against plain nbgrader, which takes minutes."""
    from autograder.bench_grading import grading, show_grading

    with plain_errors():
        show_grading(grading(size))


@bench.command("submission")
def bench_submission(
    rounds: Annotated[int, typer.Option(help="Timed rounds of each.", min=1)] = 3,
) -> None:
    """Measures what grading one submission of each assignment takes."""
    from autograder.bench_submission import costs, show_costs
    from autograder.sandbox import SandboxError

    with plain_errors():
        try:
            show_costs(costs(rounds))
        except SandboxError as error:
            fail(str(error), 1)


@bench.command("scale")
def bench_scale(
    workers: Annotated[
        list[int] | None, typer.Option(help="How many workers; may be given again.", min=1)
    ] = None,
) -> None:
    """Sends classes through 1 to 64 workers that only wait, to time all but the grading."""
    from autograder.bench_scale import scale, show_scale

    with plain_errors():
        show_scale(scale(tuple(workers or (1, 2, 4, 8, 16, 32, 64))))
