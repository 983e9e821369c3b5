"""A version that a teacher pinned stays open to the end of its last day, and not a day longer."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import msgspec
import pytest

from content_packs.offers import Offer
from sync_node import estimating, plan_sayings, rebuilding
from sync_node.checking import check
from sync_node.node_reader import NodeReader
from sync_node.rollback import roll_back
from sync_node.school.school import School, open_school
from sync_node.status import PackStatus, status
from tests.support.nodes import Node, publish
from tests.support.repositories import NOW, Repository

LAST_DAY = date(2026, 6, 30)


class Pinned:
    """A node with versions 1 and 2 of a pack published, version 1 here, and its school."""

    def __init__(self, node: Node, repository: Repository, folder: Path) -> None:
        self.node, self.repository, self.folder = node, repository, folder
        self.first = self.publish(1)
        repository.offer("main", self.first)
        node.sync_well()
        self.school: School = open_school(
            node.data_dir,
            clock=lambda: node.now,
            monotonic=lambda: 0.0,
            randomness=bytes,
        )

    def publish(self, *versions: int) -> Offer:
        *earlier, version = versions
        page = f"<p>{version}</p>"
        return publish(
            self.repository, self.folder, *earlier, version=version, pages={"one": page},
            lessons=("one", "two"),
        )  # fmt: skip

    def pin(self, version: int = 1, until: date = LAST_DAY) -> None:
        self.school.pinned_versions.pin("demo", version, until, by="t")

    def released(self, *versions: int) -> None:
        self.repository.offer("main", self.publish(*versions))
        self.node.sync_well()

    def versions(self) -> set[int]:
        return set(self.node.lessons().values())

    def said(self) -> PackStatus:
        with self.node.opened():
            time = self.node.clock().reading()
            found = status(self.node.data_dir, ("main",), time=time, disk_free=lambda _: 1 << 30)
        [pack] = found.packs
        return pack


@pytest.fixture
def box(repository: Repository, node: Node, tmp_path: Path) -> Iterator[Pinned]:
    made = Pinned(node, repository, tmp_path)
    yield made
    made.school.close()


def test_is_held_through_a_release_and_let_go_after_its_last_day(box: Pinned) -> None:
    box.pin()
    box.released(1, 2)
    assert box.versions() == {1}
    said = box.said()
    assert (said.held_version, said.held_by, said.held_until) == (1, "teacher", "2026-06-30")
    assert "held at version 1 until 2026-06-30 by a teacher" in said.in_words()
    box.node.now = NOW.replace(day=30, hour=23)
    assert box.node.sync_well().activated == []
    box.repository.now = box.node.now = NOW.replace(month=7)
    box.repository.sign()
    box.node.sync_well()
    assert box.versions() == {2}
    assert box.said().held_by == ""


def test_nothing_newer_is_fetched_meanwhile(box: Pinned) -> None:
    box.pin()
    before = set(box.node.data_dir.stored_digests())
    box.released(1, 2)
    assert set(box.node.data_dir.stored_digests()) == before
    assert box.node.sync_well().outcome == "nothing-new"


def test_goes_on_when_a_teacher_unpins(box: Pinned) -> None:
    box.pin()
    box.released(1, 2)
    box.school.pinned_versions.unpin("demo")
    tick = box.node.sync_well()
    assert "demo: version 1 isn't pinned any more" in tick.notes
    assert box.versions() == {2}


def test_a_version_that_was_just_replaced_comes_back(box: Pinned) -> None:
    box.released(1, 2)
    assert box.versions() == {2}
    box.pin(1)
    box.node.sync_well()
    assert box.versions() == {1}
    box.node.check_nothing_false()


@pytest.mark.parametrize("how", ["an older one offered", "said beside a newer one"])
def test_never_one_that_the_hub_took_back(box: Pinned, how: str) -> None:
    box.released(1, 2)
    box.pin(2)
    box.node.sync_well()
    if how == "an older one offered":
        box.repository.offer("main", box.first)
    else:
        offer = msgspec.structs.replace(box.publish(1, 2, 3), withdrawn=(2,))
        box.repository.offer("main", offer)
    tick = box.node.sync_well()
    assert any("the hub took that version back" in note for note in tick.notes)
    assert box.versions() == ({1} if how == "an older one offered" else {3})
    assert "not held: the hub took that version back" in box.said().in_words()


def test_not_one_that_a_technician_went_back_from(box: Pinned) -> None:
    box.released(1, 2)
    box.pin(2)
    box.node.sync_well()
    with box.node.opened():
        roll_back(box.node.data_dir, "demo", now=box.node.now)
    box.node.sync_well()
    assert box.versions() == {1}
    assert box.said().held_by == "rollback"
    box.released(1, 2, 3)
    assert box.versions() == {3}


def test_not_one_that_isnt_here(box: Pinned) -> None:
    box.pin(7)
    box.released(1, 2)
    assert box.versions() == {2}
    box.released(1, 2, 9)
    assert box.versions() == {9}
    assert "pinned at version 7" in box.said().in_words()
    assert "that version isn't here" in box.said().pin


def test_not_one_of_a_pack_that_nobody_offers(box: Pinned) -> None:
    box.pin()
    box.node.sync_well()
    box.repository.withdraw("main", "demo")
    box.node.sync_well()
    assert box.said().retired
    assert "no followed channel offers the pack" in box.said().pin


def test_what_rots_of_it_is_fetched_again(box: Pinned) -> None:
    box.pin()
    box.released(1, 2)
    for path in box.node.data_dir.store.rglob("*"):
        if path.is_file():
            path.chmod(0o600)
            path.write_bytes(b"rot")
    with box.node.opened():
        check(box.node.data_dir, box.node.config, now=box.node.now)
    assert box.versions() == set()
    box.node.sync_well()
    assert box.versions() == {1}
    box.node.check_nothing_false()


def test_outlives_node_db(box: Pinned) -> None:
    box.pin()
    box.released(1, 2)
    with box.node.opened():
        rebuilding.rebuild(box.node.data_dir, box.node.config, now=box.node.now)
    assert box.said().held_by == "teacher"
    box.node.sync_well()
    assert box.versions() == {1}


def test_goes_on_while_school_db_cant_be_read(box: Pinned) -> None:
    box.pin()
    box.node.sync_well()
    box.school.close()
    whole = box.node.data_dir.school_db.read_bytes()
    for suffix in ("", "-wal", "-shm"):
        box.node.data_dir.school_db.with_name(f"school.db{suffix}").unlink(missing_ok=True)
    box.node.data_dir.school_db.write_bytes(b"damage " * 1000)
    box.repository.offer("main", box.publish(1, 2))
    tick = box.node.sync_well()
    assert any("what teachers pinned stays as it was" in note for note in tick.notes)
    assert box.versions() == {1}
    box.repository.now = box.node.now = NOW.replace(month=7, day=2)
    box.repository.sign()
    box.node.sync_well()
    assert box.versions() == {2}  # its day is over all the same
    box.node.data_dir.school_db.write_bytes(whole)


def test_no_school_db_is_no_pin_and_none_is_made(box: Pinned) -> None:
    box.school.close()
    for suffix in ("", "-wal", "-shm"):
        box.node.data_dir.school_db.with_name(f"school.db{suffix}").unlink(missing_ok=True)
    box.released(1, 2)
    assert box.versions() == {2}
    assert not box.node.data_dir.school_db.exists()


def test_keeps_no_writer_waiting_and_waits_for_none(box: Pinned) -> None:
    box.pin()
    with closing(sqlite3.connect(box.node.data_dir.school_db, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("INSERT INTO device_row VALUES ('d', '')")
        box.released(1, 2)
        writer.execute("COMMIT")
    assert box.versions() == {1}


def test_counts_by_the_schools_time_zone(box: Pinned) -> None:
    box.pin(until=date(2026, 6, 2))
    box.repository.offer("main", box.publish(1, 2))
    box.node.now = NOW + timedelta(days=1, hours=23)  # 2 June, 23:00 UTC: 3 June in Qamdo
    box.node.time_zone = "+08:00"
    box.node.sync_well()
    assert box.versions() == {2}


def test_the_plan_and_the_site_give_the_reason(box: Pinned) -> None:
    box.pin()
    box.released(1, 2)
    with box.node.opened():
        reasons = estimating.reasons(box.node.data_dir)
    assert [pin.holds for pin in reasons.pins] == [True]
    assert reasons.held == ()
    [line] = [plan_sayings.teachers_pins.in_words(pin) for pin in reasons.pins]
    assert line == "demo: held at version 1 until 2026-06-30 by a teacher"
    assert NodeReader(box.node.data_dir).teachers_pins()["demo"].until == "2026-06-30"
