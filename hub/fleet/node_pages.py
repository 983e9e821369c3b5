"""Forms about a school's boxes, and the page where boxes are enrolled."""

from flask import Response

from content_packs.errors import UsageError
from hub.console.ground import Console
from hub.console.guards import place_below
from hub.console.language import _
from hub.fleet import deeds, listing, sheets, words
from hub.fleet.limits import CODE_DAYS, LISTED_MAX
from hub.people.actor import Actor
from hub.people.rights import Right

# The sheet is a page of its own, with its own style in it: it is saved and printed as it is.
_SHEET_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"


def add(console: Console) -> None:
    """Add the pages."""
    _add_deeds(console)
    _add_changes(console)
    _add_enrolment(console)


def _add_deeds(console: Console) -> None:
    @console.post("/nodes/<node>/confirm", right=Right.CHANGE_FLEET)
    def confirm(actor: Actor, node: str) -> Response:
        key = deeds.confirm(console.hub, actor, node, fingerprint=_field(console, "fingerprint"))
        said = _(
            "%(node)s is the box with the fingerprint %(mark)s.", node=node, mark=key.fingerprint
        )
        return console.see_other(_back(console), said=said)

    @console.post("/nodes/<node>/deny", right=Right.CHANGE_FLEET)
    def deny(actor: Actor, node: str) -> Response:
        key = deeds.deny(console.hub, actor, node, fingerprint=_field(console, "fingerprint"))
        said = _("The box with the fingerprint %(mark)s is turned away.", mark=key.fingerprint)
        return console.see_other(_back(console), said=said)

    @console.post("/nodes/<node>/revoke", right=Right.CHANGE_FLEET)
    def revoke(actor: Actor, node: str) -> Response:
        if _field(console, "name") != node:
            raise UsageError(
                f"revoking {node} needs its name, written out", hint="Nothing was changed."
            )
        deeds.revoke(console.hub, actor, node, reason=_field(console, "reason"))
        said = _("%(node)s is revoked: this hub refuses it from now on.", node=node)
        return console.see_other(_back(console), said=said)


def _add_changes(console: Console) -> None:
    @console.post("/nodes/<node>/groups", right=Right.CHANGE_FLEET)
    def set_groups(actor: Actor, node: str) -> Response:
        wanted = _field(console, "groups").replace(",", " ").split()
        deeds.set_groups(console.hub, actor, node, wanted)
        return console.see_other(
            _back(console), said=_("The groups of %(node)s are set.", node=node)
        )

    @console.post("/nodes/<node>/clear-alarm", right=Right.CHANGE_FLEET)
    def clear_alarm(actor: Actor, node: str) -> Response:
        deeds.clear_alarm(console.hub, actor, node)
        return console.see_other(
            _back(console), said=_("The alarm of %(node)s is cleared.", node=node)
        )


def _add_enrolment(console: Console) -> None:
    @console.get("/enrolment", right=Right.CHANGE_FLEET)
    def enrolment(actor: Actor) -> Response:
        lacking = listing.find(console.hub, actor, "state:no-box", sort="school", limit=LISTED_MAX)
        return console.page(
            "fleet/enrolment.html",
            title=_("Enrolment"),
            section="enrolment",
            pending=deeds.list_nodes(console.hub, actor, pending=True),
            lacking=lacking,
            school=console.query.get("school", ""),
            node=console.query.get("node", ""),
            days=CODE_DAYS,
            **words.for_templates(),
        )

    @console.post("/enrolment", right=Right.CHANGE_FLEET)
    def make_codes(actor: Actor) -> Response:
        names = _field(console, "schools").replace(",", " ").split()
        made = deeds.make_codes(
            console.hub,
            actor,
            names,
            count=_number(console, "count", 1),
            days=_number(console, "days", CODE_DAYS),
            node=_field(console, "node"),
        )
        page = sheets.page(made, title=console.hub.config.title)
        headers = {"Content-Security-Policy": _SHEET_POLICY}
        return Response(page, 200, headers, content_type="text/html; charset=utf-8")

    @console.post("/schools/<school>/cancel-codes", right=Right.CHANGE_FLEET)
    def cancel_codes(actor: Actor, school: str) -> Response:
        gone = deeds.cancel_codes(console.hub, actor, school)
        said = _("%(number)s unused codes are good no more.", number=gone)
        return console.see_other(f"/console/schools/{school}", said=said)


def _field(console: Console, name: str) -> str:
    return console.form.get(name, "").strip()


def _number(console: Console, name: str, otherwise: int) -> int:
    text = _field(console, name)
    if not text:
        return otherwise
    if not (text.isascii() and text.isdigit() and len(text) <= 4):
        raise UsageError(f"{name}: {text[:40]!r} is no such number")
    return int(text)


def _back(console: Console) -> str:
    return place_below(console.form.get("back", ""), "/console/schools")
