"""What a pupil does becomes an xAPI statement that any record store takes and that names nobody."""

import json
import re
import uuid
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content_packs import records
from content_packs.canonical_json import encode as canonical
from content_packs.errors import InvalidContent
from content_packs.limits import RECORD_BYTES_MAX, RECORD_RESPONSE_CHARACTERS_MAX
from content_packs.names import is_name
from content_packs.records import Actor, Event, Place

PUPIL = Actor("learner", "3f2504e0-4f89-41d3-9a0c-0305e82c3301")
NOON = datetime(2026, 9, 1, 12, 0, 30, tzinfo=UTC)
ITEM = Place("grade4-maths", "01-fractions", "practice")
MATERIAL = Place("", "", "0a0b0c0d-0e0f-4a0b-8c0d-0e0f0a0b0c0d")

names = st.text("abc019-", min_size=1, max_size=12).filter(is_name)
places = st.one_of(
    st.tuples(names, st.just(""), st.just("")).map(Place._make),
    st.tuples(names, names, st.just("")).map(Place._make),
    st.tuples(names, names, names).map(Place._make),
    st.builds(lambda material: Place("", "", str(material)), st.uuids(version=4)),
)
events = st.builds(
    Event,
    verb=st.sampled_from(["initialized", "progressed", "answered", "scored", "completed"]),
    place=places,
    version=st.integers(0, 2**31 - 1),
    kind=st.sampled_from([*records.TYPES, *records.INTERACTIONS, ""]),
    registration=st.one_of(st.just(""), st.uuids(version=4).map(str)),
    score=st.one_of(st.none(), st.integers(0, 500)),
    points=st.integers(500, 10**9),
    success=st.one_of(st.none(), st.booleans()),
    completion=st.one_of(st.none(), st.booleans()),
    response=st.one_of(
        st.none(),
        st.text(st.characters(exclude_categories=["Cs"]), max_size=RECORD_RESPONSE_CHARACTERS_MAX),
    ),
    percent=st.one_of(st.none(), st.integers(-5, 200)),
    seconds=st.one_of(st.none(), st.integers(-5, 10**9)),
    duration=st.one_of(st.none(), st.integers(-5, 10**9)),
    by_app=st.booleans(),
)


def a_statement(**values: Any) -> records.Statement:
    event = Event(**{"verb": "initialized", "place": ITEM, "version": 3, **values})
    return records.statement(
        event, id_=str(uuid.UUID(int=5, version=4)), node="school-7", actor=PUPIL, at=NOON
    )


def as_json(made: records.Statement) -> Any:
    return json.loads(records.encode(made))


def everything_in(value: Any) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for key, member in value.items() if isinstance(value, dict) else enumerate(value):
        found.append((str(key), member))
        if isinstance(member, dict | list):
            found += everything_in(member)
    return found


@given(
    event=events,
    id_=st.uuids(version=4),
    at=st.datetimes(datetime(1971, 1, 1), datetime(2990, 1, 1)),  # noqa: DTZ001  # as hypothesis asks
)
def test_a_record_is_read_as_it_was_written(event: Event, id_: uuid.UUID, at: datetime) -> None:
    made = records.statement(
        event, id_=str(id_), node="school-7", actor=PUPIL, at=at.replace(tzinfo=UTC)
    )
    data = records.encode(made)
    assert len(data) <= RECORD_BYTES_MAX
    assert records.decode(data) == made
    assert records.place_of(made.object.id) == (event.place, "")
    assert records.actor_of(made) == PUPIL


@given(event=events)
def test_a_record_store_finds_nothing_to_refuse(event: Event) -> None:
    # xAPI 1.0.3, Part Two, 2.2: no null, IRIs with a scheme, a UUID, a time with its zone.
    value = as_json(
        records.statement(
            event, id_=str(uuid.UUID(int=7, version=4)), node="unenrolled", actor=PUPIL, at=NOON
        )
    )
    assert uuid.UUID(value["id"]).variant == uuid.RFC_4122
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", value["timestamp"])
    for key, member in everything_in(value):
        assert member is not None
        if key in {"id", "type", "homePage"} and member != value["id"]:
            assert re.match(r"[a-z][a-z0-9+.-]*:\S", member)
    result = value.get("result", {})
    for key in result.get("extensions", {}):
        assert re.match(r"[a-z]+:\S", key)
    if score := result.get("score"):
        assert score["min"] == 0 <= score["raw"] <= score["max"]
    if "duration" in result:
        assert re.fullmatch(r"PT\d+S", result["duration"])


