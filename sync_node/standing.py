"""What this node is to its hub: enrolled or not, heard or not, told what, revoked. Asks nobody."""

from dataclasses import asdict, dataclass, replace
from typing import Any

import msgspec

from content_packs.desired_state import DesiredState
from content_packs.errors import SatchelError
from content_packs.reports import RecordsWaiting
from sync_node import desired, desired_sayings, enrolment, identity, records_waiting
from sync_node.data_dir import DataDir
from sync_node.enrolment import State
from sync_node.held_documents import HeldDocuments
from sync_node.last_check_in import LastCheckIn, last_check_in
from sync_node.outbox import Outbox
from sync_node.revocations import Revocations
from sync_node.trusted_time import in_words as in_utc


@dataclass(frozen=True)
class Standing:
    """All of it. Texts are empty and numbers 0 for none.

    `last_check_in`: RFC 3339. `refused`: how often the hub refused to listen since. `desired`: what
    the hub wants of this node. `records_waiting`: records of pupils that the hub hasn't, the oldest
    stored at `records_waiting_since`. `trouble`: what is wrong with any of this,
    `advice`: what to do about it at a console.
    """

    enrolment: State = "none"
    fingerprint: str = ""
    node: str = ""
    school: str = ""
    school_title: str = ""
    district: str = ""
    revoked: bool = False
    last_check_in: str = ""
    refused: int = 0
    desired_state: int = 0
    desired: DesiredState | None = None
    batches_waiting: int = 0
    records_waiting: int = 0
    records_waiting_since: str = ""
    trouble: str = ""
    advice: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return it as an object; what the hub wants as PROTOCOL.md has it."""
        return asdict(self) | {"desired": msgspec.to_builtins(self.desired)}


def standing(data_dir: DataDir, last: LastCheckIn | None = None) -> Standing:
    """Return what this node is to its hub. Raises `StorageFailed`.

    `last`: how the last check-in went; None: as node.db says, which is open then.
    """
    last = last or last_check_in()
    documents = HeldDocuments(data_dir)
    wanted = documents.desired_state()
    found = Standing(
        last_check_in=last.at,
        refused=last.refused,
        revoked=Revocations(data_dir).own() is not None,
        desired_state=wanted.number if wanted else 0,
        desired=wanted,
        trouble=desired.zone_trouble(wanted),
    )
    return _with_identity(found, data_dir, documents)


def in_words(found: Standing) -> list[str]:
    """Return it as lines for people; nothing for a box that nobody began to enrol."""
    lines = []
    if found.node:
        title = f" ({found.school_title})" if found.school_title else ""
        lines.append(f"node: {found.node} of {found.school}{title}, district {found.district}")
    if found.enrolment == "claimed":
        lines.append(
            f"enrolment: the claim waits for the hub, or a person there, to confirm it; "
            f"fingerprint of this box: {found.fingerprint}"
        )
    if found.enrolment == "refused":
        lines.append("enrolment: the hub refused the code; with another one: sync-node enrol CODE")
    if found.revoked:
        lines.append("REVOKED by the hub: what is here is served on, nothing more is fetched")
    if found.node:
        lines.append(f"last check-in: {found.last_check_in or 'never'}")
    if found.refused:
        lines.append(
            f"the hub refused the last {found.refused} check-ins: revoked, or a copied card"
        )
    lines += desired_sayings.lines_of(found.desired)
    if found.batches_waiting:
        lines.append(f"{found.batches_waiting} batches wait for the hub")
    if found.records_waiting:
        lines.append(
            f"{found.records_waiting} records of pupils wait for the hub, "
            f"since {found.records_waiting_since}: they would be lost with the card"
        )
    if found.trouble:
        lines.append(f"{found.trouble}. {found.advice}" if found.advice else found.trouble)
    return lines


def _with_identity(found: Standing, data_dir: DataDir, documents: HeldDocuments) -> Standing:
    try:
        how_far = enrolment.state_of(data_dir)
        who = identity.current(data_dir)
    except SatchelError as error:
        return replace(found, trouble=error.message, advice=error.hint)
    changes: dict[str, Any] = {
        "enrolment": how_far.state,
        "fingerprint": how_far.fingerprint,
    }
    if who and who.credential:
        credential = who.credential
        receipt = documents.receipt(who)
        records = records_waiting.waiting(data_dir, who, receipt) or RecordsWaiting()
        changes |= {
            "node": credential.node,
            "school": credential.school,
            "school_title": credential.school_title,
            "district": credential.district,
            "batches_waiting": len(Outbox(data_dir, who).waiting(receipt)),
            "records_waiting": records.count,
            "records_waiting_since": in_utc(records.oldest_at) if records.oldest_at else "",
        }
    return replace(found, **changes)
