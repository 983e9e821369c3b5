"""Fills search.db and ends: `python -m sync_node.search.filling_main DATA_DIRECTORY`.

The engine starts it when something was activated. It is a process of its own, so that it can be
nice (a thread would hold the engine up with Python's lock), and so that what it takes in memory is
given back. It ends with the engine.
"""

import os
import sys
from pathlib import Path

from content_packs.errors import SatchelError
from sync_node.data_dir import DataDir
from sync_node.search.filling import Filler
from sync_node.search.limits import NICE


def main() -> int:
    """Fill search.db; return the exit code."""
    os.nice(NICE)
    parent = os.getppid()
    try:
        filled = Filler(DataDir(Path(sys.argv[1])), stopped=lambda: os.getppid() != parent).fill()
    except SatchelError as error:
        sys.stderr.write(f"search: {error.message} {error.hint}\n")
        return error.exit_code
    for trouble in filled.troubles:
        sys.stderr.write(f"search: {trouble}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
