"""Any life of a node ends well: whatever is released, cut, killed, evicted, rolled back or rots.

After each step every ready lesson is byte-exact (but for what rotted and nobody has looked at yet),
and no block was fetched that was held. At the end the link works, the disk has room, and the node
gets to all that is offered. 6 lives in a quick run, 400 with `scripts/test --all`.
"""

import contextlib
import gc
import os
import shutil
import sys
import tempfile
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from content_packs.digests import digest_of_file
from content_packs.errors import Refused, SatchelError
from content_packs.manifest import digest
from content_packs.repository import manifest_path
from hub.releasing import Terms, release, withdraw
from sync_node import checking, pinning
from sync_node.choices import Pin
from sync_node.initialising import initialise
from sync_node.limits import DISK_RESERVE_BYTES
from sync_node.lock import engine_lock
from sync_node.models import LessonRow, PackRow, VersionRow
from sync_node.rollback import roll_back
from tests.crash.faulty_folder import CRASHED, FaultyFolder
from tests.crash.holding import fetched_again, fetched_twice, held_chunks, manifests
from tests.crash.universe import LESSONS, VERSIONS, Universe, make_universe, root_of
from tests.support.nodes import Node

PLENTY_BYTES = 1 << 40
TICKS_MAX = 3
STEPS = 25
QUICK = 6
packs = st.sampled_from(sorted(VERSIONS))
# Most of a pack is a few films, so small numbers are where something else than a film is cut.
bytes_of_link = st.one_of(st.integers(0, 60_000), st.integers(0, 3_500_000))


class Life(RuleBasedStateMachine):
    """A hub, a link, a node and its disk."""

    universe: Universe

    @initialize(demo=st.integers(0, 3), songs=st.booleans(), full=st.booleans())
    def begin(self, demo: int, songs: bool, full: bool) -> None:
        """Offer something, and let the node have it already or not."""
        self.folder = Path(tempfile.mkdtemp(prefix="satchel-life-"))
        self.hub = self.universe.copy_to(self.folder / "hub")
        self.link = FaultyFolder(self.hub.data.repository)
        self.node = Node(self.folder / "node", [self.link])
        self.capacity = PLENTY_BYTES
        self.node.disk_free = self.disk_free
        self.offered: dict[str, int] = {}
        self.rotten: set[Path] = set()
        now = datetime.now(UTC)
        initialise(self.node.data_dir, root_of(self.hub), self.node.config, now=now)
        self.offer("demo", demo)
        if songs:
            self.offer("songs", 0)
        if full:
            self.one_tick()

    def disk_free(self, _: Path) -> int:
        used = sum(path.stat().st_size for path in self.node.root.rglob("*") if path.is_file())
        return self.capacity - used

    @rule(pack=packs, index=st.integers(0, 3))
    def offer(self, pack: str, index: int) -> None:
        version = VERSIONS[pack][index % len(VERSIONS[pack])]
        try:
            release(self.hub, pack, version, "main", Terms())
        except Refused:
            bad = self.offered[pack]
            withdraw(self.hub, pack, bad, channel="main", fall_back_to=version)
        self.offered[pack] = version

    @precondition(lambda self: self.offered)
    @rule(data=st.data())
    def stop_offering(self, data: st.DataObject) -> None:
        pack = data.draw(st.sampled_from(sorted(self.offered)))
        withdraw(self.hub, pack, self.offered.pop(pack), channel="main")

    @rule()
    def sync(self) -> None:
        self.one_tick()

    @rule(left=bytes_of_link)
    def sync_on_a_link_that_breaks(self, left: int) -> None:
        self.one_tick(left)

    @rule(left=bytes_of_link)
    def sync_and_be_killed(self, left: int) -> None:
        """In a process of its own, which is gone from one instruction to the next."""
        self.link.behave(left, crashes=True)
        self.node.now = datetime.now(UTC)
        child = os.fork()
        if not child:
            os._exit(self.sync_as_child())
        _, status = os.waitpid(child, 0)
        assert os.waitstatus_to_exitcode(status) in {0, CRASHED}
        self.link.behave()

    def sync_as_child(self) -> int:
        try:
            self.node.sync()
        except BaseException:  # noqa: BLE001  # a child of a test must never go on as the test
            traceback.print_exc(file=sys.__stderr__)
            return 1
        return 0

    @rule(room=st.integers(0, 5_000_000))
    def sync_on_a_small_disk(self, room: int) -> None:
        self.capacity = DISK_RESERVE_BYTES + room
        self.one_tick()
        self.capacity = PLENTY_BYTES

    @rule(pack=packs)
    def roll_back(self, pack: str) -> None:
        now = datetime.now(UTC)
        with contextlib.suppress(SatchelError), self.node.opened():
            roll_back(self.node.data_dir, pack, now=now)

    @rule(pack=packs, change=st.sampled_from([pinning.pin, pinning.unpin]))
    def change_pins(self, pack: str, change: Callable[..., object]) -> None:
        with contextlib.suppress(SatchelError), self.node.opened():
            change(self.node.data_dir, Pin(pack, ""))

    @rule(which=st.integers(0, 1_000), at=st.integers(0, 1_000_000))
    def rot(self, which: int, at: int) -> None:
        """One bit of a file in the store changes; node.db knows nothing of it."""
        files = [self.node.data_dir.store_path(d) for d in self.node.data_dir.stored_digests()]
        files = [path for path in files if path.stat().st_size]
        if files:
            path = files[which % len(files)]
            data = bytearray(path.read_bytes())
            data[at % len(data)] ^= 1
            path.chmod(0o644)
            path.write_bytes(data)
            path.chmod(0o444)
            self.rotten.add(path)

    @rule()
    def check(self) -> None:
        now = datetime.now(UTC)
        with engine_lock(self.node.data_dir, wait_seconds=0):
            checking.check(self.node.data_dir, self.node.config, now=now)
        self.rotten.clear()

    def one_tick(self, left: int | None = None) -> None:
        """Sync, and see that nothing came that was here, where the disk had room to keep it."""
        held = held_chunks(self.node.root)
        documents = {
            manifest_path(manifest.pack, digest(manifest))
            for manifest in manifests(self.node.data_dir)
        }
        self.link.behave(left)
        self.node.now = datetime.now(UTC)
        self.node.sync()
        asked = list(self.link.spans)
        self.link.behave()
        assert open_files(self.node.root) == []
        assert fetched_twice(asked) == []
        assert not {span.path for span in asked} & documents
        if self.capacity == PLENTY_BYTES:
            repository = self.hub.data.repository
            assert fetched_again(self.node.data_dir, repository, held, asked) == []

    @invariant()
    def nothing_is_false(self) -> None:
        with self.node.opened():
            versions = {(v.pack, v.version): v.manifest for v in VersionRow.select()}
            rows = list(LessonRow.select())
        held = {(m.pack, m.version): m for m in manifests(self.node.data_dir)}
        for row in rows:
            assert (row.pack, row.version) in versions
            manifest = held[row.pack, row.version]
            lesson = next(lesson for lesson in manifest.lessons if lesson.id == row.lesson)
            for path in lesson.required_paths():
                wanted = manifest.by_path[path].digest
                file = self.node.data_dir.store_path(wanted)
                assert file in self.rotten or digest_of_file(file) == wanted, path

    def teardown(self) -> None:
        try:
            self.end_well()
        finally:
            shutil.rmtree(self.folder)

    def end_well(self) -> None:
        self.check()
        for _ in range(TICKS_MAX):
            self.one_tick()
        assert self.node.ticks()[-1].outcome == "nothing-new", self.node.ticks()[-1].detail
        self.nothing_is_false()
        assert len({span.path for span in self.link.spans}) <= 1, "one poll"
        with self.node.opened():
            rows = {row.pack: row for row in PackRow.select()}
        # What had come of a version that isn't fetched now, or what is right of it, may stay.
        known = {file.digest for each in manifests(self.node.data_dir) for file in each.files}
        assert {path.stem for path in self.node.data_dir.incoming.iterdir()} <= known
        for pack, version in self.offered.items():
            at = rows[pack].held_version or version
            expected = dict.fromkeys(LESSONS[pack, at], at)
            assert self.node.lessons(pack) == expected, f"{pack} {version} is offered"


