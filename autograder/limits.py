"""What one submission may use."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

MIB = 1 << 20


@dataclass(frozen=True)
class Limits:
    """Times are seconds of computing, of all processes together; verdicts do not hang on load.

    Who waits instead of computing may do so for ``patience`` times as long, by the clock.
    ``start_seconds`` is for the sandbox itself to come up; ``cell_seconds`` for one cell;
    ``call_seconds`` for one call of a student's function, ``exercise_seconds`` for all calls of
    one exercise; ``training_seconds`` instead of both where real networks are trained;
    ``total_seconds`` for the whole submission.

    ``processes`` counts threads too. Sizes are bytes: ``memory`` of all processes and of the files
    in the private folders, which lie in memory; ``private_files`` in each of the three private
    folders, ``files`` how many in all; ``cell_output`` and ``total_output`` of what cells print and
    show; ``notebook`` of the file that is handed in; ``message_text`` and ``message_tensors`` of
    one message from the sandbox, ``call_messages`` of all messages of one call or cell. How deeply
    values may be nested is said in ``inside/codec.py``.
    """

    start_seconds: float = 60.0
    cell_seconds: float = 20.0
    call_seconds: float = 10.0
    exercise_seconds: float = 30.0
    training_seconds: float = 60.0
    total_seconds: float = 240.0
    patience: float = 3.0
    processes: int = 128
    memory: int = 2560 * MIB
    private_files: int = 64 * MIB
    files: int = 10_000
    cell_output: int = MIB // 4
    total_output: int = 2 * MIB
    notebook: int = 20 * MIB
    message_text: int = 4 * MIB
    message_tensors: int = 64 * MIB
    call_messages: int = 1024 * MIB

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            number = isinstance(value, int | float) and not isinstance(value, bool)
            if not number or not math.isfinite(value) or value <= 0:
                raise ValueError(f"limit {name}: expected a number above 0, got {value!r}")
            if isinstance(self.__dataclass_fields__[name].default, int) and value != int(value):
                raise ValueError(f"limit {name}: expected a whole number, got {value!r}")

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Limits:
        """The defaults, but for those that are given; raises ``ValueError`` that says what fits."""
        known = [field.name for field in fields(cls)]
        unknown = [str(name) for name in given if name not in known]
        if unknown:
            expected = ", ".join(known)
            raise ValueError(f"no limit is called {', '.join(unknown)}; there are {expected}")
        return cls(**given)
