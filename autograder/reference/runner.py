"""Spreads the work over processes, each with one thread; never downloads."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import cache
from multiprocessing import get_context
from typing import Any

import torch
from tqdm import tqdm

from course.data import Dataset, load

Job = tuple[Any, ...]


def spread(dataset: str, work: Callable[..., Any], jobs: Sequence[Job], name: str) -> list[Any]:
    """``work(dataset, *job)`` for every job, in their order; the bar is called ``name``."""
    found = dict(as_they_come(dataset, work, jobs, name))
    return [found[number] for number in range(len(jobs))]


def as_they_come(
    dataset: str,
    work: Callable[..., Any],
    jobs: Sequence[Job],
    name: str,
    workers: int | None = None,
) -> Iterator[tuple[int, Any]]:
    """Each job's number and ``work(dataset, *job)`` as soon as it is there.

    They begin in their order, as many at once as there are cores or ``workers``.
    """
    if not jobs:
        return
    processes = min(workers or os.cpu_count() or 1, len(jobs))
    with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
        runs = {pool.submit(_one, dataset, work, job): n for n, job in enumerate(jobs)}
        for run in tqdm(as_completed(runs), total=len(runs), desc=name, disable=None):
            yield runs[run], run.result()


def _one(dataset: str, work: Callable[..., Any], job: Job) -> Any:
    torch.set_num_threads(1)
    return work(_loaded(dataset), *job)


@cache
def _loaded(dataset: str) -> Dataset:
    return load(dataset, device="cpu", download=False)
