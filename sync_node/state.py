"""Single values that the engine remembers in node.db, each under its own name."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime, timedelta

import msgspec

from content_packs import hub_keys as keys_of_hub
from content_packs.digests import digest_of
from content_packs.errors import InvalidContent
from content_packs.hub_keys import HubKeys
from sync_node import trusted_time
from sync_node.limits import TIME_BYTES_MAX
from sync_node.link import LinkObservation
from sync_node.models import StateRow
from sync_node.trusted_time import Evidence, Known

_APPLIED = "applied"
EXPIRES_KEY = "expires"
_SETTLED = "settled"
_SIGNED = "signed-time"  # read where an older node.db has no `time`
ABSENT_KEY = "absent-channels"
_ROTTEN = "rotten"
_SCRUBBED_TO = "scrubbed-to"
SCRUBBED_AT_KEY = "scrubbed-at"
LINKS_KEY = "links"
_FLOOR = "time-floor"
TIME_KEY = "time"
HUB_KEYS_KEY = "hub-keys"
STATUS_LIST_KEY = "status-list"
_RENDITIONS = "renditions"
CHECK_IN_KEY = "check-in"
OUTLOOK_KEY = "outlook"
TEACHERS_PINS_KEY = "teachers-pins"
ASKED_KEY = "asked"


def _get(key: str) -> str:
    row = StateRow.get_or_none(StateRow.key == key)
    return str(row.value) if row else ""


def _set(key: str, value: str) -> None:
    if _get(key) == value:
        return  # no chatter of small writes when idle
    StateRow.replace(key=key, value=value).execute()  # type: ignore[no-untyped-call]  # peewee's


def edition_key(  # noqa: PLR0913  # each changes what is followed
    timestamp: bytes | None,
    channels: tuple[str, ...],
    *,
    packs: tuple[str, ...] | None = None,
    renditions: tuple[str, ...] | None = None,
    node: str = "",
    arch: str = "",
) -> str:
    """Return what names a verified state of a repository, as followed by this node.

    `node` is its id, by which staged offers reach it: empty while it has none. `arch`: for which
    machine it takes systems, empty until root has said that it takes any.
    """
    name = f"{digest_of(timestamp or b'')} {' '.join(channels)}"
    for what, names in (("packs", packs), ("renditions", renditions)):
        if names is not None:
            name += f" {what}: {digest_of(' '.join(names).encode())}"
    for what, said in (("node", node), ("systems", arch)):
        if said:
            name += f" {what}: {said}"
    return name


def applied() -> str:
    """Return the edition whose offers are in node.db."""
    return _get(_APPLIED)


def remember_applied(edition: str, *, expires: datetime, absent: tuple[str, ...]) -> None:
    """Remember the edition whose offers are now in node.db, and what was learnt with it."""
    _set(_APPLIED, edition)
    _set(EXPIRES_KEY, trusted_time.in_words(expires))
    _set(ABSENT_KEY, " ".join(absent))


def remember_hub(keys: HubKeys, status_list: tuple[str, int] | None) -> None:
    """Remember the hub's further keys, and the list of revoked nodes by digest and length."""
    _set(HUB_KEYS_KEY, json.dumps(keys.to_field(), sort_keys=True))
    _set(STATUS_LIST_KEY, json.dumps(status_list) if status_list else "")


def hub_keys() -> HubKeys | None:
    """Return the hub's further keys, as verified targets named them last; None: not known."""
    return decode_hub_keys(_get(HUB_KEYS_KEY))


def decode_hub_keys(text: str) -> HubKeys | None:
    """Return the keys that `remember_hub` wrote; None where it wrote nothing."""
    try:
        return keys_of_hub.read({keys_of_hub.FIELD: json.loads(text)}, what=HUB_KEYS_KEY)
    except (ValueError, InvalidContent):
        return None


def status_list() -> tuple[str, int] | None:
    """Return digest and length of the list of revoked nodes that is in force, None for none."""
    return decode_status_list(_get(STATUS_LIST_KEY))


def decode_status_list(text: str) -> tuple[str, int] | None:
    """Return what `remember_hub` wrote of the list; None where it wrote nothing."""
    try:
        digest, length = json.loads(text or "[]")
    except (ValueError, TypeError):
        return None
    return (str(digest), int(length))


