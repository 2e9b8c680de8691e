"""README's commands, run in their order on a copy of the project."""

import json
import os
import re
import signal
import subprocess
from urllib.request import urlopen

import nbformat
import pytest

from tests.autograder.classes import ID, some
from tests.browser.servers import TOKEN, free_port, wait_for
from tests.project.copied import ROOT, Copy, blocks

ON_YOUR_OWN = dict(blocks((ROOT / "README.md").read_text()))["On your own: first steps"]
STORY = ("make help", "make lab", *ON_YOUR_OWN.splitlines(), "make clean")


@pytest.fixture(scope="module")
def told(tmp_path_factory, bubblewrap):
    """A copy of the project in which README's story was told."""
    copy = Copy(tmp_path_factory.mktemp("first-steps"))
    copy.set_up()
    for command in STORY:
        if command == "make lab":
            look_into_the_lab(copy)
        else:
            copy.run("README.md", command)
    return copy


def look_into_the_lab(copy):
    """Runs ``make lab`` until its server answers; then a student answers one exercise."""
    address = f"http://127.0.0.1:{free_port()}"
    server = {"port": int(address.rpartition(":")[2]), "open_browser": False, "allow_root": True}
    settings = {"ServerApp": server, "IdentityProvider": {"token": TOKEN}}
    (copy.home / ".jupyter" / "jupyter_server_config.json").write_text(json.dumps(settings))
    log = copy.home / "log"
    with log.open("w") as file:
        process = subprocess.Popen(
            ["make", "lab"],
            cwd=copy.root,
            env=copy.environment | {"BROWSER": "true"},  # a program that opens nothing
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            wait_for(address, process, log)
            with urlopen(f"{address}/api/contents/my-work?token={TOKEN}") as answer:
                shown = {entry["name"] for entry in json.load(answer)["content"]}
            with urlopen(f"{address}/lab/tree/my-work?token={TOKEN}") as answer:
                assert answer.status == 200
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait()
    assert shown == {path.name for path in (ROOT / "release").iterdir()}
    nbformat.write(some("relabel"), copy.root / "my-work" / ID / f"{ID}.ipynb")


def test_the_story_goes_to_its_end(told):
    said = {command: text for _, command, text in told.said}
    assert "make lab " in said["make help"]
    assert re.search(r"\bme\b.*\b2\b", said[ON_YOUR_OWN.splitlines()[-1]])
    # `make clean` was the last: nobody's work is gone.
    assert not (told.root / ".venv").exists()
    for kept in (f"my-work/{ID}", f"submitted/me/{ID}", "gradebook.db", f"release/{ID}"):
        assert (told.root / kept).exists()
