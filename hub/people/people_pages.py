"""Pages of the people who work here, for who manages them."""

import secrets
from urllib.parse import quote

from flask import Response, request

from hub.console.ground import Console
from hub.console.language import _
from hub.people import directory, tokens
from hub.people.actor import Actor
from hub.people.directory import Link, Terms, Wanted
from hub.people.limits import PEOPLE_SHOWN
from hub.people.rights import ROLES, Right

_HOME = "/console/people"
_NEEDED = Right.MANAGE_PEOPLE


def add(console: Console) -> None:
    """Add the pages."""
    hub = console.hub

    @console.get("/people", right=_NEEDED)
    def people(actor: Actor) -> Response:
        return _list(console, actor)

    @console.post("/people", right=_NEEDED)
    def add_person(actor: Actor) -> Response:
        form = console.form
        person, link = directory.add(
            hub, actor, form.get("login", ""), form.get("name", ""), _terms(console),
            randomness=secrets.token_bytes,
        )  # fmt: skip
        return _shown_link(console, link, _("%(login)s is added", login=person.login))

    @console.get("/people/<login>", right=_NEEDED)
    def person(actor: Actor, login: str) -> Response:
        return _person(console, actor, login)

    @console.post("/people/<login>", right=_NEEDED)
    def change(actor: Actor, login: str) -> Response:
        name = console.form.get("name", "")
        changed = directory.change(hub, actor, login, _terms(console), name=name)
        return console.see_other(_place(changed.login), said=_("Changed. It counts from now on."))

    @console.post("/people/<login>/disable", right=_NEEDED)
    def disable(actor: Actor, login: str) -> Response:
        directory.disable(hub, actor, login)
        said = _("%(login)s is let in no more. Sessions and tokens have ended.", login=login)
        return console.see_other(_place(login), said=said)

    @console.post("/people/<login>/enable", right=_NEEDED)
    def enable(actor: Actor, login: str) -> Response:
        directory.enable(hub, actor, login)
        said = _("%(login)s may sign in again.", login=login)
        return console.see_other(_place(login), said=said)

    @console.post("/people/<login>/reset", right=_NEEDED)
    def reset(actor: Actor, login: str) -> Response:
        link = directory.reset(
            hub, actor, login, second_step=console.form.get("second_step") == "1",
            randomness=secrets.token_bytes,
        )  # fmt: skip
        return _shown_link(console, link, _("A new link for %(login)s", login=link.login))


def _list(console: Console, actor: Actor) -> Response:
    query = console.query
    wanted = Wanted(query.get("q", "")[:80], query.get("role", ""))
    found, following = directory.page(
        console.hub, actor, wanted, after=query.get("after", ""), most=PEOPLE_SHOWN
    )
    return console.page(
        "people/list.html",
        title=_("People"),
        section="people",
        found=found,
        following=following,
        wanted=wanted,
        roles=ROLES,
        known_townships=directory.known_townships(console.hub),
        person=None,
    )


def _person(console: Console, actor: Actor, login: str) -> Response:
    found = directory.person(console.hub, actor, login)
    return console.page(
        "people/person.html",
        title=found.name,
        section="people",
        back=(_HOME, _("People")),
        person=found,
        roles=ROLES,
        known_townships=directory.known_townships(console.hub),
        tokens=tokens.good(console.hub, actor, found.login),
    )


def _terms(console: Console) -> Terms:
    """Return what a form says somebody is to be; what isn't for the role is left out."""
    form = console.form
    role = form.get("role", "")
    ticked = form.getlist("township")
    written = form.get("townships", "").replace("，", ",").replace("\n", ",").split(",")
    return Terms(
        role,
        [each for each in (*ticked, *written) if each.strip()] if role == "operator" else (),
        form.get("publisher", "") if role == "publisher" else "",
    )


def _shown_link(console: Console, link: Link, title: str) -> Response:
    base = console.hub.config.public_address.rstrip("/") or request.host_url.rstrip("/")
    return console.page(
        "people/link.html",
        title=title,
        section="people",
        back=(_place(link.login), link.login),
        link=link,
        address=base + link.place,
    )


def _place(login: str) -> str:
    return f"{_HOME}/{quote(login, safe='')}"
