"""A school that never saw a network: a stick enrols its node, updates it, and brings its word home.

Hub and node run as they do, and meet nowhere but in the folder of a stick.
"""

import shutil
from pathlib import Path

import pytest

from content_packs import courier
from hub.couriers.fleet import CourierFleet
from hub.fleet import nodes
from hub.hub import open_hub
from hub.people.actor import of_this_machine
from hub.school_requests import answering
from hub.school_requests.listing import offers, wishes
from sync_node import asked, identity
from sync_node.database import using_database
from sync_node.school.school import open_school
from tests.support.country import (
    Country,
    at_another_school,
    claim_on,
    enrolled,
    make_country,
    seal,
)


@pytest.fixture
def country(tmp_path: Path) -> Country:
    return make_country(tmp_path)


def test_a_box_becomes_a_node_by_stick_alone(country: Country) -> None:
    country.publish(1)
    node = enrolled(country)
    assert "credential" in country.visit().taken
    up = country.stick / courier.UP
    assert not list(up.glob("*/claim.json")), "an answered claim names its code to nobody"
    assert (up / node / courier.REPORT).is_file()


def test_the_answer_to_a_claim_may_come_by_another_stick(country: Country) -> None:
    country.publish(1)
    claim_on(country)
    [waiting] = country.home_again().waiting
    nodes.confirm(country.hub, waiting.node)
    shutil.rmtree(country.stick / courier.FOLDER)
    country.at_the_hub(waiting.node)
    country.at_the_school()
    assert "credential" in country.visit().taken
    credential = identity.credential(country.box.data_dir)
    assert credential
    assert credential.node == waiting.node


def test_a_receipt_may_come_by_another_stick(country: Country) -> None:
    country.publish(1)
    node = enrolled(country)
    seal(country, 3)
    country.at_the_school()
    assert country.home_again().batches == 3
    shutil.rmtree(country.stick / courier.FOLDER)
    country.at_the_hub(node)
    country.at_the_school()
    assert "receipt" in country.visit().taken
    assert country.visit().batches == 0
    assert len(list((country.box.data_dir.root / "outbox").glob("*/*.json"))) == 1, (
        "the chain's end"
    )


def test_lessons_come_down_and_the_report_goes_home(country: Country) -> None:
    country.publish(1, video_bytes=50_000)
    node = enrolled(country)
    assert country.box.lessons() == {"one": 1, "two": 1}
    assert country.home_again().reports == 1
    [school] = CourierFleet(country.hub).schools([node])
    assert school.report
    assert [(pack.pack, pack.version) for pack in school.report.packs] == [("demo", 1)]


def test_the_next_stick_carries_only_what_the_school_lacks(country: Country) -> None:
    country.publish(1, video_bytes=300_000)
    node = enrolled(country)
    country.at_the_school()
    country.home_again()
    country.publish(2, video_bytes=300_000, seeds={"two": 9})
    shutil.rmtree(country.stick / courier.FOLDER)
    written = country.at_the_hub(node)
    assert written.size < 1_200_000, "one lesson's films, not those of both"
    country.at_the_school()
    assert country.box.lessons() == {"one": 2, "two": 2}
    country.box.check_nothing_false()


def test_batches_go_up_and_their_receipt_takes_them_off_stick_and_box(country: Country) -> None:
    country.publish(1)
    node = enrolled(country)
    box = country.box.data_dir
    seal(country, 3)
    country.at_the_school()
    folder = country.stick / courier.UP / node / courier.BATCHES
    assert len(list(folder.iterdir())) == 3
    taken = country.home_again()
    assert taken.troubles == []
    assert taken.batches == 3
    country.at_the_school()
    assert "receipt" in country.visit().taken
    assert list(folder.iterdir()) == []
    assert len(list((box.root / "outbox").glob("*/*.json"))) == 1, "the chain's end"
    assert country.home_again().batches == 0


def test_one_stick_goes_round_two_schools(country: Country, tmp_path: Path) -> None:
    country.publish(1)
    one = enrolled(country)
    other = at_another_school(country.hub, tmp_path / "other")
    two = enrolled(other)
    country.publish(2, seeds={"one": 5})
    country.at_the_hub(one, two)
    for _ in range(2):  # out with lessons, then out with receipts
        for school in (country, other):
            seal(school, 2)
            country.stick.rename(tmp_path / "on the way")
            shutil.rmtree(school.stick, ignore_errors=True)
            (tmp_path / "on the way").rename(school.stick)
            school.at_the_school()
            assert (school.visit().state, school.visit().batches) == ("done", 2)
            assert school.box.lessons() == {"one": 2, "two": 2}
            school.stick.rename(tmp_path / "on the way")
            (tmp_path / "on the way").rename(country.stick)
        taken = country.home_again()
        assert (taken.reports, taken.batches, taken.troubles) == (2, 4, [])
    for school in (country, other):
        outbox = school.box.data_dir.root / "outbox"
        assert sorted(path.name for path in outbox.glob("*/*.json")) == ["3.json", "4.json"]


