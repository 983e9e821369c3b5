"""What the API offers of people and tokens."""

import secrets
from typing import Annotated

import msgspec

from hub.api.operations import Given, Operation
from hub.api.paging import PAGE_DEFAULT, Limit
from hub.hub import Hub
from hub.people import directory, tokens
from hub.people.actor import Actor
from hub.people.directory import Link, Person, Terms, Wanted
from hub.people.limits import TOKEN_DAYS, TOKEN_DAYS_MAX
from hub.people.rights import RIGHTS, Right
from hub.people.tokens import MadeToken, Token

_NEEDED = Right.MANAGE_PEOPLE


class PeopleQuery(msgspec.Struct, forbid_unknown_fields=True):
    """`text` stands in the login or the name; `after`: the login to go on after."""

    text: str = ""
    role: str = ""
    after: str = ""
    limit: Limit = PAGE_DEFAULT


class PeoplePage(msgspec.Struct):
    """People, by login. `next`: ask for more with it as `after`; empty for no more."""

    items: tuple[Person, ...]
    next: str


class NewPerson(msgspec.Struct, forbid_unknown_fields=True):
    """Somebody to add. `townships` for an operator, `publisher` for a publisher."""

    login: str
    role: str
    name: str = ""
    townships: tuple[str, ...] = ()
    publisher: str = ""


class ChangedPerson(msgspec.Struct, forbid_unknown_fields=True):
    """What somebody is to be from now on. An empty name leaves theirs."""

    role: str
    name: str = ""
    townships: tuple[str, ...] = ()
    publisher: str = ""


class AddedPerson(msgspec.Struct):
    """Who was added, and the link by which they set a password."""

    person: Person
    link: Link


class ResetTerms(msgspec.Struct, forbid_unknown_fields=True):
    """`second_step`: no code is asked for any more, either."""

    second_step: bool = False


class Changed(msgspec.Struct):
    """Whether anything changed by it."""

    changed: bool


class TokensQuery(msgspec.Struct, forbid_unknown_fields=True):
    """Whose: without a login, everybody's for who manages people, else one's own."""

    login: str = ""


class TokenList(msgspec.Struct):
    """Tokens, the newest first: also revoked ones, and those past their day."""

    items: tuple[Token, ...]


class NewToken(msgspec.Struct, forbid_unknown_fields=True):
    """A token to make. `scopes`: the rights that it is limited to, none for all of its person's."""

    login: str
    name: str
    scopes: tuple[str, ...] = ()
    days: Annotated[int, msgspec.Meta(ge=1, le=TOKEN_DAYS_MAX)] = TOKEN_DAYS


class Me(msgspec.Struct):
    """Who asks. `townships`: whose schools they see, null for all; `rights`: what they may."""

    login: str
    role: str
    townships: tuple[str, ...] | None
    publisher: str
    rights: tuple[str, ...]


def _page(hub: Hub, actor: Actor, given: Given) -> PeoplePage:
    query: PeopleQuery = given.query
    wanted = Wanted(query.text, query.role)
    found, following = directory.page(hub, actor, wanted, after=query.after, most=query.limit)
    return PeoplePage(tuple(found), following)


def _show(hub: Hub, actor: Actor, given: Given) -> Person:
    return directory.person(hub, actor, given.path["login"])


def _add(hub: Hub, actor: Actor, given: Given) -> AddedPerson:
    body: NewPerson = given.body
    terms = Terms(body.role, body.townships, body.publisher)
    person, link = directory.add(
        hub, actor, body.login, body.name, terms, randomness=secrets.token_bytes
    )
    return AddedPerson(person, link)


def _change(hub: Hub, actor: Actor, given: Given) -> Person:
    body: ChangedPerson = given.body
    terms = Terms(body.role, body.townships, body.publisher)
    return directory.change(hub, actor, given.path["login"], terms, name=body.name)


def _disable(hub: Hub, actor: Actor, given: Given) -> Changed:
    return Changed(directory.disable(hub, actor, given.path["login"]))


