"""Pages of desired states: what is set for each group or box, changed with a look at it before."""

from flask import Response

from content_packs import canonical_json
from content_packs.errors import UsageError
from content_packs.names import RENDITIONS
from hub.console.ground import Console
from hub.console.language import _
from hub.edition import read_edition
from hub.fleet import wanting
from hub.fleet.desired import Settings
from hub.fleet.desired_forms import CLASSES, settings_of, windows_shown
from hub.fleet.limits import DESIRED_BYTES_MAX
from hub.people.actor import Actor
from hub.people.rights import Right


def add(console: Console) -> None:
    """Add the pages."""

    @console.get("/desired", right=Right.SET_DESIRED)
    def group_list(actor: Actor) -> Response:
        if group := console.query.get("group", "").strip():
            return console.see_other(f"/console/desired/groups/{group}")
        return console.page(
            "fleet/desired.html",
            title=_("Desired state"),
            section="desired",
            groups=wanting.groups(console.hub, actor),
        )

    @console.get("/desired/groups/<group>", right=Right.SET_DESIRED)
    def of_group(actor: Actor, group: str) -> Response:
        return _form(console, actor, group=group)

    @console.get("/desired/nodes/<node>", right=Right.SET_DESIRED)
    def of_node(actor: Actor, node: str) -> Response:
        return _form(console, actor, node=node)

    @console.post("/desired/groups/<group>", right=Right.SET_DESIRED)
    def change_group(actor: Actor, group: str) -> Response:
        return _changed(console, actor, group=group)

    @console.post("/desired/nodes/<node>", right=Right.SET_DESIRED)
    def change_node(actor: Actor, node: str) -> Response:
        return _changed(console, actor, node=node)


def _form(console: Console, actor: Actor, *, node: str = "", group: str = "") -> Response:
    held = wanting.show(console.hub, actor, node=node, group=group)
    settings = held.settings if held else {}
    return console.page(
        "fleet/desired_form.html",
        title=_("Desired state of %(name)s", name=node or group),
        section="desired",
        back=("/console/desired", _("Desired state")),
        held=held,
        settings=settings,
        windows=windows_shown(settings),
        channels=sorted(read_edition(console.hub.data.metadata).channels),
        renditions=RENDITIONS,
        classes=CLASSES,
    )


def _changed(console: Console, actor: Actor, *, node: str = "", group: str = "") -> Response:
    """Show what a form would change; set it once somebody has seen that."""
    place = f"/console/desired/{'nodes' if node else 'groups'}/{node or group}"
    if seen := console.form.get("seen", ""):
        wanting.set_for(console.hub, actor, _read(seen), node=node, group=group)
        said = _("It is set: from the next check-in or stick on.")
        return console.see_other(place, said=said)
    held = wanting.show(console.hub, actor, node=node, group=group)
    settings = settings_of(console.form, held.settings if held else {})
    found = wanting.preview(console.hub, actor, settings, node=node, group=group)
    return console.page(
        "fleet/desired_preview.html",
        title=_("What this would change"),
        section="desired",
        back=(place, _("Desired state of %(name)s", name=node or group)),
        found=found,
        whom=node or group,
        settings=settings,
        seen=canonical_json.encode(settings).decode(),
    )


def _read(seen: str) -> Settings:
    """Return the settings that somebody has seen. Raises `UsageError`."""
    data = seen.encode()
    found = canonical_json.decode(data, bytes_max=DESIRED_BYTES_MAX, what="desired state")
    if not isinstance(found, dict):
        raise UsageError("desired state: not what the page before gave")
    return found
