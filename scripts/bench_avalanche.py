"""Times our methods against those of avalanche-lib 0.6.0: naive, EWC and replay, in turns.

avalanche-lib is no dependency of this course. In a virtual environment that has the course:

    pip install avalanche-lib==0.6.0
    COURSE_DATA_DIR=folder/with/MNIST OMP_NUM_THREADS=1 python scripts/bench_avalanche.py [rounds]

Split MNIST, classes one after another, five tasks, one epoch each, MLP 784-400-400-10, Adam 1e-3,
batches of 128, one thread. EWC: the Fisher of all rows of a task, one penalty for each earlier one.
Replay: 1,000 rows in memory, and as many of them in each batch as new ones. Processor time: theirs
of training alone, ours with the accuracy on every task after every task.
"""

import os
import statistics
import sys
import time
import warnings

import torch
from avalanche.benchmarks.classic import SplitMNIST
from avalanche.training.plugins import EvaluationPlugin
from avalanche.training.supervised import EWC, Naive, Replay
from torch import nn

from course.data import load, split
from course.device import generator
from course.methods import METHODS, Training, run
from course.models import MLP

TRAINING = Training("adam", 1e-3, batch_size=128, epochs=1, fresh=False)
STRENGTH, MEMORY = 100.0, 1000
WAYS = {
    "naive": (Naive, {}, METHODS["nothing"]()),
    "EWC": (EWC, {"ewc_lambda": STRENGTH}, METHODS["EWC"](strength=STRENGTH)),
    "replay": (Replay, {"mem_size": MEMORY}, METHODS["replay"](capacity=MEMORY)),
}


def theirs(way, seed, root):
    """Training by avalanche-lib, made ready."""
    strategy, options, _ = WAYS[way]
    stream = SplitMNIST(5, seed=seed, fixed_class_order=list(range(10)), dataset_root=root)
    # Its images are (1, 28, 28).
    model = nn.Sequential(nn.Flatten(), MLP(784, (400, 400), 10, generator=generator(seed)))
    learner = strategy(
        model=model,
        optimizer=torch.optim.Adam(model.parameters(), lr=TRAINING.lr),
        criterion=nn.CrossEntropyLoss(),
        train_mb_size=TRAINING.batch_size,
        train_epochs=TRAINING.epochs,
        device="cpu",
        evaluator=EvaluationPlugin(loggers=[]),
        **options,
    )
    return lambda: [learner.train(experience) for experience in stream.train_stream]


def ours(way, seed, tasks):
    """The same by ``course.methods``."""
    return lambda: run(
        WAYS[way][2],
        tasks,
        "class",
        hidden=(400, 400),
        training=TRAINING,
        generator=generator(seed),
        progress=False,
    )


def seconds(work):
    """The processor's seconds that ``work()`` takes."""
    started = time.process_time()
    work()
    return time.process_time() - started


def main(rounds):
    """Prints both times and their ratio for each method."""
    warnings.simplefilter("ignore")  # avalanche-lib calls what it has deprecated itself
    torch.set_num_threads(1)
    root = os.environ["COURSE_DATA_DIR"]
    tasks = split(load("mnist", root, device="cpu", download=False), "class")
    for way in WAYS:
        pairs = [
            (seconds(theirs(way, seed, root)), seconds(ours(way, seed, tasks)))
            for seed in range(rounds)
        ]
        ratios = sorted(a / b for a, b in pairs)
        a, b = (statistics.median(times) for times in zip(*pairs, strict=True))
        print(
            f"{way}: avalanche-lib {a:.1f} s, ours {b:.1f} s, ratio {statistics.median(ratios):.1f}"
            f" ({ratios[0]:.1f} to {ratios[-1]:.1f}, {rounds} rounds)",
            flush=True,
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
