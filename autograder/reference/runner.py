"""Spreads the work over processes, each with one thread; never downloads."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import cache
from multiprocessing import get_context
from typing import Any

import torch
from tqdm import tqdm

from course.data import Dataset, load


def spread(
    dataset: str, work: Callable[..., Any], jobs: Sequence[tuple[Any, ...]], name: str
) -> list[Any]:
    """``work(dataset, *job)`` for every job, in their order; the bar is called ``name``."""
    context = get_context("spawn")
    with ProcessPoolExecutor(min(os.cpu_count() or 1, len(jobs)), context) as pool:
        runs = [pool.submit(_one, dataset, work, job) for job in jobs]
        for _ in tqdm(as_completed(runs), total=len(runs), desc=name, disable=None):
            pass
        return [run.result() for run in runs]


def _one(dataset: str, work: Callable[..., Any], job: tuple[Any, ...]) -> Any:
    torch.set_num_threads(1)
    return work(_loaded(dataset), *job)


@cache
def _loaded(dataset: str) -> Dataset:
    return load(dataset, device="cpu", download=False)
