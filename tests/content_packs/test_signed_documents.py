"""A signed document is taken whole, from a key that may say it, or not at all."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from securesystemslib.dsse import Envelope as ReferenceEnvelope
from securesystemslib.signer import SSlibKey

from content_packs import signed_documents
from content_packs.canonical_json import encode as canonical
from content_packs.errors import InvalidContent, Untrusted
from content_packs.limits import DOCUMENT_BYTES_MAX
from content_packs.messages import Message, ShortText
from content_packs.protocol import Credential, Time
from content_packs.signed_documents import open_signed, public_keyid, sign, signer_of
from tests.support.protocol import (
    NODE_KEY,
    NOON,
    OTHER_KEY,
    SERVICE_KEY,
    a_credential,
    by_keyid,
    credentials,
    raw_hex,
)
from tests.support.strategies import json_values

TIME = Time(time=NOON, node="qamdo-7", nonce="0123456789abcdef" * 2)
KEYS = by_keyid(SERVICE_KEY)


def altered(document: bytes, **changes: object) -> bytes:
    return canonical(json.loads(document) | changes)


@given(credentials)
def test_what_the_hub_signs_is_what_the_node_reads(credential: Credential) -> None:
    document = sign("credential", credential, SERVICE_KEY)
    assert open_signed(document, "credential", Credential, KEYS) == credential
    assert signer_of(document) == public_keyid(SERVICE_KEY.public_key())


def test_the_same_message_signed_twice_is_the_same_bytes() -> None:
    assert sign("time", TIME, SERVICE_KEY) == sign("time", TIME, SERVICE_KEY)


def test_a_reader_of_dsse_that_is_not_ours_takes_it() -> None:
    document = json.loads(sign("time", TIME, SERVICE_KEY))
    keyid = document["signatures"][0]["keyid"]
    key = SSlibKey(keyid, "ed25519", "ed25519", {"public": raw_hex(SERVICE_KEY)})
    envelope = ReferenceEnvelope.from_dict(document)
    assert set(envelope.verify([key], 1)) == {keyid}
    assert envelope.payload_type == "application/vnd.satchel.time+json"
    assert json.loads(envelope.payload) == {
        "format": 1,
        "node": "qamdo-7",
        "nonce": "0123456789abcdef" * 2,
        "time": "2026-11-21T12:00:00Z",
    }


def test_another_keys_signature_is_refused_with_what_was_found_and_expected() -> None:
    document = sign("time", TIME, OTHER_KEY)
    with pytest.raises(Untrusted) as refusal:
        open_signed(document, "time", Time, KEYS)
    assert public_keyid(OTHER_KEY.public_key()) in refusal.value.message
    assert public_keyid(SERVICE_KEY.public_key()) in refusal.value.message


def test_another_key_under_the_right_keyid_is_refused() -> None:
    document = sign("time", TIME, SERVICE_KEY)
    keyid = public_keyid(SERVICE_KEY.public_key())
    with pytest.raises(Untrusted, match="isn't the keyid of its key"):
        open_signed(document, "time", Time, {keyid: OTHER_KEY.public_key()})
    stolen = json.loads(sign("time", TIME, OTHER_KEY))
    stolen["signatures"][0]["keyid"] = keyid
    with pytest.raises(Untrusted, match="doesn't hold"):
        open_signed(canonical(stolen), "time", Time, KEYS)


def test_a_document_of_one_kind_cannot_pass_for_another() -> None:
    document = sign("time", TIME, SERVICE_KEY)
    with pytest.raises(Untrusted, match=r"signed as .*satchel\.time.*expected .*receipt"):
        open_signed(document, "receipt", Time, KEYS)
    relabelled = altered(document, payloadType="application/vnd.satchel.receipt+json")
    with pytest.raises(Untrusted, match="doesn't hold"):
        open_signed(relabelled, "receipt", Time, KEYS)


def test_nothing_of_the_payload_is_looked_at_before_the_signature_holds() -> None:
    document = json.loads(sign("time", TIME, OTHER_KEY))
    document["payload"] = base64.b64encode(b"[" * 1_000).decode()
    document["signatures"][0]["keyid"] = public_keyid(SERVICE_KEY.public_key())
    with pytest.raises(Untrusted, match="doesn't hold"):
        open_signed(canonical(document), "time", Time, KEYS)


@given(st.data())
def test_no_byte_can_be_altered(data: st.DataObject) -> None:
    document = sign("time", TIME, SERVICE_KEY)
    at = data.draw(st.integers(0, len(document) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda value: value != document[at]))
    with pytest.raises((InvalidContent, Untrusted)):
        open_signed(document[:at] + bytes([byte]) + document[at + 1 :], "time", Time, KEYS)


@given(st.data())
def test_a_cut_document_is_refused(data: st.DataObject) -> None:
    document = sign("time", TIME, SERVICE_KEY)
    with pytest.raises(InvalidContent, match=r"^time: "):
        open_signed(document[: data.draw(st.integers(0, len(document) - 1))], "time", Time, KEYS)


@given(st.binary(max_size=100) | json_values.map(canonical))
def test_whatever_comes_is_refused_in_words(data: bytes) -> None:
    with pytest.raises(InvalidContent, match=r"^time: "):
        open_signed(data, "time", Time, KEYS)


ONE = {"keyid": "0" * 64, "sig": "A" * 86 + "=="}
HOSTILE_ENVELOPES: dict[str, dict[str, object]] = {
    "no signature": {"signatures": []},
    "two signatures": {"signatures": [ONE, ONE]},
    "a further field": {"more": 1},
    "a further field in the signature": {"signatures": [ONE | {"x": 1}]},
    "a keyid that is none": {"signatures": [ONE | {"keyid": "K"}]},
    "a payload that is no text": {"payload": 5},
    "a payload that is no base64": {"payload": "****"},
    "a payload of another alphabet": {"payload": "__-_"},
    "a payload without padding": {"payload": "AA"},
    "a payload with bits to spare": {"payload": "AB=="},
    "a type that never ends": {"payloadType": "a" * 1_000},
    "a signature that never ends": {"signatures": [ONE | {"sig": "A" * 1_000}]},
    "a signature that is too short": {"signatures": [ONE | {"sig": "AAAA"}]},
}


@pytest.mark.parametrize("name", HOSTILE_ENVELOPES)
def test_a_bent_envelope_is_refused(name: str) -> None:
    document = altered(sign("time", TIME, SERVICE_KEY), **HOSTILE_ENVELOPES[name])
    anyone = KEYS | {"0" * 64: SERVICE_KEY.public_key()}
    with pytest.raises((InvalidContent, Untrusted), match=r"^time: "):
        open_signed(document, "time", Time, anyone)


def test_a_signature_with_other_bytes_that_would_hold_in_the_field_is_refused() -> None:
    """S + L verifies where a library doesn't check S < L: a second spelling of one document."""
    order = 2**252 + 27742317777372353535851937790883648493
    document = json.loads(sign("time", TIME, SERVICE_KEY))
    sig = base64.b64decode(document["signatures"][0]["sig"])
    again = int.from_bytes(sig[32:], "little") + order
    document["signatures"][0]["sig"] = base64.b64encode(
        sig[:32] + again.to_bytes(32, "little")
    ).decode()
    with pytest.raises(Untrusted, match="doesn't hold"):
        open_signed(canonical(document), "time", Time, KEYS)


