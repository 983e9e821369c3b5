"""What the API offers of cards: seeds to be made, receipts to be taken in, a list."""

import os

import msgspec

from hub.api.operations import Given, Operation
from hub.cards import listing, receiving, seeding
from hub.cards.limits import CARDS_SHOWN, RECEIPTS_SENT_BYTES_MAX, SEEDS_SENT_MAX
from hub.cards.listing import Page
from hub.cards.receiving import Taken
from hub.cards.seeding import Wanted
from hub.clock import in_words
from hub.hub import Hub
from hub.people.actor import Actor
from hub.people.rights import Right


class CardsQuery(msgspec.Struct, forbid_unknown_fields=True):
    """`school`: only of this one. `after`: the `next` of the page before."""

    school: str = ""
    after: str = ""
    limit: int = CARDS_SHOWN


class SeedsWanted(Wanted, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """For which schools, and what the seeds are to say, as `hub seeds` has it."""

    schools: tuple[str, ...]


class SeedMade(msgspec.Struct):
    """A seed: shown this once. `document` is what its file holds."""

    card: int
    school: str
    file: str
    digest: str
    expires_at: str
    document: str


class SeedsMade(msgspec.Struct):
    """Seeds, in the order of the schools. `fingerprint`: of the root that the boxes will trust."""

    fingerprint: str
    items: tuple[SeedMade, ...]


class ReceiptsSent(msgspec.Struct, forbid_unknown_fields=True):
    """`lines`: what a file of receipts holds (PROTOCOL.md, section 14)."""

    lines: str


def _cards(hub: Hub, actor: Actor, given: Given) -> Page:
    asked: CardsQuery = given.query
    return listing.find(hub, actor, school=asked.school, after=asked.after, limit=asked.limit)


def _make(hub: Hub, actor: Actor, given: Given) -> SeedsMade:
    said: SeedsWanted = given.body
    made = seeding.make(hub, actor, said.schools, said, randomness=os.urandom, most=SEEDS_SENT_MAX)
    items = tuple(
        SeedMade(
            one.seed.card, one.seed.school, one.file, one.digest,
            in_words(one.seed.code_expires_at), one.document.decode(),
        )
        for one in made
    )  # fmt: skip
    return SeedsMade(made[0].fingerprint, items)


def _take(hub: Hub, actor: Actor, given: Given) -> Taken:
    said: ReceiptsSent = given.body
    return receiving.take(hub, actor, said.lines.encode(errors="replace"), what="lines")


OPERATIONS = (
    Operation(
        name="listCards", method="GET", path="/cards", right=Right.SEE_FLEET,
        summary="Cards that were made for schools, the newest first", run=_cards,
        screen="/console/cards", command="cards list", query=CardsQuery, answer=Page,
    ),
    Operation(
        name="makeCardSeeds", method="POST", path="/card-seeds", right=Right.CHANGE_FLEET,
        summary="Make the seeds of schools' cards", run=_make, screen="/console/cards/new",
        command="seeds", body=SeedsWanted, answer=SeedsMade, status=201, problems=("409",),
    ),
    Operation(
        name="takeCardReceipts", method="POST", path="/card-receipts", right=Right.CHANGE_FLEET,
        summary="Take in receipts of cards that were written", run=_take,
        screen="/console/cards/receipts", command="cards take", body=ReceiptsSent, answer=Taken,
        body_bytes_max=RECEIPTS_SENT_BYTES_MAX,
    ),
)  # fmt: skip
