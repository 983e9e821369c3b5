"""A card's seed is taken whole, from the hub whose root is in it, or not at all."""

import base64
import json
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from content_packs import card_seeds, enrolment_codes, messages
from content_packs.card_seeds import CardSeed, SeedHub, Wifi, open_seed
from content_packs.digests import digest_of
from content_packs.errors import InvalidContent, Untrusted
from content_packs.limits import (
    CARD_AUTHORITY_CHARACTERS_MAX,
    CARD_HUBS_MAX,
    CARD_ROOT_BYTES_MAX,
    CARD_TARGETS_BYTES_MAX,
    DOCUMENT_BYTES_MAX,
)
from content_packs.messages import to_base64
from content_packs.signed_documents import sign
from tests.support.cards import (
    ROOT,
    ROOT_KEY,
    TARGETS,
    TARGETS_KEY,
    a_seed,
    document_of,
    root_of,
    seeds,
    targets_of,
)
from tests.support.protocol import NOON, OTHER_KEY, SERVICE_KEY, a_credential, counting

STRANGER = Ed25519PrivateKey.from_private_bytes(bytes(range(40, 72)))


@given(seeds)
def test_what_the_hub_gives_a_card_is_what_the_box_reads(seed: CardSeed) -> None:
    document = document_of(seed)
    found = open_seed(document)
    assert found.seed == seed
    assert found.digest == digest_of(document)
    assert found.root_digest == digest_of(ROOT)


def _cut_or_flipped(document: bytes) -> st.SearchStrategy[bytes]:
    places = st.integers(0, len(document) - 1)
    flipped = places.map(lambda at: document[:at] + bytes([document[at] ^ 1]) + document[at + 1 :])
    return places.map(lambda at: document[:at]) | flipped


@given(st.binary(max_size=300) | seeds.map(document_of).flatmap(_cut_or_flipped))
def test_nothing_else_is_taken_for_a_seed(data: bytes) -> None:
    try:
        found = open_seed(data)
    except (InvalidContent, Untrusted):
        return
    assert document_of(found.seed) == data


def test_a_seed_that_a_stranger_signed_is_refused() -> None:
    with pytest.raises(Untrusted, match="signed by the key"):
        open_seed(card_seeds.sign(a_seed(), OTHER_KEY))


def test_a_service_key_that_the_root_does_not_vouch_for_counts_for_nothing() -> None:
    forged = a_seed(targets=to_base64(targets_of(STRANGER)))
    with pytest.raises(Untrusted, match="vouches for nothing"):
        open_seed(document_of(forged))


def test_a_root_that_did_not_sign_itself_counts_for_nothing() -> None:
    root = json.loads(ROOT)
    root["signatures"] = json.loads(root_of(STRANGER, TARGETS_KEY))["signatures"]
    forged = a_seed(root=to_base64(json.dumps(root).encode()))
    with pytest.raises(Untrusted, match="vouches for nothing"):
        open_seed(document_of(forged))


def test_the_parts_of_two_hubs_do_not_make_a_seed() -> None:
    """A stranger's whole chain holds together; only the fingerprint says whose it is."""
    strange = a_seed(
        root=to_base64(root_of(STRANGER, STRANGER)), targets=to_base64(targets_of(STRANGER))
    )
    found = open_seed(document_of(strange))
    with pytest.raises(Untrusted) as refusal:
        found.expect_root(digest_of(ROOT))
    assert found.fingerprint in refusal.value.message
    assert card_seeds.root_fingerprint(digest_of(ROOT)) in refusal.value.message
    mixed = a_seed(root=to_base64(root_of(STRANGER, STRANGER)))
    with pytest.raises(Untrusted):
        open_seed(document_of(mixed))


def test_a_seed_of_the_hub_that_is_expected_passes() -> None:
    found = open_seed(document_of(a_seed()))
    found.expect_root(digest_of(root_of(ROOT_KEY, TARGETS_KEY)))
    assert enrolment_codes.is_fingerprint(found.fingerprint)


@pytest.mark.parametrize("swapped", ["root", "targets"])
def test_other_metadata_in_place_of_root_or_targets_is_refused(swapped: str) -> None:
    other = {"root": TARGETS, "targets": ROOT}[swapped]
    with pytest.raises(Untrusted, match="metadata"):
        open_seed(document_of(a_seed(**{swapped: to_base64(other)})))