def test_an_answer_is_an_interaction_within_its_exercise() -> None:
    value = as_json(
        a_statement(
            verb="answered", kind="choice", question="q1", score=50, points=100, success=False,
            response="2", registration=str(uuid.UUID(int=9, version=4)),
        )
    )  # fmt: skip
    assert value["verb"] == {
        "id": "http://adlnet.gov/expapi/verbs/answered",
        "display": {"en": "answered"},
    }
    assert value["object"] == {
        "id": "urn:satchel:question:grade4-maths:01-fractions:practice:q1",
        "definition": {
            "type": "http://adlnet.gov/expapi/activities/cmi.interaction",
            "interactionType": "choice",
        },
    }
    assert value["result"] == {
        "score": {"raw": 50, "min": 0, "max": 100}, "success": False, "response": "2",
    }  # fmt: skip
    assert value["context"]["contextActivities"] == {
        "parent": [{"id": "urn:satchel:item:grade4-maths:01-fractions:practice"}],
        "grouping": [{"id": "urn:satchel:pack:grade4-maths"}],
    }
    assert value["context"]["revision"] == "3"


def test_what_an_app_says_is_marked_as_that() -> None:
    made = a_statement(verb="scored", kind="app", score=1, points=2, by_app=True)
    assert as_json(made)["context"]["extensions"] == {"urn:satchel:app-reported": True}


def test_who_did_it_is_an_account_that_only_the_node_can_tell() -> None:
    assert as_json(a_statement())["actor"] == {
        "account": {"homePage": "urn:satchel:node:school-7", "name": str(PUPIL)}
    }


def test_a_time_in_another_zone_is_the_same_moment() -> None:
    at = NOON.astimezone(timezone(timedelta(hours=8))).replace(microsecond=7)
    event = Event("initialized", ITEM, 1)
    made = records.statement(
        event, id_=str(uuid.UUID(int=5, version=4)), node="n", actor=PUPIL, at=at
    )
    assert made.timestamp == NOON


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("id",), "not-a-uuid"),
        (("id",), "00000000-0000-0000-0000-000000000000"),
        (("verb", "id"), "answered"),
        (("object", "id"), "no scheme"),
        (("timestamp",), "2026-09-01T12:00:30"),
        (("timestamp",), "2026-09-01T20:00:30+08:00"),
        (("timestamp",), "2026-09-01T12:00:30.5Z"),
        (("actor", "account", "name"), "learner:Anna"),
        (("actor", "account", "name"), "3f2504e0-4f89-41d3-9a0c-0305e82c3301"),
        (("result",), {"score": {"raw": 5, "max": 4, "min": 0}}),
        (("result",), {"score": {"raw": -5, "max": 4, "min": 0}}),
        (("result",), {"score": {"raw": 1, "max": 4, "min": 1}}),
        (("result",), {"response": "x" * (RECORD_RESPONSE_CHARACTERS_MAX + 1)}),
        (("result",), {"duration": "an hour"}),
        (("result",), {"success": "true"}),
        (("context",), {"revision": "0"}),
        (("context",), {"registration": "first"}),
    ],
)
def test_what_is_no_record_is_refused(path: tuple[str, ...], value: object) -> None:
    good = as_json(a_statement())
    at = good
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    with pytest.raises(InvalidContent, match="record"):
        records.decode(canonical(good))


@given(st.binary(max_size=200))
def test_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(InvalidContent):
        records.decode(data)


def test_a_record_with_more_than_we_know_is_read() -> None:
    value = as_json(a_statement())
    value["authority"] = {"mbox": "mailto:somebody@example.org"}
    assert records.decode(canonical(value)) == a_statement()


def test_a_record_has_one_spelling() -> None:
    data = records.encode(a_statement())
    with pytest.raises(InvalidContent):
        records.decode(data.replace(b'{"actor"', b'{ "actor"'))


def test_too_large_a_record_is_refused() -> None:
    value = {**as_json(a_statement()), "more": "x" * RECORD_BYTES_MAX}
    with pytest.raises(InvalidContent, match="allowed"):
        records.decode(canonical(value))


@given(place=places.filter(lambda place: place.item), question=names)
def test_every_question_has_its_own_name(place: Place, question: str) -> None:
    assert records.place_of(records.activity_id(place, question)) == (place, question)


@pytest.mark.parametrize(
    "activity",
    [
        "", "urn:satchel:item:a:b", "urn:satchel:pack:a:b", "urn:satchel:lesson:a", "http://a/b",
        "urn:satchel:item:a:b:c:d", "urn:satchel:item::b:c", "urn:satchel:material:a:b:c",
        "urn:satchel:pack:-a", "urn:satchel:pack:a\n",
    ],
)  # fmt: skip
def test_an_activity_of_others_is_no_place(activity: str) -> None:
    with pytest.raises(InvalidContent):
        records.place_of(activity)


def test_the_same_parts_have_the_same_id_and_others_another() -> None:
    first = records.name_based_id("a", "b")
    assert first == records.name_based_id("a", "b") != records.name_based_id("a\nb")
    assert uuid.UUID(first).version == 5
    assert uuid.UUID(records.random_id(bytes(16))).version == 4