def test_what_is_signed_but_is_no_such_message_is_refused_by_its_field() -> None:
    document = sign("time", a_credential(), SERVICE_KEY)
    with pytest.raises(InvalidContent, match=r"time: .*`time`"):
        open_signed(document, "time", Time, KEYS)


def test_a_signed_document_can_stand_in_another_message_and_keeps_its_bytes() -> None:
    document = sign("time", TIME, SERVICE_KEY)
    assert signed_documents.envelope_of(document).document == document


class Long(Message, frozen=True, kw_only=True):
    """A message that can be longer than a document."""

    texts: tuple[ShortText, ...]


def test_what_is_too_long_is_neither_signed_nor_read() -> None:
    with pytest.raises(InvalidContent, match="more than the 262144 allowed"):
        sign("report", Long(texts=("x" * 100,) * 2_500), NODE_KEY)
    with pytest.raises(InvalidContent, match="more than the 262144 allowed"):
        sign("report", Long(texts=("x" * 100,) * 2_000), NODE_KEY)
    with pytest.raises(InvalidContent, match="more than the 262144 allowed"):
        open_signed(b'"' + b"x" * DOCUMENT_BYTES_MAX + b'"', "time", Time, KEYS)


def test_what_can_not_be_read_back_is_not_signed() -> None:
    with pytest.raises(InvalidContent, match=r"the time to sign: .*\$\.node"):
        sign("time", Time(time=NOON, node="No Name"), SERVICE_KEY)
