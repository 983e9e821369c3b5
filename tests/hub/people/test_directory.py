"""Who works here: added, changed, disabled; and what nobody can do to it."""

import os
from dataclasses import replace

import pytest

from content_packs.errors import InvalidContent, Missing, Refused, UsageError
from hub.fleet import audit
from hub.hub import Hub
from hub.people import directory, tokens
from hub.people.actor import Actor, of_this_machine
from hub.people.directory import Terms
from hub.people.limits import TOKENS_OF_PERSON_MAX
from hub.people.rights import RIGHTS, Right
from tests.hub.clients import MovableClock
from tests.hub.people.signing import PEOPLE, signed_in

ADMIN = of_this_machine()


def make_token(
    hub: Hub, actor: Actor, login: str, scopes: tuple[str, ...] = (), days: int = 90
) -> tokens.MadeToken:
    return tokens.make(
        hub, actor, login, name="map", scopes=scopes, days=days, randomness=os.urandom
    )


def test_everybody_is_listed_with_what_is_theirs(staffed: Hub) -> None:
    found = {one.login: one for one in directory.people(staffed, ADMIN)}
    assert found.keys() == PEOPLE.keys()
    assert found["otto"].townships == ("North", "River")
    assert found["peng"].publisher == "river-press"
    assert all(one.ready and not one.second_step and not one.disabled_at for one in found.values())


@pytest.mark.parametrize("login", [login for login in PEOPLE if login != "ada"])
def test_only_administrators_manage_people(staffed: Hub, login: str) -> None:
    actor = signed_in(staffed, login).actor
    deeds = (
        lambda: directory.people(staffed, actor),
        lambda: directory.person(staffed, actor, "ada"),
        lambda: directory.add(
            staffed, actor, "mallory", "", Terms("administrator"), randomness=os.urandom
        ),
        lambda: directory.change(staffed, actor, login, Terms("administrator")),
        lambda: directory.disable(staffed, actor, "ada"),
        lambda: directory.enable(staffed, actor, "ada"),
        lambda: directory.reset(staffed, actor, "ada", second_step=True, randomness=os.urandom),
        lambda: make_token(staffed, actor, "ada"),
        lambda: tokens.tokens(staffed, actor),
        lambda: tokens.tokens(staffed, actor, "ada"),
    )
    for deed in deeds:
        with pytest.raises(Refused, match="manage-people"):
            deed()


@pytest.mark.parametrize(
    "terms",
    [
        Terms("emperor"),
        Terms(""),
        Terms("operator"),
        Terms("operator", ("North",), "river-press"),
        Terms("operator", ("",)),
        Terms("operator", ("North\x1b[31m",)),
        Terms("publisher"),
        Terms("teacher", ("North",)),
        Terms("auditor", (), "river-press"),
        Terms("administrator", ("North",)),
    ],
    ids=str,
)
def test_what_doesnt_go_together_is_refused(staffed: Hub, terms: Terms) -> None:
    with pytest.raises(UsageError):
        directory.add(staffed, ADMIN, "newcomer", "", terms, randomness=os.urandom)
    with pytest.raises(UsageError):
        directory.change(staffed, ADMIN, "tina", terms)
    assert directory.person(staffed, ADMIN, "tina").role == "teacher"


@pytest.mark.parametrize(
    "login", ["", "a b", "-x", "ä", "a\nb", "x" * 65, "command:root", "a/b", "Hub"]
)
def test_a_login_that_could_pass_for_something_else_is_refused(staffed: Hub, login: str) -> None:
    with pytest.raises(UsageError, match="login"):
        directory.add(staffed, ADMIN, login, "", Terms("teacher"), randomness=os.urandom)


def test_a_login_is_nobody_elses(staffed: Hub) -> None:
    with pytest.raises(Refused, match="already"):
        directory.add(staffed, ADMIN, " ADA", "", Terms("teacher"), randomness=os.urandom)
    with pytest.raises(InvalidContent, match="publisher"):
        directory.change(staffed, ADMIN, "peng", Terms("publisher", (), "River Press"))


def test_the_last_administrator_stays(staffed: Hub) -> None:
    with pytest.raises(Refused, match="last administrator"):
        directory.disable(staffed, ADMIN, "ada")
    with pytest.raises(Refused, match="last administrator"):
        directory.change(staffed, ADMIN, "ada", Terms("auditor"))
    directory.change(staffed, ADMIN, "tina", Terms("administrator"))
    assert directory.disable(staffed, ADMIN, "ada")
    assert not directory.disable(staffed, ADMIN, "ada")
    with pytest.raises(Refused, match="last administrator"):
        directory.change(staffed, ADMIN, "tina", Terms("teacher"))


