"""Retention takes away what nothing needs, and nothing else, whenever it is cut off."""

import dataclasses
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content_packs.errors import Missing, Refused
from content_packs.reports import PackReadiness
from hub import delta_files, deltas, retaining
from hub.contents import read_layout, read_manifest
from hub.edition import read_edition
from hub.fleet import nodes
from hub.hub import Hub, open_hub
from hub.people.actor import Actor, of_this_machine
from hub.publishing import publish
from hub.releasing import Terms, release, withdraw
from hub.renewing import renew
from hub.retention import Kept, Key, Needs, Policy, reasons
from hub.rollouts import deciding, planning
from hub.rollouts.model import Group, Plan, Stage
from hub.rollouts.tables import RolloutRow
from hub.versions import expect_version, versions_of
from tests.hub.clients import START, Client, MovableClock, client_of, content_of
from tests.hub.rollouts.fleets import ANNA, add_schools, say
from tests.support.hub_databases import HubDatabases
from tests.support.packs import make_demo

DAY = timedelta(days=1)
POLICY = Policy(newest=2, young=90 * DAY, lately=180 * DAY)
ME = of_this_machine()
LONG_AGO = START - timedelta(days=900)
NOTHING = timedelta(0)
AT_ONCE = Policy(newest=1, young=NOTHING, lately=NOTHING)
LATELY = Policy(newest=1, young=NOTHING, lately=180 * DAY)


def kept(version: int, *, published: datetime = LONG_AGO, ceased: datetime | None = None) -> Kept:
    return Kept("demo", version, published, ceased)


def stays(versions: list[Kept], needs: Needs = Needs()) -> set[int]:  # noqa: B008 - it is frozen
    found = reasons(versions, needs, POLICY, START)
    return {version for (_pack, version), why in found.items() if why}


def test_the_newest_stay_and_what_nothing_needs_goes() -> None:
    assert stays([kept(n) for n in range(1, 6)]) == {4, 5}


def test_what_is_young_or_was_offered_of_late_stays() -> None:
    old = [kept(n) for n in (8, 9)]
    young = kept(1, published=START - 89 * DAY)
    lately = kept(2, ceased=START - 179 * DAY)
    long_since = kept(3, ceased=START - 181 * DAY)
    assert stays([young, lately, long_since, *old]) == {1, 2, 8, 9}


@pytest.mark.parametrize("what", ["offered", "held", "rollout", "fall_back", "delta"])
def test_what_somebody_needs_stays(what: str) -> None:
    needs = dataclasses.replace(Needs(), **{what: frozenset({("demo", 1)})})
    assert stays([kept(n) for n in range(1, 6)], needs) == {1, 4, 5}


def test_where_a_node_has_lessons_of_an_unknown_version_all_that_were_released_stay() -> None:
    versions = [kept(1, ceased=LONG_AGO), kept(2), kept(3, ceased=LONG_AGO), kept(8), kept(9)]
    assert stays(versions, Needs(mixed=frozenset({"demo"}))) == {1, 3, 8, 9}


_KEYS = st.frozensets(st.tuples(st.just("demo"), st.integers(1, 12)))


@given(st.integers(1, 12), _KEYS, _KEYS, _KEYS)
def test_nothing_that_is_needed_ever_goes(
    count: int, held: frozenset[Key], offered: frozenset[Key], delta: frozenset[Key]
) -> None:
    versions = [kept(n) for n in range(1, count + 1)]
    needs = Needs(held=held, offered=offered, delta=delta)
    known = {one.key for one in versions}
    found = stays(versions, needs)
    assert {version for _pack, version in (held | offered | delta) & known} <= found
    assert {count, max(count - 1, 1)} <= found


# The repository


@pytest.fixture(scope="module")
def aged(tmp_path_factory: pytest.TempPathFactory, lasting_databases: HubDatabases) -> Path:
    """The data directory of a hub that published demo 1 to 7 long ago, and released 2, then 7."""
    folder = tmp_path_factory.mktemp("aged")
    clock = MovableClock(LONG_AGO)
    hub = lasting_databases.make_hub(folder / "hub", clock)
    for version in range(1, 8):
        seeds = {"two": version}
        make_demo(folder / "x.cpack", version=version, video_bytes=50_000, seeds=seeds)
        publish(hub, folder / "x.cpack")
    release(hub, "demo", 2, "main", Terms())
    clock.go_on(days=1)
    release(hub, "demo", 6, "main", Terms())
    clock.go_on(days=1)
    release(hub, "demo", 7, "main", Terms())
    clock.go_on(days=350)
    delta_files.make(hub, deltas.wanted(hub))
    renew(hub)
    return folder / "hub"


@pytest.fixture
def old(aged: Path, tmp_path: Path, clock: MovableClock, databases: HubDatabases) -> Hub:
    clock.now = LONG_AGO + timedelta(days=352)
    return open_hub(databases.copy_hub(aged, tmp_path / "old"), clock)


