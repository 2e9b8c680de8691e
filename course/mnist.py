"""Where MNIST comes from: the disk, or through torchvision the network."""

from __future__ import annotations

import os
import socket
from collections.abc import Sequence
from http.client import HTTPException
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from urllib.request import urlopen

from torch import Tensor

__all__ = ["locate", "read"]

CACHE = "~/.cache/forget-me-not"
PATIENCE = 5.0  # seconds to wait for an answer from the network
BYTES = {
    "train-images-idx3-ubyte": 47_040_016,
    "train-labels-idx1-ubyte": 60_008,
    "t10k-images-idx3-ubyte": 7_840_016,
    "t10k-labels-idx1-ubyte": 10_008,
}


def locate(root: str | Path | None, *, download: bool) -> Path:
    """The folder in which ``MNIST/raw`` holds the four files, downloaded there if need be.

    Looks under ``root``, the environment variable ``COURSE_DATA_DIR`` and the user's cache, in this
    order; downloads to the first of them that is given. Raises ``FileNotFoundError``, in one line,
    when MNIST is not there and not to be had. Never touches the network unless ``download``.
    """
    wanted = (root, os.environ.get("COURSE_DATA_DIR"), CACHE)
    folders = [Path(folder).expanduser() for folder in wanted if folder]
    for folder in folders:
        if all(_size(folder / "MNIST" / "raw" / name) == size for name, size in BYTES.items()):
            return folder
    if not download:
        looked = ", ".join(map(str, folders))
        raise FileNotFoundError(f"MNIST is not on disk (its four files, whole, under {looked})")
    try:
        _download(folders[0])
    except (OSError, RuntimeError, HTTPException) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise FileNotFoundError(
            f"MNIST is not on disk and cannot be downloaded to {folders[0]} ({reason})"
        ) from None
    return folders[0]


def read(folder: Path, *, train: bool) -> tuple[Tensor, Tensor]:
    """Images (n, 28, 28) uint8 and labels (n,) int64, on the CPU."""
    from torchvision.datasets import MNIST  # slow to import, so only where it is needed

    rows = MNIST(folder, train=train, download=False)
    return rows.data, rows.targets


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else -1


def _download(folder: Path) -> None:
    """All four files, or none: what an interruption leaves is not taken for MNIST later."""
    from torchvision.datasets import MNIST

    file, _ = MNIST.resources[-1]
    _reach([mirror + file for mirror in MNIST.mirrors])
    raw = folder / "MNIST" / "raw"
    raw.mkdir(parents=True, exist_ok=True)
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(PATIENCE)  # torchvision sets none
    try:
        with TemporaryDirectory(dir=folder) as temporary:
            arrived = Path(MNIST(temporary, download=True).raw_folder)
            for name in BYTES:
                (arrived / name).replace(raw / name)
    finally:
        socket.setdefaulttimeout(before)


def _reach(addresses: Sequence[str]) -> None:
    """Raises ``OSError`` unless one of the addresses answers soon.

    Asked in a thread of its own: to look up a name, or to try one after another of a server's
    addresses, can take far longer than any time limit that a socket knows.
    """
    problems: list[str] = []
    answers: list[str] = []

    def ask() -> None:
        for address in addresses:
            try:
                urlopen(address, timeout=PATIENCE).close()
            except (OSError, HTTPException) as problem:
                problems.append(str(problem))
            else:
                answers.append(address)
                return

    thread = Thread(target=ask, daemon=True)
    thread.start()
    thread.join(PATIENCE)
    if not answers:
        raise OSError(problems[0] if problems else f"no answer within {PATIENCE:.0f} seconds")