def remember_renditions(names: tuple[str, ...] | None) -> None:
    """Remember which renditions are wanted beyond the lightest; None: all."""
    _set(_RENDITIONS, "" if names is None else json.dumps(names))


def renditions() -> frozenset[str] | None:
    """Return which renditions are wanted beyond the lightest; None: all."""
    try:
        found = json.loads(_get(_RENDITIONS) or "null")
    except ValueError:
        return None
    return None if found is None else frozenset(map(str, found))


def check_in() -> str:
    """Return what is known of the last check-in, as `check_in.py` writes it."""
    return _get(CHECK_IN_KEY)


def remember_check_in(text: str) -> None:
    """Remember how the last check-in went."""
    _set(CHECK_IN_KEY, text)


def expires() -> datetime | None:
    """Return when the signatures of the applied edition lapse."""
    return trusted_time.parse(_get(EXPIRES_KEY))


def absent_channels() -> tuple[str, ...]:
    """Return the followed channels that the hub doesn't have."""
    return tuple(_get(ABSENT_KEY).split())


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
    return _get(SCRUBBED_AT_KEY)


def remember_scrubbed(place: str, ended_at: datetime | None) -> None:
    """Remember how far the store was looked at, and when all of it was, if it was just now."""
    _set(_SCRUBBED_TO, place)
    if ended_at:
        _set(SCRUBBED_AT_KEY, trusted_time.in_words(ended_at))


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
    return decode_links(_get(LINKS_KEY))


def decode_links(text: str) -> dict[str, LinkObservation]:
    """Return what `remember_links` wrote; nothing for anything else."""
    try:
        return {name: LinkObservation(**known) for name, known in json.loads(text or "{}").items()}
    except (ValueError, TypeError):
        return {}


def remember_links(observed: Mapping[str, LinkObservation]) -> None:
    """Remember what was observed of each link."""
    known = {name: asdict(each) for name, each in observed.items()}
    _set(LINKS_KEY, json.dumps(known, sort_keys=True))


def time_known() -> Known | None:
    """Return what was known of time; None for nothing."""
    return decode_time(_get(TIME_KEY)) or _time_known_before()


def decode_time(text: str) -> Known | None:
    """Return what is known of time, as a row holds it; None for anything else."""
    if len(text) > TIME_BYTES_MAX:
        return None
    try:
        found = msgspec.json.decode(text, type=Known)
    except (msgspec.DecodeError, UnicodeError, OverflowError):
        return None
    return found if trusted_time.is_sound(found) else None


def _time_known_before() -> Known | None:
    """Return what a node.db of before there was evidence says: a signed time, and a floor."""
    signed = trusted_time.parse(_get(_SIGNED))
    if signed is None:
        return None
    try:
        time, boot, seconds = json.loads(_get(_FLOOR) or "[]")
        floor, uptime = datetime.fromisoformat(time), float(seconds)
        on = max((floor - signed) / timedelta(seconds=1), 0.0)
    except (ValueError, TypeError, OverflowError):
        on, boot, uptime = 0.0, "", 0.0
    return Known(on, str(boot), uptime, (Evidence("timestamp", signed, 0.0),))


def remember_time(known: Known) -> None:
    """Remember what is known of time."""
    _set(TIME_KEY, msgspec.json.encode(known).decode())
    StateRow.delete().where(StateRow.key.in_((_SIGNED, _FLOOR))).execute()


def outlook() -> str:
    """Return what the last tick left to come, as `outlook.py` writes it; empty for nothing."""
    return _get(OUTLOOK_KEY)


def remember_outlook(text: str) -> None:
    """Remember what is to come."""
    _set(OUTLOOK_KEY, text)


def teachers_pins() -> str:
    """Return the versions that teachers pinned, as `teachers_pins.py` writes them."""
    return _get(TEACHERS_PINS_KEY)


def remember_teachers_pins(text: str) -> None:
    """Remember which versions teachers pinned; empty for none."""
    _set(TEACHERS_PINS_KEY, text)


def asked() -> str:
    """Return what the hub was told of the school's requests, as `asked.py` writes it."""
    return _get(ASKED_KEY)


def remember_asked(text: str) -> None:
    """Remember what the hub was told of the school's requests."""
    _set(ASKED_KEY, text)
