"""pyproject.toml, environment.yml and constraints.txt agree on names and versions of packages."""

import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import Specifier, SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[2]
CONDA_NAMES = {"pytorch": "torch"}
CONDA_ONLY = {"python", "pip", "bubblewrap"}

Ranges = dict[str, SpecifierSet]


def ranges(lines: list[str]) -> Ranges:
    """Package name -> versions allowed, from lines such as ``numpy>=2,<3``."""
    requirements = [Requirement(line) for line in lines]
    return {canonicalize_name(r.name): r.specifier for r in requirements}


def pyproject() -> Ranges:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = [line for lines in project["optional-dependencies"].values() for line in lines]
    return ranges([*project["dependencies"], *extras])


def environment() -> Ranges:
    document = yaml.safe_load((ROOT / "environment.yml").read_text())
    (by_pip,) = [part["pip"] for part in document["dependencies"] if isinstance(part, dict)]
    lines = [*document["dependencies"], *by_pip]
    found = ranges([x for x in lines if isinstance(x, str) and not x.startswith("-")])
    return {
        CONDA_NAMES.get(name, name): specifier
        for name, specifier in found.items()
        if name not in CONDA_ONLY
    }


def pins(text: str) -> dict[str, Version]:
    """Package name -> its one version; anything but ``name==version`` raises ``ValueError``."""
    found: dict[str, Version] = {}
    for line in filter(None, (line.partition("#")[0].strip() for line in text.splitlines())):
        requirement = Requirement(line)
        specifiers = list(requirement.specifier)
        if [s.operator for s in specifiers] != ["=="] or specifiers[0].version.endswith(".*"):
            raise ValueError(f"not an exact pin: {line}")
        found[canonicalize_name(requirement.name)] = Version(specifiers[0].version)
    return found


def versions_named(specifier: Specifier) -> list[Version]:
    """The version that a specifier names, and one just above it."""
    version = Version(specifier.version.removesuffix(".*"))
    return [version, Version(f"{version}.0.1")]


def same_versions(one: SpecifierSet, other: SpecifierSet) -> bool:
    """Whether two ranges allow the same versions: judged at 0, and at and above each bound."""
    probes = [v for specifier in (*one, *other) for v in versions_named(specifier)]
    return all((probe in one) == (probe in other) for probe in [Version("0"), *probes])


def differences(one: Ranges, other: Ranges) -> list[str]:
    """What two sets of requirements disagree about: missing names and unlike ranges."""
    missing = [f"{name}: only in one" for name in sorted(one.keys() ^ other.keys())]
    unlike = [
        f"{name}: {one[name]} and {other[name]}"
        for name in sorted(one.keys() & other.keys())
        if not same_versions(one[name], other[name])
    ]
    return missing + unlike


def outside(required: Ranges, pinned: dict[str, Version]) -> list[str]:
    """Requirements that have no pin, or one that they do not allow."""
    return [
        f"{name}{specifier}: pinned {pinned.get(name, 'nowhere')}"
        for name, specifier in required.items()
        if name not in pinned or pinned[name] not in specifier
    ]


def test_environment_asks_for_what_pyproject_asks_for() -> None:
    assert differences(pyproject(), environment()) == []


def test_environment_asks_for_the_same_python() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    document = yaml.safe_load((ROOT / "environment.yml").read_text())
    asked = ranges([line for line in document["dependencies"] if isinstance(line, str)])["python"]
    assert same_versions(asked, SpecifierSet(project["requires-python"]))


def test_constraints_satisfy_pyproject() -> None:
    assert outside(pyproject(), pins((ROOT / "constraints.txt").read_text())) == []


def test_constraints_leave_platform_packages_to_torch() -> None:
    pinned = pins((ROOT / "constraints.txt").read_text())
    assert not [n for n in pinned if n.startswith(("nvidia-", "cuda-")) or n == "triton"]


@pytest.mark.parametrize(
    "other",
    [
        ["numpy>=2,<3"],
        ["numpy>=2,<3", "torch>=2.6,<3", "pandas"],
        ["numpy>=2,<3", "torch>=2.7,<3"],
        ["numpy>=2,<3", "torch>=2.6"],
        ["numpy>=2,<3", "torch>2.6,<3"],
        ["numpy>=2,<3", "torch>=2.6,<=3"],
        ["numpy>=2,<3,!=2.1", "torch>=2.6,<3"],
    ],
)
def test_differences_are_found(other: list[str]) -> None:
    assert differences(ranges(["numpy>=2,<3", "torch>=2.6,<3"]), ranges(other))


def test_ranges_written_in_another_order_are_the_same() -> None:
    assert differences(ranges(["numpy>=2,<3"]), ranges(["NumPy <3.0, >=2.0"])) == []


@pytest.mark.parametrize("text", ["", "torch==2.5.0", "torch==3.0", "torchvision==2.15.0"])
def test_missing_and_unfit_pins_are_found(text: str) -> None:
    assert outside(ranges(["torch>=2.6,<3"]), pins(text))


@pytest.mark.parametrize("line", ["a>=2.6", "a", "a==2.*", "a==2.6,<3", "a~=2.6"])
def test_a_pin_is_one_version(line: str) -> None:
    with pytest.raises(ValueError, match="not an exact pin"):
        pins(line)
