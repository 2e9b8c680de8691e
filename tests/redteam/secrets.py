"""What no submission may see: bits of hidden tests, of the catalogue and of the solutions."""

import re
import sys
from functools import cache
from pathlib import Path

from autograder import bubblewrap
from autograder.assignments import FORGETTING
from autograder.submissions import right_answers, untouched


@cache
def needles():
    """Texts that stand in hidden files only: long names of tests and lines of code."""
    suite = FORGETTING.suite.read_text()
    names = sorted(set(re.findall(r"def (test_\w{12,})", suite)), key=len)[-8:]
    catalogue = (bubblewrap.PACKAGE / "misconceptions" / "misconceptions_01_step.py").read_text()
    solutions = "\n".join(_code(answer) for answer in right_answers(FORGETTING).values())
    given = "\n".join(cell.source for cell in untouched(FORGETTING).cells)
    found = [*names, *_lines(catalogue, given), *_lines(solutions, given)]
    assert len(found) == 24
    return found


def _code(answer):
    """An answer without its docstring, which students have too."""
    return re.sub(r'""".*?"""', "", answer, flags=re.DOTALL)


def _lines(text, given):
    """The eight longest lines of code that no student was given."""
    lines = {line.strip() for line in text.splitlines()}
    return sorted((line for line in lines if line not in given), key=len)[-8:]


# Looks for parts of needles, so that it does not find itself, and reports what it found.
SEARCH = '''
import os, re, sys

def contained(data, needles):
    """Needles in ``data``, each turned round; none is ever put together that was not there."""
    found = set()
    for head, tail in needles:
        at = data.find(tail)
        while at >= 0:
            if data[max(at - len(head), 0):at] == head:
                found.add((head + tail).decode()[::-1])
                break
            at = data.find(tail, at + 1)
    return found

def in_memory(needles):
    """Needles in this process's writable memory."""
    found = set()
    with open("/proc/self/maps") as maps, open("/proc/self/mem", "rb", 0) as memory:
        for line in maps:
            start, end = (int(word, 16) for word in line.split()[0].split("-"))
            if "rw" not in line.split()[1] or "/usr" in line or end - start > 1 << 30:
                continue
            try:
                memory.seek(start)
                data = memory.read(end - start)
            except (OSError, ValueError, OverflowError):
                continue
            found |= contained(data, needles)
            del data
    return found

def in_files(needles):
    """Needles in files outside the system's folders, and names that should not be there."""
    found = set()
    skipped = ("/proc", "/sys", "/usr", "/lib", "/lib64", "/bin", "/sbin", *LIBRARIES)
    for folder, folders, files in os.walk("/"):
        folders[:] = [d for d in folders if os.path.join(folder, d) not in skipped]
        for name in files:
            path = os.path.join(folder, name)
            if re.search(r"suite_\\d|misconceptions_|gradebook[.]db|[.]ipynb$", name):
                found.add(path)
            if not os.path.isfile(path):  # a device may give without end, or never
                continue
            try:
                with open(path, "rb") as file:
                    data = file.read(1 << 20)
            except OSError:
                continue
            found |= {path for needle in contained(data, needles)}
    return found
'''


def search(wanted):
    """Code that defines ``needles`` for what ``SEARCH`` defines: (head, tail), each as bytes."""
    pairs = [(needle[:4].encode(), needle[4:].encode()) for needle in wanted]
    libraries = (
        sys.prefix,
        sys.base_prefix,
        str(Path(sys.prefix).resolve()),
    )
    return f"LIBRARIES = {sorted(set(libraries))!r}\nneedles = {pairs!r}\n{SEARCH}"
