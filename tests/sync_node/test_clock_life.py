"""Any life of a clock: starts, jumps, power cuts, syncs from a hub that may be frozen, and sticks.

After each step: trusted time didn't go back, is no later than the truth, and no later than what
some evidence and the hours on since come to; what is active is the newest edition that a source
could give at that moment under the rules: strict from a hub, soft from a stick, never an older one.
"""

import shutil
import tempfile
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

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

from sync_node import state
from sync_node.trusted_time import BUILD_DATE, proven
from tests.support.clocks import START, School

LIVES = 12
STEPS = 20
EDITIONS_MAX = 5
SLACK = timedelta(seconds=1)
LIFETIME = timedelta(days=30)


@dataclass(frozen=True)
class Copy:
    """What a stick holds, or what a frozen hub shows: which edition, which timestamp, from when."""

    edition: int
    timestamp: int
    signed: datetime


class ClockLife(RuleBasedStateMachine):
    """A school whose clock says anything; `heard` is the evidence, by hours that it was on."""

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="satchel-clock-"))
        self.school = School(self.folder)
        self.editions = 0
        self.on = timedelta()
        self.known = Copy(0, 0, START)
        self.sticks: dict[str, Copy] = {}
        self.frozen: Copy | None = None
        self.heard: list[tuple[datetime, timedelta]] = [(BUILD_DATE, self.on)]
        self.saved = BUILD_DATE
        self.release()

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            shutil.rmtree(self.folder)

    @property
    def offered(self) -> Copy:
        return Copy(self.editions, self.school.repository.versions["timestamp"], self.signed)

    # The hub and its sticks

    def release(self) -> None:
        self.editions += 1
        self.school.edition(str(self.editions))
        self.signed = self.school.truth

    @precondition(lambda self: self.editions < EDITIONS_MAX)
    @rule()
    def release_another(self) -> None:
        self.release()

    @rule()
    def renew(self) -> None:
        self.school.renew()
        self.signed = self.school.truth

    @rule()
    def fill_a_stick(self) -> None:
        name = f"stick {len(self.sticks)}"
        self.school.copy(name)
        self.sticks[name] = self.offered

    @precondition(lambda self: self.sticks)
    @rule(data=st.data())
    def freeze(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.sticks)))
        self.school.play_back(name)
        self.frozen = self.sticks[name]

    @rule()
    def thaw(self) -> None:
        self.school.thaw()
        self.frozen = None

    # The box and its clock

    @rule(hours=st.sampled_from([0.1, 5, 24, 200, 800]))
    def stay_on(self, hours: float) -> None:
        self.school.on(str(hours))
        self.on += timedelta(hours=hours)

    @rule(days=st.sampled_from([0, 0.4, 12, 45, 730]))
    def lose_power(self, days: float) -> None:
        self.school.off(str(days))

    @rule(when=st.sampled_from(["1970", "2040", "9999", "true", "-40", "+1", "+40", "+900"]))
    def jump(self, when: str) -> None:
        self.school.set_clock(when)

    @rule()
    def lose_the_battery(self) -> None:
        self.school.no_battery()

    @rule(how=st.sampled_from(["lose node.db", "rot node.db"]))
    def lose_node_db(self, how: str) -> None:
        self.school.do(how)
        self.saved = self.known.signed if self.known.timestamp else BUILD_DATE

    # What it hears

    @rule()
    def the_hub_answers(self) -> None:
        self.school.answer()
        self.heard.append((self.school.truth, self.on))
        assert self.school.reading().sure == "exact"
        assert abs(self.school.reading().now - self.school.truth) <= SLACK

    @rule()
    def sync_from_the_hub(self) -> None:
        shown = self.frozen or self.offered
        trusted = self.school.reading().trusted
        self.school.sync_from_hub()
        lapsed = shown.signed + LIFETIME <= trusted
        if shown.timestamp < self.known.timestamp or lapsed:
            assert self.school.tick
            assert self.school.tick.outcome == "untrusted"
            return
        assert self.school.tick
        assert self.school.tick.outcome in {"updated", "nothing-new"}
        self.take(shown)

    @precondition(lambda self: self.sticks)
    @rule(data=st.data())
    def sync_from_a_stick(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.sticks)))
        self.school.stick(name)
        assert self.school.tick
        assert self.school.tick.outcome in {"updated", "nothing-new"}
        if self.sticks[name].timestamp >= self.known.timestamp:
            self.take(self.sticks[name])

    def take(self, shown: Copy) -> None:
        if shown.timestamp > self.known.timestamp:
            self.heard.append((shown.signed, self.on))
        self.known = shown
        assert self.school.active[-1] == shown.edition

    # What holds

    @invariant()
    def time_is_only_what_is_proven(self) -> None:
        found = self.school.reading()
        assert found.trusted <= self.school.truth + SLACK
        most = max(time + self.on - on for time, on in self.heard)
        assert self.saved <= found.trusted <= most + SLACK
        assert found.now >= found.trusted
        self.saved = max(self.saved, self.newest_saved())

    def newest_saved(self) -> datetime:
        """What it will know after a power cut at this moment."""
        with self.school.node.opened():
            known = state.time_known()
        return proven(known) if known else BUILD_DATE

    @invariant()
    def what_is_active_is_the_newest_that_was_taken(self) -> None:
        expected = {"one": self.known.edition} if self.known.edition else {}
        assert self.school.node.lessons() == expected


def test_any_life_of_a_clock() -> None:
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        ClockLife,
        settings=settings(
            max_examples=LIVES,
            stateful_step_count=STEPS,
            suppress_health_check=list(HealthCheck),
            phases=(Phase.explicit, Phase.reuse, Phase.generate),
        ),
    )
