"""Has submissions graded by the workers of a Dask cluster, and copes with those that die.

Workers keep no state and need no shared disk: a job goes in, what is done comes out. Each worker
has a scorer of its own, a process that a submission may at worst take with it. Without an address
the workers are threads of this process that do nothing but wait for their scorers, so there is no
port at which work is taken.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from dask import config
from distributed import Client, Future, KilledWorker, LocalCluster, as_completed
from distributed.client import FutureCancelledError

from autograder import scorer
from autograder.gradebook.job import Done, Failed, Job, Killed, Outcome
from autograder.receipts import grader_hash

MOST_DEATHS = 3  # of a submission's workers: the first, and two more that tried it again
SETTINGS: dict[str, Any] = {
    "distributed.scheduler.allowed-failures": 0,  # we count the deaths ourselves
    "distributed.scheduler.worker-saturation": 1.0,  # nothing waits behind a submission that hangs
    "distributed.scheduler.worker-ttl": None,  # local ones live as we do, whatever the clock says
    "distributed.comm.timeouts.connect": "30s",
    "distributed.admin.large-graph-warning-threshold": "1GB",  # a notebook has its own limit
    "distributed.admin.low-level-log-length": 10,  # else each connection keeps 1,000 submissions
    "distributed.scheduler.http.routes": [],  # no pages: what is asked for them gets 404
    "distributed.worker.http.routes": [],
}
NO_PAGES = "127.0.0.1:0"  # Dask opens a port for pages, also where there are none


Work = Callable[[Job], Outcome]


class NoCluster(OSError):
    """The scheduler cannot be reached, or has gone; the text says which."""


@contextmanager
def workers(
    assignment: str, address: str | None = None, count: int | None = None, unsafe: bool = False
) -> Iterator[Client]:
    """A client of the scheduler at ``address``, or of ``count`` workers on this machine.

    ``unsafe``: they use no sandbox. Raises ``NoCluster``.
    """
    with config.set(SETTINGS):
        if address is not None:
            with _remote(address) as client:
                yield client
            return
        scorer.start(assignment, unsafe)
        with _local(count) as client:
            yield client


@contextmanager
def _local(count: int | None) -> Iterator[Client]:
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    try:
        with (
            LocalCluster(
                n_workers=count or scorer.workers(),
                threads_per_worker=1,
                processes=False,
                memory_limit=0,
                dashboard_address=NO_PAGES,
                worker_dashboard_address=NO_PAGES,
                scheduler_kwargs={"dashboard": False},
            ) as cluster,
            Client(cluster) as client,
        ):
            yield client
    finally:
        scorer.end_all()


@contextmanager
def _remote(address: str) -> Iterator[Client]:
    try:
        client = Client(address, timeout=10)
    except (OSError, ValueError) as error:
        raise NoCluster(f"no scheduler answers at {address}: {error}") from None
    with client:
        client.run_on_scheduler(_count_no_deaths)
        yield client


def _count_no_deaths(dask_scheduler: Any) -> None:
    dask_scheduler.allowed_failures = 0


def grade_all(
    client: Client, jobs: Iterable[Job], work: Work = scorer.work_apart
) -> Iterator[tuple[Job, Outcome]]:
    """Has ``work`` done on the jobs, as many at once as there are workers; yields each when done.

    What was late, or found no sandbox, on a busy machine is tried once more, alone, in the end.
    Raises ``NoCluster`` when the scheduler goes away.
    """
    again: list[Job] = []
    for job, outcome in _in_parallel(client, jobs, work):
        if _was_kept_waiting(outcome) and _threads(client) > 1:
            again.append(job)
        else:
            yield job, outcome
    for job in again:
        yield from _in_parallel(client, [job], work)


def _was_kept_waiting(outcome: Outcome) -> bool:
    if isinstance(outcome, Failed):
        return "the sandbox did not start" in outcome.text
    return isinstance(outcome, Done) and outcome.late


def _in_parallel(client: Client, jobs: Iterable[Job], work: Work) -> Iterator[tuple[Job, Outcome]]:
    """Never has more than two jobs a worker under way, so memory does not grow with the class."""
    coming = iter(jobs)
    running = as_completed()
    deaths: dict[Future[Any], tuple[Job, int]] = {}

    def submit(job: Job, died: int) -> None:
        future = client.submit(work, job, pure=False, retries=0)
        deaths[future] = (job, died)
        running.add(future)

    def fill() -> None:
        while len(deaths) < max(2, 2 * _threads(client)):
            job = next(coming, None)
            if job is None:
                return
            submit(job, 0)

    fill()
    while deaths:
        future = next(running)
        job, died = deaths.pop(future)
        outcome = _outcome(future, job)
        if isinstance(outcome, Killed) and died + 1 < MOST_DEATHS:
            submit(job, died + 1)
            continue
        yield job, Killed(died + outcome.deaths) if isinstance(outcome, Killed) else outcome
        fill()


def _outcome(future: Future[Any], job: Job) -> Outcome:
    try:
        outcome: Outcome = future.result()
    except KilledWorker:
        return Killed()
    except FutureCancelledError:
        raise NoCluster("the scheduler is gone") from None
    except Exception as error:  # noqa: BLE001 - whatever it is, it is told, and the class goes on
        return Failed(f"{type(error).__name__}: {error}")
    ours = grader_hash(job.assignment)
    if isinstance(outcome, Done) and outcome.report["receipt"]["grader"] != ours:
        return Failed("its worker has another version of the grader: install the same on all")
    return outcome


def _threads(client: Client) -> int:
    return sum(client.nthreads().values()) or 1
