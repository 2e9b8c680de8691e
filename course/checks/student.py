"""A student's function as the checks call it: what it raises is kept apart from what we raise."""

from __future__ import annotations

import linecache
import traceback
from collections.abc import Callable, Mapping, Sequence
from types import CodeType
from typing import Any

# Messages of PyTorch's that speak of its own making, by a part of each, and what we say instead.
EXPLAINED = {
    "calling .item() on a Tensor": (
        "A tensor that stands for every row at once was made into one Python number: by `int()` or"
        " `.item()`, by an `if`, or as an index in square brackets. Find an operation that takes it"
        " as the tensor that it is."
    ),
    "called random operation": (
        "The network drew random numbers, as Dropout does in training mode. Here it should be in"
        " evaluation mode."
    ),
}


class Raised(Exception):
    """The student's function raised ``error``; the text says what, and in which of their lines."""

    def __init__(self, name: str, error: BaseException, namespace: dict[str, Any]) -> None:
        self.error = error
        self.frames = _frames(error, namespace)
        # Unlike str(error), this copes with an exception that cannot be printed.
        what = traceback.format_exception_only(error)[-1].strip()
        own = next((words for part, words in EXPLAINED.items() if part in what), "")
        what = f"{type(error).__name__}. {own}" if own else what
        super().__init__(f"`{name}` raised {what}{_where(self.frames)}")

    @property
    def is_stub(self) -> bool:
        """Whether it is the exercise itself that is not written yet, not one that it calls."""
        return isinstance(self.error, NotImplementedError) and len(self.frames) < 2

    @property
    def place(self) -> str:
        """The name of the function or method that raised it, as far as that is known."""
        return self.frames[-1][0].co_name if self.frames else ""


class Function:
    """Calls the function ``name`` of a notebook, or makes an object of the class of that name.

    Each call starts from another state of PyTorch's global generator, so that a function which
    draws from it shows. Gradients are on, and afterwards as they were.
    """

    def __init__(self, name: str, namespace: dict[str, Any]) -> None:
        self.name = name
        self.left_gradients_off = False
        self._namespace = namespace
        self._calls = 0

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._guarded(lambda: self._namespace[self.name](*args, **kwargs))

    def use(self, made: Any, method: str, *args: Any) -> Any:
        """Calls a method of an object that the student's class made."""
        return self._guarded(lambda: getattr(made, method)(*args))

    def read(self, made: Any, member: str) -> Any:
        """Reads a property of an object that the student's class made."""
        return self._guarded(lambda: getattr(made, member))

    def _guarded(self, action: Callable[[], Any]) -> Any:
        import torch  # late, so that ``import course`` is quick

        self._calls += 1
        with torch.enable_grad():
            torch.default_generator.manual_seed(self._calls)
            try:
                return action()
            except (Exception, SystemExit) as error:
                raise Raised(self.name, error, self._namespace) from error
            finally:
                self.left_gradients_off = not torch.is_grad_enabled()


# For each exercise its checks: they raise AssertionError with words for the student, and the first
# line of their docstring is what they are called in the table.
Checks = Mapping[str, Sequence[Callable[[Function], None]]]


def _frames(error: BaseException, namespace: dict[str, Any]) -> list[tuple[CodeType, int]]:
    """The functions of the notebook that the exception came through, each with its line."""
    frames = traceback.walk_tb(error.__traceback__)
    return [(frame.f_code, line) for frame, line in frames if frame.f_globals is namespace]


def _where(frames: list[tuple[CodeType, int]]) -> str:
    if not frames:
        return ""
    code, number = frames[-1]
    text = linecache.getline(code.co_filename, number).strip()
    return f"\nIn line {number} of the cell that defines `{code.co_name}`: {text}".rstrip(": ")
