"""The first page: what needs somebody, each with a number and a link; and the hub's own state."""

from flask import Response

from hub import overview, summary
from hub.console.ground import Console
from hub.console.language import _
from hub.people.actor import Actor
from hub.people.rights import Right


def add(console: Console) -> None:
    """Add the pages."""

    @console.get("/", right=None)
    def home(actor: Actor) -> Response:
        found = summary.summary(console.hub, actor)
        return console.page("home.html", title=_("What needs you"), section="home", found=found)

    @console.get("/this-hub", right=Right.OPERATE)
    def this_hub(_actor: Actor) -> Response:
        return console.page(
            "this_hub.html",
            title=_("This hub"),
            section="this-hub",
            found=overview.overview(console.hub),
        )
