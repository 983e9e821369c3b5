"""Pages of cards: the list, a form for new seeds, receipts that are sent in."""

import os
from typing import get_args

from flask import Response

from content_packs.card_seeds import WifiMode
from content_packs.errors import UsageError
from hub.cards import folder, listing, receiving, seeding, words
from hub.cards.limits import RECEIPTS_SENT_BYTES_MAX, SEEDS_SENT_MAX, WIFI_NAME_DEFAULT
from hub.cards.seeding import Wanted
from hub.console.ground import Console
from hub.console.language import _
from hub.edition import read_edition
from hub.fleet.limits import CODE_DAYS
from hub.people.actor import Actor
from hub.people.rights import Right

PLACE = "/console/cards"
_NUMBER_DIGITS_MAX = 4


def add(console: Console) -> None:
    """Add the pages."""
    _add_list(console)
    _add_making(console)


def _add_list(console: Console) -> None:
    @console.get("/cards", right=Right.SEE_FLEET)
    def cards(actor: Actor) -> Response:
        school = console.query.get("school", "")
        found = listing.find(
            console.hub, actor, school=school, after=console.query.get("after", "")
        )
        return console.page(
            "cards/list.html",
            title=_("Cards"),
            section="cards",
            found=found,
            school=school,
            may_change=actor.may(Right.CHANGE_FLEET),
            bytes_max=RECEIPTS_SENT_BYTES_MAX,
            **words.for_templates(),
        )

    @console.post("/cards/receipts", right=Right.CHANGE_FLEET)
    def take(actor: Actor) -> Response:
        file = console.files.get("file")
        data = file.stream.read(RECEIPTS_SENT_BYTES_MAX + 1) if file else b""
        done = receiving.take(console.hub, actor, data, what=_("The file"))
        said = _("%(new)s receipts are new, %(known)s were known.", new=done.new, known=done.known)
        if done.refused:
            said += " " + _("Not taken: %(lines)s", lines="; ".join(done.refused_shown))
        return console.see_other(PLACE, said=said)


def _add_making(console: Console) -> None:
    @console.get("/cards/new", right=Right.CHANGE_FLEET)
    def form(actor: Actor) -> Response:
        del actor
        return console.page(
            "cards/new.html",
            title=_("Seeds for new cards"),
            section="cards",
            back=(PLACE, _("All cards")),
            school=console.query.get("school", ""),
            node=console.query.get("node", ""),
            address=console.hub.config.public_address,
            channels=sorted(read_edition(console.hub.data.metadata).channels),
            wifi_name=WIFI_NAME_DEFAULT,
            days=CODE_DAYS,
            most=SEEDS_SENT_MAX,
        )

    @console.post("/cards/new", right=Right.CHANGE_FLEET)
    def make(actor: Actor) -> Response:
        made = seeding.make(
            console.hub,
            actor,
            _words(console, "schools"),
            _wanted(console),
            randomness=os.urandom,
            most=SEEDS_SENT_MAX,
        )
        body = folder.packed(made, title=console.hub.config.title)
        headers = {"Content-Disposition": 'attachment; filename="seeds.zip"'}
        return Response(body, 200, headers, content_type="application/zip")


def _wanted(console: Console) -> Wanted:
    mode = _field(console, "mode")
    modes: tuple[WifiMode, ...] = get_args(WifiMode)
    return Wanted(
        wifi_name=_field(console, "wifi_name"),
        wifi_passphrase=_field(console, "wifi_passphrase"),
        new_passphrases=bool(_field(console, "new_passphrases")),
        country=_field(console, "country").upper(),
        mode=next((one for one in modes if one == mode), "built-in"),
        captive=bool(_field(console, "captive")),
        channels=tuple(console.form.getlist("channel")),
        hubs=tuple(_words(console, "hub")),
        metered=bool(_field(console, "metered")),
        node=_field(console, "node"),
        days=_days(console),
    )


def _field(console: Console, name: str) -> str:
    return console.form.get(name, "").strip()


def _words(console: Console, name: str) -> list[str]:
    return _field(console, name).replace(",", " ").split()


def _days(console: Console) -> int:
    text = _field(console, "days") or str(CODE_DAYS)
    if not (text.isascii() and text.isdigit() and len(text) <= _NUMBER_DIGITS_MAX):
        raise UsageError(f"days: {text[:40]!r} is no such number")
    return int(text)
