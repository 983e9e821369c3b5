"""What the hub said is taken where it is for this node, verified and newer; and no other way."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from content_packs import signed_documents
from content_packs.desired_state import DesiredState
from content_packs.errors import InvalidContent, SatchelError, Untrusted
from content_packs.protocol import Credential, Receipt
from sync_node import identity
from sync_node.data_dir import DataDir
from sync_node.held_documents import DESIRED_STATE, RECEIPT, HeldDocuments
from sync_node.identity import Identity
from tests.support.identities import a_node
from tests.support.protocol import NOON, OTHER_KEY, SERVICE_KEY, by_keyid

KEYS = by_keyid(SERVICE_KEY)


@pytest.fixture
def who(tmp_path: Path) -> Identity:
    return a_node(DataDir(tmp_path))


@pytest.fixture
def held(tmp_path: Path, who: Identity) -> HeldDocuments:
    assert who.credential
    return HeldDocuments(DataDir(tmp_path))


def of(who: Identity) -> Credential:
    assert who.credential
    return who.credential


def a_desired_state(number: int, key: Any = SERVICE_KEY, **said: Any) -> bytes:
    fields = {"number": number, "issued_at": NOON, "node": "qamdo-1"} | said
    return signed_documents.sign("desired-state", DesiredState(**fields), key)


def a_credential(who: Identity, serial: int, **said: Any) -> bytes:
    fields = {
        "node": "qamdo-1", "school": "qamdo", "district": "east", "key": who.public_hex,
        "serial": serial, "issued_at": NOON,
    }  # fmt: skip
    return signed_documents.sign("credential", Credential(**(fields | said)), SERVICE_KEY)


def a_receipt(who: Identity, sequence: int, **said: Any) -> bytes:
    fields = {
        "node": "qamdo-1", "keyid": who.keyid, "sequence": sequence, "digest": "ab" * 32,
        "issued_at": NOON,
    }  # fmt: skip
    return signed_documents.sign("receipt", Receipt(**(fields | said)), SERVICE_KEY)


def test_numbers_of_desired_states_only_rise(held: HeldDocuments, who: Identity) -> None:
    taken = [held.take_desired_state(a_desired_state(n), KEYS, of(who)) for n in (3, 2, 3, 4)]
    assert taken == [True, False, False, True]
    found = held.desired_state()
    assert found
    assert found.number == 4


@pytest.mark.parametrize(
    "document",
    [
        a_desired_state(9, OTHER_KEY),
        a_desired_state(9, node="another"),
        a_desired_state(9, node="", group="others"),
        a_desired_state(9)[:-1],
        a_desired_state(9).replace(b"desired-state", b"credential"),
        b"",
        b"{}",
    ],
)
def test_what_isnt_the_hubs_word_to_this_node_is_refused(
    held: HeldDocuments, who: Identity, document: bytes
) -> None:
    held.take_desired_state(a_desired_state(1), KEYS, of(who))
    with pytest.raises((Untrusted, InvalidContent)):
        held.take_desired_state(document, KEYS, of(who))
    found = held.desired_state()
    assert found
    assert found.number == 1


def test_one_for_a_group_that_the_node_left_counts_no_more(
    held: HeldDocuments, who: Identity
) -> None:
    held.take_credential(a_credential(who, 2, groups=("pilot",)), KEYS, who)
    credential = identity.credential(held.data_dir)
    assert credential
    held.take_desired_state(a_desired_state(7, node="", group="pilot"), KEYS, credential)
    assert held.desired_state()
    held.take_credential(a_credential(who, 3), KEYS, who)
    assert held.desired_state() is None
    assert held.take_desired_state(a_desired_state(1), KEYS, of(who))


def test_a_desired_state_goes_with_the_key_that_signed_it(
    held: HeldDocuments, who: Identity
) -> None:
    held.take_desired_state(a_desired_state(7), KEYS, of(who))
    held.drop_unsigned(KEYS)
    assert held.desired_state()
    held.drop_unsigned(by_keyid(OTHER_KEY))
    assert held.desired_state() is None
    held.drop_unsigned(by_keyid(OTHER_KEY))  # again: nothing to do


def test_an_old_credential_changes_nothing_and_is_no_trouble(
    held: HeldDocuments, who: Identity
) -> None:
    held.take_credential(a_credential(who, 5, school_title="new"), KEYS, who)
    assert held.take_credential(a_credential(who, 4), KEYS, who).serial == 5
    moved = a_credential(who, 1, node="kham-1", issued_at=NOON + timedelta(days=1))
    assert held.take_credential(moved, KEYS, who).node == "kham-1"
    assert held.take_credential(a_credential(who, 9), KEYS, who).node == "kham-1"


def test_a_credential_for_another_key_is_refused(held: HeldDocuments, who: Identity) -> None:
    other = OTHER_KEY.public_key().public_bytes_raw().hex()
    with pytest.raises(Untrusted):
        held.take_credential(a_credential(who, 9, key=other), KEYS, who)
    assert of(who).serial == 1


def test_receipts_only_rise_and_are_of_this_chain(held: HeldDocuments, who: Identity) -> None:
    assert held.take_receipt(a_receipt(who, 3), KEYS, who)
    assert not held.take_receipt(a_receipt(who, 2), KEYS, who)
    for wrong in ({"node": "another"}, {"keyid": "cd" * 32}):
        with pytest.raises(Untrusted):
            held.take_receipt(a_receipt(who, 9, **wrong), KEYS, who)
    found = held.receipt(who)
    assert found
    assert found.sequence == 3


@pytest.mark.parametrize("name", [DESIRED_STATE, RECEIPT])
def test_what_rotted_counts_for_nothing_and_comes_again(
    held: HeldDocuments, who: Identity, name: str
) -> None:
    held.take_desired_state(a_desired_state(5), KEYS, of(who))
    held.take_receipt(a_receipt(who, 5), KEYS, who)
    (held.data_dir.from_hub / name).write_bytes(b"\x00rot")
    try:
        assert (held.desired_state() is None) == (name == DESIRED_STATE)
        assert (held.receipt(who) is None) == (name == RECEIPT)
    except SatchelError as error:
        pytest.fail(error.message)
    held.drop_unsigned(KEYS)
    assert held.take_desired_state(a_desired_state(5), KEYS, of(who)) == (name == DESIRED_STATE)
