"""A request counts from the node that signed it, as it signed it."""

import json
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from content_packs import request_signing, structured_fields
from content_packs.errors import InvalidContent, Untrusted
from content_packs.limits import INTEGER_MAX
from content_packs.request_signing import COVERED, Request, Verified, sign, verify
from content_packs.signed_documents import public_keyid
from content_packs.structured_fields import InnerList, Item, Token
from tests.support.protocol import NODE_KEY, OTHER_KEY

REQUEST = Request(
    "POST", "https", "hub.example:8443", "/api/v1/check-ins", "a=1&b=%20", b'{"nonce":"x"}'
)
KEYID = public_keyid(NODE_KEY.public_key())


def key_of(keyid: str) -> Ed25519PublicKey | None:
    return {KEYID: NODE_KEY.public_key()}.get(keyid)


def signed(request: Request = REQUEST) -> dict[str, str]:
    return sign(request, NODE_KEY, sequence=65, created=1_763_722_800)


def signed_anyhow(
    covered: InnerList, fields: dict[str, str], label: str = "sig1"
) -> dict[str, str]:
    """Sign as another program might: any order, any label, any parameters."""
    values = request_signing.components(REQUEST, fields)
    signature = NODE_KEY.sign(request_signing.signature_base(covered, values))
    return fields | {
        "Signature-Input": structured_fields.serialise_dictionary({label: covered}),
        "Signature": structured_fields.serialise_dictionary({label: Item(signature, {})}),
    }


def plain_fields(sequence: str = "65") -> dict[str, str]:
    return {
        "content-digest": request_signing.content_digest(REQUEST.body),
        "satchel-sequence": sequence,
    }


def covering(*names: str, **parameters: object) -> InnerList:
    ours = {"created": 5, "keyid": KEYID, "alg": "ed25519", "tag": "satchel-v1"} | parameters
    kept = {name: value for name, value in ours.items() if value is not None}
    return InnerList(tuple(Item(name, {}) for name in names), kept)  # type: ignore[arg-type]  # hostile values are meant


def test_the_exact_fields_that_a_node_sends() -> None:
    fields = signed()
    assert list(fields) == list(request_signing.SIGNATURE_FIELDS)
    assert fields["satchel-sequence"] == "65"
    assert fields["signature-input"] == (
        'satchel=("@method" "@authority" "@path" "@query" "content-digest" "satchel-sequence")'
        f';created=1763722800;keyid="{KEYID}";alg="ed25519";tag="satchel-v1"'
    )
    assert verify(REQUEST, fields, key_of) == Verified(KEYID, 65, 1_763_722_800)


paths = st.from_regex(r"(/[A-Za-z0-9%._~!$&'()*+,;=:@-]{0,6}){0,4}", fullmatch=True)
queries = st.from_regex(r"[A-Za-z0-9%._~!$&'()*+,;=:@/?-]{0,20}", fullmatch=True)
requests = st.builds(
    Request,
    st.sampled_from(["GET", "POST", "PUT", "DELETE"]),
    st.sampled_from(["http", "https"]),
    st.sampled_from(["hub", "hub.example", "Hub.Example:443", "10.0.0.7:8000", "[fe80::1]:80"]),
    paths,
    queries,
    st.binary(max_size=60),
)


@given(requests, st.integers(1, INTEGER_MAX), st.integers(0, 2**40))
def test_what_is_signed_is_taken_however_spelt(
    request: Request, sequence: int, created: int
) -> None:
    fields = sign(request, NODE_KEY, sequence=sequence, created=created)
    assert verify(request, fields, key_of) == Verified(KEYID, sequence, created)
    shouted = {name.title(): f" {value}\t" for name, value in fields.items()}
    assert verify(request, shouted, key_of) == Verified(KEYID, sequence, created)


ALTERED = {
    "method": replace(REQUEST, method="PUT"),
    "authority": replace(REQUEST, authority="other.example:8443"),
    "port": replace(REQUEST, authority="hub.example"),
    "path": replace(REQUEST, path="/api/v1/batches"),
    "path in other letters": replace(REQUEST, path="/api/v1/Check-ins"),
    "path with a slash more": replace(REQUEST, path="/api/v1/check-ins/"),
    "path encoded otherwise": replace(REQUEST, path="/api/v1/check%2Dins"),
    "query": replace(REQUEST, query="a=1&b=%21"),
    "query in another order": replace(REQUEST, query="b=%20&a=1"),
    "query encoded otherwise": replace(REQUEST, query="a=1&b=+"),
    "no query": replace(REQUEST, query=""),
    "body": replace(REQUEST, body=b'{"nonce":"y"}'),
    "no body": replace(REQUEST, body=b""),
}


