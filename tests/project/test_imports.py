"""Who may import whom: notebooks -> course; autograder -> course; course -> nothing of ours."""

import ast
import json
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
OURS = {"course", "autograder", "tests", "nbgrader_config"}
# Jupyter's own parts: nbgrader's interface is made of them, and it brings them along.
WITH_NBGRADER = {"ipykernel", "ipython", "jupyter-client", "nbclient", "nbconvert", "nbformat"}
WITH_NBGRADER |= {"sqlalchemy", "traitlets"}


def imports(node: ast.AST) -> set[str]:
    """Every module that is imported anywhere in the code, or asked for by ``import_module``."""
    found: set[str] = set()
    for inner in ast.walk(node):
        match inner:
            case ast.Import():
                found.update(alias.name for alias in inner.names)
            case ast.ImportFrom(module=str(module), level=0):
                found.add(module)
            case ast.Call(
                func=ast.Name(id="__import__" | "import_module")
                | ast.Attribute(attr="import_module"),
                args=[ast.Constant(value=str(name)), *_],
            ):
                found.add(name)
    return found


def imports_at_once(node: ast.AST) -> set[str]:
    """Modules imported when the file itself is: not in functions, nor for type checkers alone."""
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            return set()
        case ast.Import() | ast.ImportFrom():
            return imports(node)
        case ast.If(test=ast.Name(id="TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING")):
            children: list[ast.AST] = [*node.orelse]
        case _:
            children = [*ast.iter_child_nodes(node)]
    return {module for child in children for module in imports_at_once(child)}


def packages(modules: set[str]) -> set[str]:
    """Top-level packages of modules: ``course.data`` -> ``course``."""
    return {module.partition(".")[0] for module in modules}


def code_of(path: Path) -> ast.Module:
    """The parsed code of a Python file or of a notebook, without IPython's own lines."""
    text = path.read_text()
    if path.suffix == ".ipynb":
        cells = [c["source"] for c in json.loads(text)["cells"] if c["cell_type"] == "code"]
        lines = "\n".join("".join(cell) for cell in cells).splitlines()
        text = "\n".join(line for line in lines if not line.lstrip().startswith(("%", "!")))
    return ast.parse(text, str(path))


def breaches(root: Path, pattern: str, allowed: set[str]) -> list[str]:
    """Files that import some of our packages other than the allowed ones."""
    files = sorted(root.glob(pattern))
    assert files, f"nothing to look at: {pattern}"
    unwanted = {path: packages(imports(code_of(path))) & OURS - allowed for path in files}
    return [f"{path}: {', '.join(names)}" for path, names in unwanted.items() if names]


def undeclared(modules: set[str], declared: set[str]) -> set[str]:
    """Packages of others that no declared distribution holds."""
    holders = packages_distributions()
    foreign = packages(modules) - sys.stdlib_module_names - OURS
    return {m for m in foreign if not {*map(canonicalize_name, holders.get(m, []))} & declared}


@pytest.mark.parametrize(
    ("pattern", "allowed"),
    [
        ("course/**/*.py", {"course"}),
        ("source/*/*.ipynb", {"course"}),
        ("release/*/*.ipynb", {"course"}),
        ("autograder/**/*.py", {"course", "autograder"}),
        ("nbgrader_config.py", {"autograder"}),
    ],
)
def test_arrows_hold(pattern: str, allowed: set[str]) -> None:
    assert breaches(ROOT, pattern, allowed) == []


def test_torchvision_is_imported_only_when_it_is_needed() -> None:
    files = [*ROOT.glob("course/**/*.py"), *ROOT.glob("autograder/**/*.py")]
    assert files
    assert [f for f in files if "torchvision" in packages(imports_at_once(code_of(f)))] == []


@pytest.mark.parametrize("folder", ["course", "autograder", "source"])
def test_what_is_imported_is_asked_for(folder: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    declared = {canonicalize_name(Requirement(line).name) for line in project["dependencies"]}
    files = [*(ROOT / folder).rglob("*.py"), *(ROOT / folder).rglob("*.ipynb")]
    assert files
    used = {module for path in files for module in imports(code_of(path))}
    assert undeclared(used, declared | WITH_NBGRADER) == set()


def test_undeclared_packages_are_found() -> None:
    used = {"os.path", "course.data", "sklearn.datasets", "yaml", "no_such_package"}
    assert undeclared(used, {"scikit-learn"}) == {"yaml", "no_such_package"}


@pytest.mark.parametrize(
    ("module", "slow"),
    [
        ("course", {"torchvision", "matplotlib", "sklearn"}),
        ("course.data", {"torchvision", "matplotlib", "sklearn"}),
        ("autograder.cli", {"torchvision", "matplotlib", "sklearn"}),
    ],
)
def test_imports_stay_light(module: str, slow: set[str]) -> None:
    code = f"import sys, {module}; print(*sys.modules)"
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = packages(set(run.stdout.split()))
    assert module.partition(".")[0] in loaded
    assert not loaded & slow


@pytest.mark.parametrize(
    "code",
    [
        "import autograder",
        "import os, autograder.cli as cli",
        "from autograder.cli import app",
        "def f():\n    from autograder import cli",
        "try:\n    import autograder\nexcept ImportError:\n    pass",
        "importlib.import_module('autograder.cli')",
        "__import__('autograder')",
    ],
)
def test_every_way_to_break_an_arrow_is_seen(code: str, tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text(code)
    cells = [{"cell_type": "code", "source": ["%matplotlib inline\n", code]}]
    (tmp_path / "bad.ipynb").write_text(json.dumps({"cells": cells}))
    for name in ("bad.py", "bad.ipynb"):
        assert breaches(tmp_path, name, {"course"}) == [f"{tmp_path / name}: autograder"]


def test_what_is_no_import_of_ours_is_let_through(tmp_path: Path) -> None:
    good = "import numpy, course.data\nfrom . import autograder\ntext = 'import autograder'"
    (tmp_path / "good.py").write_text(good)
    assert breaches(tmp_path, "good.py", {"course"}) == []


@pytest.mark.parametrize(
    "code",
    [
        "import torchvision",
        "from torchvision import datasets",
        "if True:\n    import torchvision.datasets",
        "try:\n    x = 1\nexcept OSError:\n    import torchvision",
        "class A:\n    import torchvision",
        "with a:\n    match b:\n        case 1:\n            import torchvision",
        "if TYPE_CHECKING:\n    pass\nelse:\n    import torchvision",
    ],
)
def test_imports_at_once_are_seen(code: str) -> None:
    assert packages(imports_at_once(ast.parse(code))) == {"torchvision"}


@pytest.mark.parametrize(
    "code",
    [
        "def f():\n    import torchvision",
        "class A:\n    async def f(self):\n        import torchvision",
        "if a:\n    def f():\n        if b:\n            import torchvision",
        "if typing.TYPE_CHECKING:\n    import torchvision",
    ],
)
def test_late_imports_are_let_through(code: str) -> None:
    assert imports_at_once(ast.parse(code)) == set()
