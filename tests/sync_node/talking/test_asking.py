"""What a teacher wishes for is with the hub once, and its answer comes back."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from content_packs import batches, school_requests
from content_packs.messages import to_second
from content_packs.protocol import Batch
from content_packs.school_requests import Answer, Answers, FileAsked, SaidOffer, SaidWish
from content_packs.stick import Stick
from sync_node import asked, courier_export, state
from sync_node.asked import Asked
from sync_node.database import using_database
from sync_node.limits import FILE_PIECE_BYTES
from sync_node.school.quizzes import from_source
from sync_node.school.school import School, open_school
from tests.support.identities import Box, enrolled
from tests.support.nodes import publish
from tests.support.protocol import SEAL_KEY, seal_keyid
from tests.support.repositories import Repository
from tests.support.scripted_hub import ScriptedHub, problem

GIFT = "Half of 8? {4}"


@dataclass
class Asker:
    """An enrolled box, its school, and what its hub got to read."""

    box: Box
    hub: ScriptedHub
    school: School

    def wish(self, text: str = "", pack: str = "") -> str:
        return self.school.wishes.add(text, by="teacher-1", pack=pack).id

    def contents(self, kind: str) -> list[bytes]:
        found = []
        for document in self.hub.batches:
            batch: Batch = batches.read(document, self.hub.keys(), node=self.hub.node)
            if batch.kind == kind:
                found.append(batches.content_of(batch, {seal_keyid(SEAL_KEY): SEAL_KEY}))
        return found

    def wishes(self) -> list[SaidWish]:
        said = map(school_requests.decode_requests, self.contents("requests"))
        return [wish for each in said for wish in each.wishes]

    def offers(self) -> list[SaidOffer]:
        said = map(school_requests.decode_requests, self.contents("requests"))
        return [offer for each in said for offer in each.offers]

    def known(self, request: str) -> Asked:
        with using_database(self.box.data_dir):
            return asked.known().get(request, asked.NOTHING)

    def answer(self, number: int, **said: Any) -> None:
        now = to_second(datetime.now(UTC))
        self.hub.said = Answers(node=self.hub.node, number=number, issued_at=now, **said)

    def offered(self) -> str:
        quiz = from_source(GIFT.encode(), "gift", language="en")
        made = self.school.materials.add_quiz(quiz, title="Halves", class_id="", by="teacher-1")
        self.school.materials.offer(made.id, offered=True)
        return made.id

    def offered_pdf(self, data: bytes) -> str:
        made = self.school.materials.receive(
            [data], len(data), title="Our river", class_id="", by="teacher-1"
        )
        self.school.materials.offer(made.id, offered=True)
        return made.id

    def pieces(self) -> list[tuple[int, bytes]]:
        found = map(school_requests.decode_piece, self.contents("file"))
        return [(header.offset, data) for header, data in found]


@pytest.fixture
def asker(box: Box, hub: ScriptedHub) -> Iterator[Asker]:
    enrolled(box, hub).sync()
    school = open_school(
        box.data_dir,
        clock=lambda: datetime.now(UTC),
        monotonic=lambda: 0.0,
        randomness=os.urandom,
    )
    yield Asker(box, hub, school)
    school.close()


def test_a_wish_is_with_the_hub_once_and_says_nobodys_name(asker: Asker) -> None:
    wish = asker.wish("the second half, please", "grade5-maths")
    assert asker.known(wish).standing == "waiting"
    asker.box.tick()
    asker.box.tick()
    asker.box.sync()
    (said,) = asker.wishes()
    assert (said.id, said.pack, said.state) == (wish, "grade5-maths", "open")
    assert said.text == "the second half, please"
    assert all(b"teacher-1" not in each for each in asker.contents("requests"))
    assert asker.known(wish).standing == "with-hub"
    assert asker.box.standing().batches_waiting == 0


def test_a_tick_that_nobody_asked_for_carries_it(asker: Asker) -> None:
    asker.box.tick()
    checked_in = len(asker.hub.check_ins)
    asker.box.tick()
    assert len(asker.hub.check_ins) == checked_in, "there was nothing to say"
    asker.wish("songs")
    asker.box.tick()
    assert [each.text for each in asker.wishes()] == ["songs"]


def test_is_said_again_where_the_node_lost_its_memory(asker: Asker) -> None:
    wish = asker.wish("songs")
    asker.box.sync()
    with using_database(asker.box.data_dir):
        state.remember_asked("")
    asker.box.sync()
    assert [each.id for each in asker.wishes()] == [wish, wish], "the hub knows it by its id"
    assert asker.wishes()[0] == asker.wishes()[1]


def test_waits_while_the_hub_cant_be_reached_and_goes_by_stick(
    asker: Asker, tmp_path: Path
) -> None:
    asker.hub.answers["check-ins"] = asker.hub.answers["batches"] = problem(503)
    wish = asker.wish("songs")
    asker.box.tick()
    asker.box.tick()
    assert asker.box.standing().batches_waiting == 1
    later = asker.wish("stories")
    folder = tmp_path / "stick"
    folder.mkdir()
    courier_export.export(
        asker.box.data_dir, Stick(folder), clock=lambda: datetime.now(UTC), lock_wait_seconds=0
    )
    up = folder / "satchel" / "up" / "qamdo-1" / "batches"
    for path in sorted(up.iterdir()):
        asker.hub.take_batch(path.read_bytes())
    assert [each.id for each in asker.wishes()] == [wish, later]
    asker.hub.answers.clear()
    asker.box.sync()
    assert [each.id for each in asker.wishes()] == [wish, later]
    assert asker.known(later).standing == "with-hub"


def test_what_is_taken_back_is_said_only_where_the_hub_heard_of_it(asker: Asker) -> None:
    asker.school.wishes.withdraw(asker.wish("a slip"))
    heard = asker.wish("songs")
    asker.box.sync()
    asker.school.wishes.withdraw(heard)
    asker.box.sync()
    assert [(each.text, each.state) for each in asker.wishes()] == [
        ("songs", "open"), ("songs", "withdrawn"),
    ]  # fmt: skip


def test_an_answer_is_shown_and_stays(asker: Asker) -> None:
    wish, other = asker.wish("songs"), asker.wish("stories")
    asker.box.sync()
    now = to_second(datetime.now(UTC))
    asker.answer(1, answers=(Answer(id=wish, at=now, state="answered", text="in spring"),))
    asker.box.sync()
    assert (asker.known(wish).standing, asker.known(wish).text) == ("answered", "in spring")
    assert asker.hub.check_ins[-1].answers == 0
    asker.answer(2, answers=(Answer(id=other, at=now, state="declined"),))
    asker.box.sync()
    assert asker.known(other).standing == "declined"
    assert asker.known(wish).text == "in spring", "an answer that isn't said again stays"
    asker.box.sync()
    assert asker.hub.check_ins[-1].answers == 2


def test_answers_for_another_node_are_refused(asker: Asker) -> None:
    wish = asker.wish("songs")
    asker.box.sync()
    now = to_second(datetime.now(UTC))
    asker.answer(1, answers=(Answer(id=wish, at=now, state="declined"),))
    assert asker.hub.said
    asker.hub.said = Answers(node="other-1", number=1, issued_at=now)
    tick = asker.box.sync()
    assert any("they are for other-1" in note for note in tick.notes)
    assert asker.known(wish).standing == "with-hub"


def test_a_wish_is_closed_by_itself_when_the_pack_has_come(
    asker: Asker, repository: Repository, tmp_path: Path
) -> None:
    wish = asker.wish(pack="rivers")
    asker.box.sync()
    assert asker.known(wish).standing == "with-hub"
    repository.offer("main", publish(repository, tmp_path, pack="rivers"))
    asker.box.sync()
    assert asker.known(wish).standing == "here"
    assert [each.state for each in asker.wishes()] == ["open", "here"]


def test_a_wish_in_words_is_closed_by_the_pack_that_the_hub_answers_with(asker: Asker) -> None:
    wish = asker.wish("something about water")
    asker.box.sync()
    now = to_second(datetime.now(UTC))
    asker.answer(1, answers=(Answer(id=wish, at=now, state="answered", pack="demo"),))
    asker.box.sync()
    assert asker.known(wish).standing == "here"


def test_more_of_a_pack_that_is_whole_means_a_newer_version(
    asker: Asker, repository: Repository, tmp_path: Path
) -> None:
    wish = asker.wish("a third lesson", "demo")
    asker.box.sync()
    assert asker.known(wish).standing == "with-hub"
    offer = publish(repository, tmp_path, 1, version=2, lessons=("one", "two", "three"))
    repository.offer("main", offer)
    asker.box.sync()
    assert asker.known(wish).standing == "here"


def test_a_material_is_offered_and_taken_back(asker: Asker) -> None:
    material = asker.offered()
    asker.box.sync()
    (offer,) = asker.offers()
    assert (offer.id, offer.title, offer.kind, offer.language) == (
        material, "Halves", "exercise", "en",
    )  # fmt: skip
    assert asker.known(material).standing == "with-hub"
    asker.school.materials.offer(material, offered=False)
    asker.box.sync()
    assert [each.state for each in asker.offers()] == ["open", "withdrawn"]
    asker.school.materials.offer(material, offered=True)
    asker.box.sync()
    assert [each.state for each in asker.offers()] == ["open", "withdrawn", "open"]


def test_a_file_goes_in_pieces_when_the_hub_asks_for_it(asker: Asker) -> None:
    data = b"%PDF-1.7\n" + os.urandom(2 * FILE_PIECE_BYTES) + b"\n%%EOF\n"
    material = asker.offered_pdf(data)
    asker.box.sync()
    assert asker.pieces() == [], "nobody asked for it"
    digest = asker.offers()[0].digest
    asker.answer(5, files=(FileAsked(id=material, digest=digest, number=5),))
    asker.box.sync()
    assert b"".join(piece for _, piece in asker.pieces()) == data
    offsets = [offset for offset, _ in asker.pieces()]
    assert offsets == [0, FILE_PIECE_BYTES, 2 * FILE_PIECE_BYTES]
    assert asker.box.standing().batches_waiting == 0
    asker.box.sync()
    assert len(asker.pieces()) == 3
    asker.answer(6, files=(FileAsked(id=material, digest=digest, number=6),))
    asker.box.sync()
    assert len(asker.pieces()) == 6, "it came damaged, and was asked for again"
    asker.answer(7, taken=(material,))
    asker.box.sync()
    assert asker.known(material).standing == "here"


def test_a_file_goes_on_after_a_cut_and_stops_when_it_isnt_offered(asker: Asker) -> None:
    data = b"%PDF-1.7\n" + os.urandom(3 * FILE_PIECE_BYTES) + b"\n%%EOF\n"
    material = asker.offered_pdf(data)
    asker.box.sync()
    asker.answer(5, files=(FileAsked(id=material, digest=asker.offers()[0].digest, number=5),))
    asker.hub.answers["batches"] = problem(503)
    asker.box.sync()
    assert asker.box.standing().batches_waiting == 1, "no second before the first is there"
    asker.hub.answers.clear()
    asker.school.materials.offer(material, offered=False)
    asker.box.sync()
    assert [offset for offset, _ in asker.pieces()] == [0]
    asker.school.materials.offer(material, offered=True)
    asker.box.sync()
    assert b"".join(piece for _, piece in asker.pieces()) == data


def test_goes_on_without_school_db_or_with_a_damaged_one(asker: Asker) -> None:
    asker.school.close()
    asker.box.data_dir.school_db.write_bytes(b"damage " * 1000)
    tick = asker.box.sync()
    assert any("what the school asks for waits" in note for note in tick.notes)
    for suffix in ("", "-wal", "-shm"):
        asker.box.data_dir.school_db.with_name(f"school.db{suffix}").unlink(missing_ok=True)
    assert asker.box.sync().outcome == "nothing-new"
