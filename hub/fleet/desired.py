"""Desired states: what nodes should follow and hold, signed, for one node or one group.

**Which one a node gets**: its own, or else the newest of its groups'. A node takes only a higher
number than it holds; so where what applies has a lower one (its own was taken away, it changed
groups), the same is signed anew under the next number. So it is where an earlier service key signed
it, which may be revoked by now.

Numbers come from one counter for all, and are no lower than the seconds since 1970: a hub that was
restored from an old backup doesn't repeat itself.

An empty file takes a desired state away: of a node, so that its groups' applies; of a group, it
leaves everything to its nodes.
"""

import tomllib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeAlias

import msgspec
import peewee

from content_packs import canonical_json, messages
from content_packs.desired_state import Budget, DesiredPin, DesiredState, Window
from content_packs.errors import InvalidContent, Missing, UsageError
from content_packs.limits import DOCUMENT_BYTES_MAX
from content_packs.messages import Part, to_second
from content_packs.names import check_name
from content_packs.signed_documents import envelope_of, sign, unverified_payload
from hub import given_files, rows
from hub.clock import in_words
from hub.fleet import audit, credentials
from hub.fleet.limits import DESIRED_BYTES_MAX, DESIRED_KEPT_MAX
from hub.fleet.state_tables import NodeStateRow
from hub.fleet.tables import DesiredRow, NodeRow
from hub.hub import Hub
from hub.keys import SERVICE

Settings: TypeAlias = dict[str, Any]

_NOT_SET = {"format", "number", "issued_at", "node", "group"}
_PARTS: dict[str, type[Part]] = {"windows": Window, "budget": Budget, "pins": DesiredPin}


@dataclass(frozen=True)
class Applying:
    """A desired state in force: who it is for, its number, what it says."""

    node: str
    group: str
    number: int
    issued_at: str
    settings: Settings
    document: bytes


def read_settings(file: Path) -> Settings:
    """Return what a TOML file says, unchecked. Raises `UsageError`."""
    text = given_files.read_text(file, DESIRED_BYTES_MAX)
    try:
        return tomllib.loads(text)
    except (ValueError, ArithmeticError) as error:  # also for a number of 5,000 digits, a year 0
        raise UsageError(f"{file}: not TOML: {error}") from error
    except RecursionError as error:
        raise UsageError(f"{file}: not TOML: nested too deep") from error


def set_for(
    hub: Hub, settings: Settings, *, node: str = "", group: str = "", by: str = ""
) -> Applying:
    """Sign a desired state for a node or a group, in place of the one that it has.

    `by`: who says so, for the audit log.

    Raises `UsageError` for settings that can't be, `Missing` for a node that isn't there,
    `KeyAbsent`, `KeyLocked`, `StorageFailed`.
    """
    _check(settings, node, group)
    with hub.database.writing():
        if node and NodeRow.get_or_none(NodeRow.node == node) is None:
            raise Missing(f"there is no node {node[:80]!r}", hint="See: hub nodes list")
        row = _sign(hub, settings, node, group)
        reason = f"number {row.number} for {node or group}"
        audit.note(hub, "desired-set", node=node, reason=reason, actor=by)
        _judge_anew(node, group)
        return _view(row)


def check(hub: Hub, settings: Settings, *, node: str = "", group: str = "") -> None:
    """Raise `UsageError` unless a desired state can be set so."""
    _check(settings, node, group)
    _built(settings, node, group, 1, to_second(hub.clock()))


def of(hub: Hub, *, node: str = "", group: str = "") -> Applying | None:
    """Return what was set for a node or a group itself, None for none.

    Raises `UsageError` unless it is for one of both, `StorageFailed`.
    """
    _check_whom(node, group)
    with hub.database.transaction():
        row = _newest(node, [group] if group else [])
        return None if row is None else _view(row)


def applying_to(hub: Hub, node: NodeRow, held: int) -> Applying | None:
    """Return what applies to a node that holds the number `held`, 0 for none.

    None where nothing was ever set for it. Inside the caller's transaction, a writing one: it may
    be signed anew. Raises `KeyAbsent`, `KeyLocked`.
    """
    row = _newest(node.node, [])
    if row is None or not _view(row).settings:
        row = _newest("", node.groups) or row
    if row is None:
        return None
    found = _view(row)
    stale = row.number < held <= _newest_number()  # a number that a node made up changes nothing
    if stale or not credentials.is_by_our_key(hub, found.document):
        row = _sign(hub, found.settings, found.node, found.group)
    return _view(row)


