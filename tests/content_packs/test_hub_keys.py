"""The hub's further keys in targets: what is taken, and what isn't."""

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from content_packs import hub_keys
from content_packs.errors import InvalidContent
from content_packs.hub_keys import HubKeys, keyid_of
from content_packs.limits import HUB_KEYS_MAX

RAW = X25519PrivateKey.generate().public_key().public_bytes_raw()
GOOD = {keyid_of(RAW): RAW.hex()}

keys = st.dictionaries(st.binary(min_size=32, max_size=32), st.none(), max_size=HUB_KEYS_MAX).map(
    lambda raws: {keyid_of(raw): raw for raw in raws}
)
json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=70),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=70), inner),
    max_leaves=12,
)


@given(keys, keys, keys)
def test_what_is_written_is_read(
    service: dict[str, bytes], seal: dict[str, bytes], escrow: dict[str, bytes]
) -> None:
    written = HubKeys(service, seal, escrow)
    assert hub_keys.read({"satchel": written.to_field()}) == written


@given(json)
def test_nothing_but_keys_is_taken_and_no_other_error_raised(value: Any) -> None:
    try:
        found = hub_keys.read({"satchel": value})
    except InvalidContent:
        return
    for named in (found.service, found.seal, found.escrow):
        assert all(keyid == keyid_of(raw) for keyid, raw in named.items())


def test_an_older_hub_names_none_and_a_newer_one_more() -> None:
    assert hub_keys.read({}) == HubKeys()
    assert hub_keys.read({"satchel": {"later": {"x": 1}, "seal": GOOD}}).seal_keys().keys() == {
        keyid_of(RAW)
    }


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ([], "satchel is a list, expected an object"),
        ({"service": []}, r"satchel\.service: is a list"),
        ({"seal": {"00" * 32: RAW.hex()}}, "isn't the keyid of its key"),
        ({"seal": {keyid_of(RAW): RAW.hex().upper()}}, "is not a key"),
        ({"seal": {keyid_of(RAW): RAW.hex()[:-2]}}, "is not a key"),
        ({"escrow": {keyid_of(RAW): " " + RAW.hex()[:-2] + " "}}, "is not a key"),
        ({"escrow": {keyid_of(RAW): 7}}, "is not a key"),
        (
            {"service": {keyid_of(bytes([n] * 32)): bytes([n] * 32).hex() for n in range(9)}},
            "9 keys, more than 8",
        ),
    ],
)
def test_anything_else_is_refused(value: Any, words: str) -> None:
    with pytest.raises(InvalidContent, match=words):
        hub_keys.read({"satchel": value})
