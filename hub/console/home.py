"""The first page: what needs somebody, each with a number and a link; and the hub's own state."""

from flask import Response

from hub import overview, summary
from hub.console.ground import Console
from hub.console.language import _
from hub.console.limits import FIRST_SHOWN
from hub.fleet import listing, words
from hub.fleet.listing import Listed
from hub.hub import Hub
from hub.people.actor import Actor
from hub.people.rights import Right


def add(console: Console) -> None:
    """Add the pages."""

    @console.get("/", right=None)
    def home(actor: Actor) -> Response:
        return console.page(
            "home.html",
            title=_("What needs you"),
            section="home",
            found=summary.summary(console.hub, actor),
            first=_first(console.hub, actor),
            **words.for_templates(),
        )

    @console.get("/this-hub", right=Right.OPERATE)
    def this_hub(_actor: Actor) -> Response:
        return console.page(
            "this_hub.html",
            title=_("This hub"),
            section="this-hub",
            found=overview.overview(console.hub),
            warnings=[_(one.message) % one.values for one in overview.warnings(console.hub)],
        )


def _first(hub: Hub, actor: Actor) -> list[Listed]:
    """Return the schools that need somebody most."""
    if not actor.may(Right.SEE_FLEET):
        return []
    found = listing.find(hub, actor, limit=FIRST_SHOWN).items
    return [row for row in found if _needs_somebody(row)]


def _needs_somebody(row: Listed) -> bool:
    return bool(row.overdue or row.alarm or row.claim or row.trouble or row.stalled_since)
