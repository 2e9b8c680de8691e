"""The networks on which `choose_informative` is judged; run as a program, it trains them anew.

They have learnt the even digits of the embedded dataset: MLP 64-128-5, Adam 1e-3, batches of 32, 40
epochs, all from one seed. Kept in float16: the file is small, and the networks are what it holds.
"""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from course.data import even_odd, load
from course.device import generator
from course.models import MLP
from course.population import Population
from course.training import make_train_on

PATH = Path(__file__).with_name("02-replay-models.safetensors")
MODELS = 40
EPOCHS = 40
SEED = 20_260


def make() -> Population:
    """Trains them."""
    source = generator(SEED)
    even, _ = even_odd(load("digits", device="cpu"))
    population = Population([_network(source) for _ in range(MODELS)])
    learn = make_train_on(
        "adam", 1e-3, epochs=EPOCHS, batch_size=32, generator=own_generators(MODELS, source)
    )
    learn(population, even.x_train, even.y_train)
    return population


def read() -> Population:
    """The networks as they are kept, in float32."""
    weights = load_file(PATH)
    count = len(next(iter(weights.values())))
    population = Population([_network(generator(0))] * count)
    population.load_state_dict({name: kept.float() for name, kept in weights.items()})
    return population


def own_generators(count: int, source: torch.Generator) -> list[torch.Generator]:
    """One for each network, seeded by ``source``, so that each has its own order of the rows."""
    seeds = torch.randint(2**62, (count,), generator=source).tolist()
    return [generator(seed) for seed in seeds]


def _network(source: torch.Generator) -> MLP:
    return MLP(64, (128,), 5, generator=source)


if __name__ == "__main__":
    save_file({name: w.half() for name, w in make().state_dict().items()}, PATH)
