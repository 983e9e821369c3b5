"""The door: signing in and out, and setting a password by a link."""

import secrets
import time

from flask import Response, request

from content_packs.errors import UsageError
from hub.console import cookies
from hub.console.ground import Console
from hub.console.guards import place_below
from hub.console.language import _
from hub.errors import TooOften
from hub.fleet.audit import Refusals
from hub.people import account, signing_in
from hub.people.actor import Actor
from hub.people.errors import LinkSpent, SignInRefused
from hub.people.limits import LOGIN_CHARACTERS_MAX, PASSWORD_CHARACTERS_MIN
from hub.people.own_session import own_session
from hub.people.signing_in import Given

_HOME = "/console/"


def add(console: Console) -> None:
    """Add the pages."""
    refusals = Refusals(time.monotonic)

    @console.open_get("/sign-in")
    def door() -> Response:
        if console.session:
            return console.see_other(place_below(console.query.get("next", "")))
        return _door(console, console.query.get("next", ""))

    @console.open_post("/sign-in")
    def enter() -> Response:
        return _enter(console, refusals)

    @console.post("/sign-out", right=None)
    def leave(_actor: Actor) -> Response:
        signing_in.sign_out(console.hub, own_session(console))
        response = console.see_other("/console/sign-in?left=1")
        cookies.drop_session(request, response)
        return response

    @console.open_get("/welcome/<token>")
    def welcome(token: str) -> Response:
        try:
            return _welcome(console, token)
        except LinkSpent:
            return _spent(console)

    @console.open_post("/welcome/<token>")
    def set_password(token: str) -> Response:
        try:
            return _set_password(console, token)
        except LinkSpent:
            return _spent(console)


def _door(
    console: Console, wanted: str, *, login: str = "", problem: str = "", status: int = 200
) -> Response:
    said = {
        "left": _("You are signed out."),
        "ready": _("Your password is set. Sign in with it."),
    }
    return console.page(
        "people/sign_in.html",
        title=_("Sign in"),
        status=status,
        login=login,
        wanted=place_below(wanted, ""),
        problem=problem,
        notes=[words for name, words in said.items() if console.query.get(name) == "1"],
    )


def _enter(console: Console, refusals: Refusals) -> Response:
    form = console.form
    login, wanted = form.get("login", "")[:LOGIN_CHARACTERS_MAX], form.get("next", "")
    given = Given(
        login,
        form.get("password", ""),
        form.get("code", ""),
        request.remote_addr or "",
        cookies.device(request),
    )
    try:
        entered = signing_in.sign_in(console.hub, given, secrets.token_bytes, refusals)
    except SignInRefused:
        said = _("The login, the password or the code is wrong.")
        return _door(console, wanted, login=login, problem=said, status=401)
    except TooOften as error:
        said = _(
            "Too many wrong tries of late. Wait %(seconds)s seconds, then try again.",
            seconds=error.seconds,
        )
        response = _door(console, wanted, login=login, problem=said, status=429)
        response.headers["Retry-After"] = str(error.seconds)
        return response
    if console.session:  # a browser has one; nobody would end the one before
        signing_in.sign_out(console.hub, own_session(console))
    response = console.see_other(place_below(wanted, _HOME))
    cookies.set_session(request, response, entered.session)
    cookies.set_device(request, response, entered.device)
    return response


def _welcome(console: Console, token: str, *, problem: str = "", status: int = 200) -> Response:
    login = account.login_of_link(console.hub, token)
    return console.page(
        "people/welcome.html",
        title=_("Set your password"),
        status=status,
        login=login,
        token=token,
        problem=problem,
        least=PASSWORD_CHARACTERS_MIN,
    )


def _spent(console: Console) -> Response:
    return console.page("people/link_spent.html", title=_("This link is good no more"), status=409)


def _set_password(console: Console, token: str) -> Response:
    password = console.form.get("password", "")
    if password != console.form.get("again", ""):
        said = _("The two aren't the same.")
        return _welcome(console, token, problem=said, status=400)
    try:
        account.set_by_link(console.hub, token, request.remote_addr or "", password)
    except UsageError:
        return _welcome(console, token, problem=too_easy(), status=400)
    return console.see_other("/console/sign-in?ready=1")


def too_easy() -> str:
    """Return what to say of a password that isn't taken."""
    return _(
        "This password is too short, or one of the first that anybody would try. "
        "Four words that have nothing to do with each other are good, and easy to keep."
    )
