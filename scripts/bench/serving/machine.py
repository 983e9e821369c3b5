"""What processes take of the machine: processor time, memory, and cores that they are kept to."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

SERVER_CORE, CLIENT_CORE = "0", "1"
PERIOD_MICROSECONDS = 100_000
GROUP_SECONDS = 0.2  # until a group knows that it is empty
_TICK = os.sysconf("SC_CLK_TCK")
_V2 = Path("/sys/fs/cgroup/cgroup.controllers")
_ROOTS = (Path("/sys/fs/cgroup"), Path("/sys/fs/cgroup/cpu"))
_NAME = "satchel-bench"
_WEIGHT, _WEIGHT_V2 = "200000", "10000"


def family(pid: int) -> list[int]:
    """Return a process and all that it started and that still runs."""
    found = [pid]
    for parent in found:
        for task in Path(f"/proc/{parent}/task").glob("*"):
            try:
                found += [int(child) for child in (task / "children").read_text().split()]
            except OSError:
                continue
    return found


def cpu_seconds(pid: int) -> float:
    """Return the processor time that a family of processes took so far."""
    total = 0.0
    for each in family(pid):
        try:
            text = Path(f"/proc/{each}/stat").read_text()
        except OSError:
            continue
        fields = text.rpartition(")")[2].split()
        total += sum(int(ticks) for ticks in fields[11:15]) / _TICK
    return total


def memory(pid: int) -> dict[str, int]:
    """Return the bytes of a family: `rss`, where shared pages count for each, and `pss`."""
    found = {"rss": 0, "pss": 0}
    for each in family(pid):
        try:
            lines = Path(f"/proc/{each}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        for line in lines:
            name, _, rest = line.partition(":")
            if name.lower() in found:
                found[name.lower()] += int(rest.split()[0]) * 1024
    return found


@contextmanager
def ahead_of_others() -> Iterator[bool]:
    """Let this process, and what it starts, go before all others; yield whether that could be.

    By the weight of a control group: on a machine that does other things, too, these would be
    measured with us.
    """
    is_v2 = _V2.exists()
    group = _ROOTS[0 if is_v2 else 1] / f"{_NAME}-{os.getpid()}-all"
    try:
        group.mkdir()
        (group / ("cpu.weight" if is_v2 else "cpu.shares")).write_text(
            _WEIGHT_V2 if is_v2 else _WEIGHT
        )
        (group / "cgroup.procs").write_text(str(os.getpid()))
    except OSError:
        yield False
        return
    try:
        yield True
    finally:
        _leave(group)


@contextmanager
def share_of_a_core(pid: int, share: float) -> Iterator[str]:
    """Give a family of processes no more than this share of a core; yield how.

    By a control group's quota, in periods of 100 ms, of version 2 or 1. By its weight it gets that
    share whatever else the machine does. Raises `OSError` where this user may make none.
    """
    quota = int(share * PERIOD_MICROSECONDS)
    is_v2 = _V2.exists()
    group = _ROOTS[0 if is_v2 else 1] / f"{_NAME}-{pid}"
    if is_v2:
        (_ROOTS[0] / "cgroup.subtree_control").write_text("+cpu")
    group.mkdir()
    try:
        if is_v2:
            (group / "cpu.max").write_text(f"{quota} {PERIOD_MICROSECONDS}")
            (group / "cpu.weight").write_text(_WEIGHT_V2)
        else:
            (group / "cpu.cfs_period_us").write_text(str(PERIOD_MICROSECONDS))
            (group / "cpu.cfs_quota_us").write_text(str(quota))
            (group / "cpu.shares").write_text(_WEIGHT)
        for each in family(pid):
            (group / "cgroup.procs").write_text(str(each))
        yield f"control group {'v2, cpu.max' if is_v2 else 'v1, cpu.cfs_quota_us'}"
    finally:
        _leave(group)


def _leave(group: Path) -> None:
    """Let all go that are in a group, and remove it."""
    for each in (group / "cgroup.procs").read_text().split():
        with suppress(OSError):  # it has ended
            (group.parent / "cgroup.procs").write_text(each)
    time.sleep(GROUP_SECONDS)
    with suppress(OSError):  # who is ending still
        group.rmdir()
