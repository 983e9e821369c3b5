"""An operator of one township neither sees nor guesses anything of another."""

import base64
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from werkzeug.test import TestResponse

from hub.rooms import all_operations
from tests.hub.attacks.places import recorded
from tests.hub.attacks.strangers import NOTHING, answers, tries
from tests.hub.attacks.world import HIDDEN, MARK, World, state_of
from tests.hub.console.site import TOWNSHIP

# Where things get a secret at each look, and it is nobody's.
NEW_EACH_TIME = {"/console/account/second-step"}
LISTS = ("/schools", "/requests", "/offers", "/jobs", "/rollouts", "/packs")
COUNTERS = {"audit_row", "audit_head_row", "try_row"}  # what tries may leave behind


@pytest.fixture(autouse=True, scope="module")
def unchanged(world: World) -> Iterator[None]:
    """See that nothing that is tried here changes anything."""
    before = state_of(world.hub, COUNTERS)
    yield
    assert state_of(world.hub, COUNTERS) == before


def test_all_is_as_if_the_other_township_were_not_there(world: World) -> None:
    before, after = world.answers["operator before"], world.answers["operator after"]
    assert len(before) > 200
    for place, answer in before.items():
        if place not in NEW_EACH_TIME:
            assert after[place] == answer, place


def test_the_other_townships_operator_sees_what_is_hidden(world: World) -> None:
    seen = recorded(world, f"{MARK}-operator", world.hidden)
    showing = {place.partition("?")[0] for place, answer in seen.items() if _shows(place, answer)}
    for place in (
        "/schools", "/nodes", "/needed-visits", "/visits", "/requests", "/offers", "/use",
        "/filters", "/console/schools", "/console/schools.csv", "/console/visits",
        "/console/requests", "/console/use", "/console/enrolment",
    ):  # fmt: skip
        assert place in showing, place
    assert world.hidden.names["job"][0] in seen["/jobs"]


def test_no_answer_has_a_name_of_the_other_township(world: World) -> None:
    seen = recorded(world, "operator", world.own)
    assert any("/rollouts/" in place and answer[:3] == "200" for place, answer in seen.items())
    for place, answer in seen.items():
        assert not _shows(place, answer), place
        for kind in ("visit", "job"):
            for name in world.hidden.names[kind]:
                assert name not in answer, place


def _shows(place: str, answer: str) -> bool:
    """Say whether an answer has the mark, but in the words that were asked with."""
    for word in sorted(re.findall(rf"[\w-]*{MARK}[\w-]*", place), key=len, reverse=True):
        answer = re.sub(rf"(?<![\w-]){re.escape(word)}(?![\w-])", "", answer)
    return MARK in answer.casefold()


def test_what_is_anothers_is_answered_as_what_is_not_there(world: World) -> None:
    tried = list(tries(world, world.own, world.hidden))
    assert {part for one in tried for part in one.theirs} >= {
        "school", "node", "number", "visit", "job", "name", "token",
    }  # fmt: skip
    for one in tried:
        theirs, nothing = answers(world, "operator", one)
        assert theirs == nothing, (one.what, one.theirs)
        assert theirs[:1] == "4" or one.what in IDLE, (one.what, theirs)


# What isn't refused: filters' names are each owner's own, so theirs is made, and removed again.
IDLE = {"saveFilter", "removeFilter"}

IN_BODIES: list[tuple[str, str, str, Any]] = [
    ("codes of a school", "POST", "/codes", {"schools": ["@school"]}),
    ("codes beside one's own", "POST", "/codes", {"schools": ["near-1", "@school"]}),
    ("a code for a node", "POST", "/codes", {"schools": ["near-1"], "node": "@node"}),
    ("a visit to a node", "POST", "/visits", {"nodes": ["@node"]}),
    ("a visit beside one's own", "POST", "/visits", {"nodes": ["near-2-1", "@node"]}),
    ("a visit in order", "POST", "/visits", {"nodes": ["@node", "near-2-1"], "in_order": True}),
    ("lines of a school", "POST", "/schools/import", {"csv": "school,title\n@school,x\n"}),
    (
        "lines of a school that is said to be new", "POST", "/schools/import",
        {"csv": f"school,title,township\n@school,x,{HIDDEN}\n", "district": "east"},
    ),
    (
        "lines of a new school of nowhere", "POST", "/schools/import",
        {"csv": "school,title\n@school,x\n", "district": "east"},
    ),
    (
        "lines that take a school without its district", "POST", "/schools/import",
        {"csv": f"school,title,township\n@school,x,{TOWNSHIP}\n"},
    ),
    ("a new school there", "PUT", "/schools/@school", {"district": "east", "township": HIDDEN}),
    ("a new school of nowhere", "PUT", "/schools/@school", {"district": "east"}),
    ("a school taken over", "PUT", "/schools/@school", {"township": TOWNSHIP}),
    ("a fingerprint", "POST", "/nodes/@node/confirm", {"fingerprint": "00" * 16}),
]  # fmt: skip


