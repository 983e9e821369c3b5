"""Signed requests as RFC 9421 and RFC 9530 have them, and as PROTOCOL.md shows one."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from content_packs import request_signing, structured_fields
from content_packs.errors import InvalidContent
from content_packs.request_signing import Request, Verified, sign, verify
from content_packs.structured_fields import InnerList, Item
from tests.support.protocol import NODE_KEY, by_keyid
from tests.support.source_code import CHECKOUT

# RFC 9421, B.1.4 (the key), B.2 (the request) and B.2.6 (the signature).
RFC_PUBLIC_KEY = b"""-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAJrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=
-----END PUBLIC KEY-----
"""
RFC_PRIVATE_KEY = "9f8362f87a484a954e6e740c5b4c0e84229139a20aa8ab56ff66586f6a7d29c5"
RFC_REQUEST = Request(
    "POST", "https", "example.com", "/foo", "param=Value&Pet=dog", b'{"hello": "world"}'
)
RFC_FIELDS = {
    "date": "Tue, 20 Apr 2021 02:07:55 GMT",
    "content-type": "application/json",
    "content-length": "18",
}
RFC_SIGNATURE_INPUT = (
    'sig-b26=("date" "@method" "@path" "@authority" "content-type" "content-length")'
    ';created=1618884473;keyid="test-key-ed25519"'
)
RFC_SIGNATURE = (
    "sig-b26=:wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw"
    "==:"
)
RFC_BASE = """\
"date": Tue, 20 Apr 2021 02:07:55 GMT
"@method": POST
"@path": /foo
"@authority": example.com
"content-type": application/json
"content-length": 18
"@signature-params": ("date" "@method" "@path" "@authority" "content-type" "content-length")\
;created=1618884473;keyid="test-key-ed25519\""""


def test_rfc_9421_b_2_6() -> None:
    """The base is that of the RFC, and so is the signature; Ed25519 has only one."""
    covered = structured_fields.parse_dictionary(RFC_SIGNATURE_INPUT, what="test")["sig-b26"]
    assert isinstance(covered, InnerList)
    values = request_signing.components(RFC_REQUEST, RFC_FIELDS)
    base = request_signing.signature_base(covered, values)
    assert base == RFC_BASE.encode()
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(RFC_PRIVATE_KEY))
    assert structured_fields.serialise_dictionary({"sig-b26": Item(key.sign(base), {})}) == (
        RFC_SIGNATURE
    )
    public = load_pem_public_key(RFC_PUBLIC_KEY)
    assert isinstance(public, Ed25519PublicKey)
    assert public.public_bytes_raw() == key.public_key().public_bytes_raw()
    public.verify(base64.b64decode(RFC_SIGNATURE[9:-1]), base)


def test_rfc_9530_content_digest() -> None:
    """RFC 9530, appendix B.1 and D: the digest of a body, and of none."""
    assert request_signing.content_digest(b'{"hello": "world"}\n') == (
        "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:"
    )
    assert request_signing.content_digest(b"") == (
        "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:"
    )


AUTHORITIES = {
    "hub.example": "hub.example",
    "HUB.Example:443": "hub.example",
    "hub.example:80": "hub.example:80",
    "hub.example:8443": "hub.example:8443",
    "192.168.1.7": "192.168.1.7",
    "[2001:DB8::1]:443": "[2001:db8::1]",
    "xn--fiqs8s.example": "xn--fiqs8s.example",
}


@pytest.mark.parametrize("authority", AUTHORITIES)
def test_the_authority_has_one_spelling(authority: str) -> None:
    assert request_signing.canonical_authority(authority, "https") == AUTHORITIES[authority]


def test_each_scheme_has_its_own_port() -> None:
    assert request_signing.canonical_authority("hub:80", "http") == "hub"
    assert request_signing.canonical_authority("hub:443", "http") == "hub:443"


@pytest.mark.parametrize(
    "authority",
    [
        "",
        ":80",
        "a b",
        "user@hub",
        "hub/path",
        "hub:x",
        "hub:123456",
        "hub\n",
        "[::1",
        "é",
        "a" * 261,
    ],
)
def test_what_is_no_authority_is_refused(authority: str) -> None:
    with pytest.raises(InvalidContent, match="no host"):
        request_signing.canonical_authority(authority, "https")


def test_the_specifications_own_example_is_taken() -> None:
    text = (CHECKOUT / "content_packs/PROTOCOL.md").read_text(encoding="utf-8")
    example = text[text.index("POST /api/v1/check-ins HTTP/1.1") :].partition("```")[0].strip()
    head, _, body = example.partition("\n\n")
    first, *lines = head.splitlines()
    fields = dict(line.split(": ", 1) for line in lines)
    (keyid,) = by_keyid(NODE_KEY)
    method, path, _ = first.split()
    request = Request(method, "https", fields["Host"], path, "", body.encode())
    assert verify(request, fields, by_keyid(NODE_KEY).get) == Verified(keyid, 65, 1_763_722_800)
    ours = sign(request, NODE_KEY, sequence=65, created=1_763_722_800)
    assert ours.items() <= {name.lower(): value for name, value in fields.items()}.items()
