"""Figures of several processes that answer, kept where whichever is asked can read all."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

MANY_PROCESSES: Final = "PROMETHEUS_MULTIPROC_DIR"
"""The variable by which prometheus_client knows the folder. It looks once, when it is loaded."""


@contextmanager
def shared_figures() -> Iterator[None]:
    """Keep figures in a folder for the length of the block, unless the variable names one already.

    To be begun before prometheus_client is loaded.
    """
    if os.environ.get(MANY_PROCESSES):
        yield
        return
    with tempfile.TemporaryDirectory(prefix="satchel-hub-figures-") as folder:
        os.environ[MANY_PROCESSES] = folder
        yield
