"""The methods by name, with the settings chosen for each scenario and dataset."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from course.data import SCENARIOS
from course.methods.ewc import EWC, OnlineEWC
from course.methods.l2 import L2
from course.methods.lwf import LwF
from course.methods.mas import MAS
from course.methods.method import Joint, Method
from course.methods.replay import AGEM, DERPlusPlus, Replay
from course.methods.si import SI
from course.methods.stream import Training

METHODS: Mapping[str, type[Method]] = {
    "nothing": Method,
    "joint": Joint,
    "L2": L2,
    "EWC": EWC,
    "online EWC": OnlineEWC,
    "SI": SI,
    "MAS": MAS,
    "LwF": LwF,
    "replay": Replay,
    "A-GEM": AGEM,
    "DER++": DERPlusPlus,
}
HIDDEN = {"digits": (128, 128), "mnist": (400, 400)}
TRAINING = {
    "digits": Training("adam", 1e-3, batch_size=32, epochs=20),
    "mnist": Training("adam", 1e-3, batch_size=128, epochs=4),
}
CAPACITY = {"digits": 200, "mnist": 1_100}  # rows
# For task, domain and class. On digits the best of a range, by factors of 3 (EWC: 10), in mean
# accuracy on validation rows at the end: 20 % of the training rows held back, three seeds. Where
# classes arrive one after another no strength of a penalty is good, so the choice says little.
# On MNIST the best of three, by factors of 10, around twice those of the scripts of Hsu et al.
# 2018: one seed, their protocol, one epoch a task, 10 % of the training rows held back. Not
# searched yet: classes one after another, where twice theirs stand; MAS and LwF, which are guesses.
STRENGTHS: dict[tuple[str, str], tuple[float, float, float]] = {
    ("digits", "L2"): (0.01, 0.03, 0.003),
    ("digits", "EWC"): (1e3, 1e4, 1e6),
    ("digits", "online EWC"): (1e3, 1e4, 1e6),
    ("digits", "SI"): (100, 300, 3),
    ("digits", "MAS"): (0.3, 10, 1),
    ("digits", "LwF"): (1, 0.3, 0.3),
    ("mnist", "L2"): (0.02, 1, 200),
    ("mnist", "EWC"): (2_000, 200, 1_200),
    ("mnist", "online EWC"): (8_000, 14_000, 200),
    ("mnist", "SI"): (600, 60_000, 1_200),
    ("mnist", "MAS"): (2, 2, 2),
    ("mnist", "LwF"): (1, 1, 1),
}


def make(name: str, scenario: str, dataset: str, **settings: Any) -> Method:
    """The method called ``name`` with its default settings; ``settings`` replace them.

    Raises ``ValueError`` for a method, scenario or dataset that is not known.
    """
    known = {"method": METHODS, "scenario": SCENARIOS, "dataset": HIDDEN}
    for (what, names), asked in zip(known.items(), (name, scenario, dataset), strict=True):
        if asked not in names:
            raise ValueError(f"unknown {what} {asked!r}: expected one of {', '.join(names)}")
    kind = METHODS[name]
    defaults: dict[str, Any] = {}
    if (dataset, name) in STRENGTHS:
        chosen = STRENGTHS[dataset, name]
        defaults["strength"] = chosen[SCENARIOS.index(scenario)]
    if issubclass(kind, (Replay, AGEM, DERPlusPlus)):
        defaults["capacity"] = CAPACITY[dataset]
    return kind(**defaults | settings)
