"""Every study of the course, by dataset."""

from __future__ import annotations

from dataclasses import replace

from autograder.reference.protocol import Line, Study, Training

NOTHING, JOINT = Line("nothing"), Line("joint")
HALF = Line("replay", (0.5,))

_PAIRS = Study(
    "digit pairs",
    "pairs",
    2,
    (500, 300),
    Training("sgd", 0.1, 64, 2),
    (NOTHING, JOINT, HALF),
)
_SLOW = Training("sgd", 0.001, 64, 2)
_ADAM = Training("adam", 1e-3, 32, 6)
_TUTORIAL = Study(
    "even/odd, the tutorial's protocol",
    "parity",
    2,
    (128,),
    _ADAM,
    (
        Line("nothing", published=(27.71, 98.38)),
        Line("joint", published=(97.58, 97.38)),
        Line("replay", (0.1,)),
        HALF,
        Line("L2", (0.1, 0.3, 1.0), published=(88.29, 56.50)),
        Line("EWC", (3_000, 10_000, 30_000), published=(95.94, 20.56)),
    ),
)
_GENTLE = replace(
    _TUTORIAL,
    name="even/odd, the second task by gentler Adam",
    training=Training("adam", 3e-4, 128, 4),
    first=_ADAM,
    lines=(NOTHING, Line("L2", (0.1, 0.2, 0.4)), Line("EWC", (2_000, 3_000, 5_000))),
)
_LONG = Training("adam", 1e-3, 32, 40)
_DIGITS = Study(
    "even/odd",
    "parity",
    2,
    (128,),
    _LONG,
    (
        NOTHING,
        JOINT,
        Line("replay", (0.05,)),
        Line("replay", (0.1,)),
        HALF,
        Line("L2", (0.01, 0.03, 0.1, 0.3)),
        Line("EWC", (100, 300, 1_000, 3_000)),
    ),
)

STUDIES: dict[str, tuple[Study, ...]] = {
    "digits": (
        _DIGITS,
        replace(
            _DIGITS,
            name="even/odd, SGD",
            training=Training("sgd", 0.03, 32, 40),
            lines=(NOTHING, Line("L2", (0.01, 0.03, 0.1, 0.3)), Line("EWC", (3, 10, 30, 100))),
        ),
        replace(
            _DIGITS,
            name="permuted digits",
            stream="permuted",
            tasks=3,
            lines=(
                NOTHING,
                JOINT,
                Line("L2", (0.003, 0.01, 0.03, 0.1)),
                Line("EWC", (10, 30, 100, 300)),
                Line("online EWC", (10, 30, 100, 300)),
            ),
        ),
        replace(
            _DIGITS,
            name="class-incremental",
            stream="classes",
            tasks=5,
            training=Training("adam", 1e-3, 32, 20),
            lines=(
                NOTHING,
                JOINT,
                HALF,
                Line("L2", (0.001, 0.01, 0.1)),
                Line("EWC", (1_000, 10_000, 100_000, 1_000_000)),
            ),
        ),
    ),
    "mnist": (
        _PAIRS,
        replace(_PAIRS, name="digit pairs, lr 0.001", training=_SLOW, lines=(NOTHING,)),
        replace(
            _PAIRS,
            name="digit pairs, the tutorial's protocol (no zero_grad, which is momentum 1)",
            training=replace(_SLOW, momentum=1.0),
            lines=(
                Line("nothing", published=(57.45, 95.1)),
                Line("replay", (0.5,), published=(98.11, 96.2)),
            ),
        ),
        _GENTLE,
        _TUTORIAL,
        replace(
            _GENTLE,
            name="even/odd, the second task by SGD",
            training=Training("sgd", 0.01, 32, 6),
            lines=(NOTHING, Line("L2", (0.1, 0.3)), Line("EWC", (1_000, 2_000))),
        ),
    ),
}
