"""Work that ends the process that does it."""

import os
import signal
import threading
import time
from pathlib import Path


def live_or_die(submission, assignment, options):
    """Instead of a scorer's work: ends its process where the submission says so, noting that."""
    if submission == b"live":
        return "done"
    with Path(options["trace"]).open("a") as file:
        file.write("died\n")
    if submission == b"die while answering":
        threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGKILL)).start()
        return Endless()
    os.kill(os.getpid(), signal.SIGKILL)
    return "not reached"


class Endless:
    """An answer that is never sent to its end."""

    def __reduce__(self):
        time.sleep(60)
        return (str, ())
