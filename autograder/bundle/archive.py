"""A zip archive whose bytes depend on nothing but what is in it."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

EARLIEST = (1980, 1, 1, 0, 0, 0)  # the first moment that a zip archive can name
UNIX, READABLE = 3, 0o100644 << 16


def packed(files: Mapping[str, bytes], folder: str) -> bytes:
    """The archive of ``files``, by their paths in ``folder``: sorted, one date, uncompressed.

    How well a file is compressed depends on the library's version.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(files):
            entry = zipfile.ZipInfo(f"{folder}/{path}", EARLIEST)
            entry.create_system, entry.external_attr = UNIX, READABLE
            archive.writestr(entry, files[path])
    return buffer.getvalue()
