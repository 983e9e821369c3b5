"""A node takes from the hub what is meant for it, and the hub from a node what is the node's."""

from datetime import timedelta

import pytest
from hypothesis import given
from msgspec.structs import replace

from content_packs import protocol
from content_packs.canonical_json import encode as canonical
from content_packs.desired_state import DesiredState
from content_packs.enrolment_codes import generate
from content_packs.errors import InvalidContent, Untrusted
from content_packs.limits import DOCUMENT_BYTES_MAX, STATUS_LIST_BYTES_MAX
from content_packs.messages import to_base64
from content_packs.protocol import (
    CheckInAnswer,
    CheckInRequest,
    Claim,
    Pending,
    Receipt,
    StatusList,
    Time,
)
from content_packs.signed_documents import envelope_of, public_keyid, sign
from tests.support.protocol import (
    NODE_KEY,
    NOON,
    OTHER_KEY,
    SERVICE_KEY,
    a_credential,
    a_report,
    by_keyid,
    claims,
    raw_hex,
    status_lists,
)
from tests.support.strategies import json_values

KEYS = by_keyid(SERVICE_KEY)
CREDENTIAL = a_credential()
NONCE = "0123456789abcdef" * 2
CLAIM = Claim(code=generate(b"satchel"), key=raw_hex(NODE_KEY), nonce=NONCE, model="Pi 4")


@given(claims)
def test_a_claim_is_taken_from_the_key_that_it_names(claim: Claim) -> None:
    assert protocol.open_claim(sign("claim", claim, NODE_KEY)) == claim


def test_a_claim_for_another_ones_key_is_refused() -> None:
    """Else who reads a code could bind it to a key that isn't his."""
    with pytest.raises(Untrusted, match="isn't the keyid of its key"):
        protocol.open_claim(sign("claim", CLAIM, OTHER_KEY))


def test_a_claim_whose_code_was_put_in_by_another_is_refused() -> None:
    document = sign("claim", CLAIM, NODE_KEY)
    other = sign("claim", replace(CLAIM, code=generate(b"another")), NODE_KEY)
    mixed = replace(envelope_of(document), payload=envelope_of(other).payload).document
    with pytest.raises(Untrusted, match="doesn't hold"):
        protocol.open_claim(mixed)


@pytest.mark.parametrize(
    ("fields", "part"),
    [
        ({"code": "00000000001"}, "check character"),
        ({"code": "7K3M-Q8T-X2YA"}, "$.code"),
        ({"code": "0000000000"}, "$.code"),
        ({"code": "0000000000U"}, "$.code"),
        ({"key": "ab"}, "$.key"),
        ({"key": raw_hex(NODE_KEY).upper()}, "$.key"),
        ({"nonce": ""}, "$.nonce"),
        ({"model": "x" * 121}, "$.model"),
        ({"serial": "a\u0000"}, "$.serial"),
        ({"software": 1}, "$.software"),
    ],
)
def test_a_bent_claim_is_refused_by_its_field(fields: dict[str, object], part: str) -> None:
    value = {"code": CLAIM.code, "format": 1, "key": CLAIM.key, "nonce": NONCE} | fields
    envelope = replace(
        envelope_of(sign("claim", CLAIM, NODE_KEY)),
        payload=to_base64(canonical(value)),
    )
    with pytest.raises(InvalidContent) as refusal:
        protocol.open_claim(envelope.document)
    assert part in refusal.value.message


@given(json_values)
def test_whatever_is_claimed_is_refused_in_words(value: object) -> None:
    with pytest.raises(InvalidContent, match=r"^claim: "):
        protocol.open_claim(canonical(value))


def test_a_credential_is_taken_for_our_own_key_alone() -> None:
    document = sign("credential", CREDENTIAL, SERVICE_KEY)
    found = protocol.open_credential(document, KEYS, key=NODE_KEY.public_key())
    assert found == CREDENTIAL
    assert found.keyid == public_keyid(found.public_key()) == public_keyid(NODE_KEY.public_key())
    with pytest.raises(Untrusted, match="it is for the key"):
        protocol.open_credential(document, KEYS, key=OTHER_KEY.public_key())
    with pytest.raises(Untrusted, match="signed by the key"):
        protocol.open_credential(
            sign("credential", CREDENTIAL, NODE_KEY), KEYS, key=NODE_KEY.public_key()
        )


def test_a_time_answers_this_node_and_this_question() -> None:
    document = sign("time", Time(time=NOON, node="qamdo-7", nonce=NONCE), SERVICE_KEY)
    assert protocol.open_time(document, KEYS, node="qamdo-7", nonce=NONCE).time == NOON
    assert protocol.open_time(document, KEYS, node="qamdo-7", nonce="").time == NOON
    with pytest.raises(Untrusted, match="it answers qamdo-7"):
        protocol.open_time(document, KEYS, node="qamdo-7", nonce="f" * 32)
    with pytest.raises(Untrusted, match="expected qamdo-8"):
        protocol.open_time(document, KEYS, node="qamdo-8", nonce=NONCE)
    unasked = sign("time", Time(time=NOON, node="qamdo-7"), SERVICE_KEY)
    with pytest.raises(Untrusted, match="no nonce"):
        protocol.open_time(unasked, KEYS, node="qamdo-7", nonce=NONCE)


