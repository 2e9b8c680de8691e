"""Every command that README.md names is there."""

import re
from pathlib import Path

import pytest
import typer

ROOT = Path(__file__).parents[2]


def code_in(markdown: str) -> str:
    """What stands in fences and between backticks, so that prose ("make sure") does not count."""
    fences = re.findall(r"^```.*?\n(.*?)^```", markdown, flags=re.MULTILINE | re.DOTALL)
    rest = re.sub(r"^```.*?^```", "", markdown, flags=re.MULTILINE | re.DOTALL)
    return "\n".join([*fences, *re.findall(r"`([^`]+)`", rest)])


def make_targets_named(markdown: str) -> set[str]:
    return set(re.findall(r"\bmake ([a-z][\w-]*)", code_in(markdown)))


def targets(makefile: str) -> set[str]:
    return set(re.findall(r"^([a-z][\w-]*):(?!=)", makefile, flags=re.MULTILINE))


def verbs_named(markdown: str) -> dict[str, set[str]]:
    """Verb -> the options that README gives it: in commands, and in the table of verbs."""
    commands = re.findall(r"python -m autograder ([a-z].*)", code_in(markdown))
    rows = re.findall(r"^\| `([a-z]+(?: [^`]*)?)` \|", markdown, flags=re.MULTILINE)
    found: dict[str, set[str]] = {}
    for line in [*commands, *rows]:
        verb = line.split()[0]
        found.setdefault(verb, set()).update(re.findall(r"--[a-z][a-z-]*", line))
    return found


def verbs_of(app: typer.Typer) -> dict[str, set[str]]:
    """Verb -> the options that the command line really has."""
    group = typer.main.get_command(app)
    assert isinstance(group, typer.core.TyperGroup)
    return {verb: options(command) for verb, command in group.commands.items()}


def options(command: typer.core.TyperCommand | typer.core.TyperGroup) -> set[str]:
    """Those of a verb, and of the verbs that it is made of."""
    own = {option for parameter in command.params for option in parameter.opts}
    parts = command.commands.values() if isinstance(command, typer.core.TyperGroup) else ()
    return own.union(*map(options, parts))


def missing(named: dict[str, set[str]], there: dict[str, set[str]]) -> list[str]:
    """Verbs and options that are named and not there."""
    verbs = [verb for verb in named if verb not in there]
    options = [f"{v} {o}" for v in named if v in there for o in sorted(named[v] - there[v])]
    return verbs + options


def test_make_commands_exist() -> None:
    named = make_targets_named((ROOT / "README.md").read_text())
    assert {"demo", "test", "lab", "release"} <= named
    assert named <= targets((ROOT / "Makefile").read_text())


def test_verbs_and_options_exist() -> None:
    from autograder.cli import app

    named = verbs_named((ROOT / "README.md").read_text())
    assert missing(named, verbs_of(app)) == []


def test_every_verb_is_explained() -> None:
    from autograder.cli import app

    assert verbs_of(app).keys() <= verbs_named((ROOT / "README.md").read_text()).keys()


def test_named_files_exist() -> None:
    named = re.findall(r"^\| `([\w./]+)` \|", (ROOT / "README.md").read_text(), flags=re.MULTILINE)
    paths = [name for name in named if "/" in name or "." in name]
    assert "course/" in paths
    assert [path for path in paths if not (ROOT / path).exists()] == []


BAD = """Please make sure of it. Run `make coffee`, or:

```sh
python -m autograder brew --sugar 2
make tea PYTHON=python3
```

| verb | does |
|---|---|
| `grade NAME [--json FILE] [--milk]` | grades |
| `folder/` | no verb |
| `file.py` | no verb either |
"""


def test_what_is_named_is_found() -> None:
    assert make_targets_named(BAD) == {"coffee", "tea"}
    assert verbs_named(BAD) == {"brew": {"--sugar"}, "grade": {"--json", "--milk"}}


def test_targets_are_found() -> None:
    makefile = "BIN := x\ntea: water ## Boil\nlater:=1\n.PHONY: tea\n\tnot: this\n"
    assert targets(makefile) == {"tea"}


@pytest.mark.parametrize("verb", ["brew", "grade --milk"])
def test_missing_verbs_and_options_are_found(verb: str) -> None:
    app = typer.Typer()

    @app.command()
    def grade(json: str = "") -> None: ...

    @app.command()
    def release() -> None: ...

    assert verb in missing(verbs_named(BAD), verbs_of(app))
    assert "grade --json" not in missing(verbs_named(BAD), verbs_of(app))
