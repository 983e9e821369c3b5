"""Runs a program and looks at the most memory it held, in bytes (resident set, of Linux's /proc).

`getrusage` won't do: it counts what the forking test held before the program was started.
"""

import re
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

_PEAK = re.compile(r"VmHWM:\s+(\d+) kB")
_LOOK_EVERY_SECONDS = 0.05


def peak_bytes(process_id: int) -> int:
    """Return the peak so far of a running process and of those that it started; 0 once ended."""
    total = 0
    for status in _family(process_id):
        try:
            found = _PEAK.search(status.read_text())
        except OSError:
            continue
        total += int(found[1]) * 1024 if found else 0
    return total


def _family(process_id: int) -> list[Path]:
    folder = Path("/proc") / str(process_id)
    found = [folder / "status"]
    try:
        children = (folder / "task" / str(process_id) / "children").read_text().split()
    except OSError:
        return found
    return found + [path for child in children for path in _family(int(child))]


def run_watched(arguments: list[str], *, sleep: Callable[[float], None] = time.sleep) -> int:
    """Run a program to its end; return its peak. Raises `CalledProcessError`."""
    peak = 0
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        while process.poll() is None:
            peak = max(peak, peak_bytes(process.pid))
            sleep(_LOOK_EVERY_SECONDS)
        said = process.stdout.read() if process.stdout else b""
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, arguments, said)
    return peak
