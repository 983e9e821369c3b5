"""Measures what an idle node writes to its card in a day, as the disk itself counts it.

1. A hub and an enrolled node that holds a pack; the node's folder is an ext4 of its own, mounted as
   a card's is, in a file. What is counted are sectors that reached it: journal and metadata, too.
2. The node runs with a short interval between ticks. After each tick the file system is flushed,
   as it is on a box by itself before the next tick: so no two ticks share a write.
3. What comes by the hour: the scripts of deploy/node/system run on the same disk; and a start of
   the node stands for its check-in with the hub, which writes less.

A day is 96 ticks and 24 hours.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sync_node.limits import POLL_SECONDS_DEFAULT, POLL_SECONDS_MIN
from tests.support.district import Box, a_district

CHECKOUT = Path(__file__).parents[3]
SYSTEM = CHECKOUT / "deploy" / "node" / "system"
DISK_BYTES = 256 << 20
SECTOR_BYTES = 512  # of /sys/block/*/stat, whatever the disk's are
DAY_SECONDS = 86_400
HOURS = 24
TICKS_PER_DAY = DAY_SECONDS // POLL_SECONDS_DEFAULT
MOST_BYTES_PER_DAY = 50_000_000
WAIT_SECONDS = 300.0
JOURNAL = """#!/bin/bash
for n in {1..1600}; do
  echo "$RANDOM$n a line of the journal of a box, which is as long as most of them are: $RANDOM"
done
"""


@dataclass(frozen=True)
class Disk:
    """A mounted file: its folder, and the loop device that counts."""

    folder: Path
    device: str

    def written(self) -> int:
        """Flush, and return the bytes that were written so far."""
        descriptor = os.open(self.folder, os.O_RDONLY)
        try:
            os.sync()
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        stat = Path("/sys/block", self.device, "stat").read_text(encoding="ascii").split()
        return int(stat[6]) * SECTOR_BYTES

    def by(self, work: Callable[[], object]) -> int:
        """Return the bytes that some work writes."""
        before = self.written()
        work()
        return self.written() - before


@contextmanager
def a_disk(folder: Path) -> Iterator[Disk]:
    """Yield an ext4 as on a card, at `folder`/card."""
    image, place = folder / "card.img", folder / "card"
    with image.open("wb") as file:
        file.truncate(DISK_BYTES)
    subprocess.run(["mkfs.ext4", "-q", "-F", image], check=True)
    place.mkdir()
    loop = subprocess.run(
        ["losetup", "--find", "--show", image], capture_output=True, text=True, check=True
    ).stdout.strip()
    try:
        subprocess.run(["mount", "-t", "ext4", "-o", "noatime", loop, place], check=True)
        yield Disk(place, Path(loop).name)
    finally:
        subprocess.run(["umount", place], check=False)
        subprocess.run(["losetup", "--detach", loop], check=False)


def ticks_of(box: Box) -> int:
    """Return how many ticks the engine's log tells of."""
    path = box.root / "logs" / "engine.log"
    return path.read_text(encoding="utf-8").count(" in ") if path.exists() else 0


def wait_for_ticks(box: Box, count: int) -> None:
    """Wait until that many more ticks have ended. Raises `TimeoutError`."""
    wanted = ticks_of(box) + count
    until = time.monotonic() + WAIT_SECONDS
    while ticks_of(box) < wanted:
        if time.monotonic() > until:
            raise TimeoutError(f"no tick in {WAIT_SECONDS:.0f} s")
        time.sleep(0.2)


def hourly(disk: Disk, folder: Path) -> dict[str, int]:
    """Return the bytes of each thing that a box does by the hour."""
    programs = folder / "programs"
    programs.mkdir()
    journal = programs / "journalctl"
    journal.write_text(JOURNAL, encoding="utf-8")
    journal.chmod(0o755)
    environment = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}"}

    def run(*command: str | Path) -> Callable[[], object]:
        return lambda: subprocess.run(command, env=environment, check=True, capture_output=True)

    clock = run(SYSTEM / "satchel-clock", "save", disk.folder / "box" / "clock")
    black_box = run(SYSTEM / "satchel-black-box", disk.folder / "logs")
    for first in (clock, black_box):
        first()  # folders and files are there on a box that is idle
    time.sleep(1.1)  # the clock is noted in seconds
    return {"the clock": disk.by(clock), "the journal's end": disk.by(black_box)}


def measure(ticks: int) -> dict[str, int]:
    """Return the bytes of a tick, of a start, and of what comes by the hour."""
    with tempfile.TemporaryDirectory() as name, a_disk(Path(name)) as disk:
        folder = Path(name)
        with a_district(folder / "district") as district:
            (folder / "district" / "box").symlink_to(disk.folder)
            box = district.enrolled("box", district.codes()[0])
            box.set_up(poll_seconds=POLL_SECONDS_MIN)
            with box.running():
                wait_for_ticks(box, 3)
                found = [disk.by(lambda: wait_for_ticks(box, 1)) for _ in range(ticks)]
            start = disk.by(lambda: started(box))
        print("each tick:", *found, file=sys.stderr)
        return {"a tick": sum(found) // len(found), "a start": start, **hourly(disk, folder)}


def started(box: Box) -> None:
    """Start the node, and end it after its first tick."""
    with box.running():
        wait_for_ticks(box, 1)


def main() -> int:
    """Measure and tell; return 1 where it is too much."""
    parser = argparse.ArgumentParser(description="What an idle node writes in a day.")
    parser.add_argument("--ticks", type=int, default=12, help="quiet ticks to measure")
    parser.add_argument("--json", type=Path, help="write the figures there, too")
    given = parser.parse_args()
    found = measure(given.ticks)
    by_the_hour = sum(size for name, size in found.items() if name != "a tick")
    day = found["a tick"] * TICKS_PER_DAY + by_the_hour * HOURS
    for name, size in found.items():
        times = TICKS_PER_DAY if name == "a tick" else HOURS
        print(f"{name:20}{size / 1000:10.1f} kB × {times:3} = {size * times / 1e6:7.2f} MB a day")
    print(f"{'all':20}{day / 1e6:38.2f} MB a day, at most {MOST_BYTES_PER_DAY / 1e6:.0f}")
    if given.json:
        figures = {**found, "day": day, "most": MOST_BYTES_PER_DAY}
        given.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return 0 if day <= MOST_BYTES_PER_DAY else 1


if __name__ == "__main__":
    sys.exit(main())
