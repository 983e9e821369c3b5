"""Enrolment codes: made, printed, and known to the hub by a keyed hash alone.

The hash's key is one of the hub's own, `codes`, encrypted at rest: a copy of hub.db alone doesn't
give 50-bit codes away to whoever tries them all. A code is for one school, or to replace one of its
nodes; it is good once, until it expires.
"""

import hashlib
import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from content_packs import enrolment_codes
from content_packs.errors import Missing, Refused, UsageError
from hub.clock import in_words
from hub.fleet import audit, schools
from hub.fleet.limits import CODE_DAYS_MAX, CODES_AT_ONCE_MAX
from hub.fleet.tables import CodeRow, NodeRow, SchoolRow
from hub.hub import Hub

KEY = "codes"
_LABEL = b"satchel enrolment code 1\0"


@dataclass(frozen=True)
class MadeCode:
    """A code that was just made: the only time that the hub can show it."""

    code: str
    school: str
    school_title: str
    district: str
    node: str
    expires_at: str

    @property
    def shown(self) -> str:
        """The code as it is printed."""
        return enrolment_codes.shown(self.code)


def hash_of(hub: Hub, code: str) -> str:
    """Return what a code is known by. Raises `KeyAbsent`, `KeyLocked`."""
    key = hub.keys.signing_key(KEY).private_bytes_raw()
    return hmac.new(key, _LABEL + code.encode(), hashlib.sha256).hexdigest()


def make(  # noqa: PLR0913  # all by name; each is needed
    hub: Hub,
    names: Sequence[str],
    *,
    count: int,
    days: int,
    randomness: Callable[[int], bytes],
    node: str = "",
    by: str = "",
) -> list[MadeCode]:
    """Make `count` codes for each of the schools, good for `days`.

    `node`: to replace that one; `by`: who asks, for the audit log.
    Raises `Missing` for a school or node that isn't there, `UsageError`, `Refused` for a node of
    another school, `Busy`, `KeyLocked`, `StorageFailed`.
    """
    _check(names, count, days, node)
    with hub.locked("making enrolment codes"):
        hub.keys.create(KEY)
        now = hub.clock()
        expires_at = in_words(now + timedelta(days=days))
        made = []
        with hub.database.writing():
            for name in names:
                row = schools.expect(name)
                made += [insert(hub, row, node, expires_at, randomness) for _ in range(count)]
                reason = f"{count} for {node or name}, good until {expires_at}"
                audit.note(hub, "codes-made", node=node, reason=reason, actor=by)
    return made


def insert(
    hub: Hub, school: SchoolRow, node: str, expires_at: str, randomness: Callable[[int], bytes]
) -> MadeCode:
    """Make a code for a school, to replace `node` where that isn't empty.

    Inside the caller's transaction, a writing one, and once the key `codes` is there. Raises
    `Missing` and `Refused` as `make` does for the node, `KeyAbsent`, `KeyLocked`.
    """
    if node:
        _check_replaced(node, school.school)
    code = enrolment_codes.generate(randomness(enrolment_codes.CODE_RANDOM_BYTES))
    CodeRow.insert(
        hash=hash_of(hub, code),
        school=school.school,
        node=node,
        made_at=in_words(hub.clock()),
        expires_at=expires_at,
    ).execute()
    return MadeCode(code, school.school, school.title, school.district, node, expires_at)


def cancel(hub: Hub, school: str, *, by: str = "") -> int:
    """Let the codes of a school that nobody has used be good no more; return how many.

    Raises `Missing`, `StorageFailed`.
    """
    with hub.database.writing():
        schools.expect(school)
        gone = (
            CodeRow.delete().where((CodeRow.school == school) & (CodeRow.used_at == "")).execute()
        )
        if gone:
            audit.note(hub, "codes-cancelled", reason=f"{gone} of {school}", actor=by)
        return int(gone)


def find(hub: Hub, code: str) -> CodeRow | str:
    """Return the row of a code that is good, or why it isn't; inside the caller's transaction."""
    if not hub.keys.has(KEY):
        return "no code was ever made"
    found = CodeRow.get_or_none(CodeRow.hash == hash_of(hub, code))
    if found is None:
        return "no such code"
    if found.used_at:
        return f"the code was used on {found.used_at} by the key {found.keyid}"
    if found.expires_at <= in_words(hub.clock()):
        return f"the code expired on {found.expires_at}"
    return found


def spend(hub: Hub, found: CodeRow, keyid: str) -> None:
    """Let a key have used a code up.

    In the same transaction as `find`, a writing one: of many at once, one gets it.
    """
    now = in_words(hub.clock())
    CodeRow.update(used_at=now, keyid=keyid).where(CodeRow.hash == found.hash).execute()


def _check(names: Sequence[str], count: int, days: int, node: str) -> None:
    if not 1 <= count <= CODES_AT_ONCE_MAX:
        raise UsageError(f"count: {count}, expected 1 to {CODES_AT_ONCE_MAX}")
    if not 1 <= days <= CODE_DAYS_MAX:
        raise UsageError(f"days: {days}, expected 1 to {CODE_DAYS_MAX}")
    if node and (len(names) != 1 or count != 1):
        raise UsageError("node: one code for one school replaces one node")
    if len(set(names)) != len(names):
        raise UsageError("a school stands twice")


def _check_replaced(node: str, school: str) -> None:
    row = NodeRow.get_or_none(NodeRow.node == node)
    if row is None:
        raise Missing(f"there is no node {node[:80]!r}", hint="See: hub nodes list")
    if row.school != school:
        raise Refused(f"{node} is a node of the school {row.school}, not of {school}")
