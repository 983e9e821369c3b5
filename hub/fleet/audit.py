"""The audit log: what people and nodes did that matters for who may do what, and who was refused.

Rows are only added; a trigger of the database keeps them from being changed, and each names the
digest of the one before it (`hub.audit.chain`). The oldest go once there are more than
`AUDIT_KEPT_MAX`; refusals count by themselves, so that a stranger who tries ten thousand codes
can't push out who was enrolled. Of one address, and of all together, only some refusals are written
down and the others counted: a flood of requests is no flood of writes.

A code never stands in it.
"""

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias, TypedDict, Unpack, get_args

from peewee import fn

from content_packs.command_line import plain
from content_packs.errors import UsageError
from content_packs.messages import DIGEST_OF_NOTHING
from hub.audit.chain import Chain, Line, chain_of, digest_of
from hub.audit.tables import AuditHeadRow
from hub.clock import in_words
from hub.fleet.limits import (
    ADDRESSES_MAX,
    AUDIT_KEPT_MAX,
    AUDIT_TEXT_CHARACTERS_MAX,
    REFUSAL_NOTED_SECONDS,
    REFUSAL_NOTED_SECONDS_OVERALL,
    REFUSALS_KEPT_MAX,
    REFUSALS_NOTED_AT_ONCE,
    REFUSALS_NOTED_AT_ONCE_OVERALL,
)
from hub.fleet.rates import Rate, name_of
from hub.fleet.tables import AuditRow
from hub.hub import Hub

Event: TypeAlias = Literal[
    "school-added",
    "school-changed",
    "schools-imported",
    "calendar-set",
    "calendar-removed",
    "codes-made",
    "codes-cancelled",
    "approved",
    "claimed",
    "confirmed",
    "claim-denied",
    "revoked",
    "groups-set",
    "desired-set",
    "status-signed",
    "alarm",
    "alarm-cleared",
    "claim-refused",
    "request-refused",
    "document-refused",
    # People of the console
    "person-added",
    "person-changed",
    "person-disabled",
    "person-enabled",
    "person-reset",
    "password-set",
    "second-step-on",
    "second-step-off",
    "signed-in",
    "signed-out",
    "sign-in-refused",
    "token-made",
    "token-revoked",
    # Schools' requests
    "request-answered",
    "file-asked",
    # Records
    "records-exported",
    "records-forgotten",
    "use-forgotten",
    # Publishing
    "uploaded",
    "drop-folder-added",
    "upload-removed",
    "published",
    "released",
    "withdrawn",
    "channel-added",
    "retention-done",
    # Visits
    "visit-planned",
    "visit-written",
    "visit-back",
    "visit-cancelled",
    # Cards
    "seeds-made",
    "card-receipts-taken",
    "image-signed",
    # Sticks written and read by hand
    "stick-written",
    "stick-read",
    # Backups
    "backed-up",
    "restored",
    "moved",
    # Keys
    "keys-encrypted",
    "metadata-installed",
    "key-rotated",
    "key-revoked",
    "publisher-added",
    "publisher-removed",
    # Alerts
    "alert-route-added",
    "alert-route-removed",
    # Rollouts
    "rollout-planned",
    "rollout-approved",
    "rollout-paused",
    "rollout-resumed",
    "rollout-aborted",
    "rollout-decided",
    "rollout-signed",
    # Background jobs
    "job-cancelled",
    "job-again",
]

_TRIM_EVERY = 64  # lines of a chain
_KEPT: dict[Chain, int] = {"deeds": AUDIT_KEPT_MAX, "refusals": REFUSALS_KEPT_MAX}
_ALL = "all"


@dataclass(frozen=True)
class Entry:
    """A line of the audit log. `origin` is an address, `stick`, or empty for this machine.

    `actor`: which person did it, empty for a node and for the hub itself. `number` and `digest` are
    its place in its chain; 0 and empty before there was one.
    """

    id: int
    at: str
    refusal: bool
    event: str
    node: str
    keyid: str
    origin: str
    reason: str
    actor: str = ""
    number: int = 0
    digest: str = ""


class Columns(TypedDict, total=False):
    """What a line says besides its event; what isn't given is empty."""

    node: str
    keyid: str
    origin: str
    reason: str
    refusal: bool
    actor: str


def note(hub: Hub, event: Event, **columns: Unpack[Columns]) -> None:
    """Add a line, inside the caller's transaction: it is there if, and only if, the deed is.

    That transaction is a `writing` one. `actor`: the login of the person who did it.
    """
    note_at(hub.clock(), event, **columns)


