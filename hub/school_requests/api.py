"""What the API offers of schools' requests."""

from typing import Literal

import msgspec

from hub.api.operations import Given, Operation
from hub.api.paging import PAGE_DEFAULT, After, Limit
from hub.hub import Hub
from hub.people.actor import Actor
from hub.people.rights import Right
from hub.school_requests import answering, listing
from hub.school_requests.listing import Request
from hub.school_requests.wished import Wished, most_wished


class RequestsQuery(msgspec.Struct, forbid_unknown_fields=True):
    """`everything`: also what is answered, withdrawn, or has come."""

    school: str = ""
    everything: bool = False
    after: After = 0
    limit: Limit = PAGE_DEFAULT


class RequestsPage(msgspec.Struct):
    """Requests, the newest first. `next`: ask for more with it as `after`; empty for no more."""

    items: tuple[Request, ...]
    next: str


class WishedMost(msgspec.Struct):
    """Packs and lessons that schools wish for, the most wished for first."""

    items: tuple[Wished, ...]


class RequestAnswer(msgspec.Struct, forbid_unknown_fields=True):
    """What the school reads. `pack`: of a wish, the one that answers it."""

    text: str = ""
    pack: str = ""
    declined: bool = False


class FileWanted(msgspec.Struct, forbid_unknown_fields=True):
    """Whether the school is to send the file of what it offers."""

    wanted: bool


def _page(hub: Hub, actor: Actor, given: Given, what: Literal["wish", "offer"]) -> RequestsPage:
    query: RequestsQuery = given.query
    found = listing.page(
        hub,
        actor,
        what,
        school=query.school,
        everything=query.everything,
        after=query.after,
        most=query.limit,
    )
    return RequestsPage(found.requests, str(found.next or ""))


def _wishes(hub: Hub, actor: Actor, given: Given) -> RequestsPage:
    return _page(hub, actor, given, "wish")


def _offers(hub: Hub, actor: Actor, given: Given) -> RequestsPage:
    return _page(hub, actor, given, "offer")


def _wished(hub: Hub, actor: Actor, _given: Given) -> WishedMost:
    return WishedMost(most_wished(hub, actor))


def _answer(hub: Hub, actor: Actor, given: Given) -> Request:
    said: RequestAnswer = given.body
    return answering.answer(
        hub,
        actor,
        listing.number_in(given.path["number"]),
        declined=said.declined,
        text=said.text,
        pack=said.pack,
    )


def _ask(hub: Hub, actor: Actor, given: Given) -> Request:
    wanted: FileWanted = given.body
    number = listing.number_in(given.path["number"])
    return answering.ask_for_file(hub, actor, number, wanted=wanted.wanted)


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "listWishes", "GET", "/requests", Right.SEE_REQUESTS,
        "What schools' teachers wish for", _wishes,
        screen="/console/requests", command="requests list",
        query=RequestsQuery, answer=RequestsPage,
    ),
    Operation(
        "listWishedMost", "GET", "/requests/wished", Right.SEE_REQUESTS,
        "The packs and lessons that most schools wish for", _wished,
        screen="/console/requests", command="requests list", answer=WishedMost,
    ),
    Operation(
        "answerRequest", "POST", "/requests/{number}/answer", Right.ANSWER_REQUESTS,
        "Answer a wish or an offer, in place of an earlier answer", _answer,
        screen="/console/requests/<number>/answer", command="requests answer",
        body=RequestAnswer, answer=Request,
    ),
    Operation(
        "listOffers", "GET", "/offers", Right.SEE_REQUESTS,
        "What schools made themselves and offer", _offers,
        screen="/console/requests/offers", command="offers list",
        query=RequestsQuery, answer=RequestsPage,
    ),
    Operation(
        "askForFile", "POST", "/offers/{number}/file", Right.ANSWER_REQUESTS,
        "Have a school send the file that it offers, or not any more", _ask,
        screen="/console/requests/<number>/file", command="offers ask",
        body=FileWanted, answer=Request, problems=("409",),
    ),
)  # fmt: skip
