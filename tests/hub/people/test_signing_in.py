"""Signing in, staying signed in, signing out."""

import pytest

from content_packs.errors import Refused, UsageError
from hub.fleet import audit
from hub.hub import Hub
from hub.people import account, directory, sessions, signing_in
from hub.people.actor import of_this_machine
from hub.people.errors import SignInRefused
from hub.people.limits import DEVICES_OF_PERSON_MAX, SESSIONS_OF_PERSON_MAX
from tests.hub.clients import MovableClock
from tests.hub.people.signing import (
    HOME,
    PEOPLE,
    code_at,
    new_secret,
    password_of,
    session_of,
    signed_in,
    token_of,
    try_in,
)

pytestmark = pytest.mark.both_databases


@pytest.mark.parametrize("login", PEOPLE)
def test_everybody_acts_as_what_they_are(staffed: Hub, login: str) -> None:
    actor = signed_in(staffed, login).actor
    assert (actor.login, actor.role, actor.via) == (login, PEOPLE[login].role, "console")
    assert actor.townships == (frozenset({"North", "River"}) if login == "otto" else None)
    assert actor.publisher == PEOPLE[login].publisher


def test_case_and_spaces_of_a_login_dont_matter(staffed: Hub) -> None:
    entered = try_in(staffed, "  Ada ", password_of("ada"))
    assert session_of(staffed, entered).actor.login == "ada"


def test_a_password_written_with_another_keyboard_is_the_same(staffed: Hub) -> None:
    session = signed_in(staffed, "ada")
    account.change_password(staffed, session, password_of("ada"), "caf\u00e9 of the ice bears")
    try_in(staffed, "ada", "cafe\u0301 of the ice bears")


def test_a_session_ends_by_itself(staffed: Hub, clock: MovableClock) -> None:
    token = try_in(staffed, "ada").session
    for _ in range(14):
        clock.go_on(hours=11)  # something is done twice a day
        still = sessions.find(staffed, token, HOME)
        assert still is not None
    clock.go_on(hours=13)
    assert sessions.find(staffed, token, HOME) is None


def test_an_idle_session_ends(staffed: Hub, clock: MovableClock) -> None:
    token = try_in(staffed, "ada").session
    clock.go_on(hours=12)
    assert sessions.find(staffed, token, HOME) is None


def test_signing_out_ends_the_session_at_the_hub(staffed: Hub) -> None:
    token = try_in(staffed, "ada").session
    signing_in.sign_out(staffed, session_of(staffed, try_in(staffed, "ada")))
    found = sessions.find(staffed, token, HOME)
    assert found is not None
    signing_in.sign_out(staffed, found)
    assert sessions.find(staffed, token, HOME) is None


def test_another_role_counts_in_sessions_that_are_open(staffed: Hub) -> None:
    token = try_in(staffed, "ada").session
    admin = of_this_machine()
    directory.change(staffed, admin, "otto", directory.Terms("administrator"))
    directory.change(staffed, admin, "ada", directory.Terms("operator", ("South",)))
    found = sessions.find(staffed, token, HOME)
    assert found is not None
    assert (found.actor.role, found.actor.townships) == ("operator", frozenset({"South"}))


def test_sessions_and_devices_of_a_person_are_bounded(staffed: Hub, clock: MovableClock) -> None:
    entered = []
    for _ in range(max(SESSIONS_OF_PERSON_MAX, DEVICES_OF_PERSON_MAX) + 1):
        clock.go_on(minutes=1)
        entered.append(try_in(staffed, "ada"))
    assert sessions.find(staffed, entered[0].session, HOME) is None
    assert sessions.find(staffed, entered[1].session, HOME) is not None
    assert try_in(staffed, "ada", device=entered[-1].device).device == entered[-1].device
    assert try_in(staffed, "ada", device=entered[0].device).device != entered[0].device


def test_a_session_that_begins_is_never_the_one_that_goes(staffed: Hub) -> None:
    """All begin in one second, so that no time tells which is the newest."""
    for _ in range(SESSIONS_OF_PERSON_MAX + 5):
        entered = try_in(staffed, "ada")
        found = sessions.find(staffed, entered.session, HOME)
        assert found is not None
    assert len(sessions.of_person(staffed, found.person)) == SESSIONS_OF_PERSON_MAX


def test_a_link_is_good_once_and_for_a_day(staffed: Hub, clock: MovableClock) -> None:
    admin = of_this_machine()
    link = directory.reset(staffed, admin, "tina", second_step=False, randomness=bytes)
    assert account.login_of_link(staffed, token_of(link)) == "tina"
    with pytest.raises(UsageError, match="characters"):
        account.set_by_link(staffed, token_of(link), HOME, "short")
    account.set_by_link(staffed, token_of(link), HOME, "seven green ponds of May")
    with pytest.raises(Refused, match="good no more"):
        account.set_by_link(staffed, token_of(link), HOME, "another password of mine")
    try_in(staffed, "tina", "seven green ponds of May")
    late = directory.reset(staffed, admin, "otto", second_step=False, randomness=lambda n: b"1" * n)
    clock.go_on(hours=24)
    with pytest.raises(Refused, match="good no more"):
        account.login_of_link(staffed, token_of(late))


def test_a_newer_link_takes_the_place_of_the_one_before(staffed: Hub) -> None:
    admin = of_this_machine()
    first = directory.reset(staffed, admin, "tina", second_step=False, randomness=bytes)
    directory.reset(staffed, admin, "tina", second_step=False, randomness=lambda n: b"1" * n)
    with pytest.raises(Refused, match="good no more"):
        account.login_of_link(staffed, token_of(first))


def test_a_second_step_is_asked_for_once_it_is_on(staffed: Hub, clock: MovableClock) -> None:
    secret, session = new_secret(), signed_in(staffed, "ada")
    with pytest.raises(Refused, match="code is wrong"):
        account.switch_second_step_on(
            staffed, session, password=password_of("ada"), secret=secret,
            code=code_at(staffed, new_secret()), randomness=bytes,
        )  # fmt: skip
    account.switch_second_step_on(
        staffed, session, password=password_of("ada"), secret=secret,
        code=code_at(staffed, secret), randomness=bytes,
    )  # fmt: skip
    assert account.has_second_step(staffed, session)
    clock.go_on(minutes=2)
    with pytest.raises(SignInRefused):
        try_in(staffed, "ada")
    spaced = code_at(staffed, secret)
    try_in(staffed, "ada", code=f"{spaced[:3]} {spaced[3:]}")
    account.switch_second_step_off(staffed, session, password=password_of("ada"))
    try_in(staffed, "ada")


def test_a_lost_telephone_is_an_administrators_matter(staffed: Hub) -> None:
    secret, session = new_secret(), signed_in(staffed, "otto")
    account.switch_second_step_on(
        staffed, session, password=password_of("otto"), secret=secret,
        code=code_at(staffed, secret), randomness=bytes,
    )  # fmt: skip
    admin = of_this_machine()
    link = directory.reset(staffed, admin, "otto", second_step=True, randomness=bytes)
    account.set_by_link(staffed, token_of(link), HOME, password_of("otto"))
    try_in(staffed, "otto")


def test_who_came_and_went_stands_in_the_audit_log(staffed: Hub) -> None:
    session = signed_in(staffed, "peng")
    signing_in.sign_out(staffed, session)
    found = [(one.event, one.actor, one.origin) for one in audit.entries(staffed, most=2)]
    assert found == [("signed-out", "peng", HOME), ("signed-in", "peng", HOME)]
