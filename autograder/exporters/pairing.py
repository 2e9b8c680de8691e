"""Which row of a platform's table is whose: by login, number or e-mail address."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from autograder.exporters.marks import Person


@dataclass
class Pairs:
    """Rows by student, and who could not be found, in the gradebook's words and in the table's."""

    rows: dict[str, int] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)
    doubtful: list[str] = field(default_factory=list)


def pair(people: Iterable[Person], rows: Mapping[int, Iterable[str]]) -> Pairs:
    """Finds each student's row; ``rows`` are the names that each row goes by.

    A name must be the same but for its case. Where none is, ``ada`` and ``ada@uni.example`` are
    taken for one, never two addresses of different places. Nobody is given a row that might be
    another's.
    """
    exact = _index({row: {_plain(name) for name in names} for row, names in rows.items()})
    local = _index({row: {_local(_plain(n)) for n in names} for row, names in rows.items()})
    found: dict[str, set[int]] = {}
    for person in people:
        names = {_plain(person.id), _plain(person.email)} - {""}
        found[person.id] = _all(exact, names) or (
            _all(exact, map(_local, names)) | _all(local, names)
        )
    taken = Counter(next(iter(where)) for where in found.values() if len(where) == 1)
    pairs = Pairs()
    for student, where in found.items():
        if not where:
            pairs.unknown.append(student)
        elif len(where) > 1 or taken[min(where)] > 1:
            pairs.doubtful.append(student)
        else:
            pairs.rows[student] = min(where)
    return pairs


def _plain(name: str) -> str:
    return name.strip().casefold()


def _local(name: str) -> str:
    """What comes before the @ of an address; nothing of what is no address."""
    return name.partition("@")[0] if "@" in name else ""


def _index(rows: Mapping[int, set[str]]) -> dict[str, set[int]]:
    index: dict[str, set[int]] = {}
    for row, names in rows.items():
        for name in names - {""}:
            index.setdefault(name, set()).add(row)
    return index


def _all(index: Mapping[str, set[int]], names: Iterable[str]) -> set[int]:
    return {row for name in names for row in index.get(name, ())}
