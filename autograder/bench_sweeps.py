"""The verb ``bench sweeps``: the networks of a sweep trained together, and one after another.

As in ``autograder.bench``, both ways are timed in one process, in turns. Each network has its own
weights and its own order of the rows. Those that are trained one after another are a few of the
same, as each takes as long as the next; what is compared is networks per second. With one thread
and no GPU the processor's time counts, which other work on the machine disturbs least.
"""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from rich.console import Console
from rich.table import Table
from torch import Tensor

from autograder.bench import Timing, seconds
from course.data import even_odd, load
from course.device import generator
from course.models import MLP
from course.penalties import quadratic
from course.population import Population
from course.training import make_optimizer, train

HIDDEN, OUTPUTS, LR = (128,), 5, 1e-3
ALONE = 4  # networks trained one after another in a round
STRENGTH = 0.1


@dataclass(frozen=True)
class Sweep:
    """Networks that learn the odd digits: so many epochs, batches of so many rows."""

    name: str
    dataset: str
    networks: int
    epochs: int
    batch_size: int
    penalised: bool = False  # each held to where it began, with a strength of its own


# As the notebooks do it: 02-replay and 03-l2 on digits and MNIST, and the batches of 04-ewc.
SWEEPS = (
    Sweep("02: digits", "digits", 40, 15, 32),
    Sweep("03: digits, a strength each", "digits", 40, 20, 32, penalised=True),
    Sweep("02, 03: MNIST", "mnist", 8, 1, 128),
    Sweep("04: MNIST, batches of 32", "mnist", 8, 1, 32),
)


def sweeps(
    dataset: str, rounds: int = 3, networks: int | None = None, threads: int = 1
) -> list[tuple[Sweep, Timing, Timing]]:
    """Seconds a network of every sweep on ``dataset``: one after another, and together.

    ``networks`` takes the place of how many a sweep has.
    """
    torch.set_num_threads(threads)
    return [
        (sweep, *_times(sweep, rounds, networks or sweep.networks))
        for sweep in SWEEPS
        if sweep.dataset == dataset
    ]


def _times(sweep: Sweep, rounds: int, networks: int) -> tuple[Timing, Timing]:
    task = even_odd(load(sweep.dataset, download=False))[1]
    x, y = task.x_train, task.y_train
    alone, together = [], []
    for turn in range(rounds + 1):  # the first turn warms up
        models = [_network(number, x) for number in range(networks)]
        few = models[:ALONE]
        population = Population(models)
        taken = _seconds(partial(one_after_another, sweep, few, x, y)) / len(few)
        shared = _seconds(partial(at_once, sweep, population, x, y)) / networks
        if turn:
            alone.append(taken)
            together.append(shared)
    return Timing("one after another", tuple(alone)), Timing("together", tuple(together))


def _seconds(work: Callable[[], object]) -> float:
    if torch.cuda.is_available() or torch.get_num_threads() > 1:
        return seconds(work)
    started = time.process_time()
    work()
    return time.process_time() - started


def _network(number: int, x: Tensor) -> MLP:
    return MLP(x.shape[1], HIDDEN, OUTPUTS, generator=generator(number)).to(x.device)


def one_after_another(sweep: Sweep, models: list[MLP], x: Tensor, y: Tensor) -> None:
    """Each network by ``train``, with its own generator and strength."""
    for number, model in enumerate(models):
        anchor = {name: p.detach().clone() for name, p in model.named_parameters()}
        train(
            model,
            x,
            y,
            optimizer=make_optimizer("adam", model, LR),
            epochs=sweep.epochs,
            batch_size=sweep.batch_size,
            generator=generator(number),
            penalty=quadratic(anchor, _strength(number)) if sweep.penalised else None,
            progress=False,
        )


def at_once(sweep: Sweep, population: Population, x: Tensor, y: Tensor) -> None:
    """The same networks as a population, by the same ``train``."""
    count = len(population)
    values = [_strength(number) for number in range(count)]
    strengths = torch.tensor(values, dtype=x.dtype, device=x.device)
    anchor = {name: p.detach().clone() for name, p in population.named_parameters()}
    train(
        population,
        x,
        y,
        optimizer=make_optimizer("adam", population, LR),
        epochs=sweep.epochs,
        batch_size=sweep.batch_size,
        generator=[generator(number) for number in range(count)],
        penalty=quadratic(anchor, strengths) if sweep.penalised else None,
        progress=False,
    )


def _strength(number: int) -> float:
    return STRENGTH * math.sqrt(number + 1)


def show_sweeps(
    found: list[tuple[Sweep, Timing, Timing]], networks: int | None, console: Console | None = None
) -> None:
    """Prints networks per second, and how many times as many there are together."""
    table = Table(title=f"Sweeps, threads: {torch.get_num_threads()}")
    headings = ("sweep", "networks", "alone, a second", "together", "times", "from - to")
    for heading in headings:
        table.add_column(heading, justify="left" if heading == "sweep" else "right")
    for sweep, alone, together in found:
        pairs = zip(alone.rounds, together.rounds, strict=True)
        ratios = sorted(one / shared for one, shared in pairs)
        table.add_row(
            sweep.name,
            str(networks or sweep.networks),
            f"{1 / alone.median:.2f}",
            f"{1 / together.median:.2f}",
            f"{statistics.median(ratios):.1f}",
            f"{ratios[0]:.1f} - {ratios[-1]:.1f}",
        )
    (console or Console()).print(table)
