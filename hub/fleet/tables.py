"""The tables of the fleet in hub.db. Times are RFC 3339 in UTC; rows never leave the services."""

from typing import Any

from peewee import (
    AutoField,
    BooleanField,
    CompositeKey,
    IntegerField,
    JSONField,
    TextField,
)

from content_packs.messages import DIGEST_OF_NOTHING
from hub.models import Row


class SchoolRow(Row):
    """A school, and the district that it belongs to.

    `contact`: whom to call. `calendar`: by which it is open, empty for the default one. Its place
    in millionths of a degree, None where nobody said it.
    """

    school: Any = TextField(primary_key=True)
    district: Any = TextField()
    title: Any = TextField(default="")
    added_at: Any = TextField()
    township: Any = TextField(default="")
    contact: Any = TextField(default="")
    calendar: Any = TextField(default="")
    latitude_e6: Any = IntegerField(null=True)
    longitude_e6: Any = IntegerField(null=True)


class NodeRow(Row):
    """A node. `serial` is that of its newest credential, 0 before the first.

    `revoked_at` is empty unless it is; it stays when the node is enrolled anew, for the status
    list. `alarm` says that a person has to look, and why.
    """

    node: Any = TextField(primary_key=True)
    school: Any = TextField()
    groups: Any = JSONField(default=list)
    serial: Any = IntegerField(default=0)
    added_at: Any = TextField()
    revoked_at: Any = TextField(default="")
    alarm: Any = TextField(default="")
    alarm_at: Any = TextField(default="")


class NodeKeyRow(Row):
    """A key that claimed to be a node, by `keyid`; `public` its raw bytes in hex.

    `state` is `pending`, `valid`, `revoked` or `refused`; one key of a node is valid at a time.
    `code` is the hash of the code that it came with, `credential` the document once there is one.
    `sequence` is the last that was taken of its requests, `requests` the newest ones as
    `[sequence, digest of the signature]`; `chain_...` is how far its batches go. `number`: in the
    order in which keys came.
    """

    keyid: Any = TextField(primary_key=True)
    node: Any = TextField()
    public: Any = TextField()
    state: Any = TextField()
    code: Any = TextField()
    nonce: Any = TextField()
    model: Any = TextField()
    serial_number: Any = TextField()
    software: Any = TextField()
    origin: Any = TextField()
    claimed_at: Any = TextField()
    decided_at: Any = TextField(default="")
    credential: Any = TextField(default="")
    sequence: Any = IntegerField(default=0)
    requests: Any = JSONField(default=list)
    chain_sequence: Any = IntegerField(default=0)
    chain_digest: Any = TextField(default=DIGEST_OF_NOTHING)
    number: Any = IntegerField(default=0)


class CodeRow(Row):
    """An enrolment code, as a keyed hash. `node`: which one it is to replace, empty for a new one.

    `used_at` is empty until `keyid` claimed it.
    """

    hash: Any = TextField(primary_key=True)
    school: Any = TextField()
    node: Any = TextField(default="")
    made_at: Any = TextField()
    expires_at: Any = TextField()
    used_at: Any = TextField(default="")
    keyid: Any = TextField(default="")


class ApprovalRow(Row):
    """A fingerprint or serial number that is welcome before it came; `keyid` once it did."""

    mark: Any = TextField(primary_key=True)
    added_at: Any = TextField()
    keyid: Any = TextField(default="")


class DesiredRow(Row):
    """A desired state, signed, for a node or a group."""

    number: Any = IntegerField(primary_key=True)
    node: Any = TextField(default="")
    group: Any = TextField(default="")
    document: Any = TextField()
    issued_at: Any = TextField()


class ReportRow(Row):
    """A report: `at` by the node's time, `by` what brought it, `report` in canonical JSON."""

    id: Any = AutoField()
    node: Any = TextField()
    at: Any = TextField()
    taken_at: Any = TextField()
    by: Any = TextField()
    report: Any = TextField()


class BatchRow(Row):
    """A batch that was taken. `document` is kept until its content is; `trouble`: why it isn't."""

    keyid: Any = TextField()
    sequence: Any = IntegerField()
    digest: Any = TextField()
    kind: Any = TextField()
    taken_at: Any = TextField()
    document: Any = TextField(default="")
    trouble: Any = TextField(default="")

    class Meta:
        """Its key."""

        primary_key = CompositeKey("keyid", "sequence")


class AuditRow(Row):
    """Something that matters for who may do what. `refusal`: somebody tried and was turned away.

    `actor`: which person did it, empty for a node and for the hub itself. The rest: `hub.audit`.
    """

    id: Any = AutoField()
    at: Any = TextField()
    refusal: Any = BooleanField(default=False)
    event: Any = TextField()
    node: Any = TextField(default="")
    keyid: Any = TextField(default="")
    origin: Any = TextField(default="")
    reason: Any = TextField(default="")
    actor: Any = TextField(default="")
    number: Any = IntegerField(default=0)
    previous: Any = TextField(default="")
    digest: Any = TextField(default="")