def test_another_schools_letters_on_the_same_stick_are_left_alone(country: Country) -> None:
    country.publish(1)
    node = enrolled(country)
    for path, text in {"down/other-1/credential.json": "x", "up/other-1/report.json": "y"}.items():
        (country.stick / courier.FOLDER / path).parent.mkdir(parents=True, exist_ok=True)
        (country.stick / courier.FOLDER / path).write_text(text, encoding="utf-8")
    country.at_the_school()
    assert country.visit().state == "done"
    assert (country.stick / "satchel/up/other-1/report.json").read_text(encoding="utf-8") == "y"
    assert country.home_again().troubles
    assert [each.node for each in nodes.list_nodes(country.hub)] == [node]


def test_on_another_hubs_stick_nothing_is_left(country: Country, tmp_path: Path) -> None:
    country.publish(1)
    node = enrolled(country)
    seal(country, 2)
    (tmp_path / "foreign").mkdir()
    foreign = make_country(tmp_path / "foreign")
    foreign.publish(1)
    foreign.at_the_hub()
    country.hub = open_hub(country.hub.data.root, lambda: country.now)  # one at a time
    shutil.rmtree(country.stick / courier.FOLDER)
    shutil.copytree(foreign.stick / courier.FOLDER, country.stick / courier.FOLDER)
    country.at_the_school()
    assert country.visit().state == "failed"
    assert "another hub's" in country.visit().trouble
    assert not (country.stick / courier.UP).exists()
    assert country.box.lessons() == {"one": 1, "two": 1}
    shutil.rmtree(country.stick / courier.FOLDER)
    country.at_the_hub(node)
    country.at_the_school()
    assert (country.visit().state, country.visit().batches) == ("done", 2)


def test_what_a_school_asks_and_offers_goes_home_and_is_answered(country: Country) -> None:
    country.publish(1)
    enrolled(country)
    school = open_school(country.box.data_dir, clock=lambda: country.now, hash_cost=2)
    wish = school.wishes.add("songs", by="teacher").id
    data = b"%PDF-1.7\n" + bytes(200_000) + b"\n%%EOF\n"
    film = school.materials.receive([data], len(data), title="River", class_id="", by="teacher")
    school.materials.offer(film.id, offered=True)
    school.close()
    country.at_the_school()
    for _ in range(2):
        country.home_again()  # the second time nothing is new
    [asked_for], _ = wishes(country.hub, of_this_machine())
    [offer] = offers(country.hub, of_this_machine())
    answering.answer(country.hub, of_this_machine(), asked_for.number, text="in spring")
    answering.ask_for_file(country.hub, of_this_machine(), offer.number)
    country.home_again()
    country.at_the_school()
    assert "answers" in country.visit().taken
    country.at_the_school()  # the file is asked for: pieces go with the next stick
    with using_database(country.box.data_dir):
        assert asked.known()[wish].text == "in spring"
    country.home_again()
    [offer] = offers(country.hub, of_this_machine())
    assert offer.file == "whole"
    assert (country.hub.data.root / offer.place).read_bytes() == data
    assert len(wishes(country.hub, of_this_machine(), everything=True)[0]) == 1


def test_a_letter_that_was_changed_on_its_way_is_refused_and_the_rest_is_taken(
    country: Country,
) -> None:
    country.publish(1)
    node = enrolled(country)
    country.publish(2, seeds={"one": 5})
    country.at_the_hub(node)
    for kind in courier.DOWN_KINDS:
        path = country.stick / courier.down_path(node, kind)
        if path.exists():
            path.write_bytes(path.read_bytes().replace(b'"sig":"', b'"sig":"AAAA')[:-4] + b'"}]}')
    country.at_the_school()
    assert country.visit().taken == ()
    assert country.visit().trouble
    assert country.box.lessons() == {"one": 2, "two": 2}


def test_a_revoked_node_gets_nothing_more_by_stick(country: Country) -> None:
    country.publish(1)
    node = enrolled(country)
    nodes.revoke(country.hub, node)
    country.publish(2, seeds={"one": 5})
    country.at_the_hub()
    tick = country.at_the_school()
    tick = country.at_the_school()
    assert country.box.lessons() == {"one": 1, "two": 1}, tick.detail
    country.home_again()
    assert country.home_again().reports == 0