def note_at(  # noqa: PLR0913  # all by name; each is a column
    now: datetime,
    event: Event,
    *,
    node: str = "",
    keyid: str = "",
    origin: str = "",
    reason: str = "",
    refusal: bool = False,
    actor: str = "",
) -> None:
    """Add a line as `note` does, to a database that isn't that of an open hub yet."""
    chain = chain_of(refusal=refusal)
    head = AuditHeadRow.get_or_none(AuditHeadRow.chain == chain) or _begin(chain)
    line = Line(
        number=head.number + 1,
        at=in_words(now),
        event=event,
        node=node,
        keyid=keyid,
        origin=origin,
        reason=shortened(reason),
        actor=actor,
        previous=head.digest,
    )
    digest = digest_of(chain, line)
    AuditRow.insert(refusal=refusal, digest=digest, **vars(line)).execute()
    AuditHeadRow.update(number=line.number, digest=digest).where(
        AuditHeadRow.chain == chain
    ).execute()
    if line.number % _TRIM_EVERY == 0:
        _trim(refusal=refusal, most=_KEPT[chain])


def shortened(reason: str) -> str:
    """Return a reason as a line holds it."""
    return plain(reason)[:AUDIT_TEXT_CHARACTERS_MAX]


def entries(
    hub: Hub, *, most: int, node: str = "", event: str = "", refusals: bool | None = None
) -> list[Entry]:
    """Return the newest `most` lines, the newest first. Raises `UsageError`, `StorageFailed`."""
    if event and event not in get_args(Event):
        raise UsageError(
            f"there is no event {event[:40]!r}", hint=f"Known: {', '.join(get_args(Event))}."
        )
    query = AuditRow.select().order_by(AuditRow.id.desc()).limit(most)
    if node:
        query = query.where(AuditRow.node == node)
    if event:
        query = query.where(AuditRow.event == event)
    if refusals is not None:
        query = query.where(AuditRow.refusal == refusals)
    with hub.database.transaction():
        return [entry_of(row) for row in query]


def oldest_at(hub: Hub) -> str:
    """Return when the oldest line that is kept was written; empty for none.

    Raises `StorageFailed`.
    """
    with hub.database.transaction():
        row = AuditRow.select(AuditRow.at).order_by(AuditRow.id).first()
    return row.at if row else ""


def entry_of(row: AuditRow) -> Entry:
    """Return a row as a line."""
    return Entry(
        row.id,
        row.at,
        bool(row.refusal),
        row.event,
        row.node,
        row.keyid,
        row.origin,
        row.reason,
        row.actor,
        row.number,
        row.digest,
    )


class Refusals:
    """Writes refusals down, of each origin and of all a few in a while; counts the rest."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._rate = Rate(REFUSALS_NOTED_AT_ONCE, REFUSAL_NOTED_SECONDS, monotonic)
        self._rate_of_all = Rate(
            REFUSALS_NOTED_AT_ONCE_OVERALL, REFUSAL_NOTED_SECONDS_OVERALL, monotonic, names_max=1
        )
        self._lock = threading.Lock()
        self._left_out: Counter[str] = Counter()

    def note(  # noqa: PLR0913  # all by name; each is a column
        self,
        hub: Hub,
        event: Event,
        *,
        origin: str,
        reason: str,
        node: str = "",
        keyid: str = "",
    ) -> None:
        """Write a refusal down, in a transaction of its own. Raises `StorageFailed`."""
        with self._lock:
            left_out = self._left_out_before(name_of(origin))
        if left_out is None:
            return
        reason += left_out
        with hub.database.writing():
            note(
                hub,
                event,
                origin=origin,
                reason=reason,
                node=node,
                keyid=keyid,
                refusal=True,
            )

    def _left_out_before(self, name: str) -> str | None:
        """Return what to say of refusals before that were only counted, None to count this one."""
        too_many = self._rate_of_all.wait(_ALL) > 0
        if too_many or self._rate.wait(name):
            self._left_out[_ALL if too_many else name] += 1
            return None
        self._rate.count(name)
        self._rate_of_all.count(_ALL)
        of_name, of_all = self._left_out.pop(name, 0), self._left_out.pop(_ALL, 0)
        if len(self._left_out) > ADDRESSES_MAX:
            self._left_out.clear()
        said = f" (and {of_name} more of this origin before, not written down)" if of_name else ""
        return said + (f" (and {of_all} more of any, not written down)" if of_all else "")


def _begin(chain: Chain) -> AuditHeadRow:
    """Return the head of a chain without a line; what was written before stands outside of it."""
    before = AuditRow.select(fn.MAX(AuditRow.id)).scalar() or 0
    AuditHeadRow.insert(chain=chain, number=0, digest=DIGEST_OF_NOTHING, before=before).execute()
    return AuditHeadRow.get_by_id(chain)


def _trim(*, refusal: bool, most: int) -> None:
    of_kind = AuditRow.refusal == refusal
    first_gone = (
        AuditRow.select(AuditRow.id)
        .where(of_kind)
        .order_by(AuditRow.id.desc())
        .offset(most)
        .limit(1)
        .scalar()
    )
    if first_gone is not None:
        AuditRow.delete().where(of_kind & (AuditRow.id <= first_gone)).execute()