def test_another_document_of_the_service_key_is_no_seed() -> None:
    with pytest.raises((Untrusted, InvalidContent)):
        open_seed(sign("credential", a_credential(), SERVICE_KEY))
    relabelled = sign("time", a_seed(), SERVICE_KEY)
    with pytest.raises(Untrusted, match="card-seed"):
        open_seed(relabelled)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("card", 0),
        ("school", "Not A Name"),
        ("hubs", ()),
        ("hubs", (SeedHub(address="http://a/"),) * 2),
        ("hubs", tuple(SeedHub(address=f"http://{n}/") for n in range(CARD_HUBS_MAX + 1))),
        ("hubs", (SeedHub(address="http://hub.example/ "),)),
        ("hubs", (SeedHub(address="https://a/", authority="sha256:abc"),)),
        ("root", "not base64"),
        ("root", to_base64(b"x" * (CARD_ROOT_BYTES_MAX + 1))),
        ("targets", to_base64(b"x" * (CARD_TARGETS_BYTES_MAX + 1))),
        ("technician_code", "0123456789A"),
        ("teacher_code", "0123456789AI"),
        ("channels", ()),
        ("channels", ("main", "main")),
        ("time_zone", "Asia/Shanghai\n"),
        ("language", "de"),
    ],
)
def test_a_field_past_its_bounds_is_refused(field: str, value: Any) -> None:
    with pytest.raises((InvalidContent, ValueError)):
        open_seed(document_of(a_seed(**{field: value})))


@pytest.mark.parametrize(
    "address",
    [
        "ftp://hub.example/",
        "https://hub.example:99999/",
        "https://hub.example:0/",
        "https://user:secret@hub.example/",
        "https://hub.example/?school=qamdo",
        "https://hub.example/#top",
        "https://[::1/",
        "http://:80/",
    ],
)
def test_an_address_that_no_box_could_ask_is_in_no_seed(address: str) -> None:
    """With it the box would refuse its seed at each start."""
    with pytest.raises(ValueError, match="isn't one of a hub"):
        SeedHub(address=address)


def test_an_authority_without_https_is_in_no_seed() -> None:
    with pytest.raises(ValueError, match="only https"):
        SeedHub(address="http://hub.example/", authority="sha256:" + "ab" * 32)


@pytest.mark.parametrize(
    "changes",
    [
        {"name": ""},
        {"name": " Satchel"},
        {"name": "昌都\u3000小学"},
        {"name": "Sat\u200bchel"},
        {"name": "Sat\u00a0chel"},
        {"name": "\u202eSatchel"},
        {"name": "学" * 11},
        {"name": "two\nlines"},
        {"passphrase": "seven c"},
        {"passphrase": "x" * 64},
        {"passphrase": "昌都小学昌都小学"},
        {"passphrase": "eight or more\n"},
        {"country": "cn"},
        {"country": "CHN"},
        {"mode": "mesh"},
    ],
)
def test_a_wifi_that_no_access_point_could_be_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises((InvalidContent, ValueError)):
        document_of(a_seed(wifi=msgspec.structs.replace(Wifi(name="Satchel"), **changes)))


def test_a_code_with_a_wrong_check_character_is_refused() -> None:
    with pytest.raises(ValueError, match="check character"):
        a_seed(code="EDGQ8RV8CNY")


def test_a_field_of_a_newer_hub_is_passed_over() -> None:
    document = document_of(a_seed())
    payload = json.loads(base64.b64decode(json.loads(document)["payload"]))
    assert messages.from_value(payload | {"colour": "green"}, CardSeed, what="seed") == a_seed()


def test_the_largest_seed_fits_a_document() -> None:
    hubs = tuple(
        SeedHub(
            address="https://" + f"{number}" * 292,
            authority="-----BEGIN CERTIFICATE-----\n".ljust(CARD_AUTHORITY_CHARACTERS_MAX, "A"),
        )
        for number in range(CARD_HUBS_MAX)
    )
    large = a_seed(
        hubs=hubs,
        root=to_base64(b"r" * CARD_ROOT_BYTES_MAX),
        targets=to_base64(b"t" * CARD_TARGETS_BYTES_MAX),
        channels=tuple(f"c{number:063}" for number in range(32)),
    )
    assert len(document_of(large)) <= DOCUMENT_BYTES_MAX


def test_codes_for_the_site_are_as_random_as_what_they_are_made_of() -> None:
    randomness = counting()
    made = {card_seeds.new_box_code(randomness) for _ in range(100)}
    assert len(made) == 100
    assert all(len(code) == 12 and set(code) <= set(enrolment_codes.ALPHABET) for code in made)
    assert card_seeds.shown_box_code("0123456789AB") == "0123-4567-89AB"


def test_dates_are_not_looked_at() -> None:
    """The box's clock may say 1970, and a card may lie in a drawer for years."""
    old = a_seed(made_at=NOON.replace(year=1970), code_expires_at=NOON.replace(year=1971))
    assert open_seed(document_of(old)).seed == old
