"""What pupils did is with the hub once, whatever is cut, and by a stick as well."""

import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from content_packs import batches, record_batches
from content_packs.protocol import Batch
from content_packs.records import Actor, Place
from content_packs.reports import RecordsWaiting, Report
from content_packs.stick import Stick
from sync_node import courier_export, records_sent, standing, state
from sync_node.database import using_database
from sync_node.limits import BATCHES_AT_ONCE_MAX, RECORDS_SEALED_BYTES_MIN
from sync_node.link import LinkObservation
from sync_node.school.recording import Thing
from sync_node.school.school import School, open_school
from tests.support.identities import Box, enrolled
from tests.support.protocol import SEAL_KEY, seal_keyid
from tests.support.scripted_hub import ScriptedHub, problem

LI = Actor("learner", "3f2504e0-4f89-41d3-9a0c-0305e82c3301")


@dataclass
class Pupils:
    """An enrolled box with pupils, and what its hub got to read."""

    box: Box
    hub: ScriptedHub
    school: School

    def open(self, *items: str) -> None:
        """A pupil opens these items of the pack's first lesson."""
        for item in items:
            thing = Thing(Place("demo", "one", item), "page", 1)
            assert self.school.recording.started(LI, thing)

    def came(self) -> list[str]:
        """The items that the hub read of, batch by batch, in their order."""
        return [
            str(each.record.object.id).rpartition(":")[2]
            for content in self.contents()
            for each in record_batches.decode(content).records
        ]

    def contents(self) -> list[bytes]:
        read: list[Batch] = [
            batches.read(document, self.hub.keys(), node=self.hub.node)
            for document in self.hub.batches
        ]
        keys = {seal_keyid(SEAL_KEY): SEAL_KEY}
        return [batches.content_of(each, keys) for each in read if each.kind == "records"]

    def report(self) -> Report:
        """What the next check-in says."""
        self.box.sync()
        found = self.hub.check_ins[-1].report
        assert found
        return found

    @property
    def waiting(self) -> int:
        found = self.report().records
        assert found
        return found.count

    @property
    def outbox(self) -> Path:
        return next(path for path in self.box.data_dir.outbox.iterdir() if path.is_dir())


@pytest.fixture
def pupils(box: Box, hub: ScriptedHub) -> Iterator[Pupils]:
    enrolled(box, hub).sync()
    school = open_school(
        box.data_dir,
        clock=lambda: datetime.now(UTC),
        monotonic=lambda: 0.0,
        randomness=os.urandom,
    )
    yield Pupils(box, hub, school)
    school.close()


def test_what_a_pupil_did_is_with_the_hub_once_and_in_order(pupils: Pupils) -> None:
    pupils.open("a", "b")
    pupils.box.sync()
    pupils.open("c")
    pupils.box.sync()
    pupils.box.sync()
    assert pupils.came() == ["a", "b", "c"]
    assert len(pupils.contents()) == 2
    assert pupils.box.standing().batches_waiting == 0


def test_an_idle_school_sends_nothing(pupils: Pupils) -> None:
    pupils.box.sync()
    assert pupils.contents() == []
    assert pupils.report().records == RecordsWaiting()


def test_a_report_says_what_would_be_lost_with_the_card(pupils: Pupils) -> None:
    pupils.hub.answers["batches"] = problem(409)
    pupils.open("a", "b")
    said = pupils.report().records
    assert said
    assert (said.count, said.sealed) == (2, 0)
    assert said.oldest_at is not None
    said = pupils.report().records
    assert said
    assert (said.count, said.sealed) == (2, 2), "they are in a batch, which the hub doesn't take"
    pupils.hub.answers.clear()
    assert pupils.waiting == 0


def test_a_batch_whose_receipt_was_lost_isnt_delivered_and_isnt_made_anew(pupils: Pupils) -> None:
    pupils.hub.answers["batches"] = problem(409)
    pupils.open("a")
    pupils.box.sync()
    (path,) = pupils.outbox.glob("*.json")
    sealed = path.read_bytes()
    pupils.hub.take_batch(sealed)  # it came, and the answer was lost
    pupils.hub.receipts = False
    assert pupils.waiting == 1, "no receipt was seen"
    pupils.open("b")
    pupils.box.sync()
    assert path.read_bytes() == sealed
    pupils.hub.answers.clear()
    pupils.hub.receipts = True
    pupils.box.sync()
    pupils.box.sync()
    assert pupils.came() == ["a", "b"]


def test_a_cut_before_the_place_was_noted_sends_records_twice_and_loses_none(
    pupils: Pupils,
) -> None:
    place = pupils.box.data_dir.outbox / records_sent.NAME
    pupils.open("a")
    pupils.box.sync()
    before = place.read_bytes()
    pupils.open("b")
    pupils.box.sync()
    place.write_bytes(before)  # the batch was durable, the note of it wasn't
    pupils.open("c")
    pupils.box.sync()
    assert pupils.came() == ["a", "b", "b", "c"]
    assert len(pupils.contents()) == 3


def test_where_the_note_is_lost_the_hub_is_told_all_of_it_once_more(pupils: Pupils) -> None:
    pupils.open("a")
    pupils.box.sync()
    (pupils.box.data_dir.outbox / records_sent.NAME).write_bytes(b"\0" * 90)
    pupils.open("b")
    pupils.box.sync()
    assert pupils.came() == ["a", "a", "b"]


