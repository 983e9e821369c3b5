"""What schools wish for and offer reaches the hub once, is listed, answered, and heard of."""

from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from content_packs import protocol, school_requests
from content_packs.digests import digest_of
from content_packs.errors import Missing, Refused, UsageError
from content_packs.manifest import Manifest
from content_packs.school_requests import (
    Answers,
    FileHeader,
    Requests,
    SaidOffer,
    SaidWish,
    encode_piece,
)
from hub import contents
from hub.edition import read_edition
from hub.fleet import check_ins
from hub.fleet.batches import open_waiting
from hub.hub import Hub
from hub.people.actor import Actor, of_this_machine
from hub.publishing import publish
from hub.school_requests import answering, keeping
from hub.school_requests.listing import offers, wishes
from hub.school_requests.wished import most_wished
from hub.versions import versions_of
from tests.hub.commands import Commands
from tests.hub.fleet.boxes import Box, a_code, enrolled
from tests.support.packs import make_demo
from tests.support.protocol import NOON

pytestmark = pytest.mark.both_databases

WISH = "00000000-0000-4000-8000-000000000001"
OTHER = "00000000-0000-4000-8000-000000000002"
FILM = "00000000-0000-4000-8000-000000000003"
BYTES = b"a film that a teacher made" * 1000


def a_wish(**said: Any) -> SaidWish:
    return SaidWish(**({"id": WISH, "at": NOON, "pack": "grade5-maths"} | said))


def an_offer(data: bytes = BYTES, **said: Any) -> SaidOffer:
    fields = {
        "id": FILM, "at": NOON, "title": "我们的河", "kind": "video", "media_type": "video/mp4",
        "size": len(data), "digest": digest_of(data),
    }  # fmt: skip
    return SaidOffer(**(fields | said))  # type: ignore[arg-type]  # as a test gives them


def sent(hub: Hub, web: FlaskClient, box: Box, *said: SaidWish | SaidOffer) -> None:
    content = school_requests.encode_requests(
        Requests(
            wishes=tuple(each for each in said if isinstance(each, SaidWish)),
            offers=tuple(each for each in said if isinstance(each, SaidOffer)),
        )
    )
    document = box.batch(hub, kind="requests", content=content)
    for _ in range(2):  # the first answer was lost
        assert box.ask(web, "POST", "/api/v1/batches", document).status_code == 200


def a_piece(hub: Hub, web: FlaskClient, box: Box, offset: int, data: bytes) -> None:
    header = FileHeader(id=FILM, digest=digest_of(BYTES), size=len(BYTES), offset=offset)
    document = box.batch(hub, kind="file", content=encode_piece(header, data))
    assert box.ask(web, "POST", "/api/v1/batches", document).status_code == 200


def heard(hub: Hub, web: FlaskClient, box: Box, held: int = 0) -> Answers | None:
    answer = protocol.read_check_in_answer(box.check_in(web, answers=held).data)
    if answer.answers is None:
        return None
    keys = read_edition(hub.data.metadata).hub_keys.service_keys()
    return protocol.open_answers(answer.answers.document, keys, node=box.node)


@pytest.fixture
def box(hub: Hub, web: FlaskClient) -> Box:
    return enrolled(hub, web)


def test_a_wish_is_there_once_however_often_it_is_said(
    hub: Hub, web: FlaskClient, box: Box
) -> None:
    sent(hub, web, box, a_wish())
    sent(hub, web, box, a_wish())  # the node lost its memory
    found, counts = wishes(hub, of_this_machine())
    assert [(each.school, each.pack, each.state) for each in found] == [
        ("qamdo", "grade5-maths", "open")
    ]
    assert (counts.packs, counts.schools) == ({"grade5-maths": 1}, {"qamdo": 1})


@pytest.mark.parametrize("state", ["here", "withdrawn"])
def test_a_wish_that_is_closed_stays_closed(
    hub: Hub, web: FlaskClient, box: Box, state: str
) -> None:
    sent(hub, web, box, a_wish())
    sent(hub, web, box, a_wish(state=state))
    sent(hub, web, box, a_wish())
    assert wishes(hub, of_this_machine())[0] == []
    (found,) = wishes(hub, of_this_machine(), everything=True)[0]
    assert found.state == state


def test_what_was_taken_back_before_the_hub_heard_of_it_is_nothing(
    hub: Hub, web: FlaskClient, box: Box
) -> None:
    sent(hub, web, box, a_wish(state="withdrawn"), an_offer(state="withdrawn"))
    assert (
        wishes(hub, of_this_machine(), everything=True)[0]
        == offers(hub, of_this_machine(), everything=True)
        == []
    )


def test_packs_are_counted_by_school(hub: Hub, web: FlaskClient, box: Box) -> None:
    neighbour = enrolled(hub, web, a_code(hub, "lhasa"))
    sent(hub, web, box, a_wish(), a_wish(id=OTHER))
    sent(hub, web, neighbour, a_wish())  # the same id at another school is another wish
    found, counts = wishes(hub, of_this_machine())
    assert len(found) == 3
    assert counts.packs == {"grade5-maths": 2}
    assert counts.schools == {"qamdo": 2, "lhasa": 1}
    assert {each.school for each in wishes(hub, of_this_machine(), school="lhasa")[0]} == {"lhasa"}


