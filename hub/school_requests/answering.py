"""What staff says to schools' requests, and the document that carries it to their nodes.

The document says all that still matters, so that one that is missed is no harm; its number is that
of the newest change, no lower than the seconds since 1970: a hub that was restored from a backup
gives none a second time. It is signed when it is asked for.
"""

import shutil
from datetime import datetime

import peewee

from content_packs.errors import InvalidContent, Missing, Refused, UsageError
from content_packs.limits import ANSWERS_MAX, FILES_ASKED_MAX, REPORT_TEXT_CHARACTERS_MAX
from content_packs.messages import to_second
from content_packs.names import check_name
from content_packs.school_requests import Answer, Answers, FileAsked
from content_packs.signed_documents import sign
from hub import rows
from hub.clock import in_words
from hub.fleet import audit
from hub.fleet.tables import NodeRow
from hub.hub import Hub
from hub.keys import SERVICE
from hub.people.actor import Actor
from hub.people.rights import Right
from hub.school_requests.keeping import OFFER
from hub.school_requests.limits import OFFERED_RESERVE_BYTES
from hub.school_requests.listing import Request, of_schools_of, request_of
from hub.school_requests.tables import RequestRow


def answer(  # noqa: PLR0913 - what is said, all by name
    hub: Hub,
    actor: Actor,
    number: int,
    *,
    declined: bool = False,
    text: str = "",
    pack: str = "",
) -> Request:
    """Answer a request, in place of an earlier answer; return it as it is then.

    `pack`: the request is closed once this pack is at the school. Raises `Refused` for who may not,
    `Missing`, `UsageError` for a text that no node takes, `StorageFailed`.
    """
    actor.expect(Right.ANSWER_REQUESTS)
    try:
        if pack:
            check_name(pack, what="pack")
    except InvalidContent as error:
        raise UsageError(error.message, hint=error.hint) from error
    line = " ".join(text.split())
    if len(line) > REPORT_TEXT_CHARACTERS_MAX or not line.isprintable():
        raise UsageError(f"text: at most {REPORT_TEXT_CHARACTERS_MAX} characters, in one line")
    with hub.database.writing():
        row = _expected(actor, number)
        row.answer = "declined" if declined else "answered"
        row.answer_text, row.answer_pack = line, pack
        row.answered_at = in_words(hub.clock())
        row.said = _next_number(hub)
        row.save()
        said = f"request {number} of {row.school}: {row.answer}"
        audit.note(hub, "request-answered", node=row.node, reason=said, actor=actor.login)
        return request_of(row)


def ask_for_file(hub: Hub, actor: Actor, number: int, *, wanted: bool = True) -> Request:
    """Ask a school for the file that it offers, or don't any more; return the request.

    Raises `Missing`, `Refused` for who may not, and where there is none to ask for, too many are
    asked for already, or the disk has no room; `StorageFailed`.
    """
    actor.expect(Right.ANSWER_REQUESTS)
    with hub.database.writing():
        row = _expected(actor, number)
        if row.what != OFFER:
            raise Refused(f"{number} is a wish: there is no file to ask for")
        if wanted:
            _check_askable(hub, row)
        if row.file in {"", "damaged"} if wanted else row.file == "asked":
            row.file = "asked" if wanted else ""
            row.said = row.file_asked = _next_number(hub)
            row.file_bytes = 0
            row.save()
            said = f"request {number} of {row.school}: {'asked for' if wanted else 'not wanted'}"
            audit.note(hub, "file-asked", node=row.node, reason=said, actor=actor.login)
        return request_of(row)


def number_for(school: str) -> int:
    """Return the number of the newest answers for a school, 0 for none.

    Inside the caller's transaction.
    """
    newest = rows.newest(RequestRow, "said", school=school)
    return int(newest.said) if newest else 0


def document_for(hub: Hub, node: str) -> bytes:
    """Return the signed answers for a node, inside the caller's transaction.

    Raises `KeyAbsent`, `KeyLocked`.
    """
    school = NodeRow.get_by_id(node).school
    of_school = RequestRow.school == school
    newest = RequestRow.select().where(of_school & (RequestRow.said > 0))
    rows = list(newest.order_by(RequestRow.said.desc()).limit(ANSWERS_MAX))
    is_asked = (RequestRow.file == "asked") & (RequestRow.state == "open")
    asked = RequestRow.select().where(of_school & is_asked).order_by(RequestRow.file_asked)
    said = Answers(
        node=node,
        number=max((row.said for row in rows), default=1),
        issued_at=to_second(hub.clock()),
        answers=tuple(
            Answer(
                id=row.id,
                at=datetime.fromisoformat(row.answered_at),
                state=row.answer,
                text=row.answer_text,
                pack=row.answer_pack,
            )
            for row in rows
            if row.answer
        ),
        files=tuple(
            FileAsked(id=row.id, digest=row.digest, number=row.file_asked)
            for row in asked.limit(FILES_ASKED_MAX)
        ),
        taken=tuple(row.id for row in rows if row.file == "whole"),
    )
    return sign("answers", said, hub.keys.signing_key(SERVICE))


def note_change(hub: Hub, row: RequestRow) -> None:
    """Have a row that changed said to its school's nodes, inside the caller's transaction."""
    row.said = _next_number(hub)
    row.save()


def _expected(actor: Actor, number: int) -> RequestRow:
    row = RequestRow.get_or_none((RequestRow.number == number) & of_schools_of(actor))
    if row is None:
        raise Missing(
            f"there is no request {number}", hint="See: hub requests list; hub offers list"
        )
    return row


def _check_askable(hub: Hub, row: RequestRow) -> None:
    if row.state != "open":
        raise Refused(f"{row.number}: the school doesn't offer it any more")
    asked = RequestRow.select().where(
        (RequestRow.school == row.school)
        & (RequestRow.file == "asked")
        & (RequestRow.number != row.number)
    )
    if asked.count() >= FILES_ASKED_MAX:
        raise Refused(
            f"{FILES_ASKED_MAX} files of {row.school} are asked for already",
            hint="They come one after the other: wait, or take one back.",
        )
    free = shutil.disk_usage(hub.data.root).free
    if free < row.size + OFFERED_RESERVE_BYTES:
        raise Refused(f"{row.number}: the disk has no room for {row.size} bytes more")


def _next_number(hub: Hub) -> int:
    newest = RequestRow.select(peewee.fn.MAX(RequestRow.said)).scalar() or 0
    return max(int(newest) + 1, int(hub.clock().timestamp()))
