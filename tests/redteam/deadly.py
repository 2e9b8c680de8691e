"""Work that ends the process that does it."""

import os
import signal
from pathlib import Path


def live_or_die(submission, assignment, options):
    """Instead of a scorer's work: ends its process where the submission says so, noting that."""
    trace = Path(options["trace"])
    if submission == b"die" or (submission == b"die once" and not trace.exists()):
        with trace.open("a") as file:
            file.write("died\n")
        os.kill(os.getpid(), signal.SIGKILL)
    return "done"
