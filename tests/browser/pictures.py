"""Screenshots: small ones, and only where somebody asks for them are the project's own renewed."""

import io
import os
from pathlib import Path

from PIL import Image

OURS = Path(__file__).parents[2] / "docs" / "pictures"
LIMIT = 80_000  # bytes


def take(page, name, folder):
    """A PNG of what the page shows, in few colours.

    It goes into ``folder``, or with ``COURSE_PICTURES=1`` in the environment into docs/pictures.
    """
    shot = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    target = (OURS if os.environ.get("COURSE_PICTURES") == "1" else folder) / f"{name}.png"
    for colours in (128, 64, 32, 16):
        shot.quantize(colours).save(target, optimize=True)
        if target.stat().st_size <= LIMIT:
            return target
    raise ValueError(f"expected at most {LIMIT} bytes, got {target.stat().st_size} for {name}")
