"""`python -m tests.crash.rig`: record a node's life, and check disks as power cuts leave them.

Runs in a namespace of its own (`tests.support.power_cut`), and writes one report as JSON.
"""

import gc
import random
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import msgspec

from tests.crash.checking import Checker, Violation
from tests.crash.recording import Record, record
from tests.support.power_cut import LoggedDisk, mount_memory
from tests.support.write_log import Cut, DiskStates, Way, WriteLog

WORKERS = 2
# The ways of a cut, as often as they stand here: what was kept of unflushed writes varies most.
_WAYS = (Way.KEPT, Way.LOST, Way.SOME, Way.SOME, Way.SOME)


class Order(msgspec.Struct):
    """What to do: `images` cuts, chosen by `seed`.

    A share ends after `stop_after` violations, or one of a kind in `stop_at`.
    """

    scratch: Path
    editions: Path
    cwd: Path
    environment: dict[str, str]
    images: int
    seed: int
    stop_after: int = 20
    stop_at: frozenset[str] = frozenset()


def encode(order: Order) -> bytes:
    """Return an order as it stands in the file that the rig is given."""
    return msgspec.json.encode(order, enc_hook=str)


def _decode(data: bytes) -> Order:
    return msgspec.json.decode(data, type=Order, dec_hook=lambda kind, text: kind(text))


class Report(msgspec.Struct):
    """What was found: images by step and by way, entries of the log, violations."""

    steps: dict[str, int] = {}
    ways: dict[str, int] = {}
    entries: int = 0
    flushes: int = 0
    acknowledged: int = 0
    violations: list[Violation] = []

    @property
    def images(self) -> int:
        """How many images were checked."""
        return sum(self.steps.values())


def choose(log: WriteLog, record: Record, order: Order) -> list[Cut]:
    """Return the cuts, in rising order: each step gets its share, just after flushes is likely."""
    chance = random.Random(order.seed)
    begins, cuts = 0, []
    for left, step in zip(range(len(record.steps), 0, -1), record.steps, strict=True):
        ends = log.number_at(step.ends_at)
        flushes = [number for number in log.flushes if begins <= number < ends]
        for index in range((order.images - len(cuts)) // left):
            number = chance.randint(begins + 1, ends)
            if index % 4 == 0 and flushes:
                number = chance.choice(flushes) + chance.randint(0, 2)
            cuts.append(Cut(number, chance.choice(_WAYS), chance.getrandbits(32)))
        begins = ends
    return sorted(cuts, key=lambda cut: cut.number)


def check_share(order: Order, number: int, cuts: list[Cut]) -> list[Violation]:
    """Check a share of the cuts, in a process of its own."""
    scratch = order.scratch / f"worker-{number}"
    scratch.mkdir()
    disk = LoggedDisk(order.scratch)
    log = WriteLog(disk.log)
    found = msgspec.json.decode((order.scratch / "record.json").read_bytes(), type=Record)
    states = DiskStates(disk.base, log, scratch)
    checker = Checker(states, log, found, order.editions, scratch / "place")
    violations = []
    gc.freeze()  # each check collects garbage: of that the imported modules are no part
    for cut in cuts:
        if violation := checker.check(cut):
            violations.append(violation)
            if violation.kind in order.stop_at or len(violations) >= order.stop_after:
                break
    return violations


def main(order: Order) -> Report:
    """Record, choose, check."""
    mount_memory(order.scratch)
    disk, found = record(order.scratch, order.editions, order.environment, order.cwd)
    (order.scratch / "record.json").write_bytes(msgspec.json.encode(found))
    log = WriteLog(disk.log)
    cuts = choose(log, found, order)
    shares = [cuts[number::WORKERS] for number in range(WORKERS)]
    with ProcessPoolExecutor(WORKERS, mp_context=get_context("spawn")) as workers:
        checks = [workers.submit(check_share, order, n, share) for n, share in enumerate(shares)]
        violations = [violation for check in checks for violation in check.result()]
    steps = Counter(
        next(step.name for step in found.steps if cut.number <= log.number_at(step.ends_at))
        for cut in cuts
    )
    return Report(
        dict(steps),
        dict(Counter(cut.way.value for cut in cuts)),
        len(log.entries),
        len(log.flushes),
        len(found.acknowledged),
        violations,
    )


if __name__ == "__main__":
    given, out = map(Path, sys.argv[1:])
    out.write_bytes(msgspec.json.encode(main(_decode(given.read_bytes()))))