def test_lessons_are_counted_by_school_with_their_titles(
    hub: Hub, web: FlaskClient, box: Box, tmp_path: Path
) -> None:
    make_demo(tmp_path / "demo.cpack")
    publish(hub, tmp_path / "demo.cpack")
    course = manifest_of(hub, "demo")
    lesson = course.lessons[0]
    neighbour = enrolled(hub, web, a_code(hub, "lhasa"))
    one, gone = {"pack": "demo", "lesson": lesson.id}, {"pack": "demo", "lesson": "gone"}
    sent(hub, web, box, a_wish(**one), a_wish(id=OTHER, **gone))
    sent(hub, web, neighbour, a_wish(**one), a_wish(id=OTHER, pack="demo"))
    found = most_wished(hub, of_this_machine())
    demo = dict(course.title)
    assert [(each.lesson, each.schools, each.pack_title, each.lesson_title) for each in found] == [
        (lesson.id, 2, demo, dict(lesson.title)),
        ("", 1, demo, {}),
        ("gone", 1, demo, {}),
    ]
    mine = most_wished(hub, of_this_machine(), school="qamdo")
    assert {(each.lesson, each.schools) for each in mine} == {(lesson.id, 1), ("gone", 1)}
    operator = Actor("wang", "operator", "console", townships=frozenset({"elsewhere"}))
    assert most_wished(hub, operator) == ()


def manifest_of(hub: Hub, pack: str) -> Manifest:
    (version,) = versions_of(hub, pack)
    return contents.read_manifest(hub.objects, pack, version.manifest)[0]


def test_an_answer_is_heard_once_by_every_node_of_the_school(
    hub: Hub, web: FlaskClient, box: Box
) -> None:
    sent(hub, web, box, a_wish(), a_wish(id=OTHER, pack="", text="more songs"))
    assert heard(hub, web, box) is None
    first, second = (found.number for found in reversed(wishes(hub, of_this_machine())[0]))
    answering.answer(hub, of_this_machine(), first, text="after the holidays", pack="maths-5")
    answering.answer(hub, of_this_machine(), second, declined=True, text="nobody has any")
    said = heard(hub, web, box)
    assert said
    of_first, of_second = said.of(WISH), said.of(OTHER)
    assert of_first
    assert of_second
    assert (of_first.state, of_first.text, of_first.pack) == (
        "answered", "after the holidays", "maths-5",
    )  # fmt: skip
    assert of_second.state == "declined"
    assert heard(hub, web, box, held=said.number) is None
    assert wishes(hub, of_this_machine())[0] == []
    beside = enrolled(hub, web)
    assert heard(hub, web, beside)
    assert heard(hub, web, enrolled(hub, web, a_code(hub, "lhasa"))) is None
    answering.answer(hub, of_this_machine(), first, text="now")
    again = heard(hub, web, box, held=said.number)
    assert again
    assert again.number > said.number


def test_answers_go_by_stick_as_well(hub: Hub, web: FlaskClient, box: Box) -> None:
    assert "answers.json" not in check_ins.documents_for(hub, box.node)
    sent(hub, web, box, a_wish())
    answering.answer(hub, of_this_machine(), wishes(hub, of_this_machine())[0][0].number)
    keys = read_edition(hub.data.metadata).hub_keys.service_keys()
    document = check_ins.documents_for(hub, box.node)["answers.json"]
    assert protocol.open_answers(document, keys, node=box.node).of(WISH)


def test_nonsense_isnt_answered(hub: Hub, web: FlaskClient, box: Box) -> None:
    sent(hub, web, box, a_wish())
    (wish,) = wishes(hub, of_this_machine())[0]
    with pytest.raises(Missing, match="no request 99"):
        answering.answer(hub, of_this_machine(), 99)
    with pytest.raises(UsageError, match="at most 240 characters"):
        answering.answer(hub, of_this_machine(), wish.number, text="x" * 241)
    with pytest.raises(UsageError):
        answering.answer(hub, of_this_machine(), wish.number, pack="No Name")
    with pytest.raises(Refused, match="there is no file"):
        answering.ask_for_file(hub, of_this_machine(), wish.number)


