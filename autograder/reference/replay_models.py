"""The networks on which `choose_informative` is judged; run as a program, it trains them anew.

They have learnt the even digits of the embedded dataset: MLP 64-128-5, Adam 1e-3, batches of 32, 40
epochs, all from one seed. Kept in float16: the file is small, and the networks are what it holds.
"""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from autograder.suites.replay_population import Population
from course.data import even_odd, load
from course.models import MLP

PATH = Path(__file__).with_name("02-replay-models.safetensors")
MODELS = 40
EPOCHS = 40
SEED = 20_260


def make() -> Population:
    """Trains them."""
    generator = torch.Generator().manual_seed(SEED)
    even, _ = even_odd(load("digits", device="cpu"))
    models = [MLP(even.x_train.shape[1], (128,), 5, generator=generator) for _ in range(MODELS)]
    population = Population.of(models)
    x = even.x_train.expand(MODELS, -1, -1)
    population.train(x, even.y_train.expand(MODELS, -1), EPOCHS, generator)
    return population


def read() -> Population:
    """The networks as they are kept, in float32."""
    weights = load_file(PATH)
    return Population([weights[str(number)].float() for number in range(len(weights))])


if __name__ == "__main__":
    trained = make()
    save_file({str(n): w.detach().half().contiguous() for n, w in enumerate(trained.weights)}, PATH)
