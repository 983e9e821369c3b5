"""Tickets: addresses under which the files of one version are shown, for some hours.

What a page of a pack asks for (its pictures, an app's own scripts) comes from an opaque origin: no
cookie goes with it, and none may, since packs are hostile. So the address itself says that somebody
who may see the version asked: pack, version and an end, under a MAC whose key no one is ever told.
It opens nothing but the files of that version, which are no secret.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from datetime import UTC, datetime

from content_packs.errors import InvalidContent, Missing
from content_packs.names import check_name
from hub.hub import Hub
from hub.packs.limits import PREVIEW_LIFETIME, PREVIEW_SECRET_BYTES, TICKET_CHARACTERS_MAX
from hub.packs.tables import PublishingSecretRow

_PREVIEW = "preview"
_MAC_BYTES = 16


def ticket(hub: Hub, pack: str, version: int) -> str:
    """Return a ticket for a version. Raises `StorageFailed`."""
    until = int((hub.clock() + PREVIEW_LIFETIME).timestamp()) // 3600 * 3600  # cached for an hour
    said = f"{pack}.{version}.{until}"
    return f"{said}.{_mac(hub, said)}"


def expect(hub: Hub, text: str) -> tuple[str, int]:
    """Return the pack and version that a ticket is for.

    Raises `Missing` for one that isn't good any more, or never was.
    """
    said, _, mac = text.rpartition(".")
    parts = said.split(".")
    is_ours = len(text) <= TICKET_CHARACTERS_MAX and text.isascii() and len(parts) == 3
    if not is_ours or not hmac.compare_digest(mac, _mac(hub, said)):
        raise Missing("this address shows nothing", hint="Open the lesson once more.")
    pack, version, until = parts
    if hub.clock() > datetime.fromtimestamp(int(until), UTC):
        raise Missing("this address shows nothing any more", hint="Open the lesson once more.")
    try:
        return check_name(pack, what="pack"), int(version)
    except InvalidContent as error:
        raise Missing("this address shows nothing") from error


def _mac(hub: Hub, said: str) -> str:
    found = hmac.digest(_secret(hub), said.encode(), hashlib.sha256)[:_MAC_BYTES]
    return base64.urlsafe_b64encode(found).decode().rstrip("=")


def _secret(hub: Hub) -> bytes:
    with hub.database.transaction():
        row = PublishingSecretRow.get_or_none(PublishingSecretRow.name == _PREVIEW)
    if row is None:
        made = base64.b64encode(secrets.token_bytes(PREVIEW_SECRET_BYTES)).decode()
        with hub.database.writing():
            PublishingSecretRow.insert(name=_PREVIEW, secret=made).on_conflict_ignore().execute()
            row = PublishingSecretRow.get(PublishingSecretRow.name == _PREVIEW)
    try:
        return base64.b64decode(row.secret, validate=True)
    except binascii.Error as error:
        raise Missing("this address shows nothing") from error
