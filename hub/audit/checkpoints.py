"""Checkpoints: where both chains of the audit log are, signed by the hub's service key each day.

Who can write to the database alone can make the chain anew, or cut off its end; not these, made
with a key that the passphrase opens. One that an auditor keeps elsewhere proves the log against the
hub's own keeper, too.
"""

from datetime import UTC, datetime, timedelta

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from peewee import fn

from content_packs import canonical_json
from content_packs.errors import InvalidContent, Missing
from content_packs.messages import DIGEST_OF_NOTHING
from hub.audit.chain import CHAINS
from hub.audit.tables import AuditCheckpointRow, AuditHeadRow
from hub.clock import in_words
from hub.hub import Hub
from hub.keys import SERVICE
from hub.people.actor import Actor
from hub.people.rights import Right

DOCUMENT_BYTES_MAX = 4096
KEPT_MAX = 3_660  # ten years of days
LOOK_SECONDS = 3600  # whether one is due
_EVERY = timedelta(days=1)
_LABEL = b"satchel audit checkpoint 1\0"


class Place(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A line: its number in its chain, and its digest."""

    number: int
    digest: str


class Checkpoint(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The last line of each chain at a time, RFC 3339 in UTC; `key`: what signed, raw in hex."""

    at: str
    deeds: Place
    refusals: Place
    key: str
    signature: str = ""


def make(hub: Hub) -> Checkpoint:
    """Sign where the chains are now, and keep it. Raises `KeyAbsent`, `KeyLocked`."""
    key = hub.keys.signing_key(SERVICE)
    with hub.database.writing():
        now = hub.clock()
        heads = {row.chain: Place(row.number, row.digest) for row in AuditHeadRow.select()}
        deeds, refusals = (heads.get(chain, Place(0, DIGEST_OF_NOTHING)) for chain in CHAINS)
        made = signed(in_words(now), deeds, refusals, key)
        number = int(now.timestamp())
        AuditCheckpointRow.delete().where(AuditCheckpointRow.number == number).execute()
        document = msgspec.json.encode(made).decode()
        AuditCheckpointRow.insert(number=number, document=document).execute()
        last = AuditCheckpointRow.select().order_by(AuditCheckpointRow.number.desc())
        for row in last.offset(KEPT_MAX).limit(1):
            AuditCheckpointRow.delete().where(AuditCheckpointRow.number <= row.number).execute()
    return made


def make_if_due(hub: Hub) -> None:
    """Make one where the newest is a day old. Raises as `make`."""
    last = newest_at(hub)
    if last is None or hub.clock() - last >= _EVERY:
        make(hub)


def newest_at(hub: Hub) -> datetime | None:
    """Return when the newest was made, None where there is none. Raises `StorageFailed`."""
    with hub.database.transaction():
        number = AuditCheckpointRow.select(fn.MAX(AuditCheckpointRow.number)).scalar()
    return None if number is None else datetime.fromtimestamp(number, tz=UTC)


def checkpoints(hub: Hub) -> list[Checkpoint]:
    """Return all that are kept, the oldest first. Raises `InvalidContent` for one that is none."""
    with hub.database.transaction():
        rows = AuditCheckpointRow.select().order_by(AuditCheckpointRow.number)
        return [read(row.document.encode()) for row in rows]


def newest(hub: Hub, actor: Actor) -> Checkpoint:
    """Return the newest, to be kept elsewhere. Raises `Refused`, `Missing`, `StorageFailed`."""
    actor.expect(Right.SEE_AUDIT)
    found = checkpoints(hub)
    if not found:
        raise Missing("there is no checkpoint yet", hint="hub serve makes one each day.")
    return found[-1]


def read(document: bytes) -> Checkpoint:
    """Return the checkpoint in a document, unverified. Raises `InvalidContent`."""
    if len(document) > DOCUMENT_BYTES_MAX:
        raise InvalidContent(f"audit checkpoint: more than {DOCUMENT_BYTES_MAX} bytes")
    try:
        found = msgspec.json.decode(document, type=Checkpoint)
        datetime.fromisoformat(found.at)
    except (msgspec.MsgspecError, ValueError) as error:
        raise InvalidContent(f"audit checkpoint: {str(error)[:200]}") from error
    return found


def signed(at: str, deeds: Place, refusals: Place, key: Ed25519PrivateKey) -> Checkpoint:
    """Return a checkpoint with its signature."""
    bare = Checkpoint(at, deeds, refusals, key.public_key().public_bytes_raw().hex())
    signature = key.sign(_to_sign(bare)).hex()
    return msgspec.structs.replace(bare, signature=signature)


def holds(checkpoint: Checkpoint) -> bool:
    """Say whether the key that a checkpoint names signed it."""
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(checkpoint.key))
        key.verify(bytes.fromhex(checkpoint.signature), _to_sign(checkpoint))
    except (ValueError, InvalidSignature):
        return False
    return True


def _to_sign(checkpoint: Checkpoint) -> bytes:
    bare = msgspec.to_builtins(msgspec.structs.replace(checkpoint, signature=""))
    return _LABEL + canonical_json.encode(bare)
