"""The part of the results page about 05-showdown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

HEAD = """
## 05-showdown, {dataset}

The hidden tests place a learner between naive training (0) and joint training (1); 0.9 earns all
points of a scenario, two streams of five tasks are averaged. Both ends are average accuracies in
percent, means over {seeds} seeds of one network, {date}, for each hidden order of the tasks; with
± the standard error.

| scenario | naive, order by order | joint, order by order |
|---|---|---|
"""
LEARNERS = """
Learners of `autograder/quality/right/right_05.py`, in several styles, and of the catalogue of wrong
ones, {seeds} seeds each: how far they came, mean (lowest), and the rate at which they fall short of
0.9, from a normal distribution with the measured mean and deviation. Wrong ones have few epochs.

| learner | scenario | way: mean (lowest) | falls short | recognised as |
|---|---|---|---|---|
"""


def showdown(content: dict[str, Any]) -> Iterator[str]:
    """Lines on one dataset, from its JSON."""
    found = content.get("ends", {})
    if found:
        first = next(iter(found.values()))[0]
        yield HEAD.format(dataset=content["dataset"], seeds=first["seeds"], date=first["date"])
        for scenario, orders in found.items():
            yield f"| {scenario} | {_each(orders, 'naive')} | {_each(orders, 'joint')} |\n"
    measured = content.get("learners", {})
    if measured:
        some = next(iter(next(iter(measured.values())).values()))
        yield LEARNERS.format(seeds=some["seeds"])
        for kind, scenarios in measured.items():
            for scenario, one in scenarios.items():
                yield _row(kind, scenario, one)


def _each(orders: list[dict[str, Any]], end: str) -> str:
    ends = (order[end] for order in orders)
    return ", ".join(f"{100 * e['mean']:.1f} ± {100 * e['standard_error']:.1f}" for e in ends)


def _row(kind: str, scenario: str, one: dict[str, Any]) -> str:
    recognised = ", ".join(one["misconceptions"]) or "-"
    way = f"{one['mean']:.2f} ({one['lowest']:.2f})"
    return f"| {kind} | {scenario} | {way} | {one['falls_short']:.2g} | {recognised} |\n"