@pytest.mark.parametrize("name", ALTERED)
def test_an_altered_request_is_refused(name: str) -> None:
    with pytest.raises(Untrusted):
        verify(ALTERED[name], signed(), key_of)


def test_a_body_with_its_own_digest_is_refused_too() -> None:
    body = b"another"
    fields = signed() | {"content-digest": request_signing.content_digest(body)}
    with pytest.raises(Untrusted, match="doesn't hold"):
        verify(replace(REQUEST, body=body), fields, key_of)


def test_the_same_request_by_other_words_is_the_same() -> None:
    request = Request("GET", "https", "hub.example", "")
    fields = sign(request, NODE_KEY, sequence=1, created=0)
    for same in (
        replace(request, authority="HUB.example"),
        replace(request, authority="hub.example:443"),
        replace(request, authority="hub.example:"),
        replace(request, path="/"),
    ):
        assert verify(same, fields, key_of).sequence == 1
    with pytest.raises(Untrusted):
        verify(replace(request, scheme="http", authority="hub.example:443"), fields, key_of)


def test_another_nodes_key_and_an_unknown_one_are_refused() -> None:
    fields = sign(REQUEST, OTHER_KEY, sequence=1, created=0)
    with pytest.raises(Untrusted, match="no node has the key"):
        verify(REQUEST, fields, key_of)
    with pytest.raises(Untrusted, match="isn't the keyid of its key"):
        verify(REQUEST, signed(), lambda _: OTHER_KEY.public_key())
    pretending = {
        name: value.replace(public_keyid(OTHER_KEY.public_key()), KEYID)
        for name, value in fields.items()
    }
    with pytest.raises(Untrusted, match="doesn't hold"):
        verify(REQUEST, pretending, key_of)


@pytest.mark.parametrize("name", request_signing.SIGNATURE_FIELDS)
def test_a_missing_or_altered_or_doubled_field_is_refused(name: str) -> None:
    fields = signed()
    del fields[name]
    with pytest.raises(Untrusted, match=name):
        verify(REQUEST, fields, key_of)
    for other in ("", "1", "\n", "é", "x" * 3_000, "satchel=?1", "satchel=()", "satchel=:AAAA:"):
        with pytest.raises(Untrusted):
            verify(REQUEST, signed() | {name: other}, key_of)
    with pytest.raises(Untrusted, match="stands twice"):
        verify(REQUEST, signed() | {name.upper(): signed()[name]}, key_of)


@given(st.data())
def test_no_character_of_a_field_can_be_altered(data: st.DataObject) -> None:
    """But where the field says the same: blanks, and the bits to spare of base64."""
    fields = signed()
    name = data.draw(st.sampled_from(request_signing.SIGNATURE_FIELDS))
    at = data.draw(st.integers(0, len(fields[name]) - 1))
    to = data.draw(st.characters(min_codepoint=0x20, max_codepoint=0x7E))
    bent = fields[name][:at] + to + fields[name][at + 1 :]
    try:
        found = verify(REQUEST, fields | {name: bent}, key_of)
    except Untrusted:
        return
    assert found == verify(REQUEST, fields, key_of)
    if name in ("content-digest", "satchel-sequence"):
        assert bent == fields[name]


@given(st.dictionaries(st.sampled_from(request_signing.SIGNATURE_FIELDS), st.text(max_size=60)))
def test_whatever_fields_come_they_are_refused_in_words(fields: dict[str, str]) -> None:
    with pytest.raises(Untrusted):
        verify(REQUEST, signed() | {"signature": ""} | fields, key_of)


@pytest.mark.parametrize(
    "sequence", ["0", "-1", "065", "1.0", "65 ", "９", str(INTEGER_MAX + 1), "9" * 40, "1e3"]
)
def test_what_is_no_sequence_is_refused_though_signed(sequence: str) -> None:
    if sequence.isascii():
        fields = signed_anyhow(covering(*COVERED), plain_fields(sequence))
    else:
        fields = signed() | {"satchel-sequence": sequence}
    if sequence == "65 ":
        assert verify(REQUEST, fields, key_of).sequence == 65
        return
    with pytest.raises(Untrusted, match="satchel-sequence"):
        verify(REQUEST, fields, key_of)


