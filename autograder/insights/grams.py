"""What an answer is made of, whatever its names, comments and layout: short runs of its tokens."""

from __future__ import annotations

import builtins
import io
import keyword
import re
import tokenize
from functools import lru_cache

LENGTH = 8  # tokens in a run
LONGEST = 32 << 10  # characters of a cell that are read; what is longer is flagged anyway
WORD = re.compile(r"\w+")
FIXED = {*keyword.kwlist, *keyword.softkwlist, *dir(builtins)}
LAYOUT = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT}
LAYOUT |= {tokenize.ENDMARKER}

Token = tuple[str, bool]  # and whether it is a name that its author chose


@lru_cache(maxsize=1024)  # many hand in the same: nothing at all, or what the solution says
def grams(text: str, code: bool = True) -> frozenset[int]:
    """The runs of ``LENGTH`` tokens in code, or of as many words in prose, each as a hash.

    A name that is no attribute, no built-in and no keyword counts as the place where it first
    stood in its run, so renaming changes nothing. Code that is none is compared word by word.
    """
    text = text[:LONGEST]
    try:
        tokens = _tokens(text) if code else _words(text)
    except (tokenize.TokenError, SyntaxError, ValueError):
        tokens = _words(text)
    starts = range(len(tokens) - LENGTH + 1)
    return frozenset(_run(tokens[start : start + LENGTH]) for start in starts)


def _words(text: str) -> list[Token]:
    return [(word.casefold(), False) for word in WORD.findall(text)]


def _tokens(code: str) -> list[Token]:
    """The code's tokens without comments, layout, docstrings and what stands in strings."""
    tokens: list[Token] = []
    before, statement = "", True
    for kind, text, *_ in tokenize.generate_tokens(io.StringIO(code).readline):
        if kind in LAYOUT:
            statement = statement or kind in (tokenize.NEWLINE, tokenize.INDENT)
            continue
        if kind == tokenize.STRING:
            text = "string"
        if not (kind == tokenize.STRING and statement):
            named = kind == tokenize.NAME and text not in FIXED and before != "."
            tokens.append((text, named))
        before, statement = text, False
    return tokens


def _run(tokens: list[Token]) -> int:
    places: dict[str, int] = {}
    return hash(tuple(places.setdefault(t, len(places)) if named else t for t, named in tokens))
