"""kill -9 at every durable step of an enrolment and of a check-in: nothing is lost, or said twice.

After each the next run ends with one key, which the hub has seen from the first claim on; with
numbers that never came twice, since the scripted hub refuses those; and with one unbroken chain.
"""

import random
import shutil
import stat
import sys
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from content_packs import batches, record_batches, reports, school_requests
from content_packs.batches import ChainEnd
from content_packs.desired_state import DesiredState
from content_packs.messages import to_second
from content_packs.protocol import Credential
from content_packs.records import Actor, Place
from content_packs.reports import RecordsWaiting
from sync_node import identity
from sync_node.config import SourceConfig
from sync_node.held_documents import HeldDocuments
from sync_node.identity import KEY
from sync_node.outbox import Outbox
from sync_node.school.recording import Thing
from sync_node.school.school import open_school
from tests.support.identities import Box, a_repository, enrolled
from tests.support.killing import Killer, Moment
from tests.support.protocol import SEAL_KEY, a_report, counting, hub_keys, seal_keyid
from tests.support.scripted_hub import CODE, ScriptedHub, scripted_hub

SEED = 20_261_121
MOMENTS = r"fsync|fdatasync|rename.*|unlink.*|mkdir.*|write|pwrite64"
QUICK = 3  # moments of each scene

pytestmark = pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace")
FEW_OR_ALL = [
    pytest.param(QUICK, id="quick"),
    pytest.param(None, id="long", marks=[pytest.mark.long, pytest.mark.timeout(3_000)]),
]


@dataclass
class Stage:
    """A hub, and a node's folder as it is when a command starts."""

    folder: Path
    hub: ScriptedHub
    start: Path
    command: tuple[str, ...]
    credential: Credential | None
    last: int

    @property
    def box(self) -> Box:
        return Box(self.folder / "node")

    def set(self) -> list[str]:
        """Make everything as it was; return the command."""
        shutil.rmtree(self.box.root, ignore_errors=True)
        shutil.copytree(self.start, self.box.root)
        self.hub.claims.clear()
        self.hub.batches.clear()
        self.hub.check_ins.clear()
        self.hub.sequences[:] = [self.last]
        self.hub.end, self.hub.credential = ChainEnd(), self.credential
        module = [sys.executable, "-m", "sync_node.cli"]
        return [*module, *self.command, "--data", str(self.box.root)]

    def kill_at_each(self, most: int | None, expect: Callable[[], None]) -> None:
        killer = Killer(SEED)
        killer.watch(self.set(), self.box.root, self.folder / "log")
        moments = killer.every(MOMENTS)
        assert len(moments) >= QUICK
        chosen = random.Random(SEED).sample(moments, most) if most else moments
        killed = sum(self.kill_at(killer, moment, expect) for moment in chosen)
        assert killed >= len(chosen) / 2  # near the end a moment may not be reached

    def kill_at(self, killer: Killer, moment: Moment, expect: Callable[[], None]) -> bool:
        try:
            killed = killer.kill(self.set(), moment)
            expect()
        except BaseException as error:
            error.add_note(f"killed at {moment}")
            raise
        return killed


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[ScriptedHub]:
    repository = a_repository(tmp_path / "repository", hub_keys=hub_keys())
    with scripted_hub(repository, confirmed=True) as found:
        yield found


@pytest.fixture
def new(tmp_path: Path, hub: ScriptedHub) -> Box:
    return Box(tmp_path / "start").initialise(hub.repository, SourceConfig(hub=hub.url))


@pytest.mark.parametrize("most", FEW_OR_ALL)
def test_killed_in_an_enrolment_the_next_one_makes_the_same_box_a_node(
    tmp_path: Path, hub: ScriptedHub, new: Box, most: int | None
) -> None:
    stage = Stage(tmp_path, hub, new.root, ("enrol", CODE), None, 0)

    def expect() -> None:
        box = stage.box
        assert box.enrol().state == "enrolled"
        who = identity.current(box.data_dir)
        assert who
        assert {claim.key for claim in hub.claims} == {who.public_hex}
        assert len({claim.nonce for claim in hub.claims}) == 1
        assert stat.S_IMODE((who.folder / KEY).stat().st_mode) == 0o600
        assert identity.claiming(box.data_dir) is None or box.sync().notes
        assert box.sync().troubles == []
        assert identity.claiming(box.data_dir) is None
        assert len(hub.check_ins) >= 1

    stage.kill_at_each(most, expect)


