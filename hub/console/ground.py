"""The ground that every page of the console stands on.

A room adds its pages with a function `add(console: Console) -> None` in `hub/<room>/pages.py`:

```python
def add(console: Console) -> None:
    @console.get("/schools/<school>", right=Right.SEE_FLEET)
    def school_page(actor: Actor, school: str) -> Response:
        found = schools.show(console.hub, actor, school)
        return console.page("fleet/school.html", title=found.title, section="schools", school=found)

    @console.post("/schools/<school>/visit", right=Right.CHANGE_FLEET)
    def visited(actor: Actor, school: str) -> Response:
        visits.note(console.hub, actor, school, text=console.form.get("text", ""))
        return console.see_other(f"/console/schools/{school}", said=_("The visit is noted."))
```

- Whoever isn't signed in is sent to sign in and comes back; a POST gets 401.
- A POST is taken from our own pages only, with the csrf token: `{{ csrf() }}` in each form.
- An error of ours becomes a page in words with the status that `errors.status_of` gives it.
- `right=None`: for anybody who is signed in. `open_get`, `open_post`: for anybody (the door).
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias
from urllib.parse import quote

from flask import Flask, Response, g, redirect, render_template, request
from markupsafe import Markup
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.exceptions import HTTPException

from content_packs.errors import SatchelError, UsageError
from hub.api.statuses import status_of
from hub.console import cookies, failures, guards, navigation
from hub.console.limits import DOOR_TOKEN_BYTES
from hub.hub import Hub
from hub.people.actor import Actor
from hub.people.rights import Right

PREFIX = "/console"
SIGN_IN = "/console/sign-in"

View: TypeAlias = Callable[..., Response]
_READING = ("GET", "HEAD", "OPTIONS")


class SignedIn(Protocol):
    """Somebody's session, as far as pages care: who acts, and the csrf token of their forms."""

    @property
    def actor(self) -> Actor:
        """Who it is, and what is theirs."""

    @property
    def csrf(self) -> str:
        """What each of their forms has to hold."""


FindSession: TypeAlias = Callable[[Hub, str, str], SignedIn | None]


@dataclass(frozen=True)
class Rule:
    """A page or a form's target. `is_open`: nobody needs to be signed in."""

    method: str
    rule: str
    right: Right | None
    is_open: bool