def test_a_file_that_was_asked_for_comes_in_pieces(hub: Hub, web: FlaskClient, box: Box) -> None:
    sent(hub, web, box, an_offer())
    (offer,) = offers(hub, of_this_machine())
    assert (offer.text, offer.kind, offer.size) == ("我们的河", "video", len(BYTES))
    a_piece(hub, web, box, 0, BYTES[:100])
    assert offers(hub, of_this_machine())[0].file_bytes == 0, "nobody asked for it"
    answering.ask_for_file(hub, of_this_machine(), offer.number)
    said = heard(hub, web, box)
    assert said
    assert [(each.id, each.digest) for each in said.files] == [(FILM, digest_of(BYTES))]
    a_piece(hub, web, box, 0, BYTES[:10_000])
    a_piece(hub, web, box, 500, BYTES[500:600])  # it doesn't follow on what came
    a_piece(hub, web, box, 10_000, BYTES[10_000:])
    (offer,) = offers(hub, of_this_machine())
    assert (offer.file, offer.file_bytes) == ("whole", len(BYTES))
    assert offer.place == f"offered/qamdo/我们的河-{digest_of(BYTES)[:16]}.mp4"
    assert (hub.data.root / offer.place).read_bytes() == BYTES
    after = heard(hub, web, box, held=said.number)
    assert after
    assert (after.files, after.taken) == ((), (FILM,))


def test_a_file_that_came_damaged_is_thrown_away_and_can_be_asked_for_again(
    hub: Hub, web: FlaskClient, box: Box
) -> None:
    sent(hub, web, box, an_offer())
    (offer,) = offers(hub, of_this_machine())
    answering.ask_for_file(hub, of_this_machine(), offer.number)
    a_piece(hub, web, box, 0, b"!" * len(BYTES))
    assert offers(hub, of_this_machine())[0].file == "damaged"
    assert not [each for each in (hub.data.root / "offered").rglob("*") if each.is_file()]
    answering.ask_for_file(hub, of_this_machine(), offer.number)
    a_piece(hub, web, box, 0, BYTES[:10])
    a_piece(hub, web, box, 0, BYTES)  # the node lost its place
    assert offers(hub, of_this_machine())[0].file == "whole"


def test_what_is_no_request_or_piece_is_kept_sealed_and_the_chain_goes_on(
    hub: Hub, web: FlaskClient, box: Box
) -> None:
    for kind in ("requests", "file"):
        document = box.batch(hub, kind=kind, content=b"nonsense")
        assert box.ask(web, "POST", "/api/v1/batches", document).status_code == 200
    sent(hub, web, box, a_wish())
    assert len(wishes(hub, of_this_machine())[0]) == 1
    assert open_waiting(hub) == (0, 2)


def test_a_school_fills_its_own_list_alone(hub: Hub, box: Box) -> None:
    def kept(*said: SaidWish, most: int = 2) -> int:
        with hub.database.writing():
            return keeping.keep(hub, box.node, Requests(wishes=said), most=most)

    assert kept(a_wish(), a_wish(id=OTHER)) == 0
    assert kept(a_wish(id=FILM)) == 1, "all of them are open"
    assert kept(a_wish(state="here"), a_wish(id=FILM)) == 0
    assert {each.id for each in wishes(hub, of_this_machine(), everything=True)[0]} == {OTHER, FILM}


def test_by_commands(hub: Hub, web: FlaskClient, box: Box) -> None:
    commands = Commands(hub.data.root)
    sent(hub, web, box, a_wish(text="the second half \N{RIGHT-TO-LEFT OVERRIDE}please"), an_offer())
    said = commands.say("requests", "list")
    assert "qamdo  grade5-maths  the second half ?please" in said
    assert "grade5-maths: 1" in said
    assert commands.json("requests", "list")["wished"][0]["schools"] == 1
    listed = commands.json("requests", "list", "--school", "qamdo")
    assert (listed["packs"], listed["schools"]) == ({"grade5-maths": 1}, {"qamdo": 1})
    number = str(listed["requests"][0]["number"])
    assert "declined: no" in commands.say("requests", "answer", number, "--decline", "--text", "no")
    assert "No request waits" in commands.say("requests", "list")
    assert "declined: no" in commands.say("requests", "list", "--all")
    (offer,) = commands.json("offers", "list")["offers"]
    assert "我们的河" in commands.say("offers", "list")
    assert "file: asked for" in commands.say("offers", "ask", str(offer["number"]))
    taken_back = commands.json("offers", "ask", str(offer["number"]), "--not-any-more")
    assert taken_back["request"]["file"] == ""
    assert "thank you" in commands.say(
        "offers", "answer", str(offer["number"]), "--text", "thank you"
    )
    assert "No offer waits" in commands.say("offers", "list")
    assert commands.fail("requests", "answer", "99")[0] == 7


def test_places_are_below_the_folder_whatever_a_title_says(
    hub: Hub, web: FlaskClient, box: Box
) -> None:
    data = b"tiny"
    sent(hub, web, box, an_offer(data, title="../../../etc/passwd \u4e00" + "𝄞" * 60))
    (offer,) = offers(hub, of_this_machine())
    answering.ask_for_file(hub, of_this_machine(), offer.number)
    header = FileHeader(id=FILM, digest=digest_of(data), size=4, offset=0)
    document = box.batch(hub, kind="file", content=encode_piece(header, data))
    box.ask(web, "POST", "/api/v1/batches", document)
    (offer,) = offers(hub, of_this_machine())
    assert (hub.data.root / offer.place).read_bytes() == data
    assert ".." not in offer.place
    assert offer.place.count("/") == 2
