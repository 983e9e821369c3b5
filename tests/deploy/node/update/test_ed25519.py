"""Root's own check of signatures: the RFC's vectors, and what another library signs and refuses."""

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given, settings
from hypothesis import strategies as st

from deploy.node.update import ed25519

# RFC 8032, 7.1: public key, message, signature.
VECTORS = [
    line.split(":")
    for line in """\
d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a::e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b
3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c:72:92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00
fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025:af82:6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a
""".splitlines()
]
ORDER = 2**252 + 27742317777372353535851937790883648493


@pytest.mark.parametrize(("public", "message", "signature"), VECTORS)
def test_the_vectors_of_the_rfc_hold(public: str, message: str, signature: str) -> None:
    key, text, signed = (bytes.fromhex(each) for each in (public, message, signature))
    assert ed25519.verify(key, signed, text)
    assert not ed25519.verify(key, signed, text + b"!")


@settings(max_examples=15, deadline=None)
@given(st.binary(max_size=300), st.integers(0, 95), st.integers(1, 255))
def test_it_agrees_with_another_library(message: bytes, at: int, change: int) -> None:
    key = Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes_raw()
    signature = key.sign(message)
    assert ed25519.verify(public, signature, message)
    both = bytearray(public + signature)
    both[at] ^= change
    changed_public, changed = bytes(both[:32]), bytes(both[32:])
    try:
        Ed25519PublicKey.from_public_bytes(changed_public).verify(changed, message)
        expected = True
    except InvalidSignature:
        expected = False
    assert ed25519.verify(changed_public, changed, message) == expected


def test_a_second_spelling_of_a_signature_is_none() -> None:
    key = Ed25519PrivateKey.generate()
    signature = key.sign(b"system")
    scalar = int.from_bytes(signature[32:], "little") + ORDER
    other = signature[:32] + scalar.to_bytes(32, "little")
    assert not ed25519.verify(key.public_key().public_bytes_raw(), other, b"system")


@pytest.mark.parametrize(
    "public", [b"", b"\xff" * 32, (2**255 - 19).to_bytes(32, "little"), b"\x02" + bytes(31)]
)
def test_what_is_no_key_verifies_nothing(public: bytes) -> None:
    signature = Ed25519PrivateKey.generate().sign(b"")
    assert not ed25519.verify(public, signature, b"")
