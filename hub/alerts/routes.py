"""Routes: to whom alerts are told, set by people who keep the hub going."""

import re
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from content_packs.errors import Missing, Refused, UsageError
from hub.alerts import addresses
from hub.alerts.findings import REASONS
from hub.alerts.limits import MAIL_ADDRESS_CHARACTERS_MAX, ROUTES_MAX, SECRET_BYTES
from hub.alerts.tables import AlertRouteRow, AlertToldRow
from hub.clock import in_words
from hub.fleet import audit
from hub.hub import Hub
from hub.people.actor import Actor
from hub.people.rights import Right

Kind: TypeAlias = Literal["email", "webhook"]
LANGUAGES = ("en", "zh")

_MAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")


@dataclass(frozen=True)
class Route:
    """To whom, in which language, for which reasons (all if none); how it went last.

    `secret` is what a webhook's messages are signed with: shown when it is made, and never again.
    """

    id: str
    kind: str
    address: str
    language: str
    reasons: tuple[str, ...]
    added_by: str
    added_at: str
    told_at: str
    failures: int
    problem: str
    secret: str = ""


def allowed_hosts(hub: Hub) -> tuple[str, ...]:
    """Return the hosts that an operator lets webhooks lead to, wherever they are."""
    return tuple(hub.config.webhook_hosts.split())


def add(  # noqa: PLR0913  # by name; each is a column
    hub: Hub,
    actor: Actor,
    *,
    kind: Kind,
    address: str,
    language: str = "en",
    reasons: Iterable[str] = (),
    randomness: Callable[[int], bytes],
) -> Route:
    """Add a route, and return it with its secret.

    Raises `UsageError` for an address that can't be, `Refused` for too many, `StorageFailed`.
    """
    actor.expect(Right.OPERATE)
    wanted = tuple(dict.fromkeys(reasons))
    _check(hub, kind, address, language, wanted)
    secret = randomness(SECRET_BYTES).hex() if kind == "webhook" else ""
    with hub.database.writing():
        if AlertRouteRow.select().count() >= ROUTES_MAX:
            raise Refused(f"there are {ROUTES_MAX} routes already", hint="Remove one first.")
        row = AlertRouteRow.create(
            force_insert=True, id=str(uuid.uuid4()), kind=kind, address=address, secret=secret,
            language=language, reasons=list(wanted), added_by=actor.login,
            added_at=in_words(hub.clock()),
        )  # fmt: skip
        audit.note(hub, "alert-route-added", actor=actor.login, reason=f"{kind} {address}")
        return _view(row, secret)


def remove(hub: Hub, actor: Actor, route: str) -> None:
    """Remove a route. Raises `Missing`, `Refused`, `StorageFailed`."""
    actor.expect(Right.OPERATE)
    with hub.database.writing():
        row = AlertRouteRow.get_or_none(AlertRouteRow.id == route)
        if row is None:
            raise Missing("there is no such route", hint="See: hub alerts routes")
        AlertToldRow.delete().where(AlertToldRow.route == route).execute()
        AlertRouteRow.delete().where(AlertRouteRow.id == route).execute()
        audit.note(
            hub, "alert-route-removed", actor=actor.login, reason=f"{row.kind} {row.address}"
        )


def listed(hub: Hub, actor: Actor) -> list[Route]:
    """Return the routes, without their secrets. Raises `Refused`, `StorageFailed`."""
    actor.expect(Right.OPERATE)
    with hub.database.transaction():
        rows = AlertRouteRow.select().order_by(AlertRouteRow.added_at, AlertRouteRow.id)
        return [_view(row) for row in rows]


def expect(hub: Hub, route: str) -> Route:
    """Return a route with its secret, for whoever sends. Raises `Missing`, `StorageFailed`."""
    found = [each for each in all_with_secrets(hub) if each.id == route]
    if not found:
        raise Missing("there is no such route", hint="See: hub alerts routes")
    return found[0]


def all_with_secrets(hub: Hub) -> list[Route]:
    """Return the routes for whoever sends. Raises `StorageFailed`."""
    with hub.database.transaction():
        return [_view(row, row.secret) for row in AlertRouteRow.select().order_by(AlertRouteRow.id)]


def _check(hub: Hub, kind: str, address: str, language: str, reasons: tuple[str, ...]) -> None:
    if language not in LANGUAGES:
        raise UsageError(f"language: {language[:20]!r}, expected {' or '.join(LANGUAGES)}")
    for reason in reasons:
        if reason not in REASONS:
            raise UsageError(
                f"there is no reason {reason[:40]!r}", hint=f"Known: {', '.join(REASONS)}."
            )
    if kind == "webhook":
        addresses.parse(address, allowed_hosts(hub))
    elif len(address) > MAIL_ADDRESS_CHARACTERS_MAX or not _MAIL.fullmatch(address):
        raise UsageError(f"{address[:80]!r} is no mail address")
    elif not hub.config.smtp_host:
        raise UsageError(
            "this hub can't send mail", hint="Set smtp_host and mail_from in hub.toml: hub/CLI.md."
        )


def _view(row: AlertRouteRow, secret: str = "") -> Route:
    return Route(
        row.id, row.kind, row.address, row.language, tuple(row.reasons), row.added_by,
        row.added_at, row.told_at, row.failures, row.problem, secret,
    )  # fmt: skip
