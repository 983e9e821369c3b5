"""Power cuts: whatever of the unflushed writes a disk had kept, nothing is false or lost.

A node lives through a first sync, an update, a rollback and an eviction on a disk that logs every
write. Then disks are made as a cut after any of those writes may leave them, and each is mounted,
looked at, and synced further: 60 in a quick run, 5,000 with `scripts/test --all`.

The controls show that this sees what it is for: with programs that don't flush what they should,
lessons are false or what was acknowledged is lost.
"""

import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from tests.crash.editions import make_editions
from tests.crash.rig import Order, Report, encode
from tests.support.power_cut import in_namespace, unavailable
from tests.support.source_code import CHECKOUT
from tests.support.variants import DATABASE_LATE, DATABASE_NEVER, FILES_NEVER, Variant

SEED = 20_261_121
SECONDS_MAX = 3_000
CONTROL_IMAGES = 160
EAT_MY_DATA = next(Path("/usr/lib").glob("*/libeatmydata.so"), None)

pytestmark = [
    pytest.mark.skipif(bool(unavailable()), reason=unavailable()),
    pytest.mark.timeout(SECONDS_MAX),  # half a minute where nothing else runs
]


@pytest.fixture(scope="module")
def editions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_editions(tmp_path_factory.mktemp("editions"))


def order_of(tmp_path: Path, editions: Path, images: int, **further: object) -> list[str]:
    """Write an order for the rig; return the command that carries it out."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    order = Order(scratch, editions, CHECKOUT, {}, images, SEED)
    order = msgspec.structs.replace(order, **further)
    (tmp_path / "order.json").write_bytes(encode(order))
    return in_namespace("tests.crash.rig", tmp_path / "order.json", tmp_path / "report.json")


def carry_out(tmp_path: Path, command: list[str]) -> Report:
    done = subprocess.run(
        command, cwd=CHECKOUT, capture_output=True, text=True, check=False, timeout=SECONDS_MAX
    )
    assert done.returncode == 0, done.stderr
    return msgspec.json.decode((tmp_path / "report.json").read_bytes(), type=Report)


@pytest.mark.parametrize(
    "images",
    [
        pytest.param(60, id="quick"),
        pytest.param(5_000, id="long", marks=pytest.mark.long),
    ],
)
def test_after_any_power_cut_nothing_is_false_or_lost(
    tmp_path: Path, editions: Path, images: int
) -> None:
    report = carry_out(tmp_path, order_of(tmp_path, editions, images))
    assert report.violations == []
    assert report.images == images
    assert set(report.steps) == {"install", "update", "rollback", "evict"}
    assert report.entries > 500
    assert report.flushes > 100
    assert report.acknowledged > 10


def kinds_seen(
    tmp_path: Path, editions: Path, kinds: frozenset[str], **further: object
) -> set[str]:
    """Run programs with a fault until a violation of one of `kinds` is seen; return all kinds."""
    command = order_of(tmp_path, editions, CONTROL_IMAGES, stop_at=kinds, **further)
    return {violation.kind for violation in carry_out(tmp_path, command).violations}


@pytest.mark.long
@pytest.mark.skipif(EAT_MY_DATA is None, reason="needs Debian's libeatmydata1")
def test_control_without_any_flush_lessons_are_false(tmp_path: Path, editions: Path) -> None:
    environment = {"LD_PRELOAD": str(EAT_MY_DATA)}
    seen = kinds_seen(tmp_path, editions, frozenset({"false"}), environment=environment)
    assert "false" in seen


@pytest.mark.parametrize(
    ("variant", "kinds"),
    [
        pytest.param(DATABASE_LATE, {"lost"}, marks=pytest.mark.long),
        pytest.param(DATABASE_NEVER, {"lost"}, marks=pytest.mark.long),
        # An empty document: of a lesson that is open, or of what was verified.
        pytest.param(FILES_NEVER, {"false", "lost"}, marks=pytest.mark.long),
    ],
    ids=lambda value: value.name if isinstance(value, Variant) else "",
)
def test_control_where_a_flush_is_missing_it_is_seen(
    tmp_path: Path, editions: Path, variant: Variant, kinds: set[str]
) -> None:
    folder = variant.make(tmp_path / "variant")
    environment = variant.environment(folder)
    seen = kinds_seen(tmp_path, editions, frozenset(kinds), cwd=folder, environment=environment)
    assert kinds & seen, variant.name


def test_a_rig_that_is_killed_leaves_no_mount_and_no_disk(tmp_path: Path, editions: Path) -> None:
    command = order_of(tmp_path, editions, 10_000)
    process = subprocess.Popen(command, cwd=CHECKOUT, stderr=subprocess.DEVNULL)
    try:
        wait_for(lambda: "loop" in " ".join(left_over(tmp_path)), "the rig has its disk")
        assert len(left_over(tmp_path)) >= 4, "its leader, it, the daemon, the loop device"
    finally:
        process.kill()
        process.wait()
    wait_for(lambda: not left_over(tmp_path), "the kernel takes all of it away")


def wait_for(reached: Callable[[], bool], what: str) -> None:
    until = time.monotonic() + 20
    while not reached():
        assert time.monotonic() < until, what
        time.sleep(0.05)


def left_over(folder: Path) -> list[str]:
    """Return the processes, loop devices and mounts that have to do with a folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes()
        except OSError:
            continue
        if os.fsencode(folder) in words and process.name != str(os.getpid()):
            found.append(f"process {process.name}")
    for backing in Path("/sys/block").glob("loop*/loop/backing_file"):
        try:
            found += [str(backing)] if str(folder) in backing.read_text() else []
        except OSError:
            continue
    mounts = Path("/proc/mounts").read_text().splitlines()
    return found + [line for line in mounts if str(folder) in line]