def test_a_desired_state_is_taken_by_its_node_and_its_groups_alone() -> None:
    for desired in (
        DesiredState(number=1, issued_at=NOON, node="qamdo-7"),
        DesiredState(number=2, issued_at=NOON, group="pilot"),
    ):
        document = sign("desired-state", desired, SERVICE_KEY)
        assert protocol.open_desired_state(document, KEYS, credential=CREDENTIAL) == desired
        other = replace(CREDENTIAL, node="qamdo-8", groups=())
        with pytest.raises(Untrusted, match="expected qamdo-8 or a group of it"):
            protocol.open_desired_state(document, KEYS, credential=other)


def test_a_receipt_is_taken_for_our_own_chain_alone() -> None:
    receipt = Receipt(
        node="qamdo-7", keyid=CREDENTIAL.keyid, sequence=3, digest="a" * 64, issued_at=NOON
    )
    document = sign("receipt", receipt, SERVICE_KEY)
    assert protocol.open_receipt(document, KEYS, credential=CREDENTIAL) == receipt
    replaced = replace(CREDENTIAL, key=raw_hex(OTHER_KEY), serial=2)
    with pytest.raises(Untrusted, match="it is for qamdo-7 with the key"):
        protocol.open_receipt(document, KEYS, credential=replaced)


@pytest.mark.parametrize(("sequence", "digest"), [(0, "a" * 64), (1, "0" * 64)])
def test_a_receipt_is_for_something_or_nothing(sequence: int, digest: str) -> None:
    with pytest.raises(ValueError, match="digest: "):
        Receipt(node="n", keyid="0" * 64, sequence=sequence, digest=digest, issued_at=NOON)


@given(status_lists)
def test_the_status_list_is_read_as_written(status: StatusList) -> None:
    assert protocol.read_status_list(protocol.status_list_bytes(status)) == status


def test_a_revoked_node_is_out_until_it_has_a_newer_credential() -> None:
    status = StatusList(number=4, revoked={"qamdo-7": NOON})
    assert status.revokes(CREDENTIAL)
    assert status.revokes(replace(CREDENTIAL, issued_at=NOON - timedelta(days=1)))
    assert not status.revokes(replace(CREDENTIAL, issued_at=NOON + timedelta(seconds=1)))
    assert not status.revokes(replace(CREDENTIAL, node="qamdo-8"))


def test_ten_thousand_stolen_nodes_fit_and_more_are_refused() -> None:
    stolen = {f"{number:064}": NOON for number in range(10_000)}
    data = protocol.status_list_bytes(StatusList(number=1, revoked=stolen))
    assert len(data) <= STATUS_LIST_BYTES_MAX
    with pytest.raises(InvalidContent, match="revoked"):
        protocol.status_list_bytes(StatusList(number=1, revoked=stolen | {"one-more": NOON}))


def test_a_status_list_with_a_bent_entry_is_refused() -> None:
    for revoked in ({"No Name": "2026-11-21T12:00:00Z"}, {"n": "2026-11-21T12:00:00+08:00"}):
        data = canonical({"format": 1, "number": 1, "revoked": revoked})
        with pytest.raises(InvalidContent, match=r"^status list: .*revoked"):
            protocol.read_status_list(data)


def test_a_check_in_and_its_answer() -> None:
    asked = CheckInRequest(nonce=NONCE, desired_state=3, status=1, report=a_report())
    assert protocol.read_check_in_request(protocol.check_in_request_bytes(asked)) == asked
    time = sign("time", Time(time=NOON, node="qamdo-7", nonce=NONCE), SERVICE_KEY)
    credential = sign("credential", CREDENTIAL, SERVICE_KEY)
    answer = CheckInAnswer(time=envelope_of(time), credential=envelope_of(credential), status=1)
    found = protocol.read_check_in_answer(protocol.check_in_answer_bytes(answer))
    assert found == answer
    assert found.time.document == time
    assert found.credential is not None
    assert found.credential.document == credential


def test_an_answer_with_four_documents_of_the_largest_size_fits() -> None:
    time = envelope_of(sign("time", Time(time=NOON, node="qamdo-7", nonce=NONCE), SERVICE_KEY))
    room = DOCUMENT_BYTES_MAX - len(time.document) + len(time.payload)
    large = replace(time, payload="A" * room)
    assert len(large.document) == DOCUMENT_BYTES_MAX
    answer = CheckInAnswer(time=time, credential=large, desired_state=large, receipt=large)
    assert protocol.read_check_in_answer(protocol.check_in_answer_bytes(answer)) == answer


@given(json_values)
def test_whatever_is_asked_or_answered_is_refused_in_words(value: object) -> None:
    data = canonical(value)
    with pytest.raises(InvalidContent, match=r"^check-in: "):
        protocol.read_check_in_request(data)
    with pytest.raises(InvalidContent, match=r"^answer to the check-in: "):
        protocol.read_check_in_answer(data)
    with pytest.raises(InvalidContent, match=r"^answer to the claim: "):
        protocol.read_pending(data)
    with pytest.raises(InvalidContent, match=r"^status list: "):
        protocol.read_status_list(data)


def test_a_claim_that_waits_for_a_person_says_what_to_compare() -> None:
    pending = Pending(fingerprint="0000-1111-2222-3333")
    assert protocol.read_pending(protocol.pending_bytes(pending)) == pending
