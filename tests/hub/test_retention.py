"""Retention takes away what nothing needs, and nothing else, whenever it is cut off."""

import dataclasses
import shutil
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content_packs.errors import Missing, Refused
from hub import delta_files, deltas, retaining
from hub.hub import Hub, open_hub
from hub.initialising import initialise
from hub.people.actor import Actor, of_this_machine
from hub.publishing import publish
from hub.releasing import Terms, release, withdraw
from hub.renewing import renew
from hub.retention import Kept, Key, Needs, Policy, reasons
from hub.rollouts.tables import RolloutRow
from hub.versions import expect_version, versions_of
from tests.hub.clients import START, Client, MovableClock, client_of, tree
from tests.support.packs import make_demo

DAY = timedelta(days=1)
POLICY = Policy(newest=2, young=90 * DAY, lately=180 * DAY)
ME = of_this_machine()
LONG_AGO = START - timedelta(days=900)


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
def aged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data directory of a hub that published demo 1 to 7 long ago, and released 2, then 7."""
    folder = tmp_path_factory.mktemp("aged")
    clock = MovableClock(LONG_AGO)
    initialise(folder / "hub", "main", clock)
    hub = open_hub(folder / "hub", clock)
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
def old(aged: Path, tmp_path: Path, clock: MovableClock) -> Hub:
    shutil.copytree(aged, tmp_path / "old")
    clock.now = LONG_AGO + timedelta(days=352)
    return open_hub(tmp_path / "old", clock)


@pytest.fixture
def client(old: Hub, tmp_path: Path) -> Client:
    return client_of(old.data.root, tmp_path / "memory", now=old.clock())


def numbers(hub: Hub) -> list[int]:
    return [version.version for version in versions_of(hub, "demo")]


def test_a_dry_run_changes_nothing(old: Hub) -> None:
    before = tree(old.data.repository)
    plan = retaining.plan(old, ME)
    assert [line.version for line in plan.goes] == [3, 2, 1]
    assert plan.size > 0
    assert tree(old.data.repository) == before
    assert numbers(old) == [7, 6, 5, 4, 3, 2, 1]


def test_what_goes_frees_what_was_said_and_the_rest_is_whole(old: Hub, client: Client) -> None:
    plan = retaining.plan(old, ME)
    before = sum(map(len, tree(old.data.repository).values()))
    done = retaining.run(old, ME)
    assert (done.goes, done.files, done.size) == (plan.goes, plan.files, plan.size)
    assert before - sum(map(len, tree(old.data.repository).values())) == plan.size
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
    stored = {path for path in tree(old.data.repository) if path.startswith("layouts/")}
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


def test_only_who_keeps_the_hub_going_may(old: Hub) -> None:
    for role in ("operator", "publisher", "teacher", "auditor"):
        somebody = Actor("eve", role, "console")  # type: ignore[arg-type]
        with pytest.raises(Refused):
            retaining.run(old, somebody)
        with pytest.raises(Refused):
            retaining.plan(old, somebody)