class Console:
    """What rooms add their pages to, and what a page is made with.

    `find_session` gives the session of a token that came from an address, or None.
    """

    def __init__(self, app: Flask, hub: Hub, find_session: FindSession) -> None:
        self.hub = hub
        self.rules: list[Rule] = []
        self._app = app
        self._find_session = find_session
        app.jinja_env.globals["csrf"] = self._csrf_field

    def get(self, rule: str, *, right: Right | None) -> Callable[[View], View]:
        """Add the page at `/console` + `rule`; the view gets the actor, then the rule's parts."""
        return self._adder("GET", rule, right, self._guarded)

    def post(self, rule: str, *, right: Right | None) -> Callable[[View], View]:
        """Add the target of a form, as `get` does a page."""
        return self._adder("POST", rule, right, self._guarded)

    def open_get(self, rule: str) -> Callable[[View], View]:
        """Add a page for anybody; the view gets the rule's parts alone."""
        return self._adder("GET", rule, None, None)

    def open_post(self, rule: str) -> Callable[[View], View]:
        """Add the target of a form that anybody may send, from our own page, with its token."""
        return self._adder("POST", rule, None, None)

    def script(self, rule: str, *, methods: list[str], right: Right) -> Callable[[View], View]:
        """Add what a script of ours asks by any of `methods`: it is told in words, not by a page.

        What changes something needs the csrf token as a header. The view answers for its errors.
        """

        def add(view: View) -> View:
            def answer(**parts: Any) -> Response:
                session = self.session
                if session is None:
                    return Response(failures.signed_out().what, 401, mimetype="text/plain")
                if not session.actor.may(right):
                    return Response(failures.not_yours().what, 403, mimetype="text/plain")
                if request.method not in _READING and not (
                    guards.is_from_here(request) and guards.has_token(request, session.csrf)
                ):
                    return Response(failures.ForeignForm().message, 403, mimetype="text/plain")
                return view(session.actor, **parts)

            self._app.add_url_rule(
                f"{PREFIX}{rule}",
                f"console.script {rule}",
                answer,
                methods=methods,
                provide_automatic_options=False,
            )
            return view

        return add

    @property
    def session(self) -> SignedIn | None:
        """The session of this request. Raises `StorageFailed`."""
        if "console_session" not in g:
            token = cookies.session(request)
            address = request.remote_addr or ""
            g.console_session = self._find_session(self.hub, token, address) if token else None
        found: SignedIn | None = g.console_session
        return found

    @property
    def form(self) -> MultiDict[str, str]:
        """The fields of the form that was sent."""
        return request.form

    @property
    def query(self) -> MultiDict[str, str]:
        """The fields after the address's question mark."""
        return request.args

    @property
    def files(self) -> MultiDict[str, FileStorage]:
        """The files of the form that was sent."""
        return request.files

    @property
    def is_fragment(self) -> bool:
        """Whether a part of a page is asked for, by htmx."""
        return request.headers.get("HX-Request") == "true"

    def page(
        self, template: str, *, title: str, section: str = "", status: int = 200, **values: Any
    ) -> Response:
        """Return a page. `template` lies below `templates/console/`, `section` is lit in the menu.

        `back=(address, words)` among `values` puts a way back above the heading.
        """
        session = self.session
        actor = session.actor if session else None
        body = render_template(
            f"console/{template}",
            **{"back": None, **values},
            title=title,
            section=section,
            actor=actor,
            hub_title=self.hub.config.title,
            menu=navigation.entries(self._app, actor) if actor else (),
            said=self._take_said(),
            this_page=guards.place_below(request.full_path.rstrip("?")),
        )
        return Response(body, status, mimetype="text/html")

    def fragment(self, template: str, **values: Any) -> Response:
        """Return a part of a page, which htmx puts in the place of the one there."""
        session = self.session
        body = render_template(
            f"console/{template}", **values, actor=session.actor if session else None
        )
        return Response(body, mimetype="text/html")

    def see_other(self, place: str, *, said: str = "") -> Response:
        """Return the answer to a form: go to `place`, which says `said` once."""
        response = _to(place)
        session = self.session
        if said and session:
            cookies.set_said(request, response, said, session.csrf)
        return response

    def failed(self, error: SatchelError) -> Response:
        """Return the page that says what an error of ours says."""
        status = status_of(error)
        session = self._session_if_any()
        to_keeper = session is not None and session.actor.role == "administrator"
        return self._failure(status, failures.of_error(error, status, to_keeper=to_keeper))

    def failed_over_http(self, error: HTTPException) -> Response:
        """Return the page for what Flask refuses."""
        status = error.code or 500
        if isinstance(error.response, Response):
            return error.response
        return self._failure(status, failures.of_status(status))

    def _adder(
        self,
        method: str,
        rule: str,
        right: Right | None,
        guard: Callable[[View, Right | None, dict[str, Any]], Response] | None,
    ) -> Callable[[View], View]:
        def add(view: View) -> View:
            def answer(**parts: Any) -> Response:
                try:
                    if not guards.is_sound(request):
                        raise UsageError("it has a character that no text of ours has")
                    if guard:
                        return guard(view, right, parts)
                    self._check_form()
                    return view(**parts)
                except SatchelError as error:
                    return self.failed(error)

            self.rules.append(Rule(method, f"{PREFIX}{rule}", right, guard is None))
            endpoint = f"console.{method} {rule}".replace(".", "-")
            self._app.add_url_rule(f"{PREFIX}{rule}", endpoint, answer, methods=[method])
            return view

        return add

    def _guarded(self, view: View, right: Right | None, parts: dict[str, Any]) -> Response:
        session = self.session
        if session is None:
            return self._ask_to_sign_in()
        if right is not None and not session.actor.may(right):
            return self._failure(403, failures.not_yours())
        self._check_form()
        return view(session.actor, **parts)

    def _check_form(self) -> None:
        """Refuse a form that no page of ours sent. Raises `failures.ForeignForm`."""
        if request.method != "POST":
            return
        session = self.session
        expected = session.csrf if session else cookies.door(request)
        if not (guards.is_from_here(request) and guards.has_token(request, expected)):
            raise failures.ForeignForm

    def _ask_to_sign_in(self) -> Response:
        if request.method == "POST":
            return self._failure(401, failures.signed_out())
        if self.is_fragment:  # a part of a page that stayed open: the whole page has to go there
            return Response("", 401, {"HX-Redirect": SIGN_IN})
        wanted = guards.place_below(request.full_path.rstrip("?"))
        return _to(f"{SIGN_IN}?next={quote(wanted, safe='/')}")

    def _session_if_any(self) -> SignedIn | None:
        """Return the session; None where the database can't tell, for the page that says so."""
        try:
            return self.session
        except SatchelError:
            g.console_session = None
            return None

    def _failure(self, status: int, said: failures.Said) -> Response:
        self._session_if_any()
        if self.is_fragment:
            return Response(said.what, status, mimetype="text/plain")
        return self.page("failure.html", title=said.title, status=status, failure=said)

    def _csrf_field(self) -> Markup:
        """Return the hidden field that each form has to hold."""
        session = self.session
        if session:
            token = session.csrf
        else:
            token = cookies.door(request) or g.get("console_door", "")
            if not token:
                token = g.console_door = secrets.token_urlsafe(DOOR_TOKEN_BYTES)
        return Markup('<input type="hidden" name="{}" value="{}">').format(guards.FIELD, token)

    def _take_said(self) -> str:
        session = self.session
        g.console_said = cookies.said(request, session.csrf) if session else ""
        return str(g.console_said)


def finish(response: Response) -> Response:
    """Put the headers and the cookies of this request on a page of the console."""
    guards.add_headers(response)
    if g.get("console_said"):
        cookies.drop_said(request, response)
    if g.get("console_door"):
        cookies.set_door(request, response, g.console_door)
    return response


def _to(place: str) -> Response:
    found = redirect(place, 303)
    return Response(found.get_data(), 303, {"Location": place}, mimetype="text/html")
