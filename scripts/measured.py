"""Runs a command, and writes what it and what it started took to a file, as JSON.

    python -I -S scripts/measured.py FILE COMMAND...

`seconds` of wall time; `cpu`: processor seconds; `peak`: bytes of RSS of the process that had the
most; `written`: bytes that reached the disk's cache (`write_bytes` in proc(5)).
A process of its own because Linux counts, as a child's peak, what its parent had when it was made.
"""

import json
import resource
import subprocess
import sys
import time

WRITTEN = b"\nwrite_bytes: "


def written() -> int:
    """Return the bytes that this process and its ended children have written; 0 if unknown."""
    try:
        with open("/proc/self/io", "rb") as file:  # noqa: PTH123 - pathlib weighs 2 MB
            return int(file.read().split(WRITTEN)[1].split()[0])
    except OSError:
        return 0


if __name__ == "__main__":
    start = time.perf_counter()
    code = subprocess.call(sys.argv[2:])
    seconds = time.perf_counter() - start
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    found = {
        "seconds": seconds,
        "cpu": used.ru_utime + used.ru_stime,
        "peak": used.ru_maxrss * 1024,
        "written": written(),
    }
    with open(sys.argv[1], "w", encoding="ascii") as file:  # noqa: PTH123 - pathlib weighs 2 MB
        json.dump(found, file)
    sys.exit(code if code >= 0 else 128 - code)
