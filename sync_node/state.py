"""Single values that the engine remembers in node.db, each under its own name."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime

from content_packs.digests import digest_of
from sync_node import trusted_time
from sync_node.link import LinkObservation
from sync_node.models import StateRow
from sync_node.powered_time import Floor, Uptime

_APPLIED = "applied"
_EXPIRES = "expires"
_SETTLED = "settled"
_SIGNED = "signed-time"
_ABSENT = "absent-channels"
_ROTTEN = "rotten"
_SCRUBBED_TO = "scrubbed-to"
_SCRUBBED_AT = "scrubbed-at"
_LINKS = "links"
_FLOOR = "time-floor"
OUTLOOK_KEY = "outlook"


def _get(key: str) -> str:
    row = StateRow.get_or_none(StateRow.key == key)
    return str(row.value) if row else ""


def _set(key: str, value: str) -> None:
    if _get(key) == value:
        return  # no chatter of small writes when idle
    StateRow.replace(key=key, value=value).execute()  # type: ignore[no-untyped-call]  # peewee's


def edition_key(timestamp: bytes | None, channels: tuple[str, ...]) -> str:
    """Return what names a verified state of a repository, as followed by this node."""
    return f"{digest_of(timestamp or b'')} {' '.join(channels)}"


def applied() -> str:
    """Return the edition whose offers are in node.db."""
    return _get(_APPLIED)


def remember_applied(
    edition: str, *, expires: datetime, signed_at: datetime | None, absent: tuple[str, ...]
) -> None:
    """Remember the edition whose offers are now in node.db, and what was learnt with it."""
    _set(_APPLIED, edition)
    _set(_EXPIRES, trusted_time.in_words(expires))
    _set(_ABSENT, " ".join(absent))
    remember_signed_time(signed_at)


def expires() -> datetime | None:
    """Return when the signatures of the applied edition lapse."""
    return trusted_time.parse(_get(_EXPIRES))


def absent_channels() -> tuple[str, ...]:
    """Return the followed channels that the hub doesn't have."""
    return tuple(_get(_ABSENT).split())


def remember_signed_time(signed_at: datetime | None) -> None:
    """Remember a signed time that was verified, if it is the newest."""
    known = signed_time()
    if signed_at and (known is None or signed_at > known):
        _set(_SIGNED, trusted_time.in_words(signed_at))


def signed_time() -> datetime | None:
    """Return the newest signed time that was verified."""
    return trusted_time.parse(_get(_SIGNED))


def is_settled(edition: str) -> bool:
    """Say whether all that this edition offers is here and active."""
    return _get(_SETTLED) == edition


def remember_settled(edition: str) -> None:
    """Remember that all that this edition offers is here; empty: that it isn't known."""
    _set(_SETTLED, edition)


def rotten() -> tuple[str, ...]:
    """Return the digests of the files that are to be taken out of the store."""
    return tuple(_get(_ROTTEN).split())


def remember_rotten(digests: Iterable[str]) -> None:
    """Remember what is to be taken out of the store; nothing: that it was."""
    _set(_ROTTEN, " ".join(digests))


def scrubbed_to() -> str:
    """Return the digest that was looked at last; empty: the next is the first."""
    return _get(_SCRUBBED_TO)


def scrubbed_at() -> str:
    """Return when the whole store had been looked at last, RFC 3339; empty for never."""
    return _get(_SCRUBBED_AT)


def remember_scrubbed(place: str, ended_at: datetime | None) -> None:
    """Remember how far the store was looked at, and when all of it was, if it was just now."""
    _set(_SCRUBBED_TO, place)
    if ended_at:
        _set(_SCRUBBED_AT, trusted_time.in_words(ended_at))


def etag(source: str, edition: str) -> str:
    """Return the entity tag of the timestamp of this edition at a source, empty where unknown."""
    try:
        tag, of = json.loads(_get(f"etag {source}") or '["", ""]')
    except ValueError:
        return ""
    return str(tag) if of == edition else ""


def remember_etag(source: str, tag: str, edition: str) -> None:
    """Remember the entity tag that a source gave for the timestamp of this edition."""
    _set(f"etag {source}", json.dumps([tag, edition]))


def links() -> dict[str, LinkObservation]:
    """Return what was observed of each link, by the name of its source."""
    try:
        return {
            name: LinkObservation(**known)
            for name, known in json.loads(_get(_LINKS) or "{}").items()
        }
    except (ValueError, TypeError):
        return {}


def remember_links(observed: Mapping[str, LinkObservation]) -> None:
    """Remember what was observed of each link."""
    known = {name: asdict(each) for name, each in observed.items()}
    _set(_LINKS, json.dumps(known, sort_keys=True))


def floor() -> Floor | None:
    """Return the time that it certainly was, and when this box knew that."""
    try:
        time, boot, seconds = json.loads(_get(_FLOOR) or "[]")
        return Floor(datetime.fromisoformat(time), Uptime(str(boot), float(seconds)))
    except (ValueError, TypeError):
        return None


def remember_floor(known: Floor) -> None:
    """Remember the time that it certainly is."""
    words = trusted_time.in_words(known.time)
    _set(_FLOOR, json.dumps([words, known.uptime.boot, round(known.uptime.seconds)]))


def outlook() -> str:
    """Return what the last tick left to come, as `outlook.py` writes it; empty for nothing."""
    return _get(OUTLOOK_KEY)


def remember_outlook(text: str) -> None:
    """Remember what is to come."""
    _set(OUTLOOK_KEY, text)
