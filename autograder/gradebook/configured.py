"""The limits that a course's ``nbgrader_config.py`` sets."""

from __future__ import annotations

from traitlets import TraitError
from traitlets.config import Config

from autograder.limits import Limits


def limits_in(config: Config) -> Limits:
    """The limits, the defaults but for those in ``c.GradeInSandbox.limits``.

    Raises ``TraitError``, which says what fits.
    """
    given = config.get("GradeInSandbox", {}).get("limits", {})
    try:
        if not isinstance(given, dict):
            raise ValueError(f"expected a dict, got {type(given).__name__}")
        return Limits.of(given)
    except ValueError as error:
        raise TraitError(f"c.GradeInSandbox.limits: {error}") from None
