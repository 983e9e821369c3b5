"""What hub and node say to each other: every document and body, defined once. See PROTOCOL.md.

    claim          node -> hub    a code, and the key that wants to be a node
    credential     hub -> node    that key is this node, of this school
    desired-state  hub -> node    what to follow and hold
    time           hub -> node    what time it is; with the node's nonce if it asked
    batch          node -> hub    sealed content, numbered and chained
    receipt        hub -> node    up to where the chain was taken
    answers        hub -> node    what became of a school's requests (school_requests.py)
    report         node -> hub    what the node says about itself (reports.py)

All of these are signed (signed_documents.py). Bodies of requests and answers are not: requests are
signed as a whole (request_signing.py), and what an answer says is signed inside it. The status list
is a target of TUF's.
"""

from collections.abc import Mapping
from typing import Annotated, Literal, TypeAlias

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from msgspec import Meta

from content_packs import enrolment_codes, messages
from content_packs.desired_state import DesiredState
from content_packs.errors import Untrusted
from content_packs.hub_keys import keyid_of
from content_packs.limits import (
    ANSWER_BYTES_MAX,
    CHECK_IN_BYTES_MAX,
    DOCUMENT_BYTES_MAX,
    GROUPS_MAX,
    STATUS_LIST_BYTES_MAX,
    STATUS_REVOKED_MAX,
)
from content_packs.messages import (
    Count,
    Hex32,
    Message,
    Moment,
    Name,
    Nonce,
    NonceOrEmpty,
    Number,
    ShortText,
)
from content_packs.reports import Report
from content_packs.school_requests import Answers
from content_packs.sealing import Sealed
from content_packs.signed_documents import (
    Envelope,
    envelope_of,
    open_signed,
    unverified_payload,
    verified_payload,
)

BatchKind: TypeAlias = Literal["reports", "records", "requests", "file"]
Code: TypeAlias = Annotated[
    str,
    Meta(
        max_length=enrolment_codes.CODE_CHARACTERS,
        pattern=f"^[{enrolment_codes.ALPHABET}]{{{enrolment_codes.CODE_CHARACTERS}}}$(?!\\n)",
    ),
]


class Claim(Message, frozen=True, kw_only=True):
    """`key` (the raw Ed25519 public key in hex) wants to be a node; signed by that key.

    `nonce` makes each claim of a node its own. `model` and `serial` are as read from the hardware,
    for people to compare; they prove nothing.
    """

    code: Code
    key: Hex32
    nonce: Nonce
    model: ShortText = ""
    serial: ShortText = ""
    software: ShortText = ""

    def __post_init__(self) -> None:
        """Raise `ValueError` where the code's check character is wrong."""
        super().__post_init__()
        if not enrolment_codes.is_code(self.code):
            raise ValueError("code: its check character is wrong")


class Credential(Message, frozen=True, kw_only=True):
    """The hub says: who holds `key` (raw Ed25519, in hex) is `node`.

    `serial` rises with each credential of a node: a node takes none with a lower one. `groups` are
    those that a desired state may be for.
    """

    node: Name
    school: Name
    district: Name
    key: Hex32
    serial: Number
    issued_at: Moment
    groups: Annotated[tuple[Name, ...], Meta(max_length=GROUPS_MAX)] = ()
    school_title: ShortText = ""

    @property
    def keyid(self) -> str:
        """The keyid of the node's key."""
        return keyid_of(bytes.fromhex(self.key))

    def public_key(self) -> Ed25519PublicKey:
        """Return what verifies the node's documents and requests."""
        return Ed25519PublicKey.from_public_bytes(bytes.fromhex(self.key))


class Time(Message, frozen=True, kw_only=True):
    """What time the hub says it is. `nonce`: the node's, empty where nobody asked (on a stick)."""

    time: Moment
    node: Name
    nonce: NonceOrEmpty = ""


class Receipt(Message, frozen=True, kw_only=True):
    """The hub has, durably, every batch up to `sequence` of the chain that the key `keyid` signs.

    `digest` is that of the batch document `sequence`. 0 and 64 zeros: none.
    """

    node: Name
    keyid: Hex32
    sequence: Count
    digest: Hex32
    issued_at: Moment

    def __post_init__(self) -> None:
        """Raise `ValueError` where sequence and digest disagree about whether there is a batch."""
        super().__post_init__()
        if (self.sequence == 0) != (self.digest == messages.DIGEST_OF_NOTHING):
            raise ValueError("digest: it is 64 zeros with the sequence 0, and with no other")


