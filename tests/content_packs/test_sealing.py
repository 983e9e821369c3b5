"""What is sealed only the hub and the district read; checked by a second HPKE, made here.

That one is written from RFC 9180 out of primitives, and checked against the RFC's own vector.
"""

import base64
import hashlib
import hmac
from dataclasses import dataclass

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from content_packs import sealing
from content_packs.errors import InvalidContent, Refused
from content_packs.limits import SEALED_CONTENT_BYTES_MAX
from content_packs.sealing import Sealed, SealedKey, open_sealed
from tests.support.protocol import ESCROW_KEY, SEAL_KEY, counting, seal_keyid

HEADER = b'{"format":1}'
HUB = {seal_keyid(SEAL_KEY): SEAL_KEY}
DISTRICT = {seal_keyid(ESCROW_KEY): ESCROW_KEY}


@dataclass
class ReceiverOfOurOwn:
    """HPKE's base mode for a receiver: RFC 9180, sections 4 and 5, suite 0x0020 0x0001 0x0003."""

    private: X25519PrivateKey

    def open(self, enc: bytes, ciphertext: bytes, *, info: bytes, aad: bytes) -> bytes:
        suite = b"HPKE" + bytes.fromhex("002000010003")
        psk_id_hash = self._extract(suite, b"", b"psk_id_hash", b"")
        info_hash = self._extract(suite, b"", b"info_hash", info)
        context = b"\x00" + psk_id_hash + info_hash
        secret = self._extract(suite, self._shared_secret(enc), b"secret", b"")
        key = self._expand(suite, secret, b"key", context, 32)
        nonce = self._expand(suite, secret, b"base_nonce", context, 12)
        return ChaCha20Poly1305(key).decrypt(nonce, ciphertext, aad)

    def _shared_secret(self, enc: bytes) -> bytes:
        suite = b"KEM" + bytes.fromhex("0020")
        shared = self.private.exchange(X25519PublicKey.from_public_bytes(enc))
        secret = self._extract(suite, b"", b"eae_prk", shared)
        context = enc + self.private.public_key().public_bytes_raw()
        return self._expand(suite, secret, b"shared_secret", context, 32)

    def _extract(self, suite: bytes, salt: bytes, label: bytes, key: bytes) -> bytes:
        return hmac.digest(salt or bytes(32), b"HPKE-v1" + suite + label + key, hashlib.sha256)

    def _expand(self, suite: bytes, key: bytes, label: bytes, info: bytes, size: int) -> bytes:
        labelled = size.to_bytes(2) + b"HPKE-v1" + suite + label + info
        return hmac.digest(key, labelled + b"\x01", hashlib.sha256)[:size]


def seal(content: bytes = b"a report", header: bytes = HEADER) -> Sealed:
    return sealing.seal(
        content,
        header,
        seal_keys={seal_keyid(SEAL_KEY): SEAL_KEY.public_key()},
        escrow_keys={seal_keyid(ESCROW_KEY): ESCROW_KEY.public_key()},
        randomness=counting(),
    )


def test_the_second_hpke_opens_the_vector_of_rfc_9180() -> None:
    """RFC 9180, A.2.1.1, sequence number 0."""
    receiver = ReceiverOfOurOwn(
        X25519PrivateKey.from_private_bytes(
            bytes.fromhex("8057991eef8f1f1af18f4a9491d16a1ce333f695d4db8e38da75975c4478e0fb")
        )
    )
    found = receiver.open(
        bytes.fromhex("1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a"),
        bytes.fromhex(
            "1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff938e131f0def8c8b60b4db"
            "21993c62ce81883d2dd1b51a28"
        ),
        info=bytes.fromhex("4f6465206f6e2061204772656369616e2055726e"),
        aad=bytes.fromhex("436f756e742d30"),
    )
    assert found == b"Beauty is truth, truth beauty"


@pytest.mark.parametrize("purpose", ["seal", "escrow"])
def test_a_stranger_who_knows_the_specification_opens_what_we_seal(purpose: str) -> None:
    sealed = seal()
    wrapped = next(key for key in sealed.keys if key.purpose == purpose)
    both = base64.b64decode(wrapped.sealed)
    receiver = ReceiverOfOurOwn(SEAL_KEY if purpose == "seal" else ESCROW_KEY)
    info = b"satchel content key 1\0" + purpose.encode() + b"\0" + HEADER
    key = receiver.open(both[:32], both[32:], info=info, aad=b"")
    assert len(key) == 32
    content = base64.b64decode(sealed.content)
    assert ChaCha20Poly1305(key).decrypt(bytes(12), content, HEADER) == b"a report"


@given(st.binary(max_size=300), st.binary(max_size=100))
def test_hub_and_district_each_read_what_was_sealed(content: bytes, header: bytes) -> None:
    sealed = seal(content, header)
    assert open_sealed(sealed, header, HUB) == content
    assert open_sealed(sealed, header, DISTRICT) == content