def open_files(folder: Path) -> list[str]:
    """Return what this process has open within a folder: a tick lets go of all that it opened."""
    for collect in (lambda: 0, gc.collect):  # the latter takes long among all that pytest has
        collect()
        found = []
        for descriptor in Path("/proc/self/fd").iterdir():
            with contextlib.suppress(OSError):  # that of this very listing is gone
                found += [str(descriptor.readlink())]
        if not (inside := [path for path in found if path.startswith(f"{folder}/")]):
            return []
    return inside


@pytest.fixture(scope="module")
def universe(tmp_path_factory: pytest.TempPathFactory) -> Universe:
    return make_universe(tmp_path_factory.mktemp("universe"))


@pytest.mark.parametrize(
    "lives",
    [
        pytest.param(QUICK, id="quick"),
        pytest.param(400, id="long", marks=[pytest.mark.long, pytest.mark.timeout(3_000)]),
    ],
)
def test_any_life_ends_well(universe: Universe, lives: int) -> None:
    run_state_machine_as_test(
        partial(_life, universe),
        settings=settings(
            max_examples=lives,
            stateful_step_count=STEPS,
            deadline=None,
            print_blob=True,
            derandomize=lives == QUICK,  # what a quick run finds, it finds again
            # Shrinking takes minutes; a quick run says what it found as it found it.
            phases=[Phase.generate] if lives == QUICK else list(Phase),
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_control_what_is_false_or_fetched_again_is_seen(universe: Universe) -> None:
    life = _life(universe)
    life.begin(demo=0, songs=False, full=False)
    try:
        life.node.sync()
        asked = list(life.link.spans)
        held = held_chunks(life.node.root)
        life.nothing_is_false()
        assert len(fetched_again(life.node.data_dir, life.hub.data.repository, held, asked)) > 5
        assert fetched_twice([*asked, *asked])
        life.rot(which=0, at=0)
        life.rotten.clear()
        with pytest.raises(AssertionError):
            life.nothing_is_false()
    finally:
        shutil.rmtree(life.folder)


def _life(universe: Universe) -> Life:
    life = Life()
    life.universe = universe
    return life