class BatchHeader(Message, frozen=True, kw_only=True):
    """A batch without its content: its canonical bytes are what the content is bound to.

    `sequence` is 1, 2, 3 ...; `previous` is the digest of the batch document before, 64 zeros for
    the first.
    """

    node: Name
    sequence: Number
    previous: Hex32
    kind: BatchKind

    def __post_init__(self) -> None:
        """Raise `ValueError` where sequence and previous disagree about whether it is the first."""
        super().__post_init__()
        if (self.sequence == 1) != (self.previous == messages.DIGEST_OF_NOTHING):
            raise ValueError("previous: it is 64 zeros in the batch 1, and in no other")


class Batch(BatchHeader, frozen=True, kw_only=True):
    """Sealed content on its way to the hub."""

    sealed: Sealed

    @property
    def header(self) -> BatchHeader:
        """The batch without its content."""
        return BatchHeader(
            node=self.node, sequence=self.sequence, previous=self.previous, kind=self.kind
        )


class Pending(Message, frozen=True, kw_only=True):
    """The hub's answer to a claim that a person has yet to confirm. `fingerprint`: what to compare.

    `ask_again` after so many seconds, with the same claim.
    """

    fingerprint: ShortText
    ask_again: Count = 60


class CheckInRequest(Message, frozen=True, kw_only=True):
    """A node reports, and says what it holds: numbers of documents, 0 for none."""

    nonce: Nonce
    credential: Count = 0
    desired_state: Count = 0
    status: Count = 0
    receipt: Count = 0
    answers: Count = 0
    report: Report | None = None


class CheckInAnswer(Message, frozen=True, kw_only=True):
    """The hub's answer: the time with the node's nonce, and what is newer than the node holds.

    `status` is the number of the status list in the repository.
    """

    time: Envelope
    credential: Envelope | None = None
    desired_state: Envelope | None = None
    receipt: Envelope | None = None
    answers: Envelope | None = None
    status: Count = 0


class StatusList(Message, frozen=True, kw_only=True):
    """Which nodes are revoked, since when. Signed by being a target of the TUF role `status`."""

    number: Count
    revoked: Annotated[dict[Name, Moment], Meta(max_length=STATUS_REVOKED_MAX)] = msgspec.field(
        default_factory=dict
    )

    def __post_init__(self) -> None:
        """Raise `ValueError` where a time has no one spelling."""
        super().__post_init__()
        for node, since in self.revoked.items():
            messages.check_moment(since, what=f"revoked: {node}")

    def revokes(self, credential: Credential) -> bool:
        """Say whether a credential counts no more: its node is revoked, and it isn't newer."""
        since = self.revoked.get(credential.node)
        return since is not None and credential.issued_at <= since


def open_claim(document: bytes) -> Claim:
    """Return the claim in a document that the key in it signed.

    Raises `Untrusted`, `InvalidContent`.
    """
    envelope = envelope_of(document, what="claim")
    said = messages.decode(
        unverified_payload(envelope, what="claim"),
        Claim,
        bytes_max=DOCUMENT_BYTES_MAX,
        what="claim",
    )
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(said.key))
    verified_payload(envelope, "claim", key)
    return said


def open_credential(
    document: bytes, service_keys: Mapping[str, Ed25519PublicKey], *, key: Ed25519PublicKey
) -> Credential:
    """Return the credential that the hub signed for the holder of `key`.

    Raises `Untrusted`, also where it is for another key; `InvalidContent`.
    """
    credential = open_signed(document, "credential", Credential, service_keys)
    if credential.key != key.public_bytes_raw().hex():
        raise Untrusted(
            f"credential: it is for the key {credential.keyid}, expected "
            f"{keyid_of(key.public_bytes_raw())}",
            hint="It is another node's: take the one for this box.",
        )
    return credential


