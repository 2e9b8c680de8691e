"""What the package offers: a name that goes or comes is a change that somebody has to mean."""

import tomllib
from importlib import import_module
from pathlib import Path

import pytest

import course

ROOT = Path(__file__).parents[2]

PUBLIC = {
    "course": {"check", "progress"},
    "course.checks": {"check"},
    "course.display": {"show"},
    "course.overview": {"progress"},
    "course.arena": {
        *("MEMORY", "SMALL_CHANGE", "Practice", "practise", "between", "ends", "presented"),
        *("allowed_bytes", "network_bytes", "stream", "weigh"),
    },
    "course.device": {"choose_device", "generator", "seed_everything"},
    "course.data": {
        *("Dataset", "Task", "load"),
        *("digit_pairs", "even_odd", "split", "permuted", "joint"),
    },
    "course.mnist": {"locate", "read"},
    "course.models": {"MLP"},
    "course.training": {"accuracy", "make_optimizer", "make_train_on", "train"},
    "course.population": {"Population", "members_of", "stacked"},
    "course.losses": {"batch_loss"},
    "course.fitting": {"check_rows", "check_training"},
    "course.fisher": {"empirical_diagonal", "fisher_diagonal"},
    "course.penalties": {"quadratic"},
    "course.methods": {
        *("HIDDEN", "METHODS", "TRAINING", "Method", "Outputs", "Training", "make", "run"),
    },
    "course.metrics": {
        *("accuracy_matrix", "average_accuracy", "backward_transfer", "forgetting"),
    },
    "course.plots": {
        *("accuracy_over_tasks", "bars", "curves", "frontier", "heat_map", "images"),
        *("agreement", "expected_band", "importance", "landscape", "leaderboard", "outcomes"),
    },
}


@pytest.mark.parametrize("name", PUBLIC)
def test_public_names(name: str) -> None:
    module = import_module(name)
    assert set(module.__all__) == PUBLIC[name]
    assert all(getattr(module, public).__doc__ for public in module.__all__)


def test_every_module_and_package_is_pinned() -> None:
    files = {f"course.{path.stem}" for path in (ROOT / "course").glob("*.py")}
    packages = {f"course.{path.parent.name}" for path in (ROOT / "course").glob("*/__init__.py")}
    assert files - {"course.__init__"} | packages == set(PUBLIC) - {"course"}


def test_one_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert course.__version__ == project["version"]
