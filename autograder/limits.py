"""What one submission may use."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1 << 20


@dataclass(frozen=True)
class Limits:
    """Times are wall-clock seconds, sizes are bytes.

    ``start_seconds`` is for the sandbox itself to come up; ``cell_seconds`` for one cell;
    ``call_seconds`` for one call of a student's function, ``exercise_seconds`` for all calls of
    one exercise; ``training_seconds`` instead of both where real networks are trained;
    ``total_seconds`` for the whole submission.
    """

    start_seconds: float = 60.0
    cell_seconds: float = 20.0
    call_seconds: float = 10.0
    exercise_seconds: float = 30.0
    training_seconds: float = 60.0
    total_seconds: float = 240.0
    memory: int = 3072 * MIB
    processes: int = 128
    private_files: int = 64 * MIB
    notebook: int = 20 * MIB