def test_the_largest_content_is_sealed_and_a_larger_one_is_not() -> None:
    content = bytes(SEALED_CONTENT_BYTES_MAX)
    assert open_sealed(seal(content), HEADER, HUB) == content
    with pytest.raises(InvalidContent, match="131073 bytes, more than the 131072 allowed"):
        seal(content + b"x")


def test_who_holds_another_key_reads_nothing() -> None:
    stranger = X25519PrivateKey.generate()
    with pytest.raises(Refused, match=r"sealed to seal .*, escrow .*; expected one of"):
        open_sealed(seal(), HEADER, {seal_keyid(stranger): stranger})
    with pytest.raises(Refused, match="expected one of no key"):
        open_sealed(seal(), HEADER, {})
    with pytest.raises(InvalidContent, match="seal key can't be opened"):
        open_sealed(seal(), HEADER, {seal_keyid(SEAL_KEY): stranger})


@given(st.binary(max_size=20).filter(lambda header: header != HEADER))
def test_under_another_header_it_cannot_be_opened(header: bytes) -> None:
    with pytest.raises(InvalidContent, match="altered, or another header"):
        open_sealed(seal(), header, HUB)


def test_content_moved_under_another_ones_keys_cannot_be_opened() -> None:
    one = seal(b"one")
    randomness = counting()
    randomness(1)
    other = sealing.seal(
        b"other",
        HEADER,
        seal_keys={seal_keyid(SEAL_KEY): SEAL_KEY.public_key()},
        escrow_keys={},
        randomness=randomness,
    )
    with pytest.raises(InvalidContent, match="altered"):
        open_sealed(replace(one, keys=other.keys), HEADER, HUB)


@given(st.data())
def test_no_byte_of_it_can_be_altered(data: st.DataObject) -> None:
    sealed = seal()
    which = data.draw(st.sampled_from(["content", "key"]))
    text = sealed.content if which == "content" else sealed.keys[0].sealed
    raw = bytearray(base64.b64decode(text))
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.sampled_from([1, 2, 64]))
    bent = base64.b64encode(raw).decode()
    if which == "content":
        altered = replace(sealed, content=bent)
    else:
        altered = replace(sealed, keys=(replace(sealed.keys[0], sealed=bent),))
    with pytest.raises(InvalidContent, match="altered, or another header"):
        open_sealed(altered, HEADER, HUB)


def test_a_key_relabelled_for_another_purpose_cannot_be_opened() -> None:
    sealed = seal()
    relabelled = replace(sealed, keys=(replace(sealed.keys[0], purpose="escrow"),))
    with pytest.raises(InvalidContent, match="escrow key can't be opened"):
        open_sealed(relabelled, HEADER, HUB)


@pytest.mark.parametrize("text", ["", "****", "AAAA", "A", "é" * 108, "A" * 108])
def test_what_was_never_sealed_is_refused_in_words(text: str) -> None:
    sealed = seal()
    with pytest.raises(InvalidContent, match=r"^sealed content"):
        open_sealed(replace(sealed, content=text), HEADER, HUB)
    with pytest.raises(InvalidContent, match=r"^sealed content"):
        open_sealed(replace(sealed, keys=(replace(sealed.keys[0], sealed=text),)), HEADER, HUB)


def test_while_a_key_takes_over_both_can_open_it() -> None:
    newer = X25519PrivateKey.generate()
    sealed = sealing.seal(
        b"content",
        HEADER,
        seal_keys={seal_keyid(key): key.public_key() for key in (SEAL_KEY, newer)},
        escrow_keys={},
        randomness=counting(),
    )
    assert open_sealed(sealed, HEADER, HUB) == b"content"
    assert open_sealed(sealed, HEADER, {seal_keyid(newer): newer}) == b"content"


def test_two_of_the_same_content_have_nothing_in_common() -> None:
    randomness = counting()
    both = [
        sealing.seal(
            b"content",
            HEADER,
            seal_keys={seal_keyid(SEAL_KEY): SEAL_KEY.public_key()},
            escrow_keys={},
            randomness=randomness,
        )
        for _ in range(2)
    ]
    assert both[0].content != both[1].content
    assert both[0].keys[0].sealed != both[1].keys[0].sealed


def test_without_a_seal_key_or_with_a_useless_one_nothing_is_sealed() -> None:
    with pytest.raises(Refused, match="no seal key"):
        sealing.seal(b"", HEADER, seal_keys={}, escrow_keys={}, randomness=counting())
    useless = X25519PublicKey.from_public_bytes(bytes(32))
    with pytest.raises(Refused, match="of no use"):
        sealing.seal(
            b"", HEADER, seal_keys={"0" * 64: useless}, escrow_keys={}, randomness=counting()
        )
    many = {f"{number:064}": SEAL_KEY.public_key() for number in range(9)}
    with pytest.raises(Refused, match="more than 8 keys"):
        sealing.seal(b"", HEADER, seal_keys=many, escrow_keys={}, randomness=counting())


def test_a_recipient_stands_once() -> None:
    key = SealedKey(keyid="0" * 64, purpose="seal", sealed="A" * 108)
    with pytest.raises(ValueError, match="stands twice"):
        Sealed(content="", keys=(key, key))