@pytest.mark.parametrize(("what", "method", "place", "body"), IN_BODIES)
def test_a_name_within_a_body_shows_no_more(
    world: World, what: str, method: str, place: str, body: Any
) -> None:
    hidden = {"school": f"{MARK}-1", "node": f"{MARK}-1-1"}
    theirs, nothing = (
        _plain(world.api("operator", method, _put(place, names), _put(body, names)), names)
        for names in (hidden, NOTHING)
    )
    assert theirs == nothing, what
    assert theirs[:1] == "4", theirs


def _put(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, str):
        return value.replace("@school", names["school"]).replace("@node", names["node"])
    if isinstance(value, dict):
        return {key: _put(one, names) for key, one in value.items()}
    return [_put(one, names) for one in value] if isinstance(value, list) else value


def _plain(answer: TestResponse, names: dict[str, str]) -> str:
    text = f"{answer.status_code} {answer.text}"
    return text.replace(names["node"], "@node").replace(names["school"], "@school")


FORMS = [
    ("/console/visits/plan", {"node": "@node"}),
    ("/console/enrolment", {"schools": "@school", "count": "1", "days": "9"}),
    ("/console/schools", {"school": "@school", "district": "east", "township": HIDDEN}),
    ("/console/schools", {"school": "@school", "district": "east"}),
    ("/console/filters/remove", {"name": f"{MARK}-filter"}),
]


@pytest.mark.parametrize(("place", "fields"), FORMS)
def test_a_name_within_a_form_shows_no_more(
    world: World, place: str, fields: dict[str, str]
) -> None:
    hidden = {"school": f"{MARK}-1", "node": f"{MARK}-1-1"}
    theirs, nothing = (
        _plain(world.form("operator", place, **_put(fields, names)), names)
        for names in (hidden, NOTHING)
    )
    assert theirs == nothing


@pytest.mark.parametrize("place", LISTS)
def test_a_cursor_of_who_sees_all_shows_nothing_more(world: World, place: str) -> None:
    after, seen = "", 0
    while seen < 60:
        page = _page(world, "administrator", place, 1, after)
        assert page.status_code == 200, page.text
        answer = _page(world, "operator", place, 50, after)
        assert answer.status_code == 200
        assert MARK not in answer.text.casefold()
        seen, after = seen + 1, page.json["next"]
        if not after:
            break
    assert seen > 1


@pytest.mark.parametrize("place", LISTS)
def test_an_own_cursor_names_nothing_of_others(world: World, place: str) -> None:
    after = ""
    for _ in range(40):
        page = _page(world, "operator", place, 1, after)
        after = str(page.json["next"] or "")
        padded = after.encode() + b"=" * (-len(after) % 4)
        assert MARK not in after
        if re.fullmatch(r"[A-Za-z0-9_-]+=*", padded.decode()) and len(padded) % 4 == 0:
            assert MARK.encode() not in base64.urlsafe_b64decode(padded)
        if not after:
            return
    pytest.fail("no end")


def _page(world: World, login: str, place: str, limit: int, after: Any) -> TestResponse:
    query = {"limit": limit} | ({"after": after} if after else {})
    return world.api(login, "GET", f"{place}?{urlencode(query)}")


@pytest.mark.parametrize("right", ["operate", "set-desired", "see-audit", "manage-people"])
def test_what_shows_all_townships_is_not_an_operators(world: World, right: str) -> None:
    shown = [one for one in all_operations() if one.right is not None and one.right.value == right]
    assert shown
    for operation in shown:
        place = re.sub(r"\{\w+\}", "near-1", operation.path)
        assert world.api("operator", operation.method, place).status_code == 403, operation.name