def test_who_is_disabled_gets_no_link(staffed: Hub) -> None:
    directory.disable(staffed, ADMIN, "tina")
    with pytest.raises(Refused, match="disabled"):
        directory.reset(staffed, ADMIN, "tina", second_step=False, randomness=os.urandom)
    with pytest.raises(Missing):
        make_token(staffed, ADMIN, "tina")


def test_each_deed_says_who_did_it(staffed: Hub) -> None:
    ada = signed_in(staffed, "ada").actor
    directory.add(staffed, ada, "new", "New One", Terms("teacher"), randomness=os.urandom)
    directory.change(staffed, ada, "new", Terms("operator", ("South",)), name="Old One")
    directory.disable(staffed, ada, "new")
    directory.enable(staffed, ada, "new")
    directory.reset(staffed, ada, "new", second_step=True, randomness=os.urandom)
    tokens.revoke(staffed, ada, make_token(staffed, ada, "new").token.id)
    found = [(one.event, one.actor, one.reason) for one in audit.entries(staffed, most=7)]
    assert found[::-1] == [
        ("person-added", "ada", "new: teacher"),
        ("person-changed", "ada", "new: teacher, now operator South"),
        ("person-disabled", "ada", "new"),
        ("person-enabled", "ada", "new"),
        ("person-reset", "ada", "new, with the second step"),
        ("token-made", "ada", "new: map"),
        ("token-revoked", "ada", "new: map"),
    ]


def test_a_token_acts_as_its_person_and_within_its_scopes(staffed: Hub) -> None:
    made = make_token(staffed, ADMIN, "otto", ("see-fleet",))
    actor = tokens.find(staffed, made.secret)
    assert actor is not None
    assert (actor.login, actor.via, actor.townships) == ("otto", "api", {"North", "River"})
    assert [right for right in Right if actor.may(right)] == [Right.SEE_FLEET]
    directory.change(staffed, ADMIN, "otto", Terms("publisher", (), "river-press"))
    later = tokens.find(staffed, made.secret)
    assert later is not None
    assert not [right for right in Right if later.may(right)]


def test_a_token_ends_by_its_day_and_by_hand(staffed: Hub, clock: MovableClock) -> None:
    made, other = make_token(staffed, ADMIN, "tina", days=1), make_token(staffed, ADMIN, "tina")
    assert tokens.find(staffed, made.secret)
    clock.go_on(days=1)
    assert tokens.find(staffed, made.secret) is None
    assert tokens.find(staffed, other.secret)
    used = {one.id: one.used_on for one in tokens.tokens(staffed, ADMIN, "tina")}
    assert used == {made.token.id: "2026-01-01", other.token.id: "2026-01-02"}
    assert tokens.revoke(staffed, ADMIN, other.token.id)
    assert not tokens.revoke(staffed, ADMIN, other.token.id)
    assert tokens.find(staffed, other.secret) is None


def test_a_token_never_may_more_than_its_person(staffed: Hub) -> None:
    for right in set(Right) - RIGHTS["operator"]:
        with pytest.raises(Refused, match="hasn't got"):
            make_token(staffed, ADMIN, "otto", (right.value,))
    with pytest.raises(UsageError, match="no right"):
        make_token(staffed, ADMIN, "otto", ("everything",))


def test_a_token_makes_none_that_may_more_or_lives_on(staffed: Hub) -> None:
    otto = replace(signed_in(staffed, "otto").actor, via="api")
    with pytest.raises(Refused, match="manage-people"):
        make_token(staffed, otto, "otto")
    secret = make_token(staffed, ADMIN, "ada", ("manage-people", "see-fleet")).secret
    narrow = tokens.find(staffed, secret)
    assert narrow is not None
    for scopes in ((), ("release",), ("see-fleet", "release")):
        with pytest.raises(Refused, match="more than it may itself"):
            make_token(staffed, narrow, "ada", scopes)
    make_token(staffed, narrow, "ada", ("see-fleet",))


def test_nobody_revokes_or_learns_of_anothers_token(staffed: Hub) -> None:
    made = make_token(staffed, ADMIN, "ada")
    otto = signed_in(staffed, "otto").actor
    for token in (made.token.id, "no-such-token"):
        with pytest.raises(Missing, match="no token"):
            tokens.revoke(staffed, otto, token)
    own = make_token(staffed, otto, "otto")
    assert [one.id for one in tokens.tokens(staffed, otto, "otto")] == [own.token.id]
    assert tokens.revoke(staffed, otto, own.token.id)


def test_tokens_of_a_person_are_bounded(staffed: Hub) -> None:
    for _ in range(TOKENS_OF_PERSON_MAX):
        make_token(staffed, ADMIN, "tina")
    with pytest.raises(Refused, match="50 tokens"):
        make_token(staffed, ADMIN, "tina")
    for days in (0, 367):
        with pytest.raises(UsageError, match="days"):
            make_token(staffed, ADMIN, "ada", days=days)
