"""Real JupyterLab servers, each with a home, a folder and a port of its own."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

TOKEN = "first-hour"
STARTS = 600  # seconds that a server may take, on a machine that has much else to do
# No question about news, which would cover a corner of the page and ask the network.
NEWS = Path(
    ".jupyter/lab/user-settings/@jupyterlab/apputils-extension/notification.jupyterlab-settings"
)


@contextmanager
def jupyter_lab(folder, home):
    """JupyterLab on ``folder``: gives its address."""
    (home / NEWS).parent.mkdir(parents=True)
    (home / NEWS).write_text(json.dumps({"fetchNews": "false"}))
    port = free_port()
    command = [sys.executable, "-m", "jupyterlab", "--allow-root", "--no-browser"]
    command += [f"--ServerApp.port={port}", f"--IdentityProvider.token={TOKEN}"]
    command += [f"--ServerApp.root_dir={folder}", "--ServerApp.log_level=WARN"]
    address = f"http://127.0.0.1:{port}"
    with (home / "log").open("w") as log:
        process = subprocess.Popen(
            command, cwd=folder, env=environment(home), stdout=log, stderr=subprocess.STDOUT
        )
        try:
            wait_for(address, process, home / "log")
            yield address
        finally:
            process.terminate()
            process.wait()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def environment(home):
    """Settings of nobody's but ``home``; the small digits; this Python's programs first."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    kept = {name: value for name, value in os.environ.items() if not name.startswith("JUPYTER")}
    return kept | {"HOME": str(home), "PATH": path, "COURSE_DATASET": "digits"}


def wait_for(address, process, log):
    for _ in range(STARTS * 10):
        assert process.poll() is None, log.read_text()
        try:
            urllib.request.urlopen(f"{address}/api/status?token={TOKEN}").close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(log.read_text())
