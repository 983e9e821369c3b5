"""Pages of tokens: one's own, and everybody's for who manages people."""

import secrets

from flask import Response

from content_packs.errors import UsageError
from hub.console.ground import Console
from hub.console.language import _
from hub.people import tokens
from hub.people.actor import Actor
from hub.people.limits import TOKEN_DAYS, TOKEN_DAYS_MAX
from hub.people.rights import RIGHTS, Right
from hub.people.tokens import MadeToken

_HOME = "/console/tokens"


def add(console: Console) -> None:
    """Add the pages."""

    @console.get("/tokens", right=None)
    def all_tokens(actor: Actor) -> Response:
        return _list(console, actor)

    @console.post("/tokens", right=None)
    def make(actor: Actor) -> Response:
        made = tokens.make(
            console.hub,
            actor,
            actor.login,
            name=console.form.get("name", ""),
            scopes=console.form.getlist("scope"),
            days=_days(console.form.get("days", "")),
            randomness=secrets.token_bytes,
        )
        return _list(console, actor, made)

    @console.post("/tokens/<token>/revoke", right=None)
    def revoke(actor: Actor, token: str) -> Response:
        tokens.revoke(console.hub, actor, token)
        return console.see_other(_HOME, said=_("The token is good no more."))


def _list(console: Console, actor: Actor, made: MadeToken | None = None) -> Response:
    manages = actor.may(Right.MANAGE_PEOPLE)
    return console.page(
        "people/tokens.html",
        title=_("Tokens for programs"),
        section="account",
        back=("/console/account", _("Your account")),
        made=made,
        tokens=tokens.good(console.hub, actor, "" if manages else actor.login),
        manages=manages,
        rights=[right for right in Right if right in RIGHTS[actor.role]],
        words=_right_words(),
        days=TOKEN_DAYS,
        days_max=TOKEN_DAYS_MAX,
    )


def _days(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 4):
        raise UsageError(f"days: {text[:20]!r} is no number of days")
    return int(text)


def _right_words() -> dict[str, str]:
    """Return what each right is called in the reader's language."""
    return {
        Right.SEE_FLEET: _("see schools and boxes"),
        Right.CHANGE_FLEET: _("change schools, codes, visits"),
        Right.SEE_PACKS: _("see packs"),
        Right.PUBLISH: _("upload and publish packs"),
        Right.RELEASE: _("release and withdraw packs"),
        Right.APPROVE: _("approve rollouts"),
        Right.SET_DESIRED: _("set desired states"),
        Right.SEE_REQUESTS: _("see what schools wish for and use"),
        Right.ANSWER_REQUESTS: _("answer what schools wish for"),
        Right.SEE_JOBS: _("see jobs"),
        Right.SEE_AUDIT: _("see the audit log"),
        Right.MANAGE_PEOPLE: _("manage people"),
        Right.OPERATE: _("keep the hub going"),
    }
