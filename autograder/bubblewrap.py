"""Command lines and environments for bubblewrap: the walls around a student's code."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path

PACKAGE = Path(__file__).parent
COURSE = PACKAGE.parent / "course"
HOME = "/home/student"
LIBRARIES = "/grading"
SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib64", "/lib32")
PRIVATE = ("/dev/shm", "/tmp", HOME)  # folders in memory, for the student's code to write to
NURSERY_FILES = 16 << 20  # bytes in each folder of a nursery, for what its imports write


def trial() -> list[str]:
    """A command that succeeds where sandboxes can be made."""
    return [*_single(), *_system_mounts(), "--", "/usr/bin/true"]


def single(private_files: int, hidden_modules: tuple[str, ...], filter_at: int) -> list[str]:
    """Walls around one process, which cannot make namespaces of its own.

    ``private_files`` is the size of each private folder; ``hidden_modules`` of ``course`` cannot be
    imported; ``filter_at`` is the descriptor of the filter of system calls.
    """
    return [
        *_single(),
        *("--seccomp", str(filter_at)),
        *_system_mounts(),
        *("--proc", "/proc"),
        *("--tmpfs", "/proc/sys", "--remount-ro", "/proc/sys"),  # root may write it
        *_rest(private_files, hidden_modules),
    ]


def nursery(hidden_modules: tuple[str, ...]) -> list[str]:
    """Walls around a nursery, which makes further namespaces for each agent that it forks."""
    # Its user is root in there, by name: bwrap then leaves it the power over its own mounts.
    user = ("--uid", "0", "--gid", "0")
    powers = ("--cap-drop", "ALL", "--cap-add", "CAP_SYS_ADMIN", "--cap-add", "CAP_SETFCAP")
    return [
        *("bwrap", "--unshare-all", "--unshare-user", "--die-with-parent", "--new-session"),
        *(*user, *powers, "--hostname", "sandbox"),
        *_system_mounts(),
        *("--proc", "/proc"),
        *_rest(NURSERY_FILES, hidden_modules),
    ]


def environment(libraries: str) -> dict[str, str]:
    """All variables that a student's code sees; ``libraries`` is where Python looks first."""
    return {
        "PATH": "/usr/bin:/bin",
        "HOME": HOME,
        "LANG": "C.UTF-8",
        "PYTHONPATH": libraries,
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",  # sets have one order: who is graded again gets the same
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "CUDA_VISIBLE_DEVICES": "",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "MPLCONFIGDIR": "/tmp/matplotlib",
        "IPYTHONDIR": "/tmp/ipython",
        "NBGRADER_EXECUTION": "autograde",
    }


def prefixes(folders: tuple[str, ...] = ("/",)) -> list[str]:
    """Where the interpreter and its packages lie outside of /usr, if under one of ``folders``."""
    known = {os.path.realpath(p) for p in (sys.base_prefix, sys.prefix)} | {sys.prefix}
    return sorted(
        prefix
        for prefix in known
        if not Path(prefix).is_relative_to("/usr")
        and any(Path(prefix).is_relative_to(folder) for folder in folders)
    )


def _single() -> list[str]:
    return [
        *("bwrap", "--unshare-all", "--unshare-user", "--disable-userns", "--die-with-parent"),
        *("--new-session", "--cap-drop", "ALL", "--uid", "1000", "--gid", "1000"),
        *("--hostname", "sandbox"),
    ]


def _rest(private_files: int, hidden_modules: tuple[str, ...]) -> list[str]:
    private = [["--size", str(private_files), "--tmpfs", folder] for folder in PRIVATE]
    return [
        *("--dev", "/dev"),
        *(word for words in private for word in words),
        *_python_mounts(),  # after /tmp, which they may lie under
        *_course_mounts(hidden_modules),
        *("--remount-ro", "/dev", "--remount-ro", "/", "--chdir", HOME),
    ]


def _system_mounts() -> list[str]:
    mounts: list[str] = []
    for path in SYSTEM:
        if os.path.islink(path):
            mounts += ["--symlink", os.readlink(path), path]
        elif os.path.isdir(path):
            mounts += ["--ro-bind", path, path]
    for path in ("/etc/ld.so.cache", "/etc/localtime"):
        mounts += ["--ro-bind-try", path, path]
    return mounts


def _python_mounts() -> list[str]:
    """The interpreter and its packages; of this project only what a student has, too."""
    mounts: list[str] = []
    for prefix in prefixes():
        mounts += ["--ro-bind", prefix, prefix]
    for secret in (PACKAGE, PACKAGE.parent / "source", *_data()):
        if any(secret.is_relative_to(prefix) for prefix in (*prefixes(), "/usr")):
            mounts += ["--tmpfs", str(secret)]
    return mounts


def _data() -> list[Path]:
    """Data files that packages bring with them, the digits among them."""
    spec = importlib.util.find_spec("sklearn")
    found = spec.submodule_search_locations if spec else None
    folders = (Path(place, "datasets", "data") for place in found or ())
    return [folder for folder in folders if folder.is_dir()]


def _course_mounts(hidden_modules: tuple[str, ...]) -> list[str]:
    mounts = ["--ro-bind", str(PACKAGE / "inside"), f"{LIBRARIES}/inside"]
    mounts += ["--ro-bind", str(COURSE), f"{LIBRARIES}/course"]
    if (COURSE / "__pycache__").is_dir():  # compiled copies of hidden modules
        mounts += ["--tmpfs", f"{LIBRARIES}/course/__pycache__"]
    for module in hidden_modules:
        mounts += _hidden(module)
    return mounts


def _hidden(module: str) -> list[str]:
    """Puts a stand-in over a module; over a package, with nothing else left in it."""
    stand_in = str(PACKAGE / "inside" / "hidden.py")
    place = f"{LIBRARIES}/course/{module}"
    if not (COURSE / module).is_dir():
        return ["--ro-bind", stand_in, f"{place}.py"]
    inside = ["--ro-bind", stand_in, f"{place}/__init__.py"]
    return ["--tmpfs", place, *inside, "--remount-ro", place]
