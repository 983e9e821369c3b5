"""What a page says where something can't be done: what it is in a heading, then why, then what now.

Messages of services are in English, as in the commands; the heading and what to do are in the
reader's language. Nothing says where on the hub's disk, or what isn't the reader's to know.
"""

from dataclasses import dataclass
from http import HTTPStatus

from content_packs.errors import Refused, SatchelError
from hub.console.language import _


@dataclass(frozen=True)
class Said:
    """`what`: a sentence or two; `todo`: what the reader can do; `detail`: the service's words."""

    title: str
    what: str
    todo: str = ""
    detail: str = ""


class ForeignForm(Refused):
    """A form that no page of this console sent, or that is older than the session."""

    code = "foreign-form"

    def __init__(self) -> None:
        super().__init__("the form didn't come from a page of this console, or is too old")


def of_error(error: SatchelError, status: int, *, to_keeper: bool) -> Said:
    """Return what to say of an error of ours; hints name commands: they are for a keeper."""
    if isinstance(error, ForeignForm):
        return Said(
            _("This form can't be taken"),
            _("It was open for too long, or it didn't come from this console."),
            _("Go back, load the page again, and send the form once more."),
        )
    said = of_status(status)
    if status in {HTTPStatus.NOT_FOUND, HTTPStatus.SERVICE_UNAVAILABLE}:
        detail = " ".join(filter(None, (error.message, error.hint))) if to_keeper else ""
        return Said(said.title, said.what, said.todo, detail)
    return Said(said.title, said.what, said.todo, error.message)


def of_status(status: int) -> Said:
    """Return what to say of an HTTP status."""
    found = _BY_STATUS.get(status)
    return found() if found else _failed()


def not_yours() -> Said:
    """Return what to say to somebody who hasn't the right."""
    return Said(
        _("This isn't part of your work here"),
        _("Your role doesn't include this page."),
        _("If you need it, ask an administrator of this hub."),
    )


def signed_out() -> Said:
    """Return what to say where a form came without a session."""
    return Said(
        _("You are signed out"),
        _("Nothing was changed."),
        _("Sign in, and send the form again."),
    )


def _missing() -> Said:
    return Said(
        _("This isn't here"),
        _("There is no such page or thing, or it isn't yours to see."),
    )


def _wrong() -> Said:
    return Said(_("This can't be taken as it is"), _("Nothing was changed."))


def _refused() -> Said:
    return Said(_("This can't be done now"), _("Nothing was changed."))


def _too_often() -> Said:
    return Said(
        _("Too often"), _("The hub takes no more of these for now."), _("Wait a few minutes.")
    )


def _too_large() -> Said:
    return Said(_("This is too large"), _("Nothing was changed."))


def _failed() -> Said:
    return Said(
        _("The hub can't answer now"),
        _("Something failed here. What was there before is still there."),
        _("Try again in a minute. If it stays so, tell an administrator of this hub."),
    )


_BY_STATUS = {
    400: _wrong,
    401: signed_out,
    403: not_yours,
    404: _missing,
    405: _missing,
    409: _refused,
    413: _too_large,
    429: _too_often,
}
