"""What cells print and show, in nbformat's terms, rebuilt and cut to a size.

The agent makes it small enough to send. The scorer does the same again: it believes no agent.
"""

from __future__ import annotations

import json
from typing import Any

from .wire import WireError, clean

KINDS = ("text/plain", "image/png")


def rebuilt(text: Any) -> list[dict[str, Any]]:
    """The outputs in a JSON text, each from the fields that nbformat knows.

    Raises ``WireError``.
    """
    try:
        return [_rebuilt(output) for output in json.loads(text)]
    except (ValueError, TypeError, KeyError, RecursionError, AttributeError):
        raise WireError("outputs that cannot be read") from None


def _rebuilt(output: dict[str, Any]) -> dict[str, Any]:
    kind = output["output_type"]
    if kind == "stream":
        return stream("stderr" if output["name"] == "stderr" else "stdout", str(output["text"]))
    if kind == "error":
        lines = [str(line) for line in output["traceback"]]
        return error(str(output["ename"]), str(output["evalue"]), lines)
    if kind == "display_data":
        return shown(output["data"])
    raise WireError("an output of an unknown kind")


def stream(name: str, text: str) -> dict[str, Any]:
    """What was printed."""
    return {"output_type": "stream", "name": name, "text": clean(text)}


def error(kind: str, message: str, traceback: list[str]) -> dict[str, Any]:
    """What was raised."""
    lines = [clean(line) for line in traceback]
    named = {"ename": clean(kind), "evalue": clean(message)}
    return {"output_type": "error", **named, "traceback": lines}


def shown(data: dict[str, Any]) -> dict[str, Any]:
    """What was displayed: text and PNG pictures only."""
    kept = {kind: clean(str(data[kind])) for kind in KINDS if kind in data}
    return {"output_type": "display_data", "data": kept, "metadata": {}}


def cut(outputs: list[dict[str, Any]], room: int) -> tuple[list[dict[str, Any]], bool]:
    """As many of the outputs as fit into ``room`` bytes, and whether something was left out.

    Of printed text the beginning is kept. A note at the end says what happened.
    """
    kept: list[dict[str, Any]] = []
    for output in outputs:
        if size(output) > room:
            if output["output_type"] == "stream":
                part = output["text"].encode()[: max(room - 200, 0)].decode(errors="ignore")
                kept.append(stream(output["name"], part))
            kept.append(stream("stderr", "\n... output cut ..."))
            return kept, True
        room -= size(output)
        kept.append(output)
    return kept, False


def size(output: dict[str, Any]) -> int:
    """The bytes that an output takes in a notebook."""
    return len(json.dumps(output, ensure_ascii=False).encode())
