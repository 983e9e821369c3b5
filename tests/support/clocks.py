"""A school whose clock can be anything, and a script of what happens to it, a line for each step.

```
edition N [at D]   the hub publishes version N (to be opened D days later) and signs
renew              the hub signs anew what it offers
rotate             the hub gets a new timestamp key, by a new root
hub clock WHEN     what the hub's clock says from now on (WHEN as below)
hub                the node syncs from the hub
stick [NAME]       the node syncs from a copy of the repository as it is now, or as it was
copy NAME          keep such a copy
freeze / thaw      somebody in between answers with what the hub has now / lets it through
answer [WHEN]      the hub answers the node's nonce with the time that it takes for now
on H / off D       the box is on for H hours / off for D days, and starts again
clock WHEN         what the box's clock says: a year, `true`, or `+D` or `-D` days from the truth
battery dead       its clock starts in 1970 each time
cycles N M         N times: M minutes on, a tick at the end, then a power cut
play back NAME     somebody in between answers with that copy from now on
lose node.db       it is gone; `rot node.db`: it is damaged; `rot ROLE`: that file of trust/ is
```
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from sync_node import state
from sync_node import status as stating
from sync_node.folder_source import FolderSource
from sync_node.models import StateRow
from sync_node.status import Status
from sync_node.ticks import Tick
from sync_node.time_sayings import Stale, stale_in_words, time_in_words
from sync_node.trusted_time import Reading, Said, Uptime
from tests.support.nodes import LiveFolder, Node
from tests.support.packs import make_demo
from tests.support.repositories import NOW, Repository

START = NOW
DEAD = datetime(1970, 1, 1, tzinfo=UTC)


def later(time: datetime, passed: timedelta) -> datetime:
    """A clock that stands still at the end of the calendar."""
    try:
        return time + passed
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC)


@dataclass
class ClockedNode(Node):
    """A node that is on for as long as a test says, whatever its clock says."""

    seconds: float = 0.0

    def uptime(self) -> Uptime:
        return Uptime(self.boot, self.seconds)


@dataclass
class School:
    """A hub, and a node whose clock can be anything. `truth` is what time it is."""

    folder: Path
    truth: datetime = START
    battery: bool = True
    hub_off: timedelta | datetime = timedelta()
    starts: int = 0
    tick: Tick | None = None
    active: list[int] = field(default_factory=list)  # the version of lesson one after each sync

    def __post_init__(self) -> None:
        self.repository = Repository(self.folder / "repository", now=self.truth)
        self.node = ClockedNode(self.folder / "node", [], now=self.truth)
        self.node.initialise(self.repository)
        self.hub = LiveFolder(self.repository.root)
        self.steps: dict[str, Callable[..., None]] = {
            "edition": self.edition, "renew": self.renew, "rotate": self.rotate,
            "hub": self.sync_from_hub, "hub clock": self.set_hub_clock, "stick": self.stick,
            "copy": self.copy, "freeze": self.freeze, "thaw": self.thaw, "answer": self.answer,
            "on": self.on, "off": self.off, "clock": self.set_clock,
            "battery dead": self.no_battery, "cycles": self.cycles, "lose node.db": self.lose,
            "rot node.db": self.rot, "rot": self.rot_role, "play back": self.play_back,
        }  # fmt: skip

    def do(self, *script: str) -> None:
        """Carry out a script; after each sync nothing may be false."""
        for line in script:
            name = max((n for n in self.steps if f"{line} ".startswith(f"{n} ")), key=len)
            self.steps[name](*line[len(name) :].split())

    # The hub

    def hub_time(self) -> datetime:
        return self.hub_off if isinstance(self.hub_off, datetime) else self.truth + self.hub_off

    def edition(self, number: str, _at: str = "", days: str = "") -> None:
        cpack = self.folder / f"{number}.cpack"
        make_demo(cpack, version=int(number), lessons=("one",), seeds={"one": int(number)})
        offer = self.repository.publish(cpack)
        if days:
            at = self.truth + timedelta(days=float(days))
            offer = msgspec.structs.replace(offer, activate_at=at.isoformat())
        self.repository.now = self.hub_time()
        self.repository.offer("main", offer)

    def renew(self) -> None:
        self.repository.now = self.hub_time()
        self.repository.sign()

    def rotate(self) -> None:
        self.repository.now = self.hub_time()
        self.repository.rotate("timestamp")
        self.repository.versions["timestamp"] = 0
        self.repository.sign()

    def set_hub_clock(self, when: str) -> None:
        self.hub_off = self.moment(when) if when.isdigit() else self.moment(when) - self.truth

    def freeze(self) -> None:
        self.hub = LiveFolder(self.repository.copy_to(self.folder / "frozen"))

    def play_back(self, name: str) -> None:
        self.hub = LiveFolder(self.folder / name)

    def thaw(self) -> None:
        self.hub = LiveFolder(self.repository.root)

    # The node

    def sync_from_hub(self) -> None:
        self.sync(self.hub)

    def stick(self, name: str = "") -> None:
        if not name:
            name = f"now {len(self.active)}"
            self.repository.copy_to(self.folder / name)
        self.sync(FolderSource(self.folder / name))

    def copy(self, name: str) -> None:
        self.repository.copy_to(self.folder / name)

    def sync(self, source: FolderSource) -> None:
        self.node.sources = [source]
        self.tick = self.node.sync()
        self.node.check_nothing_false()
        self.active.append(self.node.lessons().get("one", 0))

    def answer(self, when: str = "") -> None:
        with self.node.opened():
            clock = self.node.clock()
            asked = clock.uptime()
            time = self.moment(when) if when else self.hub_time()
            clock.heard_hub(Said(time, "service"), asked=asked, source="http://hub/")
            state.remember_time(clock.known)

    def on(self, hours: str) -> None:
        passed = timedelta(hours=float(hours))
        self.truth += passed
        self.node.now = later(self.node.now, passed)
        self.node.seconds += passed.total_seconds()

    def off(self, days: str) -> None:
        passed = timedelta(days=float(days))
        self.truth += passed
        self.node.now = later(self.node.now, passed) if self.battery else DEAD
        self.starts += 1
        self.node.boot, self.node.seconds = f"start {self.starts}", 0.0

    def cycles(self, number: str, minutes: str) -> None:
        with self.node.opened():
            for _ in range(int(number)):
                self.off("0.5")
                self.on(str(int(minutes) / 60))
                state.remember_time(self.node.clock().known)  # as a tick does

    def set_clock(self, when: str) -> None:
        self.node.now = self.moment(when)

    def no_battery(self) -> None:
        self.battery = False

    def lose(self) -> None:
        for path in self.node.root.glob("node.db*"):
            path.unlink()

    def rot(self) -> None:
        self.lose()
        self.node.data_dir.node_db.write_bytes(b"rotten" * 1_000)

    def rot_role(self, role: str) -> None:
        (self.node.data_dir.trust / f"{role}.json").write_bytes(b"rotten")

    def moment(self, when: str) -> datetime:
        if when == "true":
            return self.truth
        if when[0] in "+-":
            return self.truth + timedelta(days=float(when))
        return datetime(int(when), 1, 1, tzinfo=UTC)

    # What is said

    def reading(self) -> Reading:
        with self.node.opened():
            return self.node.clock().reading()

    def status(self) -> Status:
        with self.node.opened():
            return stating.status(
                self.node.data_dir,
                self.node.channels,
                time=self.node.clock().reading(),
                disk_free=lambda _: 5,
            )

    def words(self) -> str:
        """All that is said of the last tick, of the time, and of what is stale."""
        found = self.status()
        said = [self.tick.detail if self.tick else "", f"time: {time_in_words(found.time)}"]
        if found.stale_since:
            said.append(stale_in_words(Stale(found.stale_since, found.stale_by)))
        return "\n".join(said)

    def write_state(self, rows: dict[str, str]) -> None:
        """Put these rows in place of what node.db remembers of time."""
        with self.node.opened():
            StateRow.delete().where(StateRow.key == "time").execute()
            for key, value in rows.items():
                StateRow.replace(key=key, value=value).execute()  # type: ignore[no-untyped-call]

    def state_keys(self) -> set[str]:
        with self.node.opened():
            return {row.key for row in StateRow.select()}