@pytest.fixture
def client(old: Hub, tmp_path: Path) -> Client:
    return client_of(old.data.root, tmp_path / "memory", now=old.clock())


def numbers(hub: Hub) -> list[int]:
    return [version.version for version in versions_of(hub, "demo")]


def test_a_dry_run_changes_nothing(old: Hub) -> None:
    before = content_of(old)
    plan = retaining.plan(old, ME)
    assert [line.version for line in plan.goes] == [3, 2, 1]
    assert plan.size > 0
    assert content_of(old) == before
    assert numbers(old) == [7, 6, 5, 4, 3, 2, 1]


def test_what_goes_frees_what_was_said_and_the_rest_is_whole(old: Hub, client: Client) -> None:
    plan = retaining.plan(old, ME)
    before = sum(map(len, content_of(old).values()))
    done = retaining.run(old, ME)
    assert (done.goes, done.files, done.size) == (plan.goes, plan.files, plan.size)
    assert before - sum(map(len, content_of(old).values())) == plan.size
    assert numbers(old) == [7, 6, 5, 4]
    assert not deltas.missing(old, deltas.wanted(old))
    (offer,) = client.offers()
    assert client.files(offer)
    for version in (4, 5, 6):  # each is whole: it can be released
        found = expect_version(old, "demo", version)
        assert found.manifest
    withdraw(old, "demo", 7, channel="main", fall_back_to=6)
    (offer,) = client.offers()
    assert offer.version == 6
    assert client.files(offer)


def test_it_is_done_once(old: Hub) -> None:
    retaining.run(old, ME)
    again = retaining.run(old, ME)
    assert (again.goes, again.files) == ((), 0)


def test_what_was_cut_off_goes_on(old: Hub, client: Client) -> None:
    class Cut(Exception):
        pass

    def cut(done: int, _total: int, _words: str) -> None:
        if done:
            raise Cut

    left = retaining.plan(old, ME).files
    cuts = 0
    while left > 1:
        with pytest.raises(Cut):
            retaining.run(old, ME, progress=cut)
        (offer,) = client.offers()
        assert client.files(offer)
        assert numbers(old) == [7, 6, 5, 4]
        assert retaining.plan(old, ME).files == left - 1
        left, cuts = left - 1, cuts + 1
    retaining.run(old, ME)
    assert cuts > 5
    assert retaining.plan(old, ME).files == 0
    stored = {path for path in content_of(old) if path.startswith("layouts/")}
    assert len(stored) == 4


def test_a_dropped_version_is_never_made_again(old: Hub, tmp_path: Path) -> None:
    retaining.run(old, ME)
    with pytest.raises(Missing):
        release(old, "demo", 2, "main", Terms())
    make_demo(tmp_path / "two.cpack", version=2, video_bytes=50_000, seeds={"two": 2})
    with pytest.raises(Refused):
        publish(old, tmp_path / "two.cpack")
    make_demo(tmp_path / "eight.cpack", version=8, video_bytes=50_000, seeds={"two": 8})
    assert publish(old, tmp_path / "eight.cpack").version.version == 8


def test_what_a_rollout_leads_to_stays(old: Hub) -> None:
    with old.database.writing():
        RolloutRow.create(
            rollout="r1", pack="demo", version=3, channel="main", plan="{}", seed="", price="",
            planned_at="", planned_by="", state="running",
        )  # fmt: skip
    assert [line.version for line in retaining.plan(old, ME).goes] == [2, 1]


def holds_as(
    *, verified: int | None = None, held: int | None = None, rolled_back: int | None = None
) -> PackReadiness:
    """What a box says of demo that works towards 7, and holds something older."""
    return PackReadiness(
        pack="demo", channel="main", version=7, lessons_older=2, lessons_total=2,
        bytes_to_come=90_000, bytes_wanted=200_000,
        verified_version=verified, held_version=held, rolled_back=rolled_back,
    )  # fmt: skip


def goes(hub: Hub) -> list[int]:
    return [line.version for line in retaining.plan(hub, ME).goes]


def test_what_boxes_say_that_they_hold_stays(old: Hub) -> None:
    one, two = add_schools(old, range(2))
    say(old, [one], holds_as(verified=1))
    assert goes(old) == [3, 2]
    say(old, [two], holds_as(held=2, rolled_back=3))
    assert goes(old) == []


def test_a_report_that_was_cut_takes_nothing_away(old: Hub, clock: MovableClock) -> None:
    (box,) = add_schools(old, [1])
    say(old, [box], holds_as(verified=2))
    clock.go_on(hours=1)
    say(old, [box])  # of so much trouble that no pack found a place in it
    assert goes(old) == [3, 1]


