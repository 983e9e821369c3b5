"""Cards as people see them: for whom a seed was made, whether it was written, which box it became.

The state of a card, the first of these that holds:

    used        a box claimed with its code: `box` is the node that it became, or wants to be
    failed      its newest receipt says that writing failed
    cancelled   its code was cancelled before anybody used it
    expired     its code is good no more: a box that starts now can't join by it
    written     a laptop wrote it, and no box has asked yet
    made        nothing was heard of it since the seed was made
"""

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from content_packs.errors import UsageError
from hub.cards.limits import CARDS_SHOWN, RECEIPTS_SHOWN
from hub.cards.tables import CardReceiptRow, CardSeedRow
from hub.clock import in_words
from hub.fleet import schools
from hub.fleet.tables import CodeRow, NodeKeyRow, SchoolRow
from hub.hub import Hub
from hub.people.actor import Actor
from hub.people.rights import Right

State: TypeAlias = Literal["used", "failed", "cancelled", "expired", "written", "made"]

_NUMBER_DIGITS_MAX = 9


@dataclass(frozen=True)
class Preloaded:
    """A pack that is on a card from the first start on."""

    pack: str
    version: int


@dataclass(frozen=True)
class Receipt:
    """What a laptop said of a card. `at` is by its own clock, `device_size` in bytes."""

    at: str
    result: str
    trouble: str
    image: str
    system: int
    satchel: str
    arch: str
    packs: tuple[Preloaded, ...]
    device_size: int
    device_model: str
    device_serial: str
    seconds: int
    label: str
    taken_by: str
    taken_at: str


@dataclass(frozen=True)
class Card:
    """A card. `node`: the one that its box takes the place of; `box`: the node that it became.

    `used_at`: when a box claimed with its code. `receipts`: the newest first.
    """

    card: int
    school: str
    school_title: str
    node: str
    state: State
    digest: str
    wifi: str
    channels: tuple[str, ...]
    made_by: str
    made_at: str
    expires_at: str
    used_at: str
    box: str
    receipts: tuple[Receipt, ...]


@dataclass(frozen=True)
class Page:
    """Some of the cards, the newest first. `next`: what goes on from here, or empty."""

    items: tuple[Card, ...]
    next: str


def find(
    hub: Hub, actor: Actor, *, school: str = "", after: str = "", limit: int = CARDS_SHOWN
) -> Page:
    """Return cards of schools that are theirs to see, or of one; `after`: the `next` of a page.

    Raises `Missing` for a school that isn't theirs, `UsageError`, `Refused`, `StorageFailed`.
    """
    actor.expect(Right.SEE_FLEET)
    if not 1 <= limit <= CARDS_SHOWN:
        raise UsageError(f"limit: {limit}, expected 1 to {CARDS_SHOWN}")
    with hub.database.transaction():
        query = CardSeedRow.select(CardSeedRow, SchoolRow.title.alias("title")).join(
            SchoolRow, on=(SchoolRow.school == CardSeedRow.school)
        )
        if school:
            schools.theirs(actor, school)
            query = query.where(CardSeedRow.school == school)
        if actor.townships is not None:
            query = query.where(SchoolRow.township << sorted(actor.townships))
        if after:
            query = query.where(CardSeedRow.card < _number(after))
        rows = list(query.order_by(CardSeedRow.card.desc()).limit(limit + 1).objects())
        shown = rows[:limit]
        cards = tuple(_Cards(shown, in_words(hub.clock())).each())
    return Page(cards, str(shown[-1].card) if len(rows) > limit else "")


class _Cards:
    """Rows of seeds, and what else the database says of them; inside a transaction."""

    def __init__(self, rows: list[Any], now: str) -> None:
        self._rows, self._now = rows, now
        codes = CodeRow.select().where(CodeRow.hash << [row.code for row in rows])
        self._codes = {code.hash: code for code in codes}
        keys = NodeKeyRow.select(NodeKeyRow.keyid, NodeKeyRow.node).where(
            NodeKeyRow.keyid << [code.keyid for code in self._codes.values() if code.keyid]
        )
        self._boxes = {key.keyid: key.node for key in keys}
        self._receipts: dict[int, list[Receipt]] = {}
        found = CardReceiptRow.select().where(CardReceiptRow.card << [row.card for row in rows])
        newest_first = (CardReceiptRow.at.desc(), CardReceiptRow.taken_at.desc())
        for row in found.order_by(*newest_first, CardReceiptRow.digest):
            of_card = self._receipts.setdefault(row.card, [])
            if len(of_card) < RECEIPTS_SHOWN:
                of_card.append(_receipt(row))

    def each(self) -> list[Card]:
        """Return the cards."""
        return [self._card(row) for row in self._rows]

    def _card(self, row: Any) -> Card:
        code = self._codes.get(row.code)
        receipts = tuple(self._receipts.get(row.card, ()))
        return Card(
            card=row.card,
            school=row.school,
            school_title=row.title,
            node=row.node,
            state=self._state(row, code, receipts),
            digest=row.digest,
            wifi=row.wifi,
            channels=tuple(row.channels),
            made_by=row.made_by,
            made_at=row.made_at,
            expires_at=row.expires_at,
            used_at=code.used_at if code else "",
            box=self._boxes.get(code.keyid, "") if code else "",
            receipts=receipts,
        )

    def _state(self, row: Any, code: Any, receipts: tuple[Receipt, ...]) -> State:
        if code is not None and code.used_at:
            return "used"
        if receipts and receipts[0].result == "failed":
            return "failed"
        if code is None:
            return "cancelled"
        if row.expires_at <= self._now:
            return "expired"
        return "written" if receipts else "made"


def _receipt(row: Any) -> Receipt:
    packs = tuple(Preloaded(pack, version) for pack, version in row.packs)
    return Receipt(
        row.at, row.result, row.trouble, row.image, row.system, row.satchel, row.arch, packs,
        row.device_size, row.device_model, row.device_serial, row.seconds, row.label,
        row.taken_by, row.taken_at,
    )  # fmt: skip


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= _NUMBER_DIGITS_MAX):
        raise UsageError(f"after: {text[:40]!r} is no number of a card")
    return int(text)