def settings_for(node: str, groups: list[str]) -> Settings:
    """Return what a desired state says to a node of these groups, empty where none does.

    Inside the caller's transaction; nothing is signed.
    """
    for row in (_newest(node, []), _newest("", groups) if groups else None):
        if row is not None and (settings := _view(row).settings):
            return settings
    return {}


def _judge_anew(node: str, group: str) -> None:
    """Let those whom it concerns count as judged against no edition: they come next."""
    of_group = NodeStateRow.groups.contains(f" {group} ")
    NodeStateRow.update(edition=0).where(
        (NodeStateRow.node == node) if node else of_group
    ).execute()


def _check_whom(node: str, group: str) -> None:
    if bool(node) == bool(group):
        raise UsageError(
            "a desired state is for one node or for one group", hint="Name it: --node or --group."
        )
    try:
        check_name(node or group, what="node" if node else "group")
    except InvalidContent as error:
        raise UsageError(error.message, hint=error.hint) from error


def _check(settings: Settings, node: str, group: str) -> None:
    _check_whom(node, group)
    _check_keys(settings, DesiredState, "desired state")
    for name, kind in _PARTS.items():
        found = settings.get(name)
        for part in found if isinstance(found, list) else [found]:
            if isinstance(part, dict):
                _check_keys(part, kind, name)


def _check_keys(found: Settings, kind: type[Part], where: str) -> None:
    """Refuse a slip of the pen: nodes ignore what they don't know."""
    known = {field.encode_name for field in msgspec.structs.fields(kind)} - _NOT_SET
    for name in found:
        if name not in known:
            raise UsageError(
                f"{where}: the key {name[:80]!r} is unknown",
                hint=f"Known keys: {', '.join(sorted(known))}.",
            )


def _built(settings: Settings, node: str, group: str, number: int, now: datetime) -> DesiredState:
    """Return the desired state that settings make. Raises `UsageError`."""
    whom = {name: value for name, value in (("node", node), ("group", group)) if value}
    value = {**settings, **whom, "format": 1, "number": number, "issued_at": in_words(now)}
    try:
        return messages.from_value(value, DesiredState, what="desired state")
    except InvalidContent as error:
        raise UsageError(error.message, hint=error.hint) from error


def _sign(hub: Hub, settings: Settings, node: str, group: str) -> DesiredRow:
    now = to_second(hub.clock())
    number = _next_number(hub)
    desired = _built(settings, node, group, number, now)
    try:
        document = sign("desired-state", desired, hub.keys.signing_key(SERVICE))
    except InvalidContent as error:
        raise UsageError(error.message, hint=error.hint) from error
    row = DesiredRow.create(
        force_insert=True,
        number=number,
        node=node,
        group=group,
        document=document.decode(),
        issued_at=in_words(now),
    )
    _forget_earlier(node, group)
    return row


def _next_number(hub: Hub) -> int:
    return max(_newest_number() + 1, int(hub.clock().timestamp()))


def _newest_number() -> int:
    return int(DesiredRow.select(peewee.fn.MAX(DesiredRow.number)).scalar() or 0)


def _newest(node: str, groups: list[str]) -> DesiredRow | None:
    if node:
        return rows.newest(DesiredRow, "number", node=node)
    found = [rows.newest(DesiredRow, "number", group=group) for group in groups]
    return max((row for row in found if row), key=lambda row: int(row.number), default=None)


def _forget_earlier(node: str, group: str) -> None:
    of_whom = (DesiredRow.node == node) & (DesiredRow.group == group)
    kept = DesiredRow.select(DesiredRow.number).where(of_whom).order_by(DesiredRow.number.desc())
    numbers = [row.number for row in kept.limit(DESIRED_KEPT_MAX)]
    DesiredRow.delete().where(of_whom & (DesiredRow.number < min(numbers))).execute()


def _view(row: DesiredRow) -> Applying:
    document = row.document.encode()
    payload = unverified_payload(envelope_of(document), what="desired state")  # our own
    said = canonical_json.decode(payload, bytes_max=DOCUMENT_BYTES_MAX, what="desired state")
    built: Settings = said if isinstance(said, dict) else {}
    settings = {name: value for name, value in built.items() if name not in _NOT_SET}
    return Applying(row.node, row.group, row.number, row.issued_at, settings, document)
