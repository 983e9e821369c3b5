"""Pages of the audit log: who did what, whether it is as it was written, as a table to keep."""

import msgspec
from flask import Response

from hub.audit import checking, checkpoints, listing
from hub.audit.event_words import words_of
from hub.audit.listing import EVENTS, Wanted
from hub.console import sending
from hub.console.ground import Console
from hub.console.language import _
from hub.people.actor import Actor
from hub.people.rights import Right

_SHOWN = 100
_NUMBER_DIGITS_MAX = 18


def add(console: Console) -> None:
    """Add the pages."""

    @console.get("/audit", right=Right.SEE_AUDIT)
    def log(actor: Actor) -> Response:
        return _list(console, actor)

    @console.get("/audit/csv", right=Right.SEE_AUDIT)
    def table(actor: Actor) -> Response:
        lines = listing.csv(console.hub, actor, _wanted(console))
        return sending.table(lines, listing.file_name(console.hub))

    @console.get("/audit/check", right=Right.SEE_AUDIT)
    def check(actor: Actor) -> Response:
        return console.page(
            "audit/check.html",
            title=_("Is the log as it was written?"),
            section="audit",
            back=("/console/audit", _("Audit log")),
            found=checking.check(console.hub, actor),
            chain_words={"deeds": _("What was done"), "refusals": _("Who was turned away")},
        )

    @console.get("/audit/checkpoint", right=Right.SEE_AUDIT)
    def checkpoint(actor: Actor) -> Response:
        found = checkpoints.newest(console.hub, actor)
        head = {
            "Content-Disposition": f'attachment; filename="audit-checkpoint-{found.at[:10]}.json"'
        }
        return Response(msgspec.json.encode(found), 200, head, mimetype="application/json")


def _list(console: Console, actor: Actor) -> Response:
    after = console.query.get("after", "")
    is_number = after.isascii() and after.isdecimal() and len(after) <= _NUMBER_DIGITS_MAX
    wanted = _wanted(console)
    found = listing.page(
        console.hub, actor, wanted, after=int(after) if is_number else 0, most=_SHOWN
    )
    kept = {name: value for name, value in console.query.items() if name != "after" and value}
    return console.page(
        "audit/list.html",
        title=_("Audit log"),
        section="audit",
        found=found,
        wanted=wanted,
        what=console.query.get("what", ""),
        events=sorted(((event, words_of(event)) for event in EVENTS), key=lambda one: one[1]),
        words_of=words_of,
        kept=kept,
        newest=checkpoints.newest_at(console.hub),
    )


def _wanted(console: Console) -> Wanted:
    query = console.query
    return Wanted(
        actor=query.get("actor", "").strip()[:80],
        event=query.get("event", ""),
        node=query.get("node", "").strip()[:80],
        since=query.get("since", ""),
        until=query.get("until", ""),
        refusals={"deeds": False, "refusals": True}.get(query.get("what", "")),
    )
