"""Requests from a batch into their rows: each once, whatever is sent again, and how often.

A request is known by its school and its id. Of a wish the first word counts, and then its state
alone, which only goes forward: a node that lost its memory says it anew as open. An offer may be
withdrawn and made again. A school has a bounded number of rows: what is closed goes first, and
where all are open nothing more is taken.
"""

from typing import Final

from content_packs.messages import to_second
from content_packs.school_requests import Requests, SaidOffer, SaidWish
from hub.clock import in_words
from hub.fleet.tables import NodeRow
from hub.hub import Hub
from hub.school_requests.limits import REQUESTS_OF_SCHOOL_MAX
from hub.school_requests.tables import RequestRow

WISH: Final = "wish"
OFFER: Final = "offer"


def keep(hub: Hub, node: str, found: Requests, *, most: int = REQUESTS_OF_SCHOOL_MAX) -> int:
    """Keep what a node's school asks and offers, inside the caller's transaction.

    Return how many there was no room for.
    """
    school = str(NodeRow.get_by_id(node).school)
    left_out = 0
    everything: list[SaidWish | SaidOffer] = [*found.wishes, *found.offers]
    for said in everything:
        row = RequestRow.get_or_none((RequestRow.school == school) & (RequestRow.id == said.id))
        if row is not None:
            _change(row, said)
        elif said.state != "withdrawn":
            if _make_room(school, most):
                _add(hub, school, node, said)
            else:
                left_out += 1
    return left_out


def _change(row: RequestRow, said: SaidWish | SaidOffer) -> None:
    is_wish = isinstance(said, SaidWish)
    if is_wish != (row.what == WISH) or (is_wish and row.state != "open"):
        return
    if row.state != said.state:
        RequestRow.update(state=said.state).where(RequestRow.number == row.number).execute()


def _add(hub: Hub, school: str, node: str, said: SaidWish | SaidOffer) -> None:
    values = {
        "school": school,
        "id": said.id,
        "node": node,
        "state": said.state,
        "asked_at": in_words(to_second(said.at)),
        "taken_at": in_words(hub.clock()),
    }
    if isinstance(said, SaidWish):
        RequestRow.create(what=WISH, pack=said.pack, lesson=said.lesson, text=said.text, **values)
        return
    RequestRow.create(
        what=OFFER,
        text=said.title,
        kind=said.kind,
        media_type=said.media_type,
        size=said.size,
        digest=said.digest,
        seconds=said.seconds,
        language=said.language,
        **values,
    )


def _make_room(school: str, most: int) -> bool:
    """Say whether a school may have one more, having forgotten the oldest closed one if need be."""
    of_school = RequestRow.school == school
    if RequestRow.select().where(of_school).count() < most:
        return True
    closed = (RequestRow.state != "open") & RequestRow.file.not_in(["asked", "arrived"])
    oldest = RequestRow.select().where(of_school & closed).order_by(RequestRow.number).first()
    if oldest is None:
        return False
    oldest.delete_instance()
    return True