def open_time(
    document: bytes, service_keys: Mapping[str, Ed25519PublicKey], *, node: str, nonce: str
) -> Time:
    """Return the time that the hub signed for `node` in answer to `nonce`; empty for any nonce.

    Raises `Untrusted`, also for another node's or another nonce; `InvalidContent`.
    """
    time = open_signed(document, "time", Time, service_keys)
    if time.node != node or (nonce and time.nonce != nonce):
        raise Untrusted(
            f"time: it answers {time.node} {time.nonce or '(no nonce)'}, expected {node} {nonce}"
        )
    return time


def open_desired_state(
    document: bytes, service_keys: Mapping[str, Ed25519PublicKey], *, credential: Credential
) -> DesiredState:
    """Return the desired state that the hub signed, for this node or a group of it.

    Whether it is newer than the one held, the caller knows. Raises `Untrusted`, also where it is
    for others; `InvalidContent`.
    """
    desired = open_signed(document, "desired-state", DesiredState, service_keys)
    if not desired.is_for(credential.node, credential.groups):
        raise Untrusted(
            f"desired-state: it is for {desired.node or 'the group ' + desired.group}, expected "
            f"{credential.node} or a group of it"
        )
    return desired


def open_receipt(
    document: bytes, service_keys: Mapping[str, Ed25519PublicKey], *, credential: Credential
) -> Receipt:
    """Return the receipt that the hub signed for the chain of this node's key.

    Raises `Untrusted`, also where it is for another chain; `InvalidContent`.
    """
    receipt = open_signed(document, "receipt", Receipt, service_keys)
    if (receipt.node, receipt.keyid) != (credential.node, credential.keyid):
        raise Untrusted(
            f"receipt: it is for {receipt.node} with the key {receipt.keyid}, expected "
            f"{credential.node} with the key {credential.keyid}"
        )
    return receipt


def open_answers(
    document: bytes, service_keys: Mapping[str, Ed25519PublicKey], *, node: str
) -> Answers:
    """Return what the hub answers to the requests of this node's school.

    Raises `Untrusted`, also where it is for another node; `InvalidContent`.
    """
    answers = open_signed(document, "answers", Answers, service_keys)
    if answers.node != node:
        raise Untrusted(f"answers: they are for {answers.node}, expected {node}")
    return answers


def status_list_bytes(status: StatusList) -> bytes:
    """Return the bytes of the target `status/nodes`. Raises `InvalidContent` past its bounds."""
    return messages.encode(status, bytes_max=STATUS_LIST_BYTES_MAX, what="status list")


def read_status_list(data: bytes) -> StatusList:
    """Return the status list in a verified target's bytes. Raises `InvalidContent`."""
    return messages.decode(data, StatusList, bytes_max=STATUS_LIST_BYTES_MAX, what="status list")


def check_in_request_bytes(request: CheckInRequest) -> bytes:
    """Return a check-in's body. Raises `InvalidContent` past its bounds."""
    return messages.encode(request, bytes_max=CHECK_IN_BYTES_MAX, what="check-in")


def read_check_in_request(body: bytes) -> CheckInRequest:
    """Return what a check-in's body says. Raises `InvalidContent`."""
    return messages.decode(body, CheckInRequest, bytes_max=CHECK_IN_BYTES_MAX, what="check-in")


def check_in_answer_bytes(answer: CheckInAnswer) -> bytes:
    """Return the body of the answer to a check-in. Raises `InvalidContent` past its bounds."""
    return messages.encode(answer, bytes_max=ANSWER_BYTES_MAX, what="answer to the check-in")


def read_check_in_answer(body: bytes) -> CheckInAnswer:
    """Return what the answer to a check-in says; nothing of it is verified.

    Raises `InvalidContent`.
    """
    return messages.decode(
        body, CheckInAnswer, bytes_max=ANSWER_BYTES_MAX, what="answer to the check-in"
    )


def pending_bytes(pending: Pending) -> bytes:
    """Return the body that answers a claim yet to be confirmed. Raises `InvalidContent`."""
    return messages.encode(pending, bytes_max=DOCUMENT_BYTES_MAX, what="answer to the claim")


def read_pending(body: bytes) -> Pending:
    """Return what the answer to a claim says that is yet to be confirmed.

    Raises `InvalidContent`.
    """
    return messages.decode(body, Pending, bytes_max=DOCUMENT_BYTES_MAX, what="answer to the claim")