def test_another_program_may_order_and_label_as_it_likes() -> None:
    covered = covering(*reversed(COVERED))
    parameters = dict(reversed(covered.parameters.items()))
    fields = signed_anyhow(InnerList(covered.items, parameters), plain_fields(), "sig-b26")
    assert verify(REQUEST, fields, key_of) == Verified(KEYID, 65, 5)


def test_a_signature_of_somebody_in_between_does_not_matter() -> None:
    fields = signed()
    fields["signature-input"] = (
        'proxy=("@method");keyid="p";tag="other", ' + (fields["signature-input"])
    )
    fields["signature"] = "proxy=:AAAA:, " + fields["signature"]
    assert verify(REQUEST, fields, key_of).sequence == 65


def test_two_signatures_with_our_tag_are_refused() -> None:
    fields = signed()
    again = fields["signature-input"].replace("satchel=", "twice=")
    fields["signature-input"] += ", " + again
    with pytest.raises(Untrusted, match="2 members have the tag"):
        verify(REQUEST, fields, key_of)


@pytest.mark.parametrize("left_out", COVERED)
def test_a_signature_that_covers_less_is_refused(left_out: str) -> None:
    covered = covering(*(name for name in COVERED if name != left_out))
    with pytest.raises(Untrusted, match="covers"):
        verify(REQUEST, signed_anyhow(covered, plain_fields()), key_of)


def test_a_signature_that_covers_one_twice_or_more_is_refused() -> None:
    fields = signed()
    for bent in ('"@method" "@method"', '"@method" "date"', '"@method";req', "method"):
        text = fields["signature-input"].replace('"@method"', bent, 1)
        with pytest.raises(Untrusted):
            verify(REQUEST, fields | {"signature-input": text}, key_of)


HOSTILE_PARAMETERS: list[dict[str, object]] = [
    {"created": None}, {"created": -1}, {"created": "5"}, {"created": True},
    {"keyid": None}, {"keyid": "node-7"}, {"keyid": 7}, {"keyid": Token("a" * 64)},
    {"alg": None}, {"alg": "hmac-sha256"}, {"alg": Token("ed25519")}, {"alg": True},
    {"tag": None}, {"tag": "satchel-v2"}, {"tag": 1},
    {"expires": 10}, {"nonce": "x"},
]  # fmt: skip


@pytest.mark.parametrize("parameters", HOSTILE_PARAMETERS, ids=str)
def test_other_parameters_are_refused_though_signed(parameters: dict[str, object]) -> None:
    covered = covering(*COVERED, **parameters)
    with pytest.raises(Untrusted, match="signature-input"):
        verify(REQUEST, signed_anyhow(covered, plain_fields()), key_of)


def test_a_body_digest_by_another_algorithm_alone_is_refused() -> None:
    fields = plain_fields() | {"content-digest": "sha-512=:AAAA:"}
    with pytest.raises(Untrusted, match="has no sha-256"):
        verify(REQUEST, signed_anyhow(covering(*COVERED), fields), key_of)


@pytest.mark.parametrize(
    "bent",
    [
        replace(REQUEST, method="post"),
        replace(REQUEST, method="PO ST"),
        replace(REQUEST, path="relative"),
        replace(REQUEST, path="/a b"),
        replace(REQUEST, path="/a?b"),
        replace(REQUEST, path="/a#b"),
        replace(REQUEST, path='/a\n"@query": ?'),
        replace(REQUEST, path="/" + "a" * 4_000),
        replace(REQUEST, query="a b"),
        replace(REQUEST, query="a#b"),
        replace(REQUEST, query="é"),
        replace(REQUEST, authority="hub\r\nhost: other"),
    ],
    ids=lambda request: json.dumps([request.method, request.path[:9], request.query]),
)
def test_a_request_that_no_base_can_hold_is_neither_signed_nor_taken(bent: Request) -> None:
    with pytest.raises(InvalidContent):
        signed(bent)
    with pytest.raises(Untrusted):
        verify(bent, signed(), key_of)


@pytest.mark.parametrize("sequence", [0, -1, INTEGER_MAX + 1])
def test_no_sequence_past_its_bounds_is_signed(sequence: int) -> None:
    with pytest.raises(InvalidContent, match="sequence"):
        sign(REQUEST, NODE_KEY, sequence=sequence, created=0)


def test_a_clock_of_before_1970_is_no_hindrance() -> None:
    assert verify(REQUEST, sign(REQUEST, NODE_KEY, sequence=1, created=-5), key_of).created == 0
