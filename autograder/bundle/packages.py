"""Which packages students install, and in which versions: made from the project's own lists."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable
from functools import cache
from importlib import metadata
from itertools import product
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from autograder.notebooks import ROOT

# What `course` and the notebooks import, and what opens them.
IMPORTED = ("matplotlib", "numpy", "scikit-learn", "torch", "torchvision", "tqdm")
OPENS = "jupyterlab"
CONDA_NAMES = {"torch": "pytorch"}
# Wherever the archive is made, it serves all of these.
SYSTEMS = (
    {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix"},
    {"sys_platform": "darwin", "platform_system": "Darwin", "os_name": "posix"},
    {"sys_platform": "win32", "platform_system": "Windows", "os_name": "nt"},
)
PYTHONS = (
    {"python_version": "3.11", "python_full_version": "3.11.0"},
    {"python_version": "3.14", "python_full_version": "3.14.0"},
)


def pyproject() -> str:
    """The ``pyproject.toml`` by which pip installs ``course`` alone, and what it imports."""
    whole = _pyproject()
    copied = ("name", "version", "license", "license-files", "requires-python")
    project = {key: whole["project"][key] for key in copied}
    project["description"] = whole["project"]["description"]
    project["readme"] = "README.md"
    project["dependencies"] = [line for name, line in _ranges().items() if name in IMPORTED]
    tables = {
        "build-system": whole["build-system"],
        "project": project,
        "tool.setuptools.packages.find": {"include": ["course*"]},
        "tool.setuptools.package-data": {"*": ["py.typed", "*.json"]},
    }
    return "\n".join(_table(name, values) for name, values in tables.items())


def requirements() -> str:
    """The ``requirements.txt``: those packages and all that they need, pinned, and ``course``."""
    pins = _pins()
    wanted = {name: Requirement(line) for name, line in _ranges().items()}
    for name in (*IMPORTED, OPENS):
        if name not in pins or name not in wanted:
            raise ValueError(f"{name} should stand in pyproject.toml and in constraints.txt")
    names = _with_their_own([wanted[name] for name in (*IMPORTED, OPENS)], set(pins))
    return "\n".join(
        [
            "# JupyterLab, what the course imports, and all that these need, in the versions that",
            "# the course is tested with. What one system needs beside them, pip chooses itself.",
            *(f"{name}=={pins[name]}" for name in sorted(names)),
            "# The course itself, from this folder.",
            ".",
            "",
        ]
    )


def environment() -> str:
    """The ``environment.yml`` for conda: the project's own, with the students' packages only."""
    wanted = {CONDA_NAMES.get(name, name) for name in (*IMPORTED, OPENS)} | {"python", "pip"}
    lines = (ROOT / "environment.yml").read_text().splitlines()
    listed = [line for line in lines if re.match(r"  - [\w-]+([<>=]|$)", line)]
    kept = [line for line in listed if re.split(r"[<>=]", line.strip(" -"))[0] in wanted]
    head = [
        "name: forget-me-not",
        "channels:",
        "  - conda-forge",
        "  - nodefaults",
        "dependencies:",
    ]
    return "\n".join([*head, *kept, "  - pip:", "      - .", ""])


def _with_their_own(wanted: Iterable[Requirement], pinned: set[str]) -> set[str]:
    """The names of pinned packages that the wanted ones need, on any system, with themselves."""
    todo, seen = [(canonicalize_name(r.name), frozenset(r.extras)) for r in wanted], set()
    while todo:
        name, extras = todo.pop()
        if name not in pinned or (name, extras) in seen:
            continue
        seen.add((name, extras))
        needs = [Requirement(line) for line in _needs(name)]
        todo += [
            (canonicalize_name(need.name), frozenset(need.extras))
            for need in needs
            if _applies(need, extras)
        ]
    return {name for name, _ in seen}


def _needs(name: str) -> list[str]:
    try:
        return metadata.requires(name) or []
    except metadata.PackageNotFoundError:  # needed on other systems than this one
        return []


def _applies(need: Requirement, extras: Iterable[str]) -> bool:
    """Whether some system needs it, for the package itself or for one of its extras."""
    cases = product(SYSTEMS, PYTHONS, ("", *extras))
    return need.marker is None or any(
        need.marker.evaluate({**system, **python, "extra": extra})
        for system, python, extra in cases
    )


@cache
def _pyproject() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def _ranges() -> dict[str, str]:
    """The project's dependencies, each by its name."""
    lines = _pyproject()["project"]["dependencies"]
    return {canonicalize_name(Requirement(line).name): line for line in lines}


def _pins() -> dict[str, str]:
    """The one version of each package that ``constraints.txt`` allows."""
    lines = (line.partition("#")[0].strip() for line in _constraints())
    pairs = (line.split("==") for line in lines if line)
    return {canonicalize_name(name): version for name, version in pairs}


def _constraints() -> list[str]:
    return (ROOT / "constraints.txt").read_text().splitlines()


def _table(name: str, values: dict[str, Any]) -> str:
    """A table of TOML; its strings and lists are written as JSON writes them."""
    lines = [
        f"{json.dumps(key) if key == '*' else key} = {json.dumps(values[key])}" for key in values
    ]
    return "\n".join([f"[{name}]", *lines, ""])