def test_what_a_box_has_that_was_revoked_holds_up_nothing(old: Hub) -> None:
    (box,) = add_schools(old, [1])
    say(old, [box], holds_as(verified=2))
    assert goes(old) == [3, 1]
    nodes.revoke(old, box, reason="stolen")
    assert goes(old) == [3, 2, 1]


def rolled_out(hub: Hub, version: int) -> str:
    """Begin a rollout of another pack's version to half of the schools."""
    add_schools(hub, range(4))
    stages = (Stage(Group(percent=50)), Stage(Group(percent=100)))
    planned = planning.plan(hub, ANNA, Plan("other", version, "main", stages))
    return deciding.approve(hub, ANNA, planned.rollout).rollout


def of_other(hub: Hub) -> list[int]:
    found = retaining.plan(hub, ME, AT_ONCE).stays
    return [line.version for line in found if line.pack == "other"]


@pytest.fixture
def with_other(old: Hub, tmp_path: Path, clock: MovableClock) -> Hub:
    """The hub, with `other` 1 to 6 published, and 1 released."""
    for version in range(1, 7):
        make_demo(tmp_path / "other.cpack", pack="other", version=version, seeds={"two": version})
        publish(old, tmp_path / "other.cpack")
    release(old, "other", 1, "main", Terms())
    assert of_other(old) == [
        6,
        5,
        4,
        3,
        1,
    ]  # deltas lead to the newest from three, and what is offered
    clock.go_on(days=1)
    return old


def test_what_a_rollout_offers_stays_while_it_runs_and_where_schools_keep_it(
    with_other: Hub,
) -> None:
    rollout = rolled_out(with_other, 2)
    assert of_other(with_other) == [6, 5, 4, 3, 2, 1]
    deciding.abort(with_other, ANNA, rollout, revert=False)
    assert of_other(with_other) == [6, 5, 4, 3, 2, 1]
    retaining.run(with_other, ME, AT_ONCE)
    edition = read_edition(with_other.data.metadata)
    (kept_offer,) = edition.staged_on("main")
    manifest, _stored = read_manifest(with_other.objects, "other", kept_offer.manifest)
    assert manifest.version == 2
    assert read_layout(with_other.objects, manifest, kept_offer.layout)


def test_what_a_rollout_offered_of_late_stays_a_while(with_other: Hub, clock: MovableClock) -> None:
    rollout = rolled_out(with_other, 2)
    deciding.abort(with_other, ANNA, rollout, revert=True)
    clock.go_on(days=100)
    why = {
        (line.pack, line.version): line.why for line in retaining.plan(with_other, ME, LATELY).stays
    }
    assert why["other", 2] == ("lately",)
    clock.go_on(days=100)
    why = {
        (line.pack, line.version): line.why for line in retaining.plan(with_other, ME, LATELY).stays
    }
    assert ("other", 2) not in why


def test_what_schools_kept_stays_a_while_after_a_newer_release(
    with_other: Hub, clock: MovableClock
) -> None:
    rollout = rolled_out(with_other, 2)
    deciding.abort(with_other, ANNA, rollout, revert=False)
    clock.go_on(days=1000)
    assert of_other(with_other)[-2:] == [2, 1]
    renew(with_other)
    release(with_other, "other", 6, "main", Terms())
    clock.go_on(days=100)
    assert 2 in {line.version for line in retaining.plan(with_other, ME, LATELY).stays}
    clock.go_on(days=100)
    stays_on = retaining.plan(with_other, ME, LATELY).stays
    assert ("other", 2) not in {(line.pack, line.version) for line in stays_on}


def test_lessons_of_an_unknown_version_may_be_of_one_that_a_rollout_brought(
    with_other: Hub, clock: MovableClock
) -> None:
    rollout = rolled_out(with_other, 2)
    deciding.abort(with_other, ANNA, rollout, revert=True)
    clock.go_on(days=1000)
    assert 2 not in of_other(with_other)
    say(with_other, ["box-1"], PackReadiness(pack="other", channel="main", lessons_older=1))
    assert 2 in of_other(with_other)


def test_the_fall_back_is_one_that_a_withdrawal_can_go_back_to(old: Hub) -> None:
    withdraw(old, "demo", 6)
    why = {line.version: line.why for line in retaining.plan(old, ME).stays}
    assert why[2] == ("fall-back",)
    retaining.run(old, ME)
    withdraw(old, "demo", 7, channel="main", fall_back_to=2)
    assert read_edition(old.data.metadata).offers_on("main")[0].version == 2


def test_only_who_keeps_the_hub_going_may(old: Hub) -> None:
    for role in ("operator", "publisher", "teacher", "auditor"):
        somebody = Actor("eve", role, "console")  # type: ignore[arg-type]
        with pytest.raises(Refused):
            retaining.run(old, somebody)
        with pytest.raises(Refused):
            retaining.plan(old, somebody)
