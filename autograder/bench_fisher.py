"""The verb ``bench``, second part: the exact Fisher diagonal against the usual ways to it.

As in ``autograder.bench``, all ways are timed in one process, in turns. The slower ones get fewer
rows; what is compared is the time per row.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
from rich.console import Console
from rich.table import Table
from torch import Tensor, nn
from torch.func import functional_call, jacrev, vmap

from autograder.bench import Timing, seconds
from course.device import choose_device, generator
from course.fisher import fisher_diagonal
from course.models import MLP

Way = Callable[[nn.Module, Tensor], dict[str, Tensor]]

INPUTS = {"digits": 64, "mnist": 784}
HIDDEN, CLASSES = (128,), 5
ROWS = 4096


def exact_fisher(dataset: str, rounds: int = 5) -> list[Timing]:
    """Seconds per row of the exact Fisher diagonal, on random rows shaped as those of ``dataset``.

    By a loop of single-example backward passes, by ``vmap``, and by the closed form of
    ``course.fisher``, which comes last.
    """
    torch.set_num_threads(1)
    device = choose_device()
    inputs = INPUTS[dataset]
    model = MLP(inputs, HIDDEN, CLASSES, generator=generator(0)).to(device)
    x = torch.rand(ROWS, inputs, generator=generator(1)).to(device)
    ways: dict[str, tuple[Way, int]] = {
        "loop of backward passes": (one_by_one, ROWS // 64),
        "vmap of single gradients": (by_vmap, ROWS // 64),
        "course.fisher, closed form": (fisher_diagonal, ROWS),
    }
    times: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(rounds + 1):  # the first turn warms up
        for name, (way, rows) in ways.items():
            taken = seconds(partial(way, model, x[:rows]))
            if turn:
                times[name].append(taken / rows)
    return [Timing(name, tuple(taken)) for name, taken in times.items()]


def one_by_one(model: nn.Module, x: Tensor) -> dict[str, Tensor]:
    """For each row and class a backward pass of its own, as most code for EWC does it."""
    parameters = dict(model.named_parameters())
    total = {name: torch.zeros_like(p) for name, p in parameters.items()}
    for row in x:
        log_p = model(row[None]).log_softmax(dim=1)[0]
        for value in log_p:
            gradients = torch.autograd.grad(value, list(parameters.values()), retain_graph=True)
            for name, gradient in zip(parameters, gradients, strict=True):
                total[name] += value.detach().exp() * gradient.square()
    return {name: values / len(x) for name, values in total.items()}


def by_vmap(model: nn.Module, x: Tensor) -> dict[str, Tensor]:
    """The gradients of all rows and classes at once, which takes as many times the memory."""
    parameters = {name: p.detach() for name, p in model.named_parameters()}

    def log_p(weights: dict[str, Tensor], row: Tensor) -> Tensor:
        logits: Tensor = functional_call(model, weights, (row[None],))
        return logits.log_softmax(dim=1)[0]

    gradients = vmap(jacrev(log_p), in_dims=(None, 0))(parameters, x)
    p = vmap(log_p, in_dims=(None, 0))(parameters, x).exp()
    return {
        name: torch.einsum("nc,nc...->...", p, g.square()) / len(x) for name, g in gradients.items()
    }


def show_fisher(dataset: str, timings: list[Timing], console: Console | None = None) -> None:
    """Prints the time per row, and each way's time as a multiple of the closed form's."""
    closed = timings[-1].median
    sizes = "-".join(map(str, (INPUTS[dataset], *HIDDEN, CLASSES)))
    table = Table(title=f"Exact Fisher diagonal, {sizes}, one thread")
    for heading in ("way", "microseconds a row", "times closed form"):
        table.add_column(heading, justify="left" if heading == "way" else "right")
    for timing in timings:
        median = timing.median
        table.add_row(timing.name, f"{1e6 * median:.1f}", f"{median / closed:.1f}")
    (console or Console()).print(table)
