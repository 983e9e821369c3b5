"""What pupils answer reaches the hub once: through a link that is cut, and on a stick."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from content_packs import courier
from content_packs.exercises import grading
from hub.people.actor import of_this_machine
from hub.records import exporting
from hub.use import showing
from sync_node.data_dir import DataDir
from sync_node.school.school import School, open_school
from tests.support.bad_link import Weather, bad_link
from tests.support.country import Country, enrolled, make_country
from tests.support.district import District, a_district
from tests.support.school import EXERCISE, RIGHT, THING

PUPILS = 120


def answer(school: School, first: int, count: int) -> set[bytes]:
    """So many pupils answer an exercise; return what school.db keeps of it."""
    for number in range(first, first + count):
        learner = school.people.add_learner(_class_of(school), f"Pupil {number}")
        graded = grading.grade(EXERCISE, RIGHT)
        assert school.recording.answered(
            learner.actor, THING, EXERCISE, graded, submission=str(number)
        )
    return {each.body for each in school.statements.after(0, count_max=10**6, bytes_max=10**9)}


def _class_of(school: School) -> str:
    known = school.people.classes()
    return known[0].id if known else school.people.add_class("4b", "4").id


def test_answers_go_home_by_stick_once_and_only_a_receipt_takes_them_off(tmp_path: Path) -> None:
    country = make_country(tmp_path)
    country.publish(1)
    node = enrolled(country)
    with_pupils = open_school(country.box.data_dir, clock=lambda: country.now, hash_cost=2)
    first = answer(with_pupils, 0, 6)
    country.at_the_school()
    folder = country.stick / courier.UP / node / courier.BATCHES
    assert len(list(folder.iterdir())) == 1
    country.at_the_school()  # nobody has read the stick yet: it takes nothing twice
    assert len(list(folder.iterdir())) == 1
    later = answer(with_pupils, 6, 6)
    country.at_the_school()
    assert len(list(folder.iterdir())) == 2
    for _ in range(2):  # the second time nothing is new
        country.home_again()
        assert _exported(country) == sorted(later)
    assert first < later
    country.at_the_school()
    assert list(folder.iterdir()) == []
    found = showing.use(country.hub, of_this_machine())
    assert (found.all.pupils, found.all.answers) == (12, 25)
    with_pupils.close()


def _exported(country: Country) -> list[bytes]:
    lines = exporting.lines(country.hub, of_this_machine())
    return sorted(line.rstrip(b"\n") for line in lines)


@pytest.fixture
def district(tmp_path: Path) -> Iterator[District]:
    with a_district(tmp_path) as found:
        yield found


@pytest.mark.long  # its quick version: tests/sync_node/talking/test_records_travel.py
def test_answers_come_through_a_link_that_is_cut_and_then_by_stick_once(
    district: District, tmp_path: Path
) -> None:
    box = district.enrolled("learns", district.codes()[0])
    when = datetime.now(UTC) - timedelta(minutes=5)
    school = open_school(DataDir(box.root), clock=lambda: when, hash_cost=2)
    made = answer(school, 0, PUPILS)
    toml = box.root / "node.toml"
    port = urlsplit(district.url).port or 80
    with bad_link(port, Weather(rate=40_000, cut_seconds=0.4, failing=0.3), seed=7) as link:
        text = toml.read_text(encoding="utf-8")
        through = text.replace(district.url, link.address)
        assert through != text
        toml.write_text(through, encoding="utf-8")
        for _ in range(30):
            assert box.run("sync")[0] in {0, 1, 3, 4, 5}
            if _count(district) == len(made):
                break
    assert _count(district) == len(made)
    box.set_up(cut_off=True)  # and now no link at all
    made = answer(school, PUPILS, 10)
    school.close()
    stick = tmp_path / "stick"
    stick.mkdir()
    assert box.run("export", stick)[0] == 0
    for _ in range(2):
        district.hub("courier", "read", stick)
    out = tmp_path / "records.jsonl"
    district.hub("records", "export", "--out", out)
    assert sorted(out.read_bytes().splitlines()) == sorted(made)
    assert b"Pupil" not in out.read_bytes()


def _count(district: District) -> int:
    found = district.hub("records", "list")["schools"]
    return int(found[0]["records"]) if found else 0
