"""Whether the audit log is what was written: each line against the one before, and checkpoints.

What is found, is found in words; nothing is mended. Old lines go by themselves (`hub.fleet.audit`),
so a chain may begin with any number, and goes on from there without a gap.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from peewee import fn

from content_packs.errors import InvalidContent, SatchelError
from content_packs.hub_keys import keyid_of
from content_packs.messages import DIGEST_OF_NOTHING
from hub.audit import checkpoints
from hub.audit.chain import CHAINS, Chain, Line, digest_of
from hub.audit.checkpoints import Checkpoint, Place
from hub.audit.tables import AuditCheckpointRow, AuditHeadRow
from hub.database import Database
from hub.edition import read_edition
from hub.fleet.tables import AuditRow
from hub.hub import Hub
from hub.keys import SERVICE
from hub.models import KeyRow
from hub.people.actor import Actor
from hub.people.rights import Right

TROUBLES_SHOWN = 20
_LINES_TOGETHER = 2_000


@dataclass(frozen=True)
class ChainFound:
    """A chain: which numbers are there, and how many lines stand outside, written before it was."""

    chain: Chain
    first: int
    last: int
    before: int


@dataclass(frozen=True)
class Checked:
    """What was found. `checkpoint`: the time of the newest that holds, empty for none."""

    chains: tuple[ChainFound, ...]
    checkpoints: int
    checkpoint: str
    troubles: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether the log is what was written."""
        return not self.troubles


def check(hub: Hub, actor: Actor, kept_elsewhere: Sequence[Checkpoint] = ()) -> Checked:
    """Look at every line and every checkpoint; `kept_elsewhere`: an auditor's own.

    Raises `Refused`, `StorageFailed`, `Damaged`.
    """
    actor.expect(Right.SEE_AUDIT)
    return _checked(hub.database, hub.data.metadata, kept_elsewhere)


def check_copy(database: Database, metadata: Path) -> Checked:
    """Look at the log in a copy of a hub's database, beside a copy of its signed metadata.

    Raises `StorageFailed`, `Damaged`.
    """
    with database.bound(AuditRow, AuditHeadRow, AuditCheckpointRow, KeyRow):
        return _checked(database, metadata, ())


def _checked(database: Database, metadata: Path, kept_elsewhere: Sequence[Checkpoint]) -> Checked:
    now, earlier = _service_keys(database, metadata)
    troubles: list[str] = []
    newest = ""
    with database.transaction():
        chains = tuple(_chain(chain, troubles) for chain in CHAINS)
        rows = list(AuditCheckpointRow.select().order_by(AuditCheckpointRow.number))
        mine = [one for row in rows if (one := _read(row.document, troubles))]
        for checkpoint in (*mine, *kept_elsewhere):
            by = _signer(checkpoint)
            if by not in now | earlier:
                troubles.append(
                    f"the checkpoint of {checkpoint.at} isn't signed by a service key of this hub"
                )
            elif _agrees(checkpoint, chains, troubles) and by in now:
                newest = max(newest, checkpoint.at)
    return Checked(chains, len(mine), newest, tuple(troubles[:TROUBLES_SHOWN]))


def _service_keys(database: Database, metadata: Path) -> tuple[set[str], set[str]]:
    """Return the keyids of the service key, by signed metadata, and of those that were it before.

    The latter stand in the database alone, so they prove nothing against who can write to it.
    """
    with database.transaction():
        earlier = {row.keyid for row in KeyRow.select().where(KeyRow.role == SERVICE)}
    return set(read_edition(metadata).hub_keys.service), earlier


def _signer(checkpoint: Checkpoint) -> str:
    """Return the keyid of what signed a checkpoint, empty where its signature doesn't hold."""
    return keyid_of(bytes.fromhex(checkpoint.key)) if checkpoints.holds(checkpoint) else ""


def _chain(chain: Chain, troubles: list[str]) -> ChainFound:
    head = AuditHeadRow.get_or_none(AuditHeadRow.chain == chain)
    number, digest, before = (head.number, head.digest, head.before) if head else (0, "", 0)
    of_chain = AuditRow.refusal == (chain == "refusals")
    outside = of_chain & (AuditRow.number == 0)
    slipped_in = AuditRow.select().where(outside & (AuditRow.id > before)).count() if head else 0
    if slipped_in:
        troubles.append(f"{chain}: {slipped_in} lines were added outside of the chain")
    first, last, last_digest = 0, 0, DIGEST_OF_NOTHING
    for line, kept in _rows(chain):
        first = first or line.number
        expected = last + 1 if last else line.number
        if line.number < expected:
            troubles.append(f"{chain}: line {line.number} is there twice")
        elif line.number != expected:
            troubles.append(f"{chain}: the lines {expected} to {line.number - 1} are missing")
        elif (last or line.number == 1) and line.previous != last_digest:
            troubles.append(f"{chain}: line {line.number} doesn't follow on the one before it")
        if kept != _digest(chain, line):
            troubles.append(f"{chain}: line {line.number} isn't as it was written")
        last, last_digest = line.number, kept
    if head and (number, digest) != (last, last_digest):
        troubles.append(f"{chain}: the last line is {last}, and {number} were written")
    if not head and last:
        troubles.append(f"{chain}: where it ends isn't known any more")
    return ChainFound(chain, first, last, AuditRow.select().where(outside).count())


def _rows(chain: Chain) -> Iterator[tuple[Line, str]]:
    """Yield the lines of a chain in order, and the digest that each has.

    Some at a time, and no objects of peewee's: 100,000 needn't be in memory, nor take a minute.
    """
    last = 0
    fields = [getattr(AuditRow, name) for name in Line.__dataclass_fields__]
    of_chain = (AuditRow.refusal == (chain == "refusals")) & (AuditRow.number > 0)
    while True:
        query: Any = AuditRow.select(*fields, AuditRow.digest).where(
            of_chain & (AuditRow.number > last)
        )
        found = list(query.order_by(AuditRow.number, AuditRow.id).limit(_LINES_TOGETHER).tuples())
        if not found:
            return
        for *values, digest in found:
            yield Line(*values), digest
        last = found[-1][0]


def _digest(chain: Chain, line: Line) -> str:
    try:
        return digest_of(chain, line)
    except InvalidContent:
        return ""


def _read(document: str, troubles: list[str]) -> Checkpoint | None:
    try:
        return checkpoints.read(document.encode())
    except SatchelError as error:
        troubles.append(error.message)
        return None


def _agrees(checkpoint: Checkpoint, chains: Sequence[ChainFound], troubles: list[str]) -> bool:
    agreed = True
    for found, place in zip(chains, (checkpoint.deeds, checkpoint.refusals), strict=True):
        if place.number < max(found.first, 1):
            continue  # it went with the oldest lines
        if not _stands(found.chain, place):
            agreed = False
            troubles.append(
                f"{found.chain}: line {place.number} isn't the one that was signed {checkpoint.at}"
            )
    return agreed


def _stands(chain: Chain, place: Place) -> bool:
    same = (
        (AuditRow.refusal == (chain == "refusals"))
        & (AuditRow.number == place.number)
        & (AuditRow.digest == place.digest)
    )
    return bool(AuditRow.select(fn.COUNT(AuditRow.id)).where(same).scalar())