@pytest.mark.parametrize("most", FEW_OR_ALL)
def test_killed_in_a_check_in_the_next_one_says_and_takes_all_of_it(
    tmp_path: Path, hub: ScriptedHub, new: Box, most: int | None
) -> None:
    enrolled(new, hub)
    assert new.sync().troubles == []
    who = identity.current(new.data_dir)
    assert who
    outbox = Outbox(new.data_dir, who)
    for _ in range(3):
        outbox.add(
            reports.encode_batch((a_report(),)), "reports", hub_keys(), receipt=None,
            randomness=counting(),
        )  # fmt: skip
    hub.desired = DesiredState(
        number=1, issued_at=to_second(datetime.now(UTC)), node="qamdo-1", time_zone="+08:00"
    )
    stage = Stage(tmp_path, hub, new.root, ("sync",), hub.credential, hub.sequences[-1])

    def expect() -> None:
        box = stage.box
        for _ in range(2):
            tick = box.sync()
            assert tick.troubles == []
            assert tick.notes == []  # a number that came twice would be refused
        assert len(hub.batches) == 3
        assert hub.sequences == sorted(set(hub.sequences))
        assert box.standing().desired_state == 1
        assert Outbox(box.data_dir, who).sequences() == [3]
        receipt = HeldDocuments(box.data_dir).receipt(who)
        assert receipt
        assert receipt.sequence == 3

    stage.kill_at_each(most, expect)


@pytest.mark.parametrize(
    "most",
    [
        pytest.param(2, id="quick"),
        pytest.param(None, id="long", marks=[pytest.mark.long, pytest.mark.timeout(3_000)]),
    ],
)
def test_killed_while_a_wish_is_sealed_and_sent_the_hub_has_it_once(
    tmp_path: Path, hub: ScriptedHub, new: Box, most: int | None
) -> None:
    enrolled(new, hub)
    assert new.sync().troubles == []
    school = open_school(
        new.data_dir, clock=lambda: datetime.now(UTC), randomness=random.Random(SEED).randbytes
    )
    wish = school.wishes.add("songs", by="teacher").id
    school.close()
    stage = Stage(tmp_path, hub, new.root, ("sync",), hub.credential, hub.sequences[-1])

    def expect() -> None:
        for _ in range(2):
            assert stage.box.sync().troubles == []
        said = [
            school_requests.decode_requests(
                batches.content_of(
                    batches.read(each, hub.keys(), node=hub.node), {seal_keyid(SEAL_KEY): SEAL_KEY}
                )
            )
            for each in hub.batches
        ]
        assert {each.wishes[0].id for each in said} == {wish}, "by its id it is one"
        assert len({each.wishes for each in said}) == 1
        assert len(said) <= 2, "once more at the most"
        assert stage.box.standing().batches_waiting == 0

    stage.kill_at_each(most, expect)


@pytest.mark.parametrize("most", [pytest.param(2, id="quick"), FEW_OR_ALL[1]])
def test_killed_while_records_are_sealed_and_sent_the_hub_has_each(
    tmp_path: Path, hub: ScriptedHub, new: Box, most: int | None
) -> None:
    enrolled(new, hub)
    assert new.sync().troubles == []
    school = open_school(
        new.data_dir, clock=lambda: datetime.now(UTC), randomness=random.Random(SEED).randbytes
    )
    pupil = Actor("learner", str(uuid.UUID(int=1, version=4)))
    for item in ("a", "b", "c"):
        school.recording.started(pupil, Thing(Place("demo", "one", item), "page", 1))
    made = school.statements.after(0, count_max=10, bytes_max=10**6)
    school.close()
    stage = Stage(tmp_path, hub, new.root, ("sync",), hub.credential, hub.sequences[-1])

    def expect() -> None:
        for _ in range(2):
            assert stage.box.sync().troubles == []
        came = [
            record_batches.decode(
                batches.content_of(
                    batches.read(each, hub.keys(), node=hub.node), {seal_keyid(SEAL_KEY): SEAL_KEY}
                )
            )
            for each in hub.batches
        ]
        assert len(came) in {1, 2}, "once more at the most"
        for each in came:
            assert [sent.body for sent in each.records] == [one.body for one in made]
        assert stage.box.standing().batches_waiting == 0
        stage.box.sync()
        last = hub.check_ins[-1].report
        assert last
        assert last.records == RecordsWaiting()

    stage.kill_at_each(most, expect)