def _enable(hub: Hub, actor: Actor, given: Given) -> Changed:
    return Changed(directory.enable(hub, actor, given.path["login"]))


def _reset(hub: Hub, actor: Actor, given: Given) -> Link:
    body: ResetTerms = given.body
    return directory.reset(
        hub,
        actor,
        given.path["login"],
        second_step=body.second_step,
        randomness=secrets.token_bytes,
    )


def _tokens(hub: Hub, actor: Actor, given: Given) -> TokenList:
    query: TokensQuery = given.query
    login = query.login or ("" if actor.may(_NEEDED) else actor.login)
    return TokenList(tuple(tokens.tokens(hub, actor, login)))


def _make_token(hub: Hub, actor: Actor, given: Given) -> MadeToken:
    body: NewToken = given.body
    return tokens.make(
        hub,
        actor,
        body.login,
        name=body.name,
        scopes=body.scopes,
        days=body.days,
        randomness=secrets.token_bytes,
    )


def _revoke(hub: Hub, actor: Actor, given: Given) -> Changed:
    return Changed(tokens.revoke(hub, actor, given.path["token"]))


def _me(_hub: Hub, actor: Actor, _given: Given) -> Me:
    return Me(
        actor.login,
        actor.role,
        None if actor.townships is None else tuple(sorted(actor.townships)),
        actor.publisher,
        tuple(sorted(right for right in RIGHTS[actor.role] if actor.may(right))),
    )


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "whoAmI", "GET", "/me", None,
        "Who the token is of, and what it may", _me,
        screen="/console/account", command="people show", answer=Me,
    ),
    Operation(
        "listPeople", "GET", "/people", _NEEDED,
        "The people who work at this hub", _page,
        screen="/console/people", command="people list", query=PeopleQuery, answer=PeoplePage,
    ),
    Operation(
        "addPerson", "POST", "/people", _NEEDED,
        "Add somebody, with a link by which they set a password", _add,
        screen="/console/people", command="people add",
        body=NewPerson, answer=AddedPerson, problems=("409",),
    ),
    Operation(
        "showPerson", "GET", "/people/{login}", _NEEDED,
        "Somebody", _show,
        screen="/console/people/<login>", command="people show", answer=Person,
    ),
    Operation(
        "changePerson", "PUT", "/people/{login}", _NEEDED,
        "Give somebody another role, other limits, another name", _change,
        screen="/console/people/<login>", command="people set",
        body=ChangedPerson, answer=Person, problems=("409",),
    ),
    Operation(
        "disablePerson", "POST", "/people/{login}/disable", _NEEDED,
        "Let somebody in no more; sessions and tokens end", _disable,
        screen="/console/people/<login>/disable", command="people disable",
        answer=Changed, problems=("409",),
    ),
    Operation(
        "enablePerson", "POST", "/people/{login}/enable", _NEEDED,
        "Let somebody in again", _enable,
        screen="/console/people/<login>/enable", command="people enable", answer=Changed,
    ),
    Operation(
        "resetPerson", "POST", "/people/{login}/reset", _NEEDED,
        "Take somebody's password away, for a link to set another by", _reset,
        screen="/console/people/<login>/reset", command="people reset",
        body=ResetTerms, answer=Link, problems=("409",),
    ),
    Operation(
        "listTokens", "GET", "/tokens", None,
        "Tokens of programs: one's own, or everybody's", _tokens,
        screen="/console/tokens", command="tokens list",
        query=TokensQuery, answer=TokenList, problems=("409",),
    ),
    Operation(
        "makeToken", "POST", "/tokens", _NEEDED,
        "Make a token for somebody's programs", _make_token,
        screen="/console/tokens", command="tokens make",
        body=NewToken, answer=MadeToken, problems=("409",),
    ),
    Operation(
        "revokeToken", "POST", "/tokens/{token}/revoke", None,
        "Let a token be good no more", _revoke,
        screen="/console/tokens/<token>/revoke", command="tokens revoke", answer=Changed,
    ),
)  # fmt: skip
