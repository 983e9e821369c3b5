"""Pages of schools' requests: what teachers wish for, what they offer, and the answers."""

from collections.abc import Callable, Iterable

from flask import Response

from content_packs.manifest import text_in
from hub.console.ground import Console
from hub.console.guards import place_below
from hub.console.language import _, interface_language
from hub.console.limits import REQUESTS_SHOWN
from hub.people.actor import Actor
from hub.people.rights import Right
from hub.school_requests import answering, listing, wished
from hub.school_requests.keeping import OFFER, WISH
from hub.versions import all_versions

_PLACES = {WISH: "/console/requests", OFFER: "/console/requests/offers"}


def add(console: Console) -> None:
    """Add the pages."""

    @console.get("/requests", right=Right.SEE_REQUESTS)
    def wishes(actor: Actor) -> Response:
        return _list(console, actor, WISH)

    @console.get("/requests/offers", right=Right.SEE_REQUESTS)
    def offers(actor: Actor) -> Response:
        return _list(console, actor, OFFER)

    @console.post("/requests/<number>/answer", right=Right.ANSWER_REQUESTS)
    def answer(actor: Actor, number: str) -> Response:
        found = answering.answer(
            console.hub,
            actor,
            listing.number_in(number),
            declined=console.form.get("verdict") == "declined",
            text=console.form.get("text", ""),
            pack=console.form.get("pack", "").strip(),
        )
        said = _("Answered. %(school)s reads it after its next check-in, or from the next stick.")
        return console.see_other(_back(console, found), said=said % {"school": found.school})

    @console.post("/requests/<number>/file", right=Right.ANSWER_REQUESTS)
    def ask_for_file(actor: Actor, number: str) -> Response:
        wanted = console.form.get("wanted") != "no"
        found = answering.ask_for_file(console.hub, actor, listing.number_in(number), wanted=wanted)
        said = (
            _("Asked for. It comes in pieces, as the school's link allows.")
            if wanted
            else _("The school is told that it isn't wanted any more.")
        )
        return console.see_other(_back(console, found), said=said)


def _list(console: Console, actor: Actor, what: listing.What) -> Response:
    query = console.query
    school, everything = query.get("school", "").strip(), query.get("all") == "1"
    after = query.get("after", "")
    found = listing.page(
        console.hub,
        actor,
        what,
        school=school,
        everything=everything,
        after=listing.number_in(after) if after else 0,
        most=REQUESTS_SHOWN,
    )
    is_wish = what == WISH
    return console.page(
        "requests/list.html",
        title=_("Requests"),
        section="requests",
        what=what,
        found=found,
        waiting=listing.count_open(console.hub, actor),
        wished=wished.most_wished(console.hub, actor) if is_wish else (),
        lesson_title=_lesson_titles(console, found.requests),
        packs=[pack for pack, _publisher, _versions in all_versions(console.hub)],
        kinds={"video": _("video"), "document": _("document"), "exercise": _("exercise")},
        school=school,
        everything=everything,
        may_answer=actor.may(Right.ANSWER_REQUESTS),
    )


def _lesson_titles(console: Console, found: Iterable[listing.Request]) -> Callable[..., str]:
    """Return what templates call a lesson: by its title in the reader's language, or its id."""
    places = {(each.pack, each.lesson) for each in found if each.lesson}
    known = wished.titles(console.hub, places)

    def called(pack: str, lesson: str, title: dict[str, str] | None = None) -> str:
        said = title if title is not None else known.get((pack, lesson), {})
        return text_in(said, (interface_language(),)) or lesson

    return called


def _back(console: Console, found: listing.Request) -> str:
    """Return the list that the form was on."""
    otherwise = _PLACES[WISH if found.what == WISH else OFFER]
    return place_below(console.form.get("back", ""), otherwise)