def test_records_wait_for_a_link_that_may_carry_texts(pupils: Pupils) -> None:
    path = pupils.box.root / "node.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("\nhub = ", '\nclasses = ["video"]\nhub = '), encoding="utf-8")
    pupils.open("a")
    pupils.box.sync()
    assert pupils.came() == []
    path.write_text(text, encoding="utf-8")
    pupils.box.sync()
    assert pupils.came() == ["a"]


def export(box: Box, folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    courier_export.export(
        box.data_dir, Stick(folder), clock=lambda: datetime.now(UTC), lock_wait_seconds=0
    )
    return folder / "satchel" / "up" / "qamdo-1" / "batches"


def test_a_stick_takes_what_no_link_could_and_the_link_sends_none_of_it_again(
    pupils: Pupils, tmp_path: Path
) -> None:
    pupils.hub.answers["check-ins"] = pupils.hub.answers["batches"] = problem(503)
    pupils.open("a")
    pupils.box.sync()
    pupils.box.sync()
    assert not list(pupils.box.data_dir.outbox.glob("*/*.json")), "nothing could leave"
    pupils.open("b")
    up = export(pupils.box, tmp_path / "stick")
    for path in sorted(up.iterdir()):
        pupils.hub.take_batch(path.read_bytes())
    assert pupils.came() == ["a", "b"]
    pupils.hub.answers.clear()
    pupils.box.sync()
    assert pupils.came() == ["a", "b"]
    assert pupils.waiting == 0


def test_a_box_with_a_new_key_goes_on_from_what_the_hub_has(pupils: Pupils) -> None:
    pupils.open("a")
    pupils.box.sync()
    pupils.hub.answers["batches"] = problem(503)
    pupils.open("b")
    pupils.box.sync()  # sealed by a key that counts no more
    pupils.hub.answers.clear()
    pupils.hub.serial = 2
    pupils.box.enrol(again=True)
    pupils.hub.batches.clear()
    pupils.box.sync()
    assert pupils.came() == ["b"]


def test_after_the_school_was_restored_from_yesterday_nothing_is_left_out(
    pupils: Pupils,
) -> None:
    pupils.open("a")
    pupils.box.sync()
    yesterday = pupils.box.data_dir.school_db
    pupils.open("b")
    pupils.box.sync()
    with_the_rows_of(yesterday, "DELETE FROM statement_row WHERE item = 'b'",
                     "UPDATE sqlite_sequence SET seq = 1 WHERE name = 'statement_row'")  # fmt: skip
    pupils.open("c")  # in the place in which b was
    pupils.box.sync()
    assert pupils.came() == ["a", "b", "c"]


def with_the_rows_of(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        for each in statements:
            database.execute(each)


def test_what_is_in_a_batch_names_nobody_and_is_what_school_db_has(pupils: Pupils) -> None:
    made = pupils.school.people.add_class("4b", "4")
    learner = pupils.school.people.add_learner(made.id, "Tashi Dolma")
    thing = Thing(Place("demo", "one", "a"), "page", 1)
    assert pupils.school.recording.started(learner.actor, thing)
    pupils.box.sync()
    (content,) = pupils.contents()
    (sent,) = record_batches.decode(content).records
    assert b"Tashi" not in sent.body
    assert json.loads(sent.body)["actor"]["account"]["name"] == f"learner:{learner.id}"
    (stored,) = pupils.school.statements.after(0, count_max=5, bytes_max=10**6)
    assert stored.body == sent.body


def test_a_report_says_how_many_lessons_were_opened_at_the_version_that_is_here(
    pupils: Pupils,
) -> None:
    assert pupils.report().packs[0].used == 0
    pupils.open("a", "b")
    (pack,) = pupils.report().packs
    assert (pack.version, pack.verified_version, pack.used) == (1, 1, 1)
    assert (pack.opened, pack.lessons_ready, pack.bytes_to_come) == (2, 2, 0)
    assert pack.bytes_wanted


def test_a_thin_link_gets_small_batches_and_a_stick_larger_ones(
    pupils: Pupils, tmp_path: Path
) -> None:
    items = [f"item-{number}" for number in range(400)]
    pupils.open(*items)
    with using_database(pupils.box.data_dir):
        state.remember_links({pupils.hub.url: LinkObservation(rate=900.0)})
    pupils.box.sync()
    assert max(map(len, pupils.contents())) <= RECORDS_SEALED_BYTES_MIN
    assert len(pupils.contents()) > 2
    assert pupils.came() == items
    more = [f"more-{number}" for number in range(400)]
    pupils.open(*more)
    assert len(list(export(pupils.box, tmp_path / "stick").iterdir())) == 1


def test_status_says_what_would_be_lost_with_the_card(pupils: Pupils) -> None:
    assert pupils.box.standing().records_waiting == 0
    pupils.open("a", "b")
    found = pupils.box.standing()
    assert (found.records_waiting, len(found.records_waiting_since)) == (2, 20)
    assert "2 records of pupils wait for the hub" in "\n".join(standing.in_words(found))
    pupils.box.sync()
    assert pupils.box.standing().records_waiting == 0


def test_all_that_was_sealed_for_sticks_goes_by_the_first_link(
    pupils: Pupils, tmp_path: Path
) -> None:
    items = [f"item-{number}" for number in range(BATCHES_AT_ONCE_MAX + 4)]
    for item in items:
        pupils.open(item)
        export(pupils.box, tmp_path / "stick")
    assert pupils.box.standing().batches_waiting == len(items)
    pupils.open("last")
    pupils.box.sync()
    assert pupils.came() == [*items, "last"]
    assert pupils.box.standing().batches_waiting == 0
