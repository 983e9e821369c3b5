"""Runs a command, and writes its seconds and its peak memory in bytes to a file, as JSON.

    python -I -S scripts/measured.py FILE COMMAND...

A process of its own because Linux counts, as a child's peak, what its parent had when it was made.
"""

import json
import resource
import subprocess
import sys
import time

if __name__ == "__main__":
    start = time.perf_counter()
    code = subprocess.call(sys.argv[2:])
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    with open(sys.argv[1], "w", encoding="ascii") as file:  # noqa: PTH123 - pathlib weighs 2 MB
        json.dump({"seconds": seconds, "peak": peak}, file)
    sys.exit(code if code >= 0 else 128 - code)
