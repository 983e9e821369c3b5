"""Pages of one's own account: password, second step, where one is signed in."""

import secrets

from flask import Response

from content_packs.errors import UsageError
from hub.console.ground import Console
from hub.console.language import _, ngettext
from hub.people import account, second_factor, sessions
from hub.people.actor import Actor
from hub.people.door_pages import too_easy
from hub.people.errors import WrongCode, WrongPassword
from hub.people.limits import PASSWORD_CHARACTERS_MIN
from hub.people.own_session import own_session

_HOME = "/console/account"
_STEP = "people/second_step.html"


def add(console: Console) -> None:
    """Add the pages."""

    @console.get("/account", right=None)
    def mine(actor: Actor) -> Response:
        return _account(console, actor)

    @console.post("/account/password", right=None)
    def change_password(actor: Actor) -> Response:
        return _change_password(console, actor)

    @console.post("/account/sessions", right=None)
    def end_others(_actor: Actor) -> Response:
        gone = account.end_others(console.hub, own_session(console))
        said = ngettext("One other session has ended.", "%(num)s other sessions have ended.", gone)
        return console.see_other(_HOME, said=said if gone else _("There was no other session."))

    @console.get("/account/second-step", right=None)
    def second_step(actor: Actor) -> Response:
        return _second_step(console, actor, second_factor.new_secret(secrets.token_bytes))

    @console.post("/account/second-step", right=None)
    def switch_on(actor: Actor) -> Response:
        return _switch_on(console, actor)

    @console.post("/account/second-step/off", right=None)
    def switch_off(_actor: Actor) -> Response:
        password = console.form.get("password", "")
        account.switch_second_step_off(console.hub, own_session(console), password=password)
        return console.see_other(_HOME, said=_("From now on, no code is asked for."))


def _account(console: Console, actor: Actor, *, problem: str = "", status: int = 200) -> Response:
    session = own_session(console)
    return console.page(
        "people/account.html",
        title=_("Your account"),
        section="account",
        status=status,
        me=actor,
        townships=sorted(actor.townships or ()),
        problem=problem,
        least=PASSWORD_CHARACTERS_MIN,
        has_second_step=account.has_second_step(console.hub, session),
        sessions=sessions.of_person(console.hub, session.person),
        this_one=session.id,
    )


def _change_password(console: Console, actor: Actor) -> Response:
    form = console.form
    new = form.get("new", "")
    if new != form.get("again", ""):
        said = _("The two aren't the same.")
        return _account(console, actor, problem=said, status=400)
    try:
        now = form.get("password", "")
        account.change_password(console.hub, own_session(console), now, new)
    except UsageError:
        return _account(console, actor, problem=too_easy(), status=400)
    except WrongPassword:
        return _account(console, actor, problem=wrong_password(), status=400)
    said = _("Your password is another one now. Everywhere else you are signed out.")
    return console.see_other(_HOME, said=said)


def _second_step(
    console: Console, actor: Actor, secret: str, *, problem: str = "", status: int = 200
) -> Response:
    address = second_factor.address_of(secret, actor.login, console.hub.config.title)
    return console.page(
        _STEP,
        title=_("A second step when you sign in"),
        section="account",
        status=status,
        back=(_HOME, _("Your account")),
        secret=secret,
        spelled=" ".join(secret[i : i + 4] for i in range(0, len(secret), 4)),
        picture=second_factor.picture_of(address),
        address=address,
        problem=problem,
    )


def _switch_on(console: Console, actor: Actor) -> Response:
    secret = second_factor.check_secret(console.form.get("secret", ""))
    try:
        account.switch_second_step_on(
            console.hub,
            own_session(console),
            password=console.form.get("password", ""),
            secret=secret,
            code=console.form.get("code", ""),
            randomness=secrets.token_bytes,
        )
    except WrongCode:
        said = _("The code is wrong. Type the six digits that the app shows now.")
        return _second_step(console, actor, secret, problem=said, status=400)
    except WrongPassword:
        return _second_step(console, actor, secret, problem=wrong_password(), status=400)
    said = _("From now on, you are asked for a code from the app when you sign in.")
    return console.see_other(_HOME, said=said)


def wrong_password() -> str:
    """Return what to say of a password that isn't one's own."""
    return _("That isn't your password.")
