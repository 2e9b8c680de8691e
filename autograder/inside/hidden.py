"""Stands in the sandbox for a module of ``course`` that holds what is being asked for."""

from typing import NoReturn


def __getattr__(name: str) -> NoReturn:
    if name.startswith("__"):
        raise AttributeError(name)
    raise ImportError(
        f"{__name__}.{name} is not available while this assignment is graded: "
        f"{__name__} holds what you are asked to write. Use your own function instead."
    )
