"""Once a minute: look at what is wrong, keep it, tell whom it concerns.

A message goes first and is noted then: a cut in between tells it twice, never not at all. A route
that fails is tried again at the next look, and says on the alerts' page that it fails.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from content_packs.command_line import plain
from content_packs.errors import SatchelError
from hub.alerts import addresses, keeping, mails, messages, routes, webhooks
from hub.alerts.addresses import Resolve
from hub.alerts.comparing import Alert, News, news
from hub.alerts.findings import Finding
from hub.alerts.limits import WORDS_CHARACTERS_MAX
from hub.alerts.messages import Telling
from hub.alerts.routes import Route
from hub.alerts.tables import AlertRouteRow, AlertToldRow
from hub.clock import in_words
from hub.hub import Hub
from hub.people.actor import Actor
from hub.people.rights import Right

Source = Callable[[Hub], Iterable[Finding]]


@dataclass(frozen=True)
class Watched:
    """What a look came to. `problems`: what failed of it, in words."""

    begun: int
    ended: int
    told: int
    problems: tuple[str, ...]


def watch(
    hub: Hub, sources: Mapping[str, Source], *, resolve: Resolve = addresses.resolve
) -> Watched:
    """Look, keep and tell. `sources`: by reason, who finds it. Raises `StorageFailed`."""
    found: list[Finding] = []
    looked: set[str] = set()
    problems: list[str] = []
    for reason, source in sources.items():
        try:
            found += source(hub)
        except SatchelError as error:
            problems.append(f"{reason}: {error.message}")
        else:
            looked.add(reason)
    changed = keeping.keep(hub, found, looked)
    told = 0
    for route in routes.all_with_secrets(hub):
        try:
            told += tell(hub, route, resolve=resolve)
        except SatchelError as error:
            problems.append(f"{route.kind} {route.address}: {error.message}")
            _note_failure(route, hub, error.message)
    return Watched(changed.begun, changed.ended, told, tuple(problems))


def tell(hub: Hub, route: Route, *, resolve: Resolve = addresses.resolve) -> bool:
    """Tell a route what is new, if anything is; return whether it was. Raises `Refused`."""
    with hub.database.transaction():
        rows = AlertToldRow.select().where(AlertToldRow.route == route.id)
        told = {row.alert: bool(row.ended) for row in rows}
    last = datetime.fromisoformat(route.told_at) if route.told_at else None
    said = news(keeping.to_tell(hub), told, route.reasons, now=hub.clock(), last=last)
    if not said:
        return False
    send(hub, route, said, resolve=resolve)
    with hub.database.writing():
        for alert in (*said.begun, *said.ended):
            AlertToldRow.insert(
                route=route.id, alert=alert.id, ended=alert.until is not None
            ).on_conflict(
                conflict_target=(AlertToldRow.route, AlertToldRow.alert),
                update={AlertToldRow.ended: alert.until is not None},
            ).execute()
        AlertRouteRow.update(told_at=in_words(hub.clock()), failures=0, problem="").where(
            AlertRouteRow.id == route.id
        ).execute()
    return True


def try_out(hub: Hub, actor: Actor, route: str, *, resolve: Resolve = addresses.resolve) -> None:
    """Send a route a message that says that it is a test.

    Raises `Missing`, and `Refused` with what went wrong.
    """
    actor.expect(Right.OPERATE)
    wanted = routes.expect(hub, route)
    now = hub.clock()
    trial = Alert("test", "hub-warning", "test", "", now, code="trial")
    send(hub, wanted, News((trial,), ()), resolve=resolve)


def send(hub: Hub, route: Route, said: News, *, resolve: Resolve) -> None:
    """Send a message. Raises `Refused`, `UsageError`."""
    telling = Telling(hub.config.title, hub.config.public_address, hub.config.zone, route.language)
    if route.kind == "email":
        mails.send(
            hub, route.address, messages.subject(said, telling), messages.text(said, telling)
        )
        return
    allowed = routes.allowed_hosts(hub)
    target = addresses.checked(addresses.parse(route.address, allowed), allowed, resolve)
    webhooks.post(target, messages.body(said, telling), route.secret)


def _note_failure(route: Route, hub: Hub, problem: str) -> None:
    with hub.database.writing():
        AlertRouteRow.update(
            failures=AlertRouteRow.failures + 1, problem=plain(problem)[:WORDS_CHARACTERS_MAX]
        ).where(AlertRouteRow.id == route.id).execute()
