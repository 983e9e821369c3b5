"""A node's key stays here and for its owner alone; its numbers never come twice."""

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from content_packs import durable, key_files
from content_packs.errors import InvalidContent
from sync_node import identity
from sync_node.data_dir import DataDir
from sync_node.identity import KEY, SEQUENCE, Identity, Sequence
from sync_node.limits import SEQUENCE_LEASE
from tests.support.identities import give_credential
from tests.support.protocol import NOON, SERVICE_KEY


@pytest.fixture
def data_dir(tmp_path: Path) -> DataDir:
    return DataDir(tmp_path / "node")


def numbers(who: Identity, now: datetime = NOON) -> Sequence:
    return Sequence(who, trusted=lambda: now)


def test_a_box_is_nobody_until_it_is_enrolled(data_dir: DataDir) -> None:
    assert identity.current(data_dir) is None
    assert identity.claiming(data_dir) is None
    identity.ensured(data_dir)
    assert identity.current(data_dir) is None


def test_the_key_is_made_once_and_is_for_its_owner_alone(data_dir: DataDir) -> None:
    first = identity.ensured(data_dir)
    assert identity.ensured(data_dir).keyid == first.keyid
    assert first.folder.name == first.keyid
    assert stat.S_IMODE((first.folder / KEY).stat().st_mode) == 0o600
    assert stat.S_IMODE(first.folder.stat().st_mode) == 0o700


def test_a_key_whose_making_was_cut_off_is_passed_over(data_dir: DataDir) -> None:
    durable.make_folder(data_dir.identity / ("0" * 64))
    (data_dir.identity / ("0" * 64) / "key.pem.part").write_bytes(b"-----BEGIN")
    assert identity.ensured(data_dir).keyid != "0" * 64


def test_the_newest_credential_says_which_key_counts(data_dir: DataDir) -> None:
    old = identity.ensured(data_dir)
    give_credential(old)
    new = identity.ensured(data_dir, another=True)
    assert new.keyid != old.keyid
    now = identity.current(data_dir)
    assert now
    assert now.keyid == old.keyid
    give_credential(new, at=NOON + timedelta(days=1))
    now = identity.current(data_dir)
    assert now
    assert now.keyid == new.keyid
    assert now.name == "qamdo-1"


def test_another_key_is_made_once_though_asked_for_twice(data_dir: DataDir) -> None:
    give_credential(identity.ensured(data_dir))
    first = identity.ensured(data_dir, another=True)
    assert identity.ensured(data_dir, another=True).keyid == first.keyid


def test_a_key_that_rotted_is_told_and_not_replaced_in_silence(data_dir: DataDir) -> None:
    who = identity.ensured(data_dir)
    give_credential(who)
    (who.folder / KEY).write_bytes(b"rot")
    with pytest.raises(InvalidContent) as caught:
        identity.current(data_dir)
    assert "--again" in caught.value.hint


def test_a_key_under_another_name_is_refused(data_dir: DataDir) -> None:
    who = identity.ensured(data_dir)
    give_credential(who)
    key_files.write_private(who.folder / KEY, SERVICE_KEY, None)
    with pytest.raises(InvalidContent, match="another key"):
        identity.current(data_dir)


def test_numbers_rise_over_restarts(data_dir: DataDir) -> None:
    who = identity.ensured(data_dir)
    taken: list[int] = []
    for _ in range(5):  # each as a process that is killed after three
        sequence = numbers(who)
        taken += [sequence.take() for _ in range(3)]
    assert taken == sorted(set(taken))


def test_a_number_is_leased_durably_before_it_is_used(data_dir: DataDir) -> None:
    who = identity.ensured(data_dir)
    sequence = numbers(who)
    for _ in range(3 * SEQUENCE_LEASE):
        taken = sequence.take()
        assert taken <= int((who.folder / SEQUENCE).read_text()) < taken + SEQUENCE_LEASE + 1


@pytest.mark.parametrize("found", [None, b"", b"12x\n", b"-3", b"9" * 30, "٣".encode()])
def test_where_the_lease_is_lost_numbers_begin_past_those_of_before(
    data_dir: DataDir, found: bytes | None
) -> None:
    who = identity.ensured(data_dir)
    sequence = numbers(who)
    before = [sequence.take() for _ in range(1_000)][-1]
    path = who.folder / SEQUENCE
    path.unlink() if found is None else path.write_bytes(found)
    assert numbers(who, NOON + timedelta(hours=1)).take() > before


def test_a_restored_card_has_the_numbers_of_then(data_dir: DataDir) -> None:
    """So the hub sees them again, and refuses them: nothing here makes it go unnoticed."""
    who = identity.ensured(data_dir)
    numbers(who).take()
    copy = (who.folder / SEQUENCE).read_bytes()
    used = [numbers(who).take() for _ in range(3)]
    (who.folder / SEQUENCE).write_bytes(copy)
    assert numbers(who, datetime(2030, 1, 1, tzinfo=UTC)).take() <= used[0]
