"""The page of uploads: send a pack over a bad line, see what became of it; what was dropped."""

from typing import Any

from flask import Response

from hub import drop_entries, drop_folder
from hub.console.ground import Console
from hub.console.language import _
from hub.people.actor import Actor
from hub.people.rights import Right
from hub.uploads import handing_over, looking, receiving, web
from hub.uploads.limits import UPLOAD_PIECE_BYTES


def add(console: Console) -> None:
    """Add the pages."""
    web.add_to_console(console)

    @console.get("/uploads", right=Right.PUBLISH)
    def uploads(actor: Actor) -> Response:
        found = looking.lines(console.hub, actor)
        values: dict[str, Any] = {
            "lines": found,
            "dropped": drop_folder.dropped(console.hub, actor),
            "moving": any(line.is_open for line in found),
        }
        if console.is_fragment:
            return console.fragment("uploads/lines.html", **values)
        return console.page(
            "uploads/uploads.html",
            title=_("Upload"),
            section="uploads",
            endpoint=web.CONSOLE,
            piece_bytes=UPLOAD_PIECE_BYTES,
            drop=drop_entries.folder_of(console.hub) / (actor.publisher or "<publisher>"),
            **values,
        )

    @console.post("/uploads/<upload>/publish", right=Right.PUBLISH)
    def publish(actor: Actor, upload: str) -> Response:
        found = receiving.find_even_expired(console.hub, actor, upload)
        handing_over.hand_over(console.hub, actor, found)
        return console.see_other("/console/uploads", said=_("It is tried once more."))

    @console.post("/uploads/<upload>/remove", right=Right.PUBLISH)
    def remove(actor: Actor, upload: str) -> Response:
        receiving.remove(console.hub, actor, upload)
        return console.see_other("/console/uploads", said=_("Removed. What it published stays."))
