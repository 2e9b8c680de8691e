"""What no file of the project may hold: outputs of notebooks, hosts of package registries."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = [".ci", "autograder", "course", "docs", "release", "scripts", "source", "tests"]
TEXT = {"", ".html", ".ipynb", ".json", ".md", ".py", ".toml", ".txt", ".yml"}

# In two parts each, so that this file does not hold them itself.
HOSTS = ["pypi" + ".org", "python" + "hosted.org", "pytorch" + ".org/whl", "anaconda" + ".org"]
HOSTS += ["npmjs" + ".org", "deb.debian" + ".org", "proxy.golang" + ".org"]
OPTIONS = ["--index" + "-url", "--extra-index" + "-url", "--find" + "-links"]
REGISTRY = re.compile("|".join(re.escape(word) for word in HOSTS + OPTIONS), re.IGNORECASE)


def outputs(path: Path) -> list[str]:
    """Code cells of a notebook that are stored with outputs or with an execution count."""
    cells = json.loads(path.read_text())["cells"]
    return [
        f"{path}: cell {index}"
        for index, cell in enumerate(cells)
        if cell["cell_type"] == "code" and (cell["outputs"] or cell["execution_count"] is not None)
    ]


def text_files() -> Iterator[Path]:
    """The project's own text files: not what a set-up or a class left beside them."""
    top = [path for path in ROOT.iterdir() if path.is_file()]
    below = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*") if path.is_file()]
    caches = {"__pycache__", ".ipynb_checkpoints"}
    return (p for p in [*top, *below] if p.suffix in TEXT and not caches & {*p.parts})


def registries(path: Path) -> list[str]:
    """Lines that name a registry's host, or pass one on to an installer."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [f"{path}:{n}: {line}" for n, line in enumerate(lines, 1) if REGISTRY.search(line)]


def test_notebooks_are_stored_without_outputs() -> None:
    notebooks = [*ROOT.glob("source/*/*.ipynb"), *ROOT.glob("release/*/*.ipynb")]
    assert len(notebooks) >= 2
    assert [found for path in notebooks for found in outputs(path)] == []


def test_no_file_names_a_registry() -> None:
    files = list(text_files())
    assert {ROOT / "constraints.txt", ROOT / ".ci" / "run", Path(__file__)} <= set(files)
    assert [found for path in files for found in registries(path)] == []


@pytest.mark.parametrize(
    "cell", [{"outputs": [{}], "execution_count": None}, {"outputs": [], "execution_count": 1}]
)
def test_stored_outputs_are_found(cell: dict[str, object], tmp_path: Path) -> None:
    clean = {"cell_type": "code", "outputs": [], "execution_count": None}
    cells = [{"cell_type": "markdown"}, clean, {"cell_type": "code", **cell}]
    path = tmp_path / "bad.ipynb"
    path.write_text(json.dumps({"cells": cells}))
    assert outputs(path) == [f"{path}: cell 2"]


@pytest.mark.parametrize("word", [*HOSTS, *OPTIONS])
def test_registries_are_found(word: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.txt"
    path.write_text(f"first\nsee {word.upper()} there\n")
    assert len(registries(path)) == 1
