"""Why a cell of ours differs from the published one, where that was looked into."""

from __future__ import annotations

# (row, scenario) -> what was found; one text may stand for several cells.
REASONS: dict[tuple[str, str], str] = {}
