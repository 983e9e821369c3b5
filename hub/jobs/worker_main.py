"""The process of one job: `python -m hub.jobs.worker_main`, started by a worker and by nobody else.

Its memory, processor time and niceness are bounded before anything else. It ends with its worker:
its standard input is a pipe that the worker holds open, and closes by dying.
"""

import argparse
import os
import resource
import signal
import sys
import threading
from pathlib import Path
from types import FrameType

from content_packs import struct_types
from content_packs.command_line import collect_less
from hub.clock import system_clock
from hub.hub import open_hub
from hub.jobs import claiming
from hub.jobs.limits import (
    CORE_BYTES_MAX,
    CPU_SECONDS_MAX,
    CPU_SECONDS_PAST,
    MEMORY_BYTES_MAX,
    NICENESS,
)
from hub.jobs.running import run

ORPHANED = 75  # exit code: its worker is gone; see sysexits.h, EX_TEMPFAIL


def main() -> None:
    """Do the job that the arguments name, as the attempt of the number that they name."""
    said = _arguments()
    _bound(said.memory, said.cpu_seconds)
    signal.signal(signal.SIGTERM, _end)
    threading.Thread(target=_end_with_the_worker, daemon=True).start()
    struct_types.prepare()
    collect_less()
    hub = open_hub(said.data, system_clock, passphrase_file=said.passphrase_file)
    mine = claiming.take_over(hub, said.job, said.number)
    if mine is not None:
        run(hub, mine, said.run)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser("hub.jobs.worker_main")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--passphrase-file", type=Path)
    parser.add_argument("--job", required=True)
    parser.add_argument("--number", type=int, required=True)
    parser.add_argument("--run", required=True)
    parser.add_argument("--memory", type=int, default=MEMORY_BYTES_MAX)
    parser.add_argument("--cpu-seconds", type=int, default=CPU_SECONDS_MAX)
    return parser.parse_args()


def _bound(memory: int, cpu_seconds: int) -> None:
    """Lower this process's limits. SIGXCPU tells its worker that it took too much processor."""
    os.nice(NICENESS)
    for what, most, past in (
        (resource.RLIMIT_AS, memory, 0),
        (resource.RLIMIT_CPU, cpu_seconds, CPU_SECONDS_PAST),
        (resource.RLIMIT_CORE, CORE_BYTES_MAX, 0),
    ):
        _, hard = resource.getrlimit(what)
        bound = most + past if hard == resource.RLIM_INFINITY else min(most + past, hard)
        resource.setrlimit(what, (min(most, bound), bound))


def _end(_signal: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)


def _end_with_the_worker() -> None:
    """Wait for the end of the worker, and end at once: another may have the job already.

    As after a power cut, whatever is half done is put right by who comes next.
    """
    while os.read(sys.stdin.fileno(), 1):
        pass
    os._exit(ORPHANED)


if __name__ == "__main__":
    main()
