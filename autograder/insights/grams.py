"""What an answer is made of, whatever its names, comments and layout: short runs of its tokens."""

from __future__ import annotations

import re
from functools import lru_cache

from pygments.lexers import PythonLexer
from pygments.token import Comment, Name, String, Whitespace

LENGTH = 8  # tokens in a run
LONGEST = 32 << 10  # characters of a cell that are read; what is longer is flagged anyway
WORD = re.compile(r"\w+")


@lru_cache(maxsize=1024)  # many hand in the same: nothing at all, or what the solution says
def grams(text: str, code: bool = True) -> frozenset[int]:
    """The runs of ``LENGTH`` tokens in code, or of as many words in prose, each as a hash.

    A name that is no attribute, no built-in and no keyword counts as the place where it first
    stood in its run, so renaming changes nothing.
    """
    text = text[:LONGEST]
    tokens = _tokens(text) if code else [(word.casefold(), False) for word in WORD.findall(text)]
    starts = range(len(tokens) - LENGTH + 1)
    return frozenset(_run(tokens[start : start + LENGTH]) for start in starts)


def _tokens(code: str) -> list[tuple[str, bool]]:
    """The tokens, each with whether it is a name that its author chose."""
    tokens: list[tuple[str, bool]] = []
    before = ""
    for _, kind, text in PythonLexer().get_tokens_unprocessed(code):
        if kind in Comment or kind in String.Doc or kind in Whitespace or not text.strip():
            continue
        if kind in String:
            text = "string"
        named = kind in Name and kind not in Name.Builtin and before != "."
        tokens.append((text, named))
        before = text
    return tokens


def _run(tokens: list[tuple[str, bool]]) -> int:
    places: dict[str, int] = {}
    return hash(tuple(places.setdefault(t, len(places)) if named else t for t, named in tokens))
